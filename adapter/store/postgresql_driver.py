"""PostgreSQL, by asyncpg: 0.3 ms for a committed row on the same machine (measured)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from operator import itemgetter

import asyncpg

from adapter.store.driver import Arguments, Work
from adapter.store.errors import Disconnected, Rejected

_REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.exceptions.DataError,
    ValueError,
)


class PostgresqlDriver:
    """One connection."""

    def __init__(self, url: str, limit_s: float) -> None:
        self._url = url
        self._limit_s = limit_s
        self._connection: asyncpg.Connection | None = None

    async def connect(self) -> None:
        """Connect; the server is told to give up a statement after the deadline, too."""
        await self.close()
        async with self._translated():
            self._connection = await connect(self._url, self._limit_s)

    async def fetch(self, sql: str, arguments: Arguments) -> list[tuple[object, ...]]:
        """Carry out one statement."""
        async with self._translated():
            rows = await self._connected().fetch(sql, *arguments, timeout=self._limit_s)
            return [tuple(row) for row in rows]

    async def write(self, work: Sequence[Work]) -> None:
        """Carry out all of it in one transaction."""
        async with self._translated(), self._connected().transaction():
            for sql, alike in groupby(work, itemgetter(0)):
                arguments = [one for _, one in alike]
                await self._connected().executemany(sql, arguments, timeout=self._limit_s)

    async def look(self) -> None:
        """Ask the server whether it takes writes: a replica, or one whose disk is full, may not."""
        [[is_read_only]] = await self.fetch("SHOW transaction_read_only", ())
        if is_read_only == "on":
            raise Disconnected("the server is read-only")

    async def close(self) -> None:
        """Give the connection up at once: a farewell might wait for a server that is gone."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            raise Disconnected("the connection is closed")
        return self._connection

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(2 * self._limit_s):  # what asyncpg has no deadline for
                yield
        except _REFUSED as refused:
            raise Rejected(str(refused)) from refused
        except TimeoutError:
            await self.close()
            raise Disconnected(f"no answer within {self._limit_s:g} s") from None
        # InternalClientError: what asyncpg says of a connection that broke at an odd moment (seen).
        except (
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            OSError,
        ) as failed:
            await self.close()
            raise Disconnected(str(failed) or type(failed).__name__) from failed


async def connect(url: str, limit_s: float) -> asyncpg.Connection:
    """A connection whose statements end within the deadline. Raises what asyncpg does."""
    given = {"statement_timeout": str(int(limit_s * 1000)), "application_name": "uapi-adapter"}
    return await asyncpg.connect(url, timeout=limit_s, command_timeout=limit_s, server_settings=given)
