"""SQLite, by Python's own module in one thread: 0.3 ms for a committed row (measured)."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from adapter.regular_file import open_regular
from adapter.store.driver import Arguments, Work
from adapter.store.errors import Disconnected, Rejected
from adapter.store.threaded import Threaded

MODE = 0o600
BUSY_SHARE = 0.8
"""Another process that has the file locked is waited for as long as this share of the deadline."""

T = TypeVar("T")


class SqliteDriver:
    """One connection to a file, which is made if it is not there."""

    def __init__(self, path: Path, limit_s: float) -> None:
        self._path = path
        self._limit_s = limit_s
        self._thread: Threaded | None = None
        self._connection: sqlite3.Connection | None = None

    async def connect(self) -> None:
        """Open the file, in a new thread. An older one that still hangs on the disk is waited for first."""
        await self.close()
        if self._thread is not None and self._thread.is_alive:
            raise Disconnected("the disk does not answer")
        self._thread = Threaded("store")
        self._connection = await self._do(self._open)

    async def fetch(self, sql: str, arguments: Arguments) -> list[tuple[object, ...]]:
        """Carry out one statement."""
        return await self._do(lambda: self._opened().execute(sql, arguments).fetchall())

    async def write(self, work: Sequence[Work]) -> None:
        """Carry out all of it in one transaction."""

        def write() -> None:
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                for sql, arguments in work:
                    connection.execute(sql, arguments)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

        await self._do(write)

    async def look(self) -> None:
        """Take the lock that writing needs, and give it back."""

        def look() -> None:
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")

        await self._do(look)

    async def close(self) -> None:
        """Close the file as soon as the thread can."""
        thread, connection, self._connection = self._thread, self._connection, None
        if thread is None:
            return
        closed = thread.do(connection.close) if connection is not None else None
        thread.end()
        if closed is not None:
            await asyncio.wait({closed}, timeout=self._limit_s)
        if not thread.is_alive:
            self._thread = None

    async def _do(self, work: Callable[[], T]) -> T:
        if self._thread is None:
            raise Disconnected("it is closed")
        doing = self._thread.do(work)
        try:
            async with asyncio.timeout(self._limit_s):
                return await doing
        except TimeoutError:
            if self._connection is not None:
                self._connection.interrupt()
            raise Disconnected(f"no answer within {self._limit_s:g} s") from None
        except (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.InterfaceError, ValueError) as refused:
            raise Rejected(str(refused)) from refused
        except sqlite3.ProgrammingError as refused:
            raise Rejected(str(refused)) from refused
        except OSError as failed:
            raise Disconnected(failed.strerror or str(failed)) from failed
        except sqlite3.Error as failed:
            raise Disconnected(str(failed)) from failed

    # -- in the thread -----------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        # sqlite3 would make it readable for all; what it makes beside it takes its mode.
        os.close(open_regular(self._path, os.O_RDWR | os.O_CREAT, MODE))
        connection = sqlite3.connect(
            self._path,
            isolation_level=None,
            check_same_thread=False,  # it is used in one thread at a time, and interrupted from another
            timeout=self._limit_s * BUSY_SHARE,
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(
                "PRAGMA synchronous = FULL"
            )  # what was said to be written outlives a power cut
        except BaseException:
            connection.close()
            raise
        self._inode = self._there()
        return connection

    def _opened(self) -> sqlite3.Connection:
        """The connection, if the path still names its file: SQLite would write on into a deleted one."""
        if self._connection is None:
            raise sqlite3.OperationalError("it is closed")
        if self._there() != self._inode:
            raise sqlite3.OperationalError("the file was moved or deleted")
        return self._connection

    def _there(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_dev, found.st_ino
