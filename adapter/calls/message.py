"""One AMI message as it came: its headers on demand, the channels in it at one look. Pure.

To split a message of twenty lines into headers takes longer than all that is done with it afterwards, and
most of them are never asked for. Asterisk describes a channel by the same fourteen lines, in the same
order, in every event: one regular expression finds what matters of them.
"""

import functools
import re
from typing import overload

from msgspec import Struct

ChannelFields = tuple[str, ...]
"""The values of a channel's lines below that are kept, in their order."""

UNIQUEID_LIMIT = 150
"""Asterisk's own are shorter. Their numbers are compared, and that of a longer one may be too large."""

# Possessive (`*+`): a value ends where its line does, and there is nothing to try again.
_KEPT, _LEFT, _END = "([^\r]*+)", "[^\r]*+", "(?=\r\n|$)"
_ID = f"([^\r]{{0,{UNIQUEID_LIMIT}}}+)"
_LINES = (
    # Asterisk 16 to 22 (its ast_manager_build_channel_state_string_prefix).
    ("Channel", _KEPT),
    ("ChannelState", "([0-9])"),
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
    ("Uniqueid", _ID),
    ("Linkedid", _ID),
)


def _channel_lines(role: str) -> str:
    return "".join(f"\r\n{role}{name}: {value}" for name, value in _LINES)


@functools.cache
def _channel(role: str) -> "re.Pattern[str]":
    """What finds a channel's lines, each beginning with `role` (`Dest`, `Spyer`, ... or nothing)."""
    return re.compile(_channel_lines(role) + _END)


# How every event of Asterisk begins. Most go on with the channel that they are about.
find_beginning = re.compile(
    f"Event: {_KEPT}"
    f"(?:\r\n(?:Privilege|ActionID): {_LEFT})?"
    "(?:\r\nTimestamp: ([0-9]{1,10})\\.([0-9]{6})(?=\r))?"
    f"(?:{_channel_lines('')})?" + _END
).match
"""What finds how an event of Asterisk begins.

Its groups: the name, the whole seconds and the microseconds of its time, and the fields of its channel.
"""
CHANNEL = 4
"""The first of the channel's groups."""


class Message(Struct, gc=False):
    """The headers of one message; of a header that stands twice, the first."""

    text: str
    """The message without the blank line at its end; its lines are parted by CR LF."""
    beginning: "re.Match[str] | None"
    """What was found in its first lines, where it is an event and they are Asterisk's."""
    _headers: dict[str, str] | None = None

    @property
    def event(self) -> str:
        """The name of the event; empty for what is none."""
        return self.headers.get("Event", "") if self.beginning is None else self.beginning[1]

    def channel(self, role: str = "") -> ChannelFields | None:
        """What the message says of a channel; nothing where it is not said in Asterisk's lines and order."""
        if self.beginning is None:
            return None
        if not role and self.beginning[CHANNEL] is not None:
            return self.beginning.groups()[CHANNEL - 1 :]
        found = _channel(role).search(self.text, self.beginning.end())
        return None if found is None else found.groups()

    def behind(self, lines: "re.Pattern[str]") -> "re.Match[str] | None":
        """These lines, if they stand right behind the first channel's."""
        return None if self.beginning is None else lines.match(self.text, self.beginning.end())

    @property
    def headers(self) -> dict[str, str]:
        """All of them."""
        if self._headers is None:
            self._headers = read_headers(self.text)
        return self._headers

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        """The value of a header, found without splitting the message where that can be helped."""
        if self.beginning is None or self._headers is not None:
            return self.headers.get(name, default)
        if name == "Event":
            return self.beginning[1]
        line = f"\r\n{name}:"
        at = self.text.find(line)
        if at < 0:
            return default
        value = at + len(line)
        if not self.text.startswith(" ", value):
            return self.headers.get(name, default)
        end = self.text.find("\r\n", value)
        return self.text[value + 1 :] if end < 0 else self.text[value + 1 : end]

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None


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
