"""Who is at one end of a channel: a name and a number, read as Asterisk writes them. Pure."""

import functools
import re

from msgspec import Struct

# Asterisk writes names into AMI as C would (its ast_escape_c): O\'Neil, \"Ace\", a backslash doubled.
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class Party(Struct, frozen=True, gc=False):
    """A name and number as Asterisk holds them; empty where it knows none."""

    name: str
    number: str


@functools.lru_cache(maxsize=4096)  # the same few are shown again and again
def read_party(name: str, number: str) -> Party:
    """The party of a name and a number in an AMI message."""
    return Party(name=_unescaped(_known(name)), number=_known(number))


def _known(value: str) -> str:
    """`<unknown>` is Asterisk's word for a name or number that it does not have."""
    return "" if value == "<unknown>" else value


def _unescaped(name: str) -> str:
    if "\\" not in name:
        return name
    return _ESCAPED.sub(lambda escaped: _CONTROLS.get(escaped[1], escaped[1]), name)
