"""Closes HTTP connections that waste resources: idle ones, and those whose client reads nothing.

Each connection is an open file, and a process may open only so many. Without a free file no client can
connect, and the adapter cannot reconnect to Asterisk. So the oldest idle connections are closed early if
there are too many.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

LOOK_INTERVAL_S = 0.5
RESERVED_FILES = 64
"""How many files are reserved for the link to Asterisk, the log, the audit trail and name look-ups."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FileShares:
    """How many of the files that this process may open may serve which purpose."""

    connections: int
    idle: int
    bodies: int
    """For requests whose body has not arrived."""
    waits: int
    """For requests that wait for an outcome."""


def share_files(open_files: int) -> FileShares:
    """Divide this number of files."""
    return FileShares(
        connections=open_files - min(RESERVED_FILES, open_files // 4),
        idle=open_files // 2,
        bodies=open_files // 4,
        waits=open_files // 4,
    )


def open_files_limit() -> int:
    """How many files this process may open."""
    if sys.platform == "win32":
        return sys.maxsize
    import resource  # noqa: PLC0415 - there is none on Windows

    open_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if open_files == resource.RLIM_INFINITY else open_files


class Connections:
    """Closes connections without a request for `idle_s`, and those whose client reads nothing for `unread_s`.

    aiohttp limits neither how long a client may take to send the head of a request, nor how long it may take
    to read its answer. If more connections are open or idle than their share of the files, the longest idle
    ones are closed first.
    """

    def __init__(self, idle_s: float, unread_s: float, shares: FileShares) -> None:
        self.idle_s = idle_s
        self._unread_s = unread_s
        self._shares = shares
        self._is_crowded = False
        self._busy: WeakKeyDictionary[asyncio.BaseTransport, int] = WeakKeyDictionary()
        self._idle_since: WeakKeyDictionary[asyncio.BaseTransport, float] = WeakKeyDictionary()
        self._unread: WeakKeyDictionary[asyncio.BaseTransport, tuple[int, float]] = WeakKeyDictionary()
        """How many bytes wait for the client to read them, and since when that number has not changed."""

    def middleware(self) -> Middleware:
        """Mark the connection of a request as busy. Must be the outermost middleware."""

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

    def on_open(self, opened: asyncio.Transport, connections: Iterable[web.RequestHandler]) -> None:
        """Make room for a new connection; if no other one is idle, close the new one."""
        self._idle_since[opened] = time.monotonic()
        transports = _transports(connections)
        excess = len(transports) - self._shares.connections
        if excess > 0:
            idle = [one for one in transports if one is not opened and not self._busy.get(one)]
            self._end_oldest(idle or [opened], excess)

    async def watch(self, runner: web.BaseRunner) -> None:
        """Check every connection of the runner's server, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            if runner.server is None:
                return
            idle = [one for one in _transports(runner.server.connections) if not self._busy.get(one)]
            now = time.monotonic()
            for transport in idle:
                self._end_if_due(transport, now)
            self._make_room(idle)

    def _end_if_due(self, transport: asyncio.Transport, now: float) -> None:
        unread = transport.get_write_buffer_size()
        if unread:
            known, since = self._unread.get(transport, (0, now))
            if unread != known:
                self._unread[transport] = unread, now
            elif now - since > self._unread_s:
                transport.abort()
        elif now - self._idle_since.setdefault(transport, now) > self.idle_s:
            transport.close()

    def _make_room(self, idle: list[asyncio.Transport]) -> None:
        """Close the oldest connections if too many are idle. Log that once, until half of them have gone."""
        excess = len(idle) - self._shares.idle
        if excess > 0:
            self._end_oldest(idle, excess)
        elif len(idle) < self._shares.idle // 2:
            self._is_crowded = False

    def _end_oldest(self, transports: list[asyncio.Transport], count: int) -> None:
        if not self._is_crowded:
            log.warning("too many idle connections: the oldest are closed", extra={"most": self._shares.idle})
        self._is_crowded = True
        for transport in sorted(transports, key=lambda one: self._idle_since.get(one, 0.0))[:count]:
            transport.abort()


def _transports(connections: Iterable[web.RequestHandler]) -> list[asyncio.Transport]:
    found = (connection.transport for connection in connections)
    return [one for one in found if one is not None and not one.is_closing()]
