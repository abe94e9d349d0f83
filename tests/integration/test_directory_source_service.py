"""The running service beside a source of its directory: what it follows, and what it does not believe."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.app import DIRECTORY, look_at_source, reload_directory
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until_seen
from adapter.lab.processes import run_process
from tests.databases.servers import Database, PostgreSql, running
from tests.databases.tables import run
from tests.integration.harness import TOKEN_KEY, Service, running_service
from tests.integration.rewriting import reload, rewrite
from tests.integration.sourcing import TABLES, give_source_the_agent, user, without
from tests.integration.supervising import AGENT, joined, until_ended, until_hung_up


@pytest.fixture
def tables(sqlite: Database) -> Database:
    run(sqlite, TABLES)
    return sqlite


@pytest.fixture
def overlay(directory: Path) -> Path:
    """The example's directory, in which the source has the agent."""
    return give_source_the_agent(directory)


@pytest.fixture
def has_include() -> bool:
    return True


@pytest.fixture
async def sourced(
    ami: FakeAmi, agent: FakeChannel, overlay: Path, tables: Database
) -> AsyncIterator[Service]:
    """The adapter beside a source, which it looks at when the test says so."""
    assert agent.uniqueid in ami.pbx.channels
    ami.has_include = True
    source = f"freepbx+{tables.url}"
    async with running_service(
        ami, overlay, directory_source=source, directory_source_interval_s=3600
    ) as service:
        await service.until_link("READY")
        yield service


async def _followed(service: Service) -> tuple[str, str]:
    """What `/health` and `/metrics` say of it."""
    health = await service.request("GET", "/health", client=None)
    metrics = await service.request("GET", "/metrics", client=None)
    [value] = re.findall(r"^uapi_directory_source_followed (\S+)$", metrics.text, re.MULTILINE)
    return str(health.json["directorySource"]), value


FOLLOWED, NOT_FOLLOWED = ("followed", "1.0"), ("not followed", "0.0")


async def test_an_extension_of_the_source_is_supervised_until_it_is_gone_from_there(
    sourced: Service, ami: FakeAmi, tables: Database
) -> None:
    """Every running supervision is judged anew, as upon a reload of the file."""
    uniqueid = await joined(sourced, ami)
    assert not await look_at_source(sourced.app)
    run(tables, user(230, "PJSIP/230"))
    assert await look_at_source(sourced.app)
    assert "0003*230" in sourced.app[DIRECTORY].current.extensions
    assert not ami.took("Hangup")
    run(tables, without(210))
    assert await look_at_source(sourced.app)
    assert await until_ended(sourced, uniqueid) == "not_allowed"
    await until_hung_up(ami, uniqueid)
    assert await _followed(sourced) == FOLLOWED


async def test_the_source_is_looked_at_again_and_again(
    ami: FakeAmi, agent: FakeChannel, overlay: Path, tables: Database
) -> None:
    """At its interval, without anybody's doing."""
    assert agent.uniqueid in ami.pbx.channels
    source = f"freepbx+{tables.url}"
    async with running_service(
        ami, overlay, directory_source=source, directory_source_interval_s=1
    ) as service:
        run(tables, user(230, "PJSIP/230"))

        async def numbers() -> set[str]:
            return set(service.app[DIRECTORY].current.extensions)

        await until_seen(numbers, lambda found: "0003*230" in found)


