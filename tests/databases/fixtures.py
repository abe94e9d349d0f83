"""Databases for tests: a server for the whole run of a worker, a database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases.servers import Database, MariaDb, PostgreSql, Server, running


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """PostgreSQL for all tests of this worker: stop none of it, start one by `running` for that."""
    with running(PostgreSql()) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    """MariaDB for all tests of this worker; as above."""
    with running(MariaDb()) as server:
        yield server


@pytest.fixture
def postgresql(postgresql_server: Server) -> Database:
    """A new database of PostgreSQL."""
    return postgresql_server.create_database()


@pytest.fixture
def mariadb(mariadb_server: Server) -> Database:
    """A new database of MariaDB."""
    return mariadb_server.create_database()


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    """A new file of SQLite, which is made when it is opened."""
    return Database(f"sqlite:///{tmp_path / 'database.sqlite'}", "database")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A new database of each kind that the store may stand in, one after the other."""
    found: Database = request.getfixturevalue(request.param)
    return found
