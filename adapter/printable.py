"""Makes text from outside safe to print on one line of a terminal. Pure.

A terminal acts on control characters, and bidirectional characters show a name in a wrong order. Both can
come in a caller's name, in a file's name, or in the answer of another program.
"""


def printable(text: str) -> str:
    r"""The text, with an escape for each character that cannot be printed: `\x1b`, `\u202e`, `\n`."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def find_unprintable(text: str) -> str:
    """The first character that cannot be printed, as `U+202E`; empty if there is none."""
    return next((f"U+{ord(letter):04X}" for letter in text if not letter.isprintable()), "")
