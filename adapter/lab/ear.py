"""What a phone hears: a UDP socket that Asterisk sends the phone's audio to."""

import asyncio
import struct
import time
from collections import deque

from adapter.lab.polling import poll_until
from adapter.lab.tones import SAMPLE_RATE_HZ, ulaw_of

# A packet is 20 ms.
KEPT_PACKETS = 250
# For a packet that is late at the end of what we listen to.
LISTEN_MARGIN_S = 0.3

_RTP_HEADER = struct.Struct("!BBHII")
_RTP_VERSION = 2
_PCMU, _PCMA = 0, 8


class Ear(asyncio.DatagramProtocol):
    """Receives RTP and keeps the last five seconds of it.

    Several streams at once, of several calls, are not kept apart.
    """

    def __init__(self) -> None:
        self.port = 0
        self.packets_heard = 0
        self._packets: deque[bytes] = deque(maxlen=KEPT_PACKETS)
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, ip: str) -> "Ear":
        """Return an ear at a free port of `ip`."""
        loop = asyncio.get_running_loop()
        transport, ear = await loop.create_datagram_endpoint(cls, local_addr=(ip, 0))
        ear._transport = transport  # noqa: SLF001 - its own
        ear.port = transport.get_extra_info("sockname")[1]
        return ear

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:  # noqa: ARG002
        """Keep the audio of an RTP packet; anything else is no sound."""
        audio = _payload(data)
        if audio is not None:
            self._packets.append(audio)
            self.packets_heard += 1

    async def listen(self, seconds: float) -> bytes:
        """Return the mu-law audio that arrives from now on, for as long as `seconds` of it take.

        Where less arrives, in silence or at the end of a call, it returns what there was after `seconds`
        and a margin of 0.3 s. At most five seconds.
        """
        before = self.packets_heard
        wanted = round(seconds * SAMPLE_RATE_HZ)
        deadline = time.monotonic() + seconds + LISTEN_MARGIN_S

        def heard_enough() -> bytes | None:
            audio = self._since(before)
            return audio[:wanted] if len(audio) >= wanted else None

        audio = await poll_until(heard_enough, deadline - time.monotonic())
        return self._since(before)[:wanted] if audio is None else audio

    def close(self) -> None:
        """Stop listening."""
        if self._transport is not None:
            self._transport.close()

    def _since(self, count: int) -> bytes:
        new = min(self.packets_heard - count, len(self._packets))
        return b"".join(list(self._packets)[len(self._packets) - new :])


def _payload(packet: bytes) -> bytes | None:
    """Return the audio of an RTP packet (RFC 3550, section 5.1), as mu-law; None if it is something else."""
    if len(packet) < _RTP_HEADER.size:
        return None
    flags, marker_and_type, _, _, _ = _RTP_HEADER.unpack_from(packet)
    if flags >> 6 != _RTP_VERSION:
        return None
    sources = flags & 0x0F
    audio = packet[_RTP_HEADER.size + 4 * sources :]
    payload_type = marker_and_type & 0x7F
    if payload_type == _PCMA:
        return ulaw_of(audio)
    return audio if payload_type == _PCMU else None
