"""The service with a store: what it remembers over a restart, and what it does while the store is down."""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.polling import until, until_seen
from adapter.lab.processes import run_process
from tests.databases.servers import Database, PostgreSql, running
from tests.integration.harness import REQUEST, Json, Service, running_service, until_taken
from tests.integration.stores import on

pytestmark = pytest.mark.usefixtures("agent")


@pytest.fixture
def own_server() -> Iterator[PostgreSql]:
    """A server that the test may stop."""
    server = PostgreSql()
    with running(server):
        yield server


async def put(service: Service, key: str | None = None, **fields: object) -> Answer:
    call_id = await service.call_id()
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {**REQUEST, **fields}
    return await service.request(
        "PUT", f"/uapi/phoneCalls/@me/0003*210/{call_id}", body=body, headers=headers
    )


async def page(service: Service, path: str) -> Json:
    answer = await service.request("GET", path, client=None)
    found: Json = json.loads(answer.text)
    return found


async def metric(service: Service, name: str) -> str:
    answer = await service.request("GET", "/metrics", client=None)
    return next(line.rpartition(" ")[2] for line in answer.text.splitlines() if line.startswith(name))


async def test_a_request_that_is_sent_again_after_a_restart_is_answered_as_before(
    ami: FakeAmi, directory: Path, database: Database
) -> None:
    """Nobody rings twice; the same key with another request is an error still."""
    async with running_service(ami, directory, store=database.url) as service:
        await service.until_link("READY")
        first = await put(service, "a")
        ami.pbx.hang_up((await until_taken(ami, "Originate"))["ChannelId"])
    async with running_service(ami, directory, store=database.url) as service:
        await service.until_link("READY")
        again = await put(service, "a")
        assert (again.status, again.text) == (first.status, first.text) == (202, first.text)
        assert again.headers["Location"] == first.headers["Location"]
        assert len(ami.took("Originate")) == 1
        assert (await put(service, "a", action="Monitor")).status == 422
        assert (await put(service, "b")).status == 202
        assert len(ami.took("Originate")) == 2


async def test_the_pages_of_operators_say_that_the_store_is_down(
    ami: FakeAmi, directory: Path, own_server: PostgreSql, caplog: pytest.LogCaptureFixture
) -> None:
    """`/health`, `/ready` and `/metrics`, and the log, which has no password; all is well once it is back."""
    url = own_server.create_database().url.replace("postgres@", "postgres:hush@")
    settings = {"store": url, "store_timeout_s": 0.5}
    async with running_service(ami, directory, **settings) as service:
        await service.until_link("READY")
        assert (await page(service, "/ready"))["store"] == {"status": "ok"}
        assert await metric(service, "uapi_store_up") == "1.0"
        own_server.stop(signal.SIGKILL)
        assert (await put(service, "a")).status == 503
        assert not ami.took("Originate")
        ready = await service.request("GET", "/ready", client=None)
        assert (ready.status, json.loads(ready.text)["status"]) == (503, "not ready")
        health = await service.request("GET", "/health", client=None)
        assert (health.status, json.loads(health.text)["store"]["status"]) == (200, "failing")
        assert json.loads(health.text)["audit"] == "failing"
        assert await metric(service, "uapi_store_up") == "0.0"
        assert len(await service.calls()) == 1
        own_server.start()
        await until_seen(
            lambda: page(service, "/ready"), lambda seen: seen["store"] == {"status": "ok"}, within=20
        )
        assert (await put(service, "a")).status == 202
    assert "the store is down" in caplog.messages
    said = [str(vars(record)) for record in caplog.records]
    assert "hush" not in "".join(said)


async def test_supervisions_may_begin_without_the_store_where_the_operator_wants_that(
    ami: FakeAmi, directory: Path, own_server: PostgreSql
) -> None:
    """`/ready` stays 200 and says what fails; the answer is kept once the store is back."""
    url = own_server.create_database().url
    own_server.stop()
    settings = {"store": url, "store_required": False, "store_timeout_s": 0.5}
    async with running_service(ami, directory, **settings) as service:
        await service.until_link("READY")
        first = await put(service, "a")
        assert first.status == 202
        ready = await service.request("GET", "/ready", client=None)
        assert (ready.status, json.loads(ready.text)["store"]["status"]) == (200, "failing")
        own_server.start()
        await until_seen(
            lambda: page(service, "/ready"), lambda seen: seen["store"] == {"status": "ok"}, within=20
        )
        await until_seen(lambda: metric(service, "uapi_store_waiting"), lambda waiting: waiting == "0.0")
        ami.pbx.hang_up((await until_taken(ami, "Originate"))["ChannelId"])
    async with running_service(ami, directory, **settings) as service:
        await service.until_link("READY")
        assert (await put(service, "a")).text == first.text
    assert len(ami.took("Originate")) == 1


async def test_the_audit_trail_stands_in_the_store(
    ami: FakeAmi, directory: Path, database: Database, tmp_path: Path
) -> None:
    """Line for line what stands in the file."""
    trail = tmp_path / "audit"
    async with running_service(ami, directory, store=database.url, audit_file=trail) as service:
        await service.until_link("READY")
        await put(service)
        ami.pbx.hang_up((await until_taken(ami, "Originate"))["ChannelId"])
        await until(lambda: trail.read_text().count("\n") >= 2)
    rows = await on(database, "SELECT line, event, supervisor, extension FROM uapi_audit ORDER BY at, id")
    assert [row[0] for row in rows] == trail.read_text().splitlines()
    assert {row[1:] for row in rows} == {
        ("request", "0003*024", "0003*210"),
        ("supervision ended", "0003*024", "0003*210"),
    }


LIBRARIES = ("sqlalchemy", "alembic", "asyncpg", "aiosqlite", "sqlite3", "greenlet")


@pytest.mark.parametrize("store", [None, "sqlite:///{folder}/store.sqlite"])
async def test_a_service_without_a_store_imports_none_of_its_libraries(
    directory: Path, tmp_path: Path, store: str | None
) -> None:
    """They would double the time that the import takes."""
    given = {
        "directory": str(directory),
        "token_key": "k" * 32,
        "ami_secret": "s",
        "store": store and store.format(folder=tmp_path),
    }
    code = (
        "import sys, adapter.process.cli\nfrom adapter.app import make_app\n"
        "from adapter.settings import Settings\n"
        f"make_app(Settings(**{given!r}))\n"
        f"print([one for one in {LIBRARIES!r} if one in sys.modules])"
    )
    ended = await run_process(sys.executable, "-c", code, within=30)
    assert ended.status == 0, ended.err
    assert (ended.out.strip() == "[]") is (store is None)
