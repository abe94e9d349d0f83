"""One AMI message as it came: its headers on demand, the channels in it at one look. Pure.

To split a message of twenty lines into headers takes longer than all that is done with it afterwards, and
most of them are never asked for. Asterisk describes a channel by the same fourteen lines, in the same
order, in every event: one regular expression finds what matters of them.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

ChannelFields = tuple[str, str, str, str, str, str, str, str, str]
"""The values of a channel's lines below that are kept, in their order."""

# Possessive (`*+`): a value ends where its line does, and there is nothing to try again.
_KEPT, _LEFT, _END = "([^\r]*+)", "[^\r]*+", "(?=\r\n|$)"
_LINES = (
    # Asterisk 16 to 22 (its ast_manager_build_channel_state_string_prefix).
    ("Channel", _KEPT),
    ("ChannelState", _KEPT),
    ("ChannelStateDesc", _LEFT),
    ("CallerIDNum", _KEPT),
    ("CallerIDName", _KEPT),
    ("ConnectedLineNum", _KEPT),
    ("ConnectedLineName", _KEPT),
    ("Language", _LEFT),
    ("AccountCode", _LEFT),
    ("Context", _LEFT),
    ("Exten", _KEPT),
    ("Priority", _LEFT),
    ("Uniqueid", _KEPT),
    ("Linkedid", _KEPT),
)


def _channel_lines(role: str) -> str:
    return "".join(f"\r\n{role}{name}: {value}" for name, value in _LINES)


@functools.cache
def _channel(role: str) -> "re.Pattern[str]":
    """What finds a channel's lines, each beginning with `role` (`Dest`, `Spyer`, ... or nothing)."""
    return re.compile(_channel_lines(role) + _END)


# How every event of Asterisk begins. Most go on with the channel that they are about.
_BEGINNING = re.compile(
    f"Event: {_KEPT}"
    f"(?:\r\n(?:Privilege|ActionID): {_LEFT})?"
    f"(?:\r\nTimestamp: {_KEPT})?"
    f"(?:{_channel_lines('')})?" + _END
).match


class Message(Mapping[str, str]):
    """The headers of one message; of a header that stands twice, the first."""

    __slots__ = ("_begun", "_channel", "_headers", "_text", "event", "stamp")

    event: str
    """The event's name in the first line, where Asterisk has it; empty for what is no event."""
    stamp: str | None
    """Its Timestamp, where it stands in Asterisk's order."""

    def __init__(self, text: str) -> None:
        """`text` is the message without the blank line at its end; its lines are parted by CR LF."""
        self._text = text
        self._headers: dict[str, str] | None = None
        beginning = _BEGINNING(text)
        if beginning is None:
            self.event, self.stamp, self._channel, self._begun = "", None, None, 0
        else:
            told = beginning.groups()
            self.event, self.stamp = told[0], told[1]
            self._channel = None if told[2] is None else cast("ChannelFields", told[2:])
            self._begun = beginning.end()

    def channel(self, role: str = "") -> ChannelFields | None:
        """What the message says of a channel; nothing where it is not said in Asterisk's lines and order."""
        if not role and self._channel is not None:
            return self._channel
        found = _channel(role).search(self._text, self._begun)
        return None if found is None else cast("ChannelFields", found.groups())

    def behind(self, lines: "re.Pattern[str]") -> "re.Match[str] | None":
        """These lines, if they stand right behind the first channel's."""
        return lines.match(self._text, self._begun)

    @property
    def headers(self) -> dict[str, str]:
        """All of them."""
        if self._headers is None:
            self._headers = read_headers(self._text)
        return self._headers

    def get(self, name: str, default: Any = None, /) -> Any:  # noqa: ANN401 - Mapping's, with any default
        """The value of a header, found without splitting the message where that can be helped."""
        if self.event and self._headers is None:
            if name == "Event":
                return self.event
            line = f"\r\n{name}:"
            at = self._text.find(line)
            if at < 0:
                return default
            value = at + len(line)
            if self._text.startswith(" ", value):
                end = self._text.find("\r\n", value)
                return self._text[value + 1 :] if end < 0 else self._text[value + 1 : end]
        return self.headers.get(name, default)

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return str(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self.headers)

    def __len__(self) -> int:
        return len(self.headers)

    def __repr__(self) -> str:
        return f"Message({self.headers!r})"


def read_headers(text: str) -> dict[str, str]:
    """The headers of one message; of a header that stands twice, the first.

    A name ends at the first colon with a space behind it. Where a line has none, it ends at a colon, if the
    name stands nowhere else; without any colon it is left out: the banner, or the output of a command.
    """
    lines = text.split("\r\n")
    try:
        headers = dict([line.split(": ", 1) for line in lines])
    except ValueError:
        headers = {}
    if len(headers) == len(lines):
        return headers
    # Rare: a header stands twice, or a line is not `Name: value`.
    headers = {}
    for separator in (": ", ":"):
        for line in lines:
            name, found, value = line.partition(separator)
            if found and (separator == ": " or ": " not in line):
                headers.setdefault(name, value)
    return headers
