"""The last good copy of a source: what a start makes of it while the source is gone or has lost much."""

import logging
import os
import re
import stat
import sys
from pathlib import Path

import pytest

from adapter.app import DIRECTORY, look_at_source, reload_directory
from adapter.directory import DirectoryError
from adapter.directory.source import SourceDown
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.processes import run_process
from tests.databases.servers import Database
from tests.databases.tables import run
from tests.integration.harness import TOKEN_KEY, Service, running_service
from tests.integration.rewriting import rewrite
from tests.integration.sourcing import TABLES, give_source_the_agent, user, without

pytestmark = pytest.mark.usefixtures("agent")

GONE = "ALTER TABLE users RENAME TO gone"
BACK = "ALTER TABLE gone RENAME TO users"


@pytest.fixture
def tables(sqlite: Database) -> Database:
    run(sqlite, TABLES)
    return sqlite


@pytest.fixture
def overlay(directory: Path) -> Path:
    return give_source_the_agent(directory)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "directory.copy"


@pytest.fixture
def settings(tables: Database, copy: Path) -> dict[str, object]:
    return {
        "directory_source": f"freepbx+{tables.url}",
        "directory_source_interval_s": 3600,
        "directory_copy": copy,
    }


async def _told(service: Service) -> tuple[str, str, int]:
    """What `/health` and `/ready` say of the source, and the status of `/ready`."""
    health = await service.request("GET", "/health", client=None)
    ready = await service.request("GET", "/ready", client=None)
    return (
        str(health.json["directorySource"]),
        str(ready.json["directorySource"]),
        ready.status,
    )


def _numbers(service: Service) -> set[str]:
    return {each for each in service.app[DIRECTORY].current.extensions if each.startswith("0003*2")}


async def test_a_start_without_the_source_goes_by_the_copy_and_says_so(
    ami: FakeAmi,
    overlay: Path,
    tables: Database,
    settings: dict[str, object],
    *,
    copy: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its owner alone may read it; once the source is back, it is followed as if it had never been gone."""
    ami.has_include = True
    async with running_service(ami, overlay, **settings) as service:
        before = _numbers(service)
        run(tables, user(230, "PJSIP/230"))
        assert await look_at_source(service.app)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert "s3cret" not in copy.read_text()
    run(tables, GONE)
    caplog.clear()
    async with running_service(ami, overlay, **settings) as service:
        await service.until_link("READY")
        assert _numbers(service) == before | {"0003*230"}
        assert await _told(service) == ("not followed", "not followed", 200)
        problems = [vars(record)["problem"] for record in caplog.records if record.levelname == "ERROR"]
        assert len(problems) == 1
        assert re.search(r"no table users .*; the extensions are those of 20\d\d-", problems[0])
        assert not await look_at_source(service.app)
        run(tables, BACK)
        assert not await look_at_source(service.app)
        assert await _told(service) == ("followed", "followed", 200)


async def test_a_start_does_not_believe_a_source_that_has_lost_a_fifth(
    ami: FakeAmi, overlay: Path, tables: Database, settings: dict[str, object]
) -> None:
    """As the running service does not; a reload accepts it, for the next start as well."""
    async with running_service(ami, overlay, **settings) as service:
        before = _numbers(service)
    run(tables, without(220, 221, 222))
    async with running_service(ami, overlay, **settings) as service:
        assert _numbers(service) == before
        assert service.app[DIRECTORY].trouble.startswith("3 of 11 extensions are gone from it")
        assert not await look_at_source(service.app)
    async with running_service(ami, overlay, **settings) as service:
        assert await reload_directory(service.app)
        assert service.app[DIRECTORY].is_current
    async with running_service(ami, overlay, **settings) as service:
        assert service.app[DIRECTORY].is_current
        assert "0003*220" not in _numbers(service)


@pytest.mark.parametrize("spoilt", ["", "{", '{"form":0}', "of another source", "of others", "a pipe"])
async def test_a_copy_that_cannot_be_used_is_none(
    ami: FakeAmi,
    overlay: Path,
    tables: Database,
    settings: dict[str, object],
    *,
    copy: Path,
    tmp_path: Path,
    spoilt: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Half a file, another version's, another source's, one that others may write: nothing starts by it."""
    async with running_service(ami, overlay, **settings):
        pass
    if spoilt == "of another source":
        run(Database(f"sqlite:///{tmp_path / 'other.sqlite'}", "other"), "CREATE TABLE x (y TEXT)")
        settings["directory_source"] = f"freepbx+sqlite:///{tmp_path / 'other.sqlite'}"
    elif spoilt == "of others":
        copy.chmod(0o620)
    elif spoilt == "a pipe":
        copy.unlink()
        os.mkfifo(copy)
    else:
        copy.write_text(spoilt)
    run(tables, GONE)
    with pytest.raises(SourceDown):
        async with running_service(ami, overlay, **settings):
            pass
    warned = any("copy" in each.getMessage() for each in caplog.records if each.levelno == logging.WARNING)
    assert warned is (spoilt != "of another source")


async def test_a_file_that_is_wrong_by_itself_is_refused_with_a_copy_too(
    ami: FakeAmi, overlay: Path, settings: dict[str, object]
) -> None:
    """The copy stands for the source, not for the directory file."""
    async with running_service(ami, overlay, **settings):
        pass
    rewrite(overlay, lambda text: text + "\nnonsense: 1\n")
    with pytest.raises(DirectoryError):
        async with running_service(ami, overlay, **settings):
            pass


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (GONE, "no table users"),
        (without(220, 221, 222), "3 of 11 extensions are gone"),
        ("SELECT 1", "freepbx+sqlite://"),
    ],
)
async def test_check_shows_a_source_that_is_gone_or_held(
    ami: FakeAmi,
    overlay: Path,
    tables: Database,
    settings: dict[str, object],
    *,
    copy: Path,
    change: str,
    said: str,
) -> None:
    """By the copy that the service keeps, which it does not touch."""
    async with running_service(ami, overlay, **settings):
        pass
    kept = copy.read_bytes()
    run(tables, change)
    given = settings | {"directory": overlay, "token_key": TOKEN_KEY, "ami_secret": "s", "ami_port": 1}
    environment = os.environ | {f"ADAPTER_{name.upper()}": str(value) for name, value in given.items()}
    checked = await run_process(sys.executable, "-m", "adapter", "check", within=30, environment=environment)
    [row] = [line for line in checked.out.splitlines() if line.startswith("directory source")]
    assert said in row
    assert row.split()[2] == ("ok" if change == "SELECT 1" else "warn")
    assert copy.read_bytes() == kept