async def test_a_source_that_shrinks_suddenly_is_not_followed_until_the_operator_says_so(
    sourced: Service, tables: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The last good directory stays, and it is said once; SIGHUP accepts what the source says."""
    run(tables, without(220, 221, 222))
    before = sourced.app[DIRECTORY].current
    for _ in range(3):
        assert not await look_at_source(sourced.app)
    assert sourced.app[DIRECTORY].current is before
    assert await _followed(sourced) == NOT_FOLLOWED
    problems = [vars(record)["problem"] for record in caplog.records if record.levelname == "ERROR"]
    assert problems == ["3 of 11 extensions are gone from it: to accept that, reload the directory (SIGHUP)"]
    assert await reload_directory(sourced.app)
    assert "0003*220" not in sourced.app[DIRECTORY].current.extensions
    assert await _followed(sourced) == FOLLOWED
    assert not await look_at_source(sourced.app)


async def test_a_source_that_is_as_it_was_again_is_followed_again(sourced: Service, tables: Database) -> None:
    """Somebody mended it."""
    run(tables, "ALTER TABLE users RENAME TO gone")
    assert not await look_at_source(sourced.app)
    assert await _followed(sourced) == NOT_FOLLOWED
    assert sourced.app[DIRECTORY].trouble.endswith("has no table users that this user may read")
    run(tables, "ALTER TABLE gone RENAME TO users")
    assert not await look_at_source(sourced.app)
    assert await _followed(sourced) == FOLLOWED


async def test_who_is_never_supervised_does_not_vanish_by_a_mistake_in_the_source(
    sourced: Service, overlay: Path, tables: Database
) -> None:
    """One of twenty is no fifth; gone from the directory, others could listen to that person."""
    guard = '\noverrides:\n  - {number: "220-229", organization: "3", never_supervised: true}\n'
    await reload(sourced, overlay, lambda text: text + guard)
    run(tables, "UPDATE devices SET dial = 'PJSIP/22 0' WHERE id = '220'")
    assert not await look_at_source(sourced.app)
    assert sourced.app[DIRECTORY].current.extensions["0003*220"].never_supervised
    assert sourced.app[DIRECTORY].trouble.startswith("0003*220, which is never supervised, is gone from it")


async def test_a_file_that_the_source_contradicts_is_refused_with_its_line(
    sourced: Service, overlay: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And what was in force stays."""
    rewrite(overlay, lambda text: text + '\noverrides:\n  - {number: "0003*220", owner: nobody}\n')
    before = sourced.app[DIRECTORY].current
    assert not await reload_directory(sourced.app)
    assert sourced.app[DIRECTORY].current is before
    [problem] = [vars(record)["problem"] for record in caplog.records if record.levelname == "ERROR"]
    assert problem == "the source's 220: there is no user 'nobody'"


async def test_with_the_source_down_the_file_is_still_reloaded(
    sourced: Service, overlay: Path, tables: Database
) -> None:
    """An App is taken out, and the extensions are those that were last read."""
    run(tables, "ALTER TABLE users RENAME TO gone")
    await reload(sourced, overlay, lambda text: text.replace("client_id: stranger", "client_id: other"))
    assert "stranger" not in sourced.app[DIRECTORY].current.apps
    assert AGENT in sourced.app[DIRECTORY].current.extensions
    assert await _followed(sourced) == NOT_FOLLOWED


async def test_a_server_that_stops_takes_nothing_away(
    ami: FakeAmi, agent: FakeChannel, overlay: Path
) -> None:
    """A real one, stopped and started again under the running service."""
    assert agent.uniqueid in ami.pbx.channels
    with running(PostgreSql()) as server:
        database = server.create_database()
        run(database, TABLES)
        source = f"freepbx+{database.url}"
        async with running_service(
            ami, overlay, directory_source=source, directory_source_interval_s=3600
        ) as service:
            await service.until_link("READY")
            await asyncio.to_thread(server.stop)
            assert not await look_at_source(service.app)
            assert await _followed(service) == NOT_FOLLOWED
            assert len(await service.calls(f"@me/{AGENT}")) == 1
            await asyncio.to_thread(server.start)
            run(database, user(230, "PJSIP/230"))
            assert await look_at_source(service.app)
            assert await _followed(service) == FOLLOWED


def _environment(directory: Path, source: str) -> dict[str, str]:
    settings = {
        "DIRECTORY": str(directory),
        "DIRECTORY_SOURCE": source,
        "TOKEN_KEY": TOKEN_KEY,
        "AMI_SECRET": "s",
        "AMI_PORT": "1",
        "LISTEN_PORT": "0",
    }
    return {**os.environ, **{f"ADAPTER_{name}": value for name, value in settings.items()}}


@pytest.mark.parametrize("command", ["serve", "check"])
@pytest.mark.parametrize(
    ("source", "status", "said"),
    [
        (
            "freepbx+postgresql://u:pa55word@127.0.0.1:1/asterisk",
            1,
            "ADAPTER_DIRECTORY_SOURCE: freepbx+postgresql://127.0.0.1:1/asterisk: ",
        ),
        ("mysql://u:pa55word@h/asterisk", 2, "ADAPTER_DIRECTORY_SOURCE: must be like freepbx+mysql://"),
    ],
)
async def test_without_its_source_nothing_starts_and_no_password_is_shown(
    overlay: Path, source: str, status: int, said: str, command: str
) -> None:
    """There is nothing to go on with; systemd tries again where the database may come."""
    command_line = (sys.executable, "-m", "adapter", command)
    ended = await run_process(*command_line, within=30, environment=_environment(overlay, source))
    assert (ended.status, said in ended.err.splitlines()[-1]) == (status, True), ended
    assert "pa55word" not in ended.err + ended.out


async def test_check_and_token_know_the_source(overlay: Path, tables: Database) -> None:
    """What is left out has a row, and an App of a user of the source its token."""
    run(tables, "INSERT INTO users (extension, name) VALUES ('231', 'x')")
    rewrite(overlay, lambda text: text.replace('account: {user: "12"}', 'account: {user: "3-210"}'))
    environment = _environment(overlay, f"freepbx+{tables.url}")
    checked = await run_process(sys.executable, "-m", "adapter", "check", within=30, environment=environment)
    _, row = [line for line in checked.out.splitlines() if line.startswith("directory source")]
    assert row.split()[2:8] == ["warn", "extension", "231:", "it", "has", "no"]
    command = (sys.executable, "-m", "adapter", "token", "--app", "agent-desktop")
    assert (await run_process(*command, within=30, environment=environment)).status == 0
