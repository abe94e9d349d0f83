"""The store's tables as this program needs them: made or brought up to date by Alembic, or refused.

All migrations are one transaction: a start that is cut short leaves the tables as they were.
"""

import asyncio
import logging
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapter.store.address import StoreAddress
from adapter.store.errors import Disconnected
from adapter.store.postgresql_driver import connect
from adapter.store.tables import REVISION, VERSION_TABLE
from adapter.storing import StoreError

log = logging.getLogger(__name__)

UPGRADE_LIMIT_S = 300.0
"""A migration of many rows takes its time."""
_LOCK = 0x75617069
"""The number of PostgreSQL's advisory lock for migrations: of several starts at once, one migrates."""


def make_engine(address: StoreAddress, limit_s: float, *, writes: bool = True) -> AsyncEngine:
    """An engine for what no request waits for: migrations, and what commands look up.

    One that does not write holds up nobody who does.
    """
    if address.kind == "postgresql":
        return create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: connect(address.url, limit_s), pool_size=1
        )
    engine = create_async_engine(f"sqlite+aiosqlite:///{address.path}", connect_args={"timeout": limit_s})

    # Python's module begins a transaction only before it changes rows, not before it makes a table.
    @event.listens_for(engine.sync_engine, "connect")
    def _begin_nothing(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's
        connection.isolation_level = None

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


async def upgrade(address: StoreAddress) -> None:
    """Make the tables, or bring them up to date. Raises StoreError, Disconnected."""
    engine = make_engine(address, UPGRADE_LIMIT_S)
    try:
        async with asyncio.timeout(UPGRADE_LIMIT_S), engine.begin() as connection:
            await connection.run_sync(_upgrade, address)
    except (SQLAlchemyError, asyncpg.PostgresError) as failed:
        why = str(getattr(failed, "orig", None) or failed)
        raise StoreError(f"the tables of {address} cannot be made or brought up to date: {why}") from failed
    except (OSError, TimeoutError) as failed:
        raise Disconnected(str(failed) or "no answer") from failed
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, address: StoreAddress) -> None:
    if address.kind == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    config = migrations()
    config.attributes["connection"] = connection
    found = read_revision(connection, address)
    if found == REVISION:
        return
    command.upgrade(config, "head")
    log.info("the store's tables are up to date", extra={"from": found or "none", "to": REVISION})


def read_revision(connection: Connection, address: StoreAddress) -> str | None:
    """Which migration was the last; None where there are no tables yet.

    Raises StoreError where a program that knows more than this one has made them.
    """
    if not connection.dialect.has_table(connection, VERSION_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - ours
    if found == REVISION:
        return found
    known = {script.revision for script in ScriptDirectory.from_config(migrations()).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"{address} was written by a newer version of uapi-adapter: its tables are at {found}, and this "
            f"version knows them up to {REVISION}. Install that version again, or set another store."
        )
    return found


def migrations() -> Config:
    """Alembic's settings: no file, only where the migrations are."""
    config = Config()
    config.set_main_option("script_location", "adapter.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
