"""A source that stands in a database, read by a connection of its own each time."""

import asyncio
import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from adapter.directory.source import Reading, SourceDown
from adapter.printable import printable
from adapter.regular_file import open_regular
from adapter.sources import freepbx, realtime
from adapter.sources.address import Address
from adapter.sources.rows import Row
from adapter.sources.tables import COLUMNS, ROWS_LIMIT, Table, select_fingerprint, select_rows

TIMEOUT_S = 2.0
"""For connecting, and for each statement."""

SAID_LIMIT = 300
"""Letters that are kept of what a database says of an error."""

_READERS = {"freepbx": freepbx, "realtime": realtime}

# As SQLAlchemy spells what it says of all databases. SQLite's file is opened for reading alone.
_READ_ONLY = {"mysql": "SET TRANSACTION READ ONLY", "postgresql": "SET TRANSACTION READ ONLY"}


class SqlSource:
    """FreePBX's tables or Asterisk's realtime tables, on MySQL, PostgreSQL or SQLite."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._reader = _READERS[address.kind]

    @property
    def shown(self) -> str:
        """Its kind, host and database."""
        return self._address.shown

    def read(self, unless: str | None) -> Reading | None:
        """What the tables say; None where nothing in them has changed. Raises SourceDown.

        It runs an event loop of its own, so that nobody waits for rows to be read and judged.
        """
        try:
            if self._address.file is not None:  # aiosqlite's thread outlives a file that cannot be opened
                os.close(open_regular(self._address.file, os.O_RDONLY))
            return asyncio.run(self._read(unless))
        except TimeoutError:
            raise SourceDown(f"{self.shown} did not answer within {TIMEOUT_S:.0f} s") from None
        except SQLAlchemyError as failed:
            # Its own text repeats the statement, and may repeat the address.
            raise SourceDown(f"{self.shown}: {_said(failed)}") from None
        except (
            OSError,
            ValueError,
        ) as failed:  # what drivers let through: no such host, bytes of no encoding
            raise SourceDown(f"{self.shown}: {printable(str(failed))}") from None

    async def _read(self, unless: str | None) -> Reading | None:
        engine = create_async_engine(self._address.url, poolclass=NullPool, hide_parameters=True)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                connection = await engine.connect()
            try:
                return await self._read_tables(connection, unless)
            finally:
                with suppress(TimeoutError, SQLAlchemyError):
                    async with asyncio.timeout(TIMEOUT_S):
                        await connection.close()
        finally:
            await engine.dispose()

    async def _read_tables(self, connection: AsyncConnection, unless: str | None) -> Reading | None:
        tables = await self._there(connection)
        if read_only := _READ_ONLY.get(self._address.engine):
            await connection.rollback()
            await _ask(connection, read_only)
        told = [await self._fingerprint(connection, table) for table in tables]
        rows = None
        if None in told:  # reading them is the only way to know
            rows = await self._rows(connection, tables)
            told = [hashlib.sha256(repr(own).encode()).hexdigest() for own in rows.values()]
        fingerprint = " ".join(f"{table.name}={said}" for table, said in zip(tables, told, strict=True))
        if fingerprint == unless:
            return None
        rows = rows or await self._rows(connection, tables)
        read = {table.name: [Row(table.columns, values) for values in rows[table.name]] for table in tables}
        return Reading(self._reader.read_candidates(read), fingerprint)

    async def _there(self, connection: AsyncConnection) -> list[Table]:
        """The tables as they are there. Raises SourceDown where one that is needed is not."""
        columns = defaultdict[str, set[str]](set)
        for table_name, column in await _ask(connection, COLUMNS[self._address.engine]):
            columns[str(table_name)].add(str(column))
        there = []
        for table in self._reader.TABLES:
            if table.name not in columns:
                if table.is_needed:
                    raise SourceDown(f"{self.shown} has no table {table.name} that this user may read")
                continue
            found = table.without(set(table.columns) - columns[table.name])
            if missing := set(found.columns) - columns[table.name]:
                raise SourceDown(f"{self.shown}: {table.name} has no column {min(missing)}")
            there.append(found)
        return there

    async def _fingerprint(self, connection: AsyncConnection, table: Table) -> str | None:
        statement = select_fingerprint(table, self._address.engine, _quote(connection))
        if statement is None:
            return None
        [[count, total]] = await _ask(connection, statement)
        return f"{count},{total},{len(table.columns)}"

    async def _rows(
        self, connection: AsyncConnection, tables: list[Table]
    ) -> dict[str, list[tuple[object, ...]]]:
        rows = {}
        for table in tables:
            found = await _ask(connection, select_rows(table, self._address.engine, _quote(connection)))
            if len(found) > ROWS_LIMIT:
                raise SourceDown(f"{self.shown}: {table.name} has more than {ROWS_LIMIT} rows")
            rows[table.name] = [tuple(values) for values in found]
        return rows


def _quote(connection: AsyncConnection) -> Callable[[str], str]:
    return connection.dialect.identifier_preparer.quote_identifier


async def _ask(connection: AsyncConnection, statement: str) -> Sequence[Sequence[object]]:
    async with asyncio.timeout(TIMEOUT_S):
        result = await connection.execute(text(statement))
        return result.fetchall() if result.returns_rows else []


def _said(failed: SQLAlchemyError) -> str:
    """What the database said, on one line."""
    said = failed.orig if isinstance(failed, DBAPIError) else failed
    return printable(" ".join(str(said).split()))[:SAID_LIMIT]
