"""Whose a supervision is and what it follows is known after a restart; and nobody rings before it is kept."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until_seen
from tests.databases.black_hole import way_to
from tests.databases.servers import Database, PostgreSql, running
from tests.integration.harness import Service, code_of, running_service
from tests.integration.stores import on
from tests.integration.supervising import joined, said, supervision_of, until_ended, until_said

pytestmark = pytest.mark.usefixtures("agent")


@pytest.fixture
def own_server() -> Iterator[PostgreSql]:
    """A server that the test may stop."""
    server = PostgreSql()
    with running(server):
        yield server


async def kept(database: Database) -> list[tuple[object, ...]]:
    return await on(database, "SELECT id, owner, follow, mode FROM uapi_supervisions")


async def until_kept(database: Database, *rows: tuple[object, ...]) -> None:
    await until_seen(lambda: kept(database), lambda found: found == [*rows])


async def page(service: Service, path: str) -> int:
    return (await service.request("GET", path, client=None)).status


async def test_a_supervision_keeps_its_app_and_what_it_follows_over_a_restart(
    ami: FakeAmi, directory: Path, database: Database
) -> None:
    """And when it was requested; its end is known as well."""
    async with running_service(ami, directory, store=database.url) as service:
        await service.until_link("READY")
        uniqueid = await joined(service, ami, "Monitor", follow="call")
        before = await said(service, uniqueid)
    async with running_service(ami, directory, store=database.url) as service:
        await service.until_link("READY")
        after = await until_said(service, uniqueid, state="joined", app="wallboard", follow="call")
        assert after["requested"] == before["requested"]
        assert len(ami.took("Originate")) == 1
        ami.pbx.hang_up(uniqueid)
        assert await until_ended(service, uniqueid) == "supervisor_left"
        await until_kept(database)


async def test_nobody_rings_before_it_is_kept_whose_the_supervision_is(
    ami: FakeAmi, directory: Path, database: Database
) -> None:
    """Wherever the process is killed: a channel that Asterisk has, has a row."""
    found: list[tuple[object, ...]] = []
    looking: list[asyncio.Task[None]] = []

    async def look(action: ReceivedAction) -> None:
        found.extend(await kept(database))
        ami.originate(action)

    def script(action: ReceivedAction) -> None:
        looking.append(asyncio.create_task(look(action)))

    ami.scripts["Originate"] = script
    async with running_service(ami, directory, store=database.url) as service:
        await service.until_link("READY")
        answer = await service.barge_in(follow="call")
        assert answer.status == 202
        await asyncio.gather(*looking)
        supervision = answer.headers["Location"].rpartition("/")[2]
        assert found == [(supervision, "wallboard", "call", "BargeIn")]
    await until_kept(database)  # who still rang was hung up


async def test_what_another_request_makes_of_a_supervision_is_kept(
    ami: FakeAmi, directory: Path, database: Database
) -> None:
    ami.has_include = True
    async with running_service(ami, directory, store=database.url) as service:
        await service.until_link("READY")
        uniqueid = await joined(service, ami, "Monitor")
        assert (await service.barge_in(action="Whisper", follow="call", wait_s=5)).status == 200
        await until_kept(database, (supervision_of(uniqueid), "wallboard", "call", "Whisper"))
    async with running_service(ami, directory, store=database.url) as service:
        await service.until_link("READY")
        await until_said(service, uniqueid, state="joined", follow="call", action="Whisper")


async def test_one_that_ended_while_no_adapter_ran_is_forgotten(
    ami: FakeAmi, directory: Path, database: Database
) -> None:
    """Its row would wait for it for ever."""
    async with running_service(ami, directory, store=database.url) as service:
        await service.until_link("READY")
        uniqueid = await joined(service, ami)
    assert len(await kept(database)) == 1
    ami.pbx.hang_up(uniqueid)
    async with running_service(ami, directory, store=database.url) as service:
        await service.until_link("READY")
        await until_kept(database)


async def test_while_the_store_is_down_nobody_rings_and_who_is_joined_stays(
    ami: FakeAmi, agent: FakeChannel, directory: Path, own_server: PostgreSql
) -> None:
    """503, also at the first request that meets it; the events of Asterisk do not wait for it."""
    url = own_server.create_database().url
    async with running_service(ami, directory, store=url, store_timeout_s=0.5) as service:
        await service.until_link("READY")
        uniqueid = await joined(service, ami)
        own_server.stop(signal.SIGKILL)
        for _ in range(2):
            answer = await service.barge_in(sendCallTo="0003*025")
            assert (answer.status, code_of(answer)) == (503, "service_unavailable")
            assert "The store is down." in answer.text
        assert len(ami.took("Originate")) == 1
        assert await page(service, "/ready") == 503
        assert (await said(service, uniqueid))["state"] == "joined"
        ami.pbx.hang_up(agent.uniqueid)
        await until_ended(service, uniqueid)


async def test_with_a_store_that_takes_all_and_answers_nothing_a_request_is_refused_in_time(
    ami: FakeAmi, directory: Path, postgresql: Database
) -> None:
    """Within the deadline; and what was perhaps written is not there once it answers again."""
    assert postgresql.server is not None
    async with way_to(postgresql.server.port) as way:
        url = postgresql.url.replace(str(postgresql.server.port), str(way.port))
        async with running_service(ami, directory, store=url, store_timeout_s=0.5) as service:
            await service.until_link("READY")
            way.block()
            asked_at = asyncio.get_running_loop().time()
            assert (await service.barge_in()).status == 503
            assert asyncio.get_running_loop().time() - asked_at < 3
            assert not ami.took("Originate")
            way.unblock()
            await until_seen(lambda: page(service, "/ready"), lambda status: status == 200, within=20)
            await until_kept(postgresql)


async def test_a_supervision_may_begin_without_the_store_and_is_kept_later(
    ami: FakeAmi, directory: Path, own_server: PostgreSql
) -> None:
    """Where the operator wants that."""
    database = own_server.create_database()
    own_server.stop()
    settings = {"store": database.url, "store_required": False, "store_timeout_s": 0.5}
    async with running_service(ami, directory, **settings) as service:
        await service.until_link("READY")
        uniqueid = await joined(service, ami, follow="call")
        own_server.start()
        await until_seen(lambda: page_of_store(service), lambda state: state == "ok", within=20)
        await until_kept(database, (supervision_of(uniqueid), "wallboard", "call", "BargeIn"))


async def page_of_store(service: Service) -> str:
    answer = await service.request("GET", "/health", client=None)
    return str(json.loads(answer.text)["store"]["status"])


async def test_one_that_was_found_before_the_store_was_up_is_recalled(
    ami: FakeAmi, directory: Path, own_server: PostgreSql
) -> None:
    """At first nobody knows whose it is; it goes on."""
    database = own_server.create_database()
    async with running_service(ami, directory, store=database.url) as service:
        await service.until_link("READY")
        uniqueid = await joined(service, ami, follow="call")
    own_server.stop()
    async with running_service(ami, directory, store=database.url, store_timeout_s=0.5) as service:
        await service.until_link("READY")
        found = await until_said(service, uniqueid, state="joined", follow="extension")
        assert "app" not in found
        own_server.start()
        await until_seen(
            lambda: said(service, uniqueid),
            lambda body: (body.get("app"), body["follow"]) == ("wallboard", "call"),
            within=20,
        )
        await until_kept(database, (supervision_of(uniqueid), "wallboard", "call", "BargeIn"))
