"""A socket that is as many phones as anybody dials: all ring, and none is picked up."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from secrets import token_hex

_KEPT = re.compile(r"(?:Via|From|Call-ID|CSeq): [^\r\n]*\r\n", re.IGNORECASE)
_TO = re.compile(r"\r\n(To: [^\r\n;]*)", re.IGNORECASE)


class RingingPhones(asyncio.DatagramProtocol):
    """Answers each INVITE with 180, and takes the CANCEL of each."""

    def __init__(self) -> None:
        self.invites: dict[str, str] = {}
        """What each of them was called with, by Call-ID."""
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = data.decode(errors="replace")
        call_id = request.partition("Call-ID: ")[2].partition("\r\n")[0]
        match request.partition(" ")[0]:
            case "INVITE":
                self.invites[call_id] = request
                self._answer("180 Ringing", request, call_id, addr)
            case "CANCEL":
                self._answer("200 OK", request, call_id, addr)
                if call_id in self.invites:
                    self._answer("487 Request Terminated", self.invites[call_id], call_id, addr)

    def _answer(self, status: str, request: str, call_id: str, addr: tuple[str, int]) -> None:
        to = _TO.search(request)
        kept = "".join(_KEPT.findall(request))
        named = f"{to[1] if to else 'To: <sip:x>'};tag={call_id[:8] or token_hex(4)}\r\n"
        answer = f"SIP/2.0 {status}\r\n{kept}{named}Content-Length: 0\r\n\r\n"
        self._transport.sendto(answer.encode(), addr)


@contextlib.asynccontextmanager
async def ringing_phones() -> AsyncIterator[tuple[RingingPhones, int]]:
    """The phones, and the port at which they are."""
    loop = asyncio.get_running_loop()
    transport, phones = await loop.create_datagram_endpoint(RingingPhones, local_addr=("127.0.0.1", 0))
    try:
        yield phones, int(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()
