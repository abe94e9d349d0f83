"""The databases that other tests stand on are what they say."""

import os
import signal

import pytest

from adapter.lab.errors import LabError
from tests.databases.servers import Database, MariaDb, PostgreSql, Server, running

VERSIONS = {"postgresql": "PostgreSQL", "mariadb": "MariaDB"}


@pytest.fixture(params=["postgresql", "mariadb"])
def served(request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue(request.param)
    return found


def test_each_test_has_a_database_with_nothing_in_it(served: Database) -> None:
    """What one test writes, no other sees."""
    served.run("CREATE TABLE t (n integer); INSERT INTO t VALUES (1)")
    assert served.run("SELECT n FROM t").strip() == "1"
    assert served.server is not None
    other = served.server.create_database()
    with pytest.raises(LabError):
        other.run("SELECT n FROM t")


def test_the_server_is_what_its_name_says(served: Database, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["served"]
    assert VERSIONS[name] in served.run("SELECT version()")


@pytest.mark.parametrize("kind", [PostgreSql, MariaDb])
def test_what_was_written_outlives_a_crash_of_the_server(kind: type[Server]) -> None:
    """A server of one's own may be killed and started again; its files are gone afterwards."""
    with running(kind()) as server:
        database = server.create_database()
        database.run("CREATE TABLE t (n integer); INSERT INTO t VALUES (1)")
        server.stop(signal.SIGKILL)
        with pytest.raises(LabError):
            database.run("SELECT 1")
        server.start()
        assert database.run("SELECT n FROM t").strip() == "1"
        folder = server.folder
    assert not folder.exists()


@pytest.mark.parametrize("kind", [PostgreSql, MariaDb])
def test_the_server_runs_without_root(kind: type[Server]) -> None:
    with running(kind()) as server:
        owners = {path.stat().st_uid for path in (server.folder / "data").iterdir()}
    assert 0 not in owners
    assert owners == {os.geteuid()} or os.geteuid() == 0
