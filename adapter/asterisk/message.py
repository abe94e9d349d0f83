"""One AMI message as it came: what it says at one look, and its headers on demand. Pure."""

import re
from typing import overload

from msgspec import Struct

from adapter.asterisk.events import Channel
from adapter.asterisk.wire import EventHeader

try:
    from adapter.asterisk._wire import find_channel, find_values, split_messages

    READER = "C"
except ImportError:  # there was no compiler where the package was built
    from adapter.asterisk.wire import find_channel, find_values, split_messages

    READER = "Python"

__all__ = ["READER", "Message", "find_channel", "find_values", "read_headers", "split_messages"]


class Message(Struct, gc=False):
    """The headers of one message; of a header that stands twice, the first."""

    text: str
    """The message without the blank line at its end; its lines are parted by CR LF."""
    event_header: EventHeader | None
    """What was found in its first lines, where it is an event and they are Asterisk's."""
    _headers: dict[str, str] | None = None

    @property
    def event(self) -> str:
        """The name of the event; empty for what is none."""
        if self.event_header is not None:
            return self.event_header[0]
        named = _EVENT.match(self.text)
        return "" if named is None else named[1]

    @property
    def is_response(self) -> bool:
        """Whether it answers an action."""
        return self.text.startswith("Response: ")

    def channel(self, role: str = "") -> Channel | None:
        """What the message says of a channel; nothing where it is not said in Asterisk's lines and order."""
        if self.event_header is None:
            return None
        _, _, channel, end, _ = self.event_header
        return find_channel(self.text, end, role) if role or channel is None else channel

    @property
    def lines(self) -> list[str]:
        """All of them, as they came."""
        return self.text.split("\r\n")

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
        if self.event_header is None or self._headers is not None:
            return self.headers.get(name, default)
        if name == "Event":
            return self.event_header[0]
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


_EVENT = re.compile(r"Event: ([^\r\n]*)")


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
