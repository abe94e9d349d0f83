"""What a phone hears: a UDP socket that Asterisk sends the phone's audio to."""

import asyncio
import struct
import time
from collections import deque

from adapter.lab.codecs import ULAW, Codec
from adapter.lab.polling import poll_until
from adapter.lab.tones import SAMPLE_RATE_HZ

# A packet is 20 ms.
KEPT_PACKETS = 250
# How long to wait for a late packet at the end.
LISTEN_MARGIN_S = 0.3

_RTP_HEADER = struct.Struct("!BBHII")
_RTP_VERSION = 2


class Ear(asyncio.DatagramProtocol):
    """Receives RTP of one codec and keeps the last five seconds of it.

    It does not separate several streams of several calls.
    """

    def __init__(self, codec: Codec) -> None:
        self.port = 0
        self._format = codec.format
        self._decode = codec.decoder()
        self.packets_heard = 0
        self._packets: deque[bytes] = deque(maxlen=KEPT_PACKETS)
        self._arrivals: deque[float] = deque(maxlen=KEPT_PACKETS)
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, ip: str, codec: Codec = ULAW) -> "Ear":
        """Return an ear at a free port of `ip`."""
        loop = asyncio.get_running_loop()
        transport, ear = await loop.create_datagram_endpoint(lambda: cls(codec), local_addr=(ip, 0))
        ear._transport = transport  # noqa: SLF001 - its own
        ear.port = transport.get_extra_info("sockname")[1]
        return ear

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:  # noqa: ARG002
        """Keep the audio of an RTP packet; ignore anything else."""
        audio = _payload(data, self._format)
        if audio is not None:
            self._packets.append(self._decode(audio))
            self._arrivals.append(time.time())
            self.packets_heard += 1

    async def listen(self, seconds: float) -> bytes:
        """Return `seconds` of the mu-law audio that arrives from now on, at most five seconds.

        If less arrives (silence, the end of a call), it returns what has arrived after `seconds` and a margin
        of 0.3 s.
        """
        before = self.packets_heard
        wanted = round(seconds * SAMPLE_RATE_HZ)
        deadline = time.monotonic() + seconds + LISTEN_MARGIN_S

        def heard_enough() -> bytes | None:
            audio = self._since(before)
            return audio[:wanted] if len(audio) >= wanted else None

        audio = await poll_until(heard_enough, deadline - time.monotonic())
        return self._since(before)[:wanted] if audio is None else audio

    def arrived(self, since: float) -> list[tuple[float, bytes]]:
        """Each packet that came after `since`: when, in seconds since the epoch, and its mu-law audio."""
        kept = zip(self._arrivals, self._packets, strict=True)
        return [(at, audio) for at, audio in kept if at > since]

    def close(self) -> None:
        """Stop listening."""
        if self._transport is not None:
            self._transport.close()

    def _since(self, count: int) -> bytes:
        new = min(self.packets_heard - count, len(self._packets))
        return b"".join(list(self._packets)[len(self._packets) - new :])


def _payload(packet: bytes, wanted_format: int) -> bytes | None:
    """Return the audio of an RTP packet (RFC 3550, section 5.1); None if it is something else."""
    if len(packet) < _RTP_HEADER.size:
        return None
    flags, marker_and_type, _, _, _ = _RTP_HEADER.unpack_from(packet)
    if flags >> 6 != _RTP_VERSION or marker_and_type & 0x7F != wanted_format:
        return None
    sources = flags & 0x0F
    return packet[_RTP_HEADER.size + 4 * sources :]
