"""The store's tables: made, brought up to date, or refused with a sentence that says what to do."""

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, text

from adapter.store.address import read_address
from adapter.store.schema import make_engine, migrations, upgrade
from adapter.store.tables import METADATA, REVISION, VERSION_TABLE
from adapter.storing import StoreError
from tests.databases.servers import Database
from tests.integration.stores import on, running_store

LIMIT_S = 10.0
ROWS = {
    "uapi_answers": {
        "app": "a",
        "key": "k",
        "fingerprint": b"f",
        "began_at": 1,
        "status": 202,
        "headers": "[]",
        "content_type": "text/plain",
    },
    "uapi_audit": {"id": "i", "at": 1, "event": "request", "line": "{}"},
    "uapi_supervisions": {
        **dict.fromkeys(("id", "owner", "follow", "mode", "supervisor", "extension", "call"), "x"),
        "requested_at": 1,
    },
}
"""One for each table; a new table needs one here, and so does each column that must have a value."""


async def tables(database: Database) -> set[str]:
    engine = make_engine(read_address(database.url), LIMIT_S)
    async with engine.begin() as connection:
        found = await connection.run_sync(lambda one: inspect(one).get_table_names())
    await engine.dispose()
    return set(found)


def test_the_last_migration_is_the_one_that_the_tables_say() -> None:
    assert ScriptDirectory.from_config(migrations()).get_current_head() == REVISION


async def test_the_migrations_make_the_tables_that_the_code_has(database: Database) -> None:
    """Columns, keys and indexes alike."""
    await upgrade(read_address(database.url))
    engine = make_engine(read_address(database.url), LIMIT_S)

    def compare(connection: Connection) -> list[object]:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        found: list[object] = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
        return found

    async with engine.begin() as connection:
        assert await connection.run_sync(compare) == []
    await engine.dispose()


async def test_each_migration_leaves_the_rows_that_are_there(database: Database) -> None:
    """From each one to the next, with a row in every table."""
    engine = make_engine(read_address(database.url), LIMIT_S)
    steps = [one.revision for one in ScriptDirectory.from_config(migrations()).walk_revisions()][::-1]

    def step(connection: Connection, revision: str) -> dict[str, int]:
        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        there = [one for one in METADATA.sorted_tables if inspect(connection).has_table(one.name)]
        counts = {}
        for table in there:
            names = {column["name"] for column in inspect(connection).get_columns(table.name)}
            values = {name: value for name, value in ROWS[table.name].items() if name in names}
            counts[table.name] = connection.scalar(text(f"SELECT count(*) FROM {table.name}"))  # noqa: S608 - ours
            if not counts[table.name]:
                connection.execute(insert(table).values(values))
        return counts

    seen: set[str] = set()
    for revision in steps:
        async with engine.begin() as connection:
            counts = await connection.run_sync(step, revision)
        assert {name for name, count in counts.items() if count} == seen
        seen = set(counts)
    assert seen == {one.name for one in METADATA.sorted_tables}
    await engine.dispose()


async def test_a_store_of_a_newer_version_is_refused(database: Database) -> None:
    """It says which version wrote it and what to do, shows no password, and changes nothing."""
    async with running_store(database.url):
        pass
    await on(database, "UPDATE uapi_schema SET version_num = '9999'")
    url = database.url.replace("postgres@", "postgres:hush@")
    with pytest.raises(StoreError) as refused:
        async with running_store(url):
            pass
    assert "was written by a newer version of uapi-adapter: its tables are at 9999" in str(refused.value)
    assert "hush" not in str(refused.value)
    assert await on(database, "SELECT version_num FROM uapi_schema") == [("9999",)]


async def test_a_migration_that_fails_leaves_nothing_behind(database: Database) -> None:
    """Somebody else's table has the name of one of ours: none of ours is made, and theirs stays."""
    await on(database, "CREATE TABLE uapi_supervisions (theirs integer)")
    with pytest.raises(StoreError, match=r"cannot be made or brought up to date: .*uapi_supervisions"):
        async with running_store(database.url):
            pass
    assert await tables(database) == {"uapi_supervisions"}


async def test_a_user_without_rights_is_told_so(postgresql: Database) -> None:
    """Who may not make tables has them made by somebody else; then the service may run as that user."""
    postgresql.run("CREATE ROLE poor LOGIN")
    url = postgresql.url.replace("postgres@", "poor@")
    with pytest.raises(StoreError, match=r"cannot be made or brought up to date: .*permission denied"):
        async with running_store(url):
            pass
    await upgrade(read_address(postgresql.url))
    postgresql.run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO poor")
    async with running_store(url) as store:
        assert store.error is None
    postgresql.run("DROP OWNED BY poor; DROP ROLE poor")


async def test_several_starts_at_once_make_the_tables_once(database: Database) -> None:
    await asyncio.gather(*(upgrade(read_address(database.url)) for _ in range(4)))
    assert await on(database, "SELECT version_num FROM uapi_schema") == [(REVISION,)]


async def test_a_line_of_the_audit_trail_is_never_changed(database: Database) -> None:
    """The database itself refuses it; the operator may delete what is too old."""
    await upgrade(read_address(database.url))
    await on(database, "INSERT INTO uapi_audit (id, at, event, line) VALUES ('a', 1, 'request', '{}')")
    with pytest.raises(Exception, match="a line of the audit trail is never changed"):
        await on(database, "UPDATE uapi_audit SET line = 'forged'")
    assert await on(database, "SELECT line FROM uapi_audit") == [("{}",)]
    await on(database, "DELETE FROM uapi_audit WHERE at < 2")
    assert await on(database, "SELECT count(*) FROM uapi_audit") == [(0,)]


async def test_a_file_that_is_no_database_is_refused(sqlite: Database) -> None:
    path = read_address(sqlite.url).path
    path.write_text("this is a letter, and no database of anybody's\n" * 100)
    before = path.read_bytes()
    async with running_store(sqlite.url) as store:
        assert "file is not a database" in str(store.error)
    assert path.read_bytes() == before
