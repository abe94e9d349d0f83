"""The store by itself: what was said to be written is there, whatever happens to either side."""

import asyncio
import itertools
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapter.lab.polling import until
from adapter.lab.processes import start_process
from adapter.monitoring.counters import StoreCounters
from adapter.store import store as store_module
from adapter.store.address import read_address
from adapter.store.statements import Statement, insert_once, insert_or_replace
from adapter.store.store import Store
from adapter.store.tables import AUDIT, SUPERVISIONS
from adapter.storing import StoreDown
from tests.databases.black_hole import way_to
from tests.databases.servers import Database, PostgreSql, running
from tests.integration.stores import running_store

NOTICED_WITHIN_S = 3.0


def row(number: int) -> dict[str, object]:
    return {
        "id": f"{number:07}",
        "at": number,
        "event": "request",
        "line": "{}",
        **dict.fromkeys(("app", "supervisor", "extension", "call")),
    }


def adding(database: Database) -> Statement:
    return insert_once(AUDIT, read_address(database.url).kind)


async def written(store: Store) -> list[int]:
    rows = await store.execute(Statement("SELECT at FROM uapi_audit ORDER BY id"), {})
    return [int(str(at)) for (at,) in rows]


async def test_what_was_written_is_there_for_the_next_process(database: Database) -> None:
    """What was awaited, and what was left to be written later, in its order."""
    add = adding(database)
    async with running_store(database.url) as store:
        await store.execute(add, row(0))
        for number in range(1, 350):
            assert store.later(add, row(number))
    async with running_store(database.url) as store:
        assert await written(store) == list(range(350))


async def test_what_is_said_twice_is_written_once(database: Database) -> None:
    """A row whose fate nobody knows may be said again; one that is to be another becomes it."""
    add = adding(database)
    kind = read_address(database.url).kind
    about = dict.fromkeys(("follow", "mode", "supervisor", "extension", "call"), "x")
    async with running_store(database.url) as store:
        for _ in range(2):
            await store.execute(add, row(7))
        for owner in ("first", "second"):
            values = {"id": "a", "owner": owner, "requested_at": 1, **about}
            await store.execute(insert_or_replace(SUPERVISIONS, kind), values)
        assert await written(store) == [7]
        owners = await store.execute(Statement("SELECT owner FROM uapi_supervisions"), {})
        assert owners == [("second",)]


