"""A phone that answers by itself where a header of the INVITE asks for it, as desk phones do."""

import asyncio
import re
from typing import cast

from adapter.lab.ear import Ear

HOST = "127.0.0.1"
_HEADER = re.compile(r"(?m)^(Via|From|To|Call-ID|CSeq): ([^\r\n]*)")
_ANSWER_AT_ONCE = re.compile(r"(?mi)^Call-Info:.*;\s*answer-after=0\b")


class SelfAnsweringPhone(asyncio.DatagramProtocol):
    """Rings, and picks up by itself where Call-Info asks for it. Nobody speaks into it."""

    def __init__(self, ear: Ear) -> None:
        self.ear = ear
        self.invites: list[str] = []
        self.is_talking = False

    @classmethod
    async def open(cls) -> "SelfAnsweringPhone":
        """A phone at a free port."""
        ear = await Ear.open(HOST)
        loop = asyncio.get_running_loop()
        _, phone = await loop.create_datagram_endpoint(lambda: cls(ear), local_addr=(HOST, 0))
        return phone

    @property
    def contact(self) -> str:
        """Where it can be registered."""
        return f"{HOST}:{self._transport.get_extra_info('sockname')[1]}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one request; what is sent again is answered again, and a response is left alone."""
        request = data.decode()
        match request.partition(" ")[0]:
            case "INVITE":
                self.invites.append(request)
                self._send(request, "180 Ringing", addr)
                if _ANSWER_AT_ONCE.search(request):
                    self._send(request, "200 OK", addr, self._description())
            case "ACK":
                self.is_talking = True
            case "CANCEL":
                self._send(request, "200 OK", addr)
                self._send(self.invites[-1], "487 Request Terminated", addr)
            case "BYE":
                self.is_talking = False
                self._send(request, "200 OK", addr)
            case "OPTIONS":
                self._send(request, "200 OK", addr)

    def close(self) -> None:
        """Be gone."""
        self._transport.close()
        self.ear.close()

    def _description(self) -> str:
        return "\r\n".join(
            (
                "v=0", f"o=- 1 1 IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0",
                f"m=audio {self.ear.port} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "",
            )
        )  # fmt: skip

    def _send(self, request: str, status: str, addr: tuple[str, int], body: str = "") -> None:
        headers = [
            f"{name}: {value}" + (";tag=self" if name == "To" and "tag=" not in value else "")
            for name, value in _HEADER.findall(request)
        ]
        headers += [f"Contact: <sip:self@{self.contact}>", f"Content-Length: {len(body)}"]
        headers += ["Content-Type: application/sdp"] if body else []
        self._transport.sendto("\r\n".join((f"SIP/2.0 {status}", *headers, "", body)).encode(), addr)
