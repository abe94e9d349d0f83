"""The frames of Asterisk's AudioSocket: one byte kind, two bytes length (big endian), payload. Pure.

Asterisk connects, and its first frame is the UUID that it was told to dial with. After it both sides send
audio of one rate: the kind says which. What Asterisk sends beside that: a DTMF digit, the end.
"""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple
from uuid import UUID

END = 0x00
IDENTITY = 0x01
DTMF = 0x03
ERROR = 0xFF
AUDIO_OF_RATE = {8_000: 0x10, 16_000: 0x12}
"""The kinds of signed 16-bit little-endian audio, by their rate in Hz."""

PAYLOAD_LIMIT = 3_200
"""100 ms at 16 kHz. Asterisk sends 20 ms; a frame that announces more than this is refused unread."""
_HEADER = Struct(">BH")
_IDENTITY_BEGINS = _HEADER.pack(IDENTITY, 16)


class MalformedFrameError(ValueError):
    """The peer does not speak AudioSocket."""


class Frame(NamedTuple):
    """One frame."""

    kind: int
    payload: bytes


def write_frame(kind: int, payload: bytes = b"") -> bytes:
    """The bytes of a frame."""
    return _HEADER.pack(kind, len(payload)) + payload


def read_identity(data: bytes) -> UUID | None:
    """The UUID in the first bytes of a connection; None if they are not yet whole.

    Raises MalformedFrameError at the first byte that is not one of a UUID's frame.
    """
    begin = data[: _HEADER.size]
    if begin != _IDENTITY_BEGINS[: len(begin)]:
        raise MalformedFrameError("the first frame is no UUID")
    whole = _HEADER.size + 16
    return UUID(bytes=data[_HEADER.size : whole]) if len(data) >= whole else None


class FrameReader:
    """Splits the bytes of one connection into frames. Holds less than one frame."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole by now. Raises MalformedFrameError if a frame announces too much."""
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        while end - at >= _HEADER.size:
            kind, length = _HEADER.unpack_from(data, at)
            if length > PAYLOAD_LIMIT:
                raise MalformedFrameError("a frame of more than 100 ms")
            begins = at + _HEADER.size
            if end - begins < length:
                break
            at = begins + length
            yield Frame(kind, data[begins:at])
        self._rest = data[at:]