async def test_a_cancelled_write_is_carried_out(database: Database) -> None:
    """Whoever stops waiting does not stop it: half a write is never left behind."""
    async with running_store(database.url) as store:
        waiting = [asyncio.create_task(store.execute(adding(database), row(one))) for one in range(20)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert all(task.cancelled() for task in waiting)
    async with running_store(database.url) as store:
        assert await written(store) == list(range(20))


async def test_a_value_that_is_refused_holds_up_no_other(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """It is lost, which is counted and logged; what was to be written with it is written."""
    counters = StoreCounters()
    async with running_store(database.url, counters) as store:
        for number in range(5):
            store.later(adding(database), row(number) | ({"line": "\ud800"} if number == 2 else {}))
        await until(lambda: not store.waiting)
        assert await written(store) == [0, 1, 3, 4]
        assert store.error is None
    assert counters.statements["lost"] == 1
    assert "the store refuses a value" in caplog.messages


@contextmanager
def outage(server: PostgreSql | None, url: str) -> Iterator[None]:
    """The server is killed, or somebody else has the file of SQLite locked."""
    if server is not None:
        server.stop(signal.SIGKILL)
        yield
        server.start()
        return
    other = sqlite3.connect(read_address(url).path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def breakable(request: pytest.FixtureRequest) -> Iterator[tuple[Database, PostgreSql | None]]:
    """A database, and its own server where it has one."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite"), None
        return
    server = PostgreSql()
    with running(server):
        yield server.create_database(), server


async def test_nothing_is_lost_while_the_database_is_down(
    breakable: tuple[Database, PostgreSql | None], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever waits is told within the deadline; what nobody waits for is written once it is back."""
    database, server = breakable
    add = adding(database)
    counters = StoreCounters()
    loop = asyncio.get_running_loop()
    async with running_store(database.url, counters, limit_s=0.5) as store:
        await store.execute(add, row(0))
        with outage(server, database.url):
            asked_at = loop.time()
            with pytest.raises(StoreDown):
                await store.execute(add, row(1_000))
            assert loop.time() - asked_at < NOTICED_WITHIN_S
            for number in range(1, 300):
                assert store.later(add, row(number))
            assert store.error is not None
            assert counters.waiting == 299
        await until(lambda: store.error is None and not store.waiting, within=20)
        found = await written(store)
    assert [number for number in found if number != 1_000] == list(range(300))
    assert {"the store is down", "the store is back"} <= set(caplog.messages)


async def test_a_server_that_takes_all_and_answers_nothing_is_noticed(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nobody asks it for anything; and whoever asks is told at once then."""
    monkeypatch.setattr(store_module, "LOOK_S", 0.2)
    assert postgresql.server is not None
    async with way_to(postgresql.server.port) as way:
        url = postgresql.url.replace(str(postgresql.server.port), str(way.port))
        async with running_store(url, limit_s=0.3) as store:
            await store.execute(adding(postgresql), row(1))
            way.block()
            await until(lambda: store.error is not None, within=NOTICED_WITHIN_S)
            assert "no answer within 0.3 s" in str(store.error)
            with pytest.raises(StoreDown):
                await store.execute(adding(postgresql), row(2))
            way.unblock()
            await until(lambda: store.error is None, within=20)
            await store.execute(adding(postgresql), row(3))
            assert await written(store) == [1, 3]


async def test_a_server_that_hangs_in_the_middle_holds_nobody_up(postgresql: Database) -> None:
    """Several that wait are all told within two deadlines, one behind the other or not."""
    assert postgresql.server is not None
    loop = asyncio.get_running_loop()
    async with way_to(postgresql.server.port) as way:
        url = postgresql.url.replace(str(postgresql.server.port), str(way.port))
        async with running_store(url, limit_s=0.5) as store:
            way.block()
            asked_at = loop.time()
            asking = [store.execute(adding(postgresql), row(one)) for one in range(10)]
            came = await asyncio.gather(*asking, return_exceptions=True)
            assert loop.time() - asked_at < NOTICED_WITHIN_S
            assert [type(one) for one in came] == [StoreDown] * 10
            way.unblock()


async def test_a_statement_that_waits_for_a_lock_ends_with_the_deadline(postgresql: Database) -> None:
    """The server gives it up, too: nothing waits there for ever."""
    async with running_store(postgresql.url, limit_s=0.3) as store, running_store(postgresql.url) as other:
        await other.execute(Statement("CREATE TABLE held (n integer)"), {})
        held = Statement("SELECT pg_advisory_lock(1)")
        await other.execute(held, {})
        with pytest.raises(StoreDown):
            await store.execute(held, {})
        await until(lambda: store.error is None, within=10)
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        await until(lambda: postgresql.run(waiting).strip() == "0")


async def test_a_file_that_is_deleted_is_not_written_on(sqlite: Database) -> None:
    """SQLite would go on writing into the deleted one, and all of it would be gone."""
    path = read_address(sqlite.url).path
    async with running_store(sqlite.url) as store:
        await store.execute(adding(sqlite), row(1))
        for one in path.parent.glob(path.name + "*"):
            one.unlink()
        with pytest.raises(StoreDown):
            await store.execute(adding(sqlite), row(2))
        await until(lambda: store.error is None)
        await store.execute(adding(sqlite), row(3))
        assert await written(store) == [3]


async def test_the_file_is_its_owners_alone(sqlite: Database) -> None:
    """What SQLite makes beside it, too."""
    path = read_address(sqlite.url).path
    async with running_store(sqlite.url) as store:
        await store.execute(adding(sqlite), row(1))
        modes = {one.name: one.stat().st_mode & 0o777 for one in path.parent.glob(path.name + "*")}
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3


async def test_what_too_much_waits_for_is_counted_as_lost(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "WAITING_LIMIT", 3)
    counters = StoreCounters()
    async with running_store(sqlite.url, counters) as store:
        assert [store.later(adding(sqlite), row(one)) for one in range(5)] == [True] * 3 + [False] * 2
    assert counters.statements["lost"] == 2


WRITES = 1_000
ROUNDS = 10


@pytest.mark.parametrize("part", range(ROUNDS))
async def test_each_acknowledged_write_outlives_a_kill(database: Database, tmp_path: Path, part: int) -> None:
    """The process is killed at another point of a thousand writes in each round."""
    folder = tmp_path / "writer"
    folder.mkdir()
    said = folder / "said"
    command = (sys.executable, "-m", "tests.integration.store_writer", database.url, str(WRITES))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = await start_process(command, folder, said, environment)
    kill_at = (2 * part + 1) * WRITES // (2 * ROUNDS)
    try:
        await until(
            lambda: said.exists() and said.read_bytes().count(b"\n") >= kill_at,
            within=60,
            log=lambda: said.read_text()[-2000:],
        )
    finally:
        process.kill()
        await process.wait()
    acknowledged = [int(line) for line in said.read_text().split("\n")[:-1]]
    assert len(acknowledged) >= kill_at
    async with running_store(database.url) as store:
        found = await written(store)
    assert set(acknowledged) <= set(found)
    assert len(found) <= len(acknowledged) + 1


async def test_an_end_in_the_middle_of_a_write_loses_nothing(database: Database) -> None:
    """The task that writes is cancelled at any moment; what waits is written before the end."""
    add = adding(database)
    numbers = itertools.count()
    written_of: list[int] = []
    for turns in range(40):
        async with running_store(database.url) as store:
            for number in itertools.islice(numbers, 5):
                store.later(add, row(number))
                written_of.append(number)
            for _ in range(turns):
                await asyncio.sleep(0)
    async with running_store(database.url) as store:
        assert await written(store) == written_of
