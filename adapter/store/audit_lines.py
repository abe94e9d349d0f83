"""Looks lines of the audit trail up, for a command: by SQLAlchemy's engine, beside a service that may run."""

import asyncio
from collections.abc import Sequence

import asyncpg
from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError

from adapter.audit.query import AuditQuery
from adapter.store.address import StoreAddress
from adapter.store.schema import make_engine, read_revision
from adapter.store.tables import AUDIT, REVISION
from adapter.storing import StoreError

LIMIT_S = 30.0


async def find_lines(address: StoreAddress, wanted: AuditQuery) -> Sequence[str]:
    """The newest lines that are as wanted, in the order in which they were written. Raises StoreError.

    It is one more than the limit where there are more.
    """
    if address.kind == "sqlite" and not address.path.is_file():
        raise StoreError(f"{address}: there is no such file; the service makes it when it starts")
    engine = make_engine(address, LIMIT_S, writes=False)
    try:
        async with asyncio.timeout(LIMIT_S), engine.connect() as connection:
            revision = await connection.run_sync(read_revision, address)
            if revision != REVISION:
                raise StoreError(
                    f"the tables of {address} are at {revision or 'nothing'}, and this version needs "
                    f"{REVISION}: start the service once, it brings them up to date"
                )
            found = [line for (line,) in await connection.execute(statement(wanted))]
            return found[::-1]
    except (SQLAlchemyError, asyncpg.PostgresError, OSError) as failed:
        why = str(getattr(failed, "orig", None) or failed) or type(failed).__name__
        raise StoreError(f"{address}: {why}") from failed
    finally:
        await engine.dispose()


def statement(wanted: AuditQuery) -> Select[str]:
    """What is asked of the database."""
    asking = select(AUDIT.c.line)
    for name in ("supervisor", "extension", "call"):
        value = getattr(wanted, name)
        if value is not None:
            asking = asking.where(AUDIT.c[name] == value)
    if wanted.since is not None:
        asking = asking.where(AUDIT.c.at >= int(wanted.since * 1000))
    if wanted.until is not None:
        asking = asking.where(AUDIT.c.at < int(wanted.until * 1000))
    return asking.order_by(AUDIT.c.at.desc(), AUDIT.c.id.desc()).limit(wanted.limit + 1)
