"""The format of a trace: `Name: value` lines, a blank line after each message. Pure.

It is the text that Asterisk sends, with LF for CR LF, so that any editor can show and edit it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from adapter.asterisk.wire import decode_line

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A message of a trace, and the number of its first line."""

    line: int
    headers: Headers


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a trace that is malformed and was skipped."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


def write_message(headers: Mapping[str, str]) -> str:
    """The text of a message in a trace."""
    # On the wire only CR LF ends a line. In a trace a single CR or LF would, so each becomes a space.
    lines = (f"{name}: {value}".translate(_NO_LINE_ENDS) for name, value in headers.items())
    return "\n".join((*lines, "", ""))


def read_messages(lines: Iterable[bytes]) -> Iterator[Recorded | Problem]:
    """The messages and the problems of a trace, in order."""
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
        if not colon:  # an editor has removed the blank after the colon of an empty value
            name, colon, value = text.partition(":")
        if not colon or not name.strip():
            yield Problem(number, f"not a header: {text[:60]!r}")
            continue
        if not headers:
            first = number
        # As on the live link: if a header appears twice, the first counts.
        headers.setdefault(name, value)
    if headers:
        yield Recorded(first, headers)


_NO_LINE_ENDS = {ord("\r"): " ", ord("\n"): " "}
