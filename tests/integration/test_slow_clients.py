"""Clients that send slowly, not at all, or do not read: cut off, and nobody waits for them."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from adapter.app import CONNECTIONS
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.polling import until
from tests.integration.harness import Service, running_service, token

LIST = "/uapi/phoneCalls/@me/@self"
IDLE_S = 0.5
LOOK_INTERVAL_S = 0.1
"""Quicker than the adapter's own, for the tests' sake."""
SLACK_S = 1.0
"""What a busy machine may take besides."""
CLIENTS = 200
MANY_CALLS = 600
AUTHORIZED = f"Host: x\r\nAuthorization: Bearer {token()}\r\n"
LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.http.connections.LOOK_INTERVAL_S", LOOK_INTERVAL_S)


Story = Callable[[Service], Awaitable[None]]


@contextlib.asynccontextmanager
async def watched_service(directory: Path, calls: int = 1, **settings: object) -> AsyncIterator[Service]:
    """The adapter with its watcher, as `adapter.process.server` starts it."""
    async with FakeAmi() as ami:
        for _ in range(calls):
            ami.pbx.add_trunk_call()
        async with running_service(ami, directory, idle_timeout_s=IDLE_S, **settings) as service:
            watching = asyncio.create_task(service.app[CONNECTIONS].watch(service.runner))
            await service.until_link("READY")
            yield service
            assert not watching.done()
            watching.cancel()


def run(loop: str, directory: Path, story: Story, calls: int = 1, **settings: object) -> None:
    """Run the story beside an adapter, all of it in a loop of this kind."""

    async def whole() -> None:
        async with watched_service(directory, calls, **settings) as service:
            await story(service)

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(whole())


class Client:
    """A socket that does what no good client does."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.port: int = connected.getsockname()[1]

    @classmethod
    async def connect(cls, service: Service) -> "Client":
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.settimeout(0)
        await asyncio.get_running_loop().sock_connect(one, ("127.0.0.1", service.port))
        return cls(one)

    def send(self, text: str) -> None:
        """Say it, unless the adapter has ended the connection."""
        with contextlib.suppress(ConnectionError):
            self._socket.sendall(text.encode())

    def is_open(self, service: Service) -> bool:
        """Whether the adapter still has the connection."""
        assert service.runner.server is not None
        transports = [one.transport for one in service.runner.server.connections]
        return self.port in [one.get_extra_info("peername")[1] for one in transports if one is not None]

    def close(self) -> None:
        self._socket.close()


def silent(client: Client) -> None:
    assert client.port


def in_mid_head(client: Client) -> None:
    client.send(f"GET {LIST} HTTP/1.1\r\nHost: x\r\nX-Slow: ")


def idle_after_an_answer(client: Client) -> None:
    client.send(f"GET /health HTTP/1.1\r\n{AUTHORIZED}\r\n")


def in_mid_body_of_a_get(client: Client) -> None:
    client.send(f"GET {LIST} HTTP/1.1\r\n{AUTHORIZED}Content-Length: 9\r\n\r\n1")


def in_mid_body_without_a_token(client: Client) -> None:
    client.send(f"PUT {LIST}/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1")


def in_mid_body(client: Client) -> None:
    client.send(
        f"PUT {LIST}/x HTTP/1.1\r\n{AUTHORIZED}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n1"
    )


def not_reading(client: Client) -> None:
    client.send(f"GET {LIST}?count=5000 HTTP/1.1\r\n{AUTHORIZED}\r\n" * 20)


KINDS = (
    silent,
    in_mid_head,
    idle_after_an_answer,
    in_mid_body_of_a_get,
    in_mid_body_without_a_token,
    in_mid_body,
    not_reading,
)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_client_that_asks_nothing_is_cut_off(
    directory: Path, loop: str, kind: Callable[[Client], None]
) -> None:
    """Not before the limit; after it at the next look."""

    async def story(service: Service) -> None:
        began = time.monotonic()
        client = await Client.connect(service)
        kind(client)
        await until(lambda: client.is_open(service))
        limit_s = IDLE_S + (IDLE_S if kind is in_mid_body else 0)
        await until(lambda: not client.is_open(service), within=limit_s + 2 * LOOK_INTERVAL_S + SLACK_S)
        assert time.monotonic() - began > IDLE_S
        assert (await service.get()).status == 200
        client.close()

    calls = MANY_CALLS if kind is not_reading else 1
    run(loop, directory, story, calls, request_timeout_s=IDLE_S)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_head_that_comes_byte_by_byte_is_cut_off(directory: Path, loop: str) -> None:
    """However busy the client looks: it has asked nothing yet."""

    async def story(service: Service) -> None:
        client, began = await Client.connect(service), time.monotonic()
        in_mid_head(client)
        await until(lambda: client.is_open(service))

        def is_cut() -> bool:
            client.send("a")
            return not client.is_open(service)

        await until(is_cut, within=IDLE_S + 2 * LOOK_INTERVAL_S + SLACK_S)
        assert time.monotonic() - began > IDLE_S
        client.close()

    run(loop, directory, story)


@pytest.mark.parametrize("loop", LOOPS)
def test_200_slow_clients_keep_nobody_waiting_and_are_all_cut_off(directory: Path, loop: str) -> None:
    """A normal request is answered within a second while they are there, and all of them go."""

    async def story(service: Service) -> None:
        await service.get()
        clients = [await Client.connect(service) for _ in range(CLIENTS)]
        try:
            await beside(service, clients)
        finally:
            for client in clients:
                client.close()

    async def beside(service: Service, clients: list[Client]) -> None:
        for number, client in enumerate(clients):
            KINDS[number % (len(KINDS) - 1)](client)
        answered: list[float] = []
        while any_open := [client for client in clients[:20] if client.is_open(service)] or not answered:
            assert any_open
            began = time.monotonic()
            assert (await service.get()).status == 200
            answered.append(time.monotonic() - began)
            await asyncio.sleep(0.02)
            assert len(answered) < 500, "they stay"
        assert max(answered) < 1.0
        assert len(answered) > 5
        await until(lambda: not [one for one in clients if one.is_open(service)], within=IDLE_S + 1 + SLACK_S)

    run(loop, directory, story, request_timeout_s=IDLE_S)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_request_that_waits_for_a_phone_is_not_taken_for_idle(directory: Path, loop: str) -> None:
    """A PUT that waits longer than the limit for somebody to pick up gets its answer."""

    async def story(service: Service) -> None:
        began = time.monotonic()
        answer = await service.barge_in(wait_s=2, waitForPickup=20)
        assert time.monotonic() - began > 2 * IDLE_S + LOOK_INTERVAL_S
        assert answer.status == 202

    run(loop, directory, story)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_connection_in_use_is_not_cut_off(directory: Path, loop: str) -> None:
    """Asking again before the limit, the same connection serves for longer than it."""

    async def story(service: Service) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        began = time.monotonic()
        while time.monotonic() - began < 2 * IDLE_S + 2 * LOOK_INTERVAL_S:
            writer.write(f"GET /health HTTP/1.1\r\n{AUTHORIZED}\r\n".encode())
            async with asyncio.timeout(2):
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
            assert head.startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(IDLE_S / 4)
        writer.close()

    run(loop, directory, story)
