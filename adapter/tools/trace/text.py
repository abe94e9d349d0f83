"""A trace as text: `Name: value` lines, a blank line after each message. Pure.

It is what Asterisk says on the wire, with LF for CR LF, so that it can be read and mended with any editor.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from adapter.asterisk.wire import decode_line

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One message of a trace and the line that it begins on."""

    line: int
    headers: Headers


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a trace that is not as it should be, and was left out."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


def write_message(headers: Mapping[str, str]) -> str:
    """The message as a trace holds it."""
    # On the wire only CR LF ends a line; here a CR or LF alone would, and so they become spaces.
    lines = (f"{name}: {value}".translate(_NO_LINE_ENDS) for name, value in headers.items())
    return "\n".join((*lines, "", ""))


def read_messages(lines: Iterable[bytes]) -> Iterator[Recorded | Problem]:
    """The messages of a trace in order, and whatever in it is none, as they come."""
    headers: Headers = {}
    first = 0
    for number, line in enumerate(lines, 1):
        text = decode_line(line.rstrip(b"\r\n"))
        if not text.strip():
            if headers:
                yield Recorded(first, headers)
            headers = {}
            continue
        name, colon, value = text.partition(": ")
        if not colon:  # an editor took the blank at the end of an empty one
            name, colon, value = text.partition(":")
        if not colon or not name.strip():
            yield Problem(number, f"not a header: {text[:60]!r}")
            continue
        if not headers:
            first = number
        # As on the live link: of a header that stands twice, the first.
        headers.setdefault(name, value)
    if headers:
        yield Recorded(first, headers)


_NO_LINE_ENDS = {ord("\r"): " ", ord("\n"): " "}
