"""The WebSocket of a stream's client: bounded before it is read, and never waited for."""

import asyncio
import contextlib
import socket

from aiohttp import WSMessage, web

SUBPROTOCOL = "uapi-audio.v1"
MESSAGE_LIMIT_BYTES = 3_200
"""The largest message of a client: 100 ms at 16 kHz. Known from a frame's header, before it is read."""
PING_EVERY_S = 10.0
"""A client that does not answer a ping within half of that is gone."""
CLOSE_WITHIN_S = 2.0
"""How long a client may take to answer the end. After that its connection is cut."""
KERNEL_BYTES = 16 * 1024
"""The socket's send buffer: half a second. The rest waits where old audio can still be dropped."""
TRANSPORT_BYTES = 4 * 1024
"""What may wait in the process between the outbox and the kernel."""


class ClientSocket:
    """One client. The route makes and opens it, has it carried, and then returns `response`."""

    def __init__(self, request: web.Request, ping_every_s: float = PING_EVERY_S) -> None:
        self._request = request
        self.response = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            heartbeat=ping_every_s,
            compress=False,
            max_msg_size=MESSAGE_LIMIT_BYTES,
            timeout=CLOSE_WITHIN_S * 2,  # `close` below is sooner, and cuts
            writer_limit=1,  # awaits, after each frame, until a slow client has read
        )

    @property
    def is_acceptable(self) -> bool:
        """Whether the request is one for a WebSocket, and offers the subprotocol."""
        ready = self.response.can_prepare(self._request)
        return ready.ok and ready.protocol == SUBPROTOCOL

    async def open(self) -> None:
        """Answer the request: from now on there is a WebSocket."""
        await self.response.prepare(self._request)
        transport = self._request.transport
        if transport is None:
            return
        transport.set_write_buffer_limits(high=TRANSPORT_BYTES)
        found = transport.get_extra_info("socket")
        if found is not None:
            with contextlib.suppress(OSError):
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)

    async def receive(self) -> WSMessage:
        """The next message, or how the connection ended."""
        return await self.response.receive()

    async def send_text(self, text: str) -> None:
        """Send a message. Raises ConnectionError."""
        await self.response.send_str(text)

    async def send_audio(self, audio: bytes) -> None:
        """Send audio. Raises ConnectionError."""
        await self.response.send_bytes(audio)

    async def close(self, code: int, reason: str) -> None:
        """Say why, and close. A client that does not answer in time is cut off."""
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self.response.close(code=code, message=reason.encode()[:120])
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        """Cut the connection; nothing that waits to be sent is sent."""
        if self._request.transport is not None:
            self._request.transport.abort()
