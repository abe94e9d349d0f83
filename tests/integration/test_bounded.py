"""What clients may have of the service at once: bodies that do not come, waits, answers that nobody reads."""

import asyncio
import socket
from pathlib import Path

import pytest

from adapter.http.connections import FileShares
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until
from tests.integration.harness import Service, running_service, token
from tests.integration.raw_http import ask, request

SHARES = FileShares(connections=40, idle=20, bodies=8, waits=8)
HOST = "Host: x"
FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _few_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.app.share_files", lambda _: SHARES)


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def begin(service: Service, sent: bytes) -> Connection:
    """A connection on which this has been sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(sent)
    return reader, writer


def close(connections: list[Connection]) -> None:
    """End them."""
    for _reader, writer in connections:
        writer.close()


async def test_of_bodies_that_do_not_come_the_oldest_is_given_up(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """408 long before its time; the newest are waited for, and a whole request is answered."""
    assert agent
    async with running_service(ami, directory, request_timeout_s=60.0) as service:
        sent = request("POST", "/oauth/token.php", HOST, FORM, "Content-Length: 9") + b"a"
        held = [await begin(service, sent) for _ in range(SHARES.bodies)]
        await service.link()
        assert not any(reader.at_eof() for reader, _ in held)
        held.append(await begin(service, sent))
        async with asyncio.timeout(5):
            assert (await held[0][0].readline()).startswith(b"HTTP/1.1 408 ")
        form = b"grant_type=client_credentials&client_id=wallboard&client_secret=demo-secret"
        assert (await ask(service, request("POST", "/oauth/token.php", HOST, FORM, body=form))).status == 200
        for _, writer in held[3:]:
            writer.write(b"b" * 8)
        async with asyncio.timeout(5):
            for reader, _ in held[3:]:
                assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
        close(held)


async def test_connections_leave_files_for_the_link(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """The oldest idle one goes as soon as there are too many; with none idle, nobody else is let in."""
    assert agent
    async with running_service(ami, directory, request_timeout_s=60.0) as service:

        def count() -> int:
            assert service.runner.server is not None
            return len(service.runner.server.connections)

        held = [await begin(service, b"") for _ in range(2 * SHARES.connections)]
        await until(lambda: count() <= SHARES.connections)
        assert (await service.link())["state"]
        assert count() <= SHARES.connections
        close(held)


async def test_who_waits_for_an_outcome_is_bounded(ami: FakeAmi, agent: FakeChannel, directory: Path) -> None:
    """Half of the places are for one App; beyond, it is answered 202 as if it had not asked to wait."""
    assert agent
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        call_id = await service.call_id()
        own = SHARES.waits // 2
        waiting = [asyncio.create_task(service.barge_in(call_id, wait_s=15)) for _ in range(own)]
        await until(lambda: ami.took("Originate"))
        await service.link()
        answer = await service.barge_in(call_id, wait_s=15)
        assert (answer.status, "Preference-Applied" in answer.headers) == (202, False)
        other = asyncio.create_task(service.barge_in(call_id, "12/0003*210", client="operator", wait_s=15))
        done, _ = await asyncio.wait({other, *waiting}, timeout=0.3)
        assert not done
        ami.pbx.hang_up(ami.took("Originate")[0]["ChannelId"])
        assert {answer.status for answer in await asyncio.gather(other, *waiting)} <= {409, 504}
        again = asyncio.create_task(service.barge_in(call_id, wait_s=1, waitForPickup=20))
        assert (await again).headers["Preference-Applied"] == "wait=1"


async def test_a_client_that_reads_nothing_has_no_copy_of_the_answer(service: Service) -> None:
    """Of 1.4 MB for each of three requests, some pieces wait; a client that reads gets all of it."""
    path = "/docs/swagger-ui-bundle.js"
    whole = (await service.request("GET", path, client=None)).text.encode()
    assert len(whole) > 1_000_000
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.settimeout(0)
    await asyncio.get_running_loop().sock_connect(one, ("127.0.0.1", service.port))
    port = one.getsockname()[1]
    one.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 3)

    def unread() -> int:
        assert service.runner.server is not None
        found = [each.transport for each in service.runner.server.connections]
        ours = [one for one in found if one and one.get_extra_info("peername")[1] == port]
        return ours[0].get_write_buffer_size() if ours else 0

    await until(unread)
    await service.link()
    assert unread() < 100_000
    one.close()
    assert (await ask(service, request("GET", path, HOST))).body == whole
    head = await ask(service, request("HEAD", path, HOST))
    assert (head.headers["content-length"], head.body) == (str(len(whole)), b"")
    listing = request("GET", "/uapi/phoneCalls/@me/@self", HOST, f"Authorization: Bearer {token()}")
    assert (await ask(service, listing)).body.startswith(b'{"entry":[')
