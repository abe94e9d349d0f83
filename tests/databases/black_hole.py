"""A way to a server that can be made to take everything and answer nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.databases.servers import HOST


class Way:
    """Hands on what either side says, while it is open."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    def block(self) -> None:
        """From now on connections are taken, and what is said is read, but nobody answers."""
        self._is_open.clear()

    def unblock(self) -> None:
        """Hand on again, first what was held back."""
        self._is_open.set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with suppress(OSError, asyncio.CancelledError):
            await self._is_open.wait()
            there_reader, there_writer = await asyncio.open_connection(HOST, self._target)
            try:
                await asyncio.gather(self._hand(reader, there_writer), self._hand(there_reader, writer))
            finally:
                there_writer.close()
        writer.close()
        self._tasks.discard(task)

    async def _hand(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._is_open.wait()
            writer.write(data)
            await writer.drain()
        writer.close()

    async def end(self) -> None:
        """End all connections."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def way_to(port: int) -> AsyncIterator[Way]:
    """A way to this port of 127.0.0.1, by another that it names."""
    way = Way(port)
    server = await asyncio.start_server(way.take, HOST, 0)
    way.port = server.sockets[0].getsockname()[1]
    try:
        yield way
    finally:
        server.close()
        await way.end()
