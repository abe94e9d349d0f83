"""Makes a store of its setting."""

import asyncio

from adapter.monitoring.counters import StoreCounters
from adapter.store.address import StoreAddress
from adapter.store.driver import Driver
from adapter.store.errors import Rejected
from adapter.store.postgresql_driver import PostgresqlDriver
from adapter.store.schema import upgrade
from adapter.store.sqlite_driver import SqliteDriver
from adapter.store.store import Store
from adapter.store.tables import REVISION, VERSION_TABLE

_EXISTS = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = ?",
    "postgresql": "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass($1)",
}
_REVISION = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a name of ours


def make_store(address: StoreAddress, limit_s: float, counters: StoreCounters) -> Store:
    """A store, not opened yet. `limit_s` is the deadline of each statement."""

    async def prepare(driver: Driver) -> None:
        if await _revision(driver, address) != REVISION:
            # Not in the service's loop: Alembic computes for a moment, and a migration may take long.
            await asyncio.to_thread(lambda: asyncio.run(upgrade(address)))

    if address.kind == "sqlite":
        # One thread: what is told it stands in a row, and the file has one writer.
        driver: Driver = SqliteDriver(address.path, limit_s)
        drivers = (driver, driver)
    else:
        drivers = (PostgresqlDriver(address.url, limit_s), PostgresqlDriver(address.url, limit_s))
    return Store(str(address), drivers, prepare, counters)


async def _revision(driver: Driver, address: StoreAddress) -> object:
    """Which migration was the last; None where there are no tables yet."""
    try:
        [[exists]] = await driver.fetch(_EXISTS[address.kind], (VERSION_TABLE,))
        return (await driver.fetch(_REVISION, ()))[0][0] if exists else None
    except (Rejected, IndexError):
        return None
