"""Bytes of an AMI connection to messages, whatever the chunks. Pure.

AMI has no framing but the blank line: a message is lines `Name: value` up to the first empty one.
Most of what a busy PBX says is of no use here (VarSet, Newexten, RTCP, TestEvent). A reader that is told
which events are wanted looks at the first line, `Event: NAME`, and drops the others before decoding them.
"""

import itertools
from collections.abc import Mapping

from adapter.asterisk.message import Message, split_messages

MESSAGE_LIMIT_BYTES = 256 * 1024
"""Asterisk writes messages of at most 128 lines of 1,024 bytes; twice that is no message of its."""

_END = b"\r\n\r\n"


class FramingError(ValueError):
    """The peer sends no AMI: more bytes without a blank line than any message has."""


class Reader:
    """Collects the bytes of one connection and cuts them into messages."""

    def __init__(self, wanted: Mapping[str, str] | None = None) -> None:
        """Give out the events of these names and whatever is no event; without names, everything.

        Of each name only those in which the text beside it stands.
        """
        self.dropped = 0
        """How many events were left out."""
        self._wanted = (
            None if wanted is None else {name.encode(): text.encode() for name, text in wanted.items()}
        )
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes, in order. Raises FramingError where no end is in sight."""
        if self._rest:
            searched = max(0, len(self._rest) - len(_END) + 1)
            self._rest += data
            if self._rest.find(_END, searched) < 0:
                return self._wait_for_end()
            data = bytes(self._rest)
        found, end, dropped = split_messages(data, self._wanted)
        self._rest = bytearray(data[end:])
        if not end:
            return self._wait_for_end()
        self.dropped += dropped
        return list(itertools.starmap(Message, found))

    def _wait_for_end(self) -> list[Message]:
        if len(self._rest) > MESSAGE_LIMIT_BYTES:
            raise FramingError(f"{len(self._rest)} bytes without the end of a message")
        return []
