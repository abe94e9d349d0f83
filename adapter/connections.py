"""Closes HTTP connections on which nothing is being asked, so that slow clients hold nothing for long."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from weakref import WeakKeyDictionary

from aiohttp import web

LOOK_INTERVAL_S = 0.5

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class IdleConnections:
    """Knows which connections have a request in hand, and ends those that have had none for `limit_s`.

    aiohttp sets no limit on how long a client may take to send the head of a request.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._busy: WeakKeyDictionary[asyncio.BaseTransport, int] = WeakKeyDictionary()
        self._idle_since: WeakKeyDictionary[asyncio.BaseTransport, float] = WeakKeyDictionary()

    def middleware(self) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
        """A middleware, to stand outermost, that tells which connections are busy."""

        @web.middleware
        async def note_busy(request: web.Request, handler: Handler) -> web.StreamResponse:
            transport = request.transport
            if transport is None:
                return await handler(request)
            self._busy[transport] = self._busy.get(transport, 0) + 1
            try:
                return await handler(request)
            finally:
                self._busy[transport] -= 1
                self._idle_since[transport] = time.monotonic()

        return note_busy

    async def watch(self, server: web.Server) -> None:
        """Look at every connection of the server, for ever."""
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            now = time.monotonic()
            for connection in server.connections:
                transport = connection.transport
                if transport is None or self._busy.get(transport):
                    continue
                if now - self._idle_since.setdefault(transport, now) > self._limit_s:
                    transport.close()
