"""Bytes of an AMI connection to messages, whatever the chunks. Pure.

AMI has no framing but the blank line: a message is lines `Name: value` up to the first empty one.
Most of what a busy PBX says is of no use here (VarSet, Newexten, RTCP, TestEvent). A reader that is told
which events are wanted looks at the first line, `Event: NAME`, and drops the others before decoding them.
"""

import itertools
import re
from collections.abc import Callable, Iterable

from adapter.calls.message import Message, find_beginning

MESSAGE_LIMIT_BYTES = 256 * 1024
"""Asterisk writes messages of at most 128 lines of 1,024 bytes; twice that is no message of its."""

_END = b"\r\n\r\n"


class FramingError(ValueError):
    """The peer sends no AMI: more bytes without a blank line than any message has."""


class Reader:
    """Collects the bytes of one connection and cuts them into messages."""

    def __init__(self, wanted: Iterable[str] | None = None) -> None:
        """Give out the events of these names and whatever is no event; without names, everything."""
        self.dropped = 0
        """How many events were left out."""
        self._is_unwanted = None if wanted is None else _unwanted(wanted)
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes, in order. Raises FramingError where no end is in sight."""
        if self._rest:
            searched = max(0, len(self._rest) - len(_END) + 1)
            self._rest += data
            if self._rest.find(_END, searched) < 0:
                return self._wait_for_end()
            data = bytes(self._rest)
        *complete, rest = data.split(_END)
        self._rest = bytearray(rest)
        if not complete:
            return self._wait_for_end()
        if self._is_unwanted is not None:
            kept = list(itertools.filterfalse(self._is_unwanted, complete))
            self.dropped += len(complete) - len(kept)
            complete = kept
        texts = _decoded(complete)
        messages = map(Message, texts, map(find_beginning, texts))
        return [message for message in messages if message.beginning or message.headers]

    def _wait_for_end(self) -> list[Message]:
        if len(self._rest) > MESSAGE_LIMIT_BYTES:
            raise FramingError(f"{len(self._rest)} bytes without the end of a message")
        return []


def _unwanted(wanted: Iterable[str]) -> Callable[[bytes], object]:
    """What finds events of other names: by the first line, which in every event of Asterisk is its name."""
    names = b"|".join(re.escape(name.encode()) for name in wanted)
    return re.compile(b"Event: (?!(?:%s)(?:\r\n|$))" % names).match


def _decoded(messages: list[bytes]) -> list[str]:
    # Only whole messages are decoded: a chunk may end within a letter. Asterisk passes names on as the
    # phones sent them, which is not always UTF-8; Latin-1 then loses nothing.
    try:
        return _END.join(messages).decode().split(_END.decode()) if messages else []
    except UnicodeDecodeError:
        return [_decoded_alone(message) for message in messages]


def _decoded_alone(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError:
        return message.decode("latin-1")
