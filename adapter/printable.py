"""Text from outside as a terminal may show it, a line at most. Pure.

A terminal acts on control characters, and bidirectional ones show a name in another order than it has. Both
can come in a caller's name, in the name of a file, or in what another program answered.
"""


def printable(text: str) -> str:
    r"""The text; a character that cannot be printed stands as an escape: `\x1b`, `\u202e`, `\n`."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def find_unprintable(text: str) -> str:
    """The first character that cannot be printed, as `U+202E`; empty where there is none."""
    return next((f"U+{ord(letter):04X}" for letter in text if not letter.isprintable()), "")
