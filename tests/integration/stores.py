"""A store on a database of a test, opened and looked after as the service does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from adapter.monitoring.counters import StoreCounters
from adapter.store.address import read_address
from adapter.store.opening import make_store
from adapter.store.schema import make_engine
from adapter.store.store import Store
from adapter.tasks import cancel
from tests.databases.servers import Database

LIMIT_S = 1.0
QUERY_LIMIT_S = 10.0


@asynccontextmanager
async def running_store(
    url: str, counters: StoreCounters | None = None, limit_s: float = LIMIT_S
) -> AsyncIterator[Store]:
    """The store until the block ends."""
    store = make_store(read_address(url), limit_s, counters or StoreCounters())
    await store.open()
    task = asyncio.create_task(store.run())
    try:
        yield store
    finally:
        await cancel(task)
        await store.close()


async def on(database: Database, *statements: str) -> list[tuple[object, ...]]:
    """What the last of these answers."""
    engine = make_engine(read_address(database.url), QUERY_LIMIT_S)
    try:
        async with engine.begin() as connection:
            for statement in statements:
                done = await connection.execute(text(statement))
            return [tuple(one) for one in done] if done.returns_rows else []
    finally:
        await engine.dispose()
