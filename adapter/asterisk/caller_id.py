"""Caller ids as UAPI writes them: `John Doe <+3334444>`."""

import re
from dataclasses import dataclass

from adapter.printable import find_unprintable

NAME_LIMIT_BYTES = 100
"""Asterisk copies an Originate's CallerID into 255 bytes and drops the rest, number and all; quotes and
backslashes in the name take two of them."""

_FORM = re.compile(r"(?P<name>.*[^ ]) *<(?P<number>\+?[0-9*#]{1,32})>", re.ASCII)


@dataclass(frozen=True, slots=True)
class CallerId:
    """A name and number to show on a phone's display; make one with `parse_caller_id`."""

    name: str
    number: str

    def __str__(self) -> str:
        return f"{self.name} <{self.number}>"


def parse_caller_id(text: str) -> CallerId:
    """The caller id in `Name <number>`.

    The name is printable and at most NAME_LIMIT_BYTES of UTF-8; the number is digits, `*` and `#`, with an
    optional leading `+`. Raises ValueError where the text is anything else.
    """
    form = _FORM.fullmatch(text.strip(" "))
    if form is None:
        raise ValueError("not of the form: John Doe <+3334444>")
    name = form["name"].strip(" ")
    if character := find_unprintable(name):
        raise ValueError(f"the name holds a character that cannot be printed ({character})")
    if len(name.encode()) > NAME_LIMIT_BYTES:
        raise ValueError(f"the name is longer than {NAME_LIMIT_BYTES} bytes")
    return CallerId(name, form["number"])
