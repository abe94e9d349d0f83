"""Closes HTTP connections on which nothing is being asked, so that slow clients hold nothing for long."""

import asyncio
import time
from weakref import WeakKeyDictionary

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

LOOK_INTERVAL_S = 0.5


class IdleConnections:
    """Knows which connections have a request in hand, and ends those that have had none for `limit_s`.

    aiohttp sets no limit on how long a client may take to send the head of a request.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._busy: WeakKeyDictionary[asyncio.BaseTransport, int] = WeakKeyDictionary()
        self._idle_since: WeakKeyDictionary[asyncio.BaseTransport, float] = WeakKeyDictionary()

    def middleware(self) -> Middleware:
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

    async def watch(self, runner: web.BaseRunner) -> None:
        """Look at every connection of the runner's server, for ever."""
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            if runner.server is None:
                return
            now = time.monotonic()
            for connection in runner.server.connections:
                if connection.transport is not None and not self._busy.get(connection.transport):
                    self._end_if_idle(connection.transport, now)

    def _end_if_idle(self, transport: asyncio.Transport, now: float) -> None:
        idle_s = now - self._idle_since.setdefault(transport, now)
        if idle_s > 2 * self._limit_s:
            transport.abort()  # it does not even read what it was answered
        elif idle_s > self._limit_s:
            transport.close()
