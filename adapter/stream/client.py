"""One client's stream of server-sent events (WHATWG HTML, "Server-sent events")."""

import asyncio
import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable

import msgspec
from aiohttp import ClientConnectionError, web

from adapter.directory import App

RETRY_MS = 2000
"""The `retry` of a stream: after how long a client reconnects."""
SEND_BUFFER_BYTES = 64 * 1024
"""The socket's send buffer. If a client reads slowly, the buffer fills first, then the client's queue."""


def write_event(event_id: str, name: str, data: msgspec.Struct) -> bytes:
    """The bytes of one event. JSON has no line ends, so the data is one line."""
    return f"id: {event_id}\nevent: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"


class EventStream:
    """Queues and sends the events of one client."""

    def __init__(self, request: web.Request, app: App, limit: int) -> None:
        self.app = app
        self._request = request
        self._limit = limit
        self._waiting: deque[bytes] = deque()
        self._woken = asyncio.Event()
        self._is_over = False
        self._is_writing = False

    @property
    def is_gone(self) -> bool:
        """Whether the client has closed its connection."""
        transport = self._request.transport
        return transport is None or transport.is_closing()

    def put(self, data: bytes, final_event: bytes) -> None:
        """Queue an event. If the queue is full, send `final_event` instead and close the stream."""
        if self._is_over:
            return
        if len(self._waiting) < self._limit:
            self._waiting.append(data)
            self._woken.set()
        else:
            self.end(final_event)

    def end(self, final_event: bytes = b"") -> None:
        """Send this instead of the queue, and close the stream.

        Does not wait for a client that does not read.
        """
        self._is_over = True
        self._waiting.clear()
        self._waiting.append(final_event)
        self._woken.set()
        self._abandon_if_stuck()

    def finish(self) -> None:
        """Send the queue, and close the stream. Does not wait for a client that does not read."""
        self._is_over = True
        self._woken.set()
        self._abandon_if_stuck()

    async def send(
        self,
        response: web.StreamResponse,
        heartbeat: Callable[[], bytes],
        heartbeat_s: float,
        ends_at: float,
    ) -> None:
        """Send what is queued until the stream ends, the client disconnects, or the time is `ends_at`.

        If nothing was sent for `heartbeat_s`, send the result of `heartbeat`.
        """
        _bound_send_buffer(self._request.transport)
        with contextlib.suppress(ConnectionError, ClientConnectionError):
            await self._write(response, f"retry: {RETRY_MS}\n\n".encode())
            while (left_s := ends_at - time.time()) > 0:
                data = await self._take(min(heartbeat_s, left_s))
                await self._write(response, data or heartbeat())
                if self._is_over:
                    break
            await response.write_eof()

    async def _take(self, within_s: float) -> bytes:
        """Everything in the queue; empty if nothing comes in time."""
        if not self._waiting and not self._is_over:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._woken.wait()
        self._woken.clear()
        data = b"".join(self._waiting)
        self._waiting.clear()
        return data

    def _abandon_if_stuck(self) -> None:
        if self._is_writing and self._request.transport is not None:
            self._request.transport.abort()

    async def _write(self, response: web.StreamResponse, data: bytes) -> None:
        self._is_writing = True
        try:
            await response.write(data)
        finally:
            self._is_writing = False


def _bound_send_buffer(transport: asyncio.Transport | None) -> None:
    found = None if transport is None else transport.get_extra_info("socket")
    if found is not None:
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
