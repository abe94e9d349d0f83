"""How an organization's devices are named after its numbers: `PJSIP/{local}-acme`. Pure."""

import re
from collections.abc import Callable

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

PLACEHOLDERS = ("local", "number", "prefix")
"""What a template may hold: of `0003*210` they are `210`, `0003*210` and `0003`."""

_KNOWN = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)

LONGEST = "0" * 10 + "*" + "0" * 10
"""A number as long as numbers are."""

Reader = Callable[[str], str]
"""What makes a text one of its kind, and raises ValueError where it is none."""


def is_template(text: str) -> bool:
    """Whether it has to be filled in."""
    return "{" in text


def read_template(text: str, read: Reader) -> str:
    """The text as `read` has it; a template as it is, if what it makes of any number is read.

    Raises ValueError where it has an unknown placeholder, or makes what `read` refuses.
    """
    if not is_template(text):
        return read(text)
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            raise ValueError(f"{{{name}}} is not known here; a template may hold {_KNOWN}")
    if is_template(text.partition("/")[0]):
        raise ValueError("a technology stands before the `/`, like PJSIP/{local}")
    read(fill_in(text, LONGEST))
    return text


def tells_numbers_apart(template: str) -> bool:
    """Whether it names another device for each number of an organization."""
    return "{local}" in template or "{number}" in template


def fill_in(template: str, number: str) -> str:
    """What the template says of a number, which is in full."""
    prefix, _, local = number.partition("*")
    return template.replace("{local}", local).replace("{number}", number).replace("{prefix}", prefix)


def filled(text: str, number: str, read: Reader) -> str:
    """What the text, which may be a template, says of a number, as `read` has it."""
    return read(fill_in(text, number)) if is_template(text) else text
