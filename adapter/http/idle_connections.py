"""Closes HTTP connections on which nothing is being asked, so that slow clients hold nothing for long.

Nor all of it for a short time: each connection is an open file, of which a process may have only so many.
Without one left nobody is let in, Asterisk cannot be reached anew, and nothing says why.
"""

import asyncio
import logging
import sys
import time
from weakref import WeakKeyDictionary

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

LOOK_INTERVAL_S = 0.5

log = logging.getLogger(__name__)


def idle_connections_limit() -> int:
    """Half of the files that this process may have open: the rest is for those who ask, and for Asterisk."""
    if sys.platform == "win32":
        return sys.maxsize
    import resource  # noqa: PLC0415 - there is none on Windows

    open_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if open_files == resource.RLIM_INFINITY else open_files // 2


class IdleConnections:
    """Knows which connections have a request in hand, and ends those that have had none for `limit_s`.

    aiohttp sets no limit on how long a client may take to send the head of a request. Where more than `most`
    are idle, those go first that have been so for longest.
    """

    def __init__(self, limit_s: float, most: int) -> None:
        self._limit_s = limit_s
        self._most = most
        self._is_crowded = False
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
            transports = [connection.transport for connection in runner.server.connections]
            idle = [one for one in transports if one is not None and not self._busy.get(one)]
            now = time.monotonic()
            for transport in idle:
                self._end_if_idle(transport, now)
            self._make_room(idle)

    def _end_if_idle(self, transport: asyncio.Transport, now: float) -> None:
        idle_s = now - self._idle_since.setdefault(transport, now)
        if idle_s > 2 * self._limit_s:
            transport.abort()  # it does not even read what it was answered
        elif idle_s > self._limit_s:
            transport.close()

    def _make_room(self, idle: list[asyncio.Transport]) -> None:
        """Close the oldest where too many are idle. The log is told once, until half of them have gone."""
        excess = len(idle) - self._most
        if excess > 0:
            if not self._is_crowded:
                log.warning("too many idle connections: the oldest are closed", extra={"most": self._most})
            self._is_crowded = True
            for transport in sorted(idle, key=self._idle_since.__getitem__)[:excess]:
                transport.abort()
        elif len(idle) < self._most // 2:
            self._is_crowded = False
