"""How the link logs in, to whom it does not, and what it makes of a refusal."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.ami.link import REFUSED_DELAYS_S
from adapter.app import reload_directory
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until, until_seen
from tests.integration.harness import Json, Service, running_service, until_taken

IN_USE = "login refused: Login Already In Use (manager.conf has allowmultiplelogin = no)"


async def until_error(service: Service, text: str) -> Json:
    """What /health says of the link once its error has this text."""
    return await until_seen(service.link, lambda link: text in link.get("error", ""))


async def test_the_secret_is_never_on_the_wire(service: Service, ami: FakeAmi) -> None:
    """The adapter proves that it knows the secret by a digest of Asterisk's challenge, another each time."""
    ami.drop()
    await service.until_synced(ami, 1)
    first, second = ami.took("Login")
    assert first["AuthType"] == "MD5"
    assert len(first["Key"]) == 32
    assert first["Key"] != second["Key"]
    for connection in ami.connections:
        assert b"Key: " in connection.received
        assert ami.secret.encode() not in connection.received


@pytest.mark.parametrize(
    "banner",
    [
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"220 mail.example.com ESMTP\r\n",
        b"Asterisk Call Manager Proxy/1.25\r\n",
        b"Asterisk Call Manager\r\n",
        b"Asterisk Call Manager/\r\n",
        b"xAsterisk Call Manager/11.0.0\r\n",
        b"Asterisk Call Manager/11.0.0\n\r\n",
        b"Asterisk Call Manager/11.0.0 or so\r\n",
        b"Response: Success\r\nChallenge: 1\r\n\r\n",
        b"\r\nAsterisk Call Manager/11.0.0\r\n",
        b"A" * 100_000,
    ],
)
async def test_what_is_no_asterisk_is_sent_nothing(ami: FakeAmi, directory: Path, banner: bytes) -> None:
    """Whatever listens there while Asterisk is down: not the secret, not the user, not a byte."""
    ami.banner = banner
    async with running_service(ami, directory) as service:
        link = await until_error(service, "no Asterisk")
        assert link["state"] == "DOWN"
        await until(lambda: len(ami.connections) >= 3)
        assert not any(connection.received for connection in ami.connections)
        ami.banner = b"Asterisk Call Manager/11.0.0\r\n"
        await service.until_link("READY")


async def test_a_peer_that_says_nothing_is_sent_nothing(ami: FakeAmi, directory: Path) -> None:
    """Not even when the time to log in is over."""
    ami.banner = b""
    async with running_service(ami, directory, ami_connect_timeout_s=0.1) as service:
        await until_error(service, "no AMI login within")
        await until(lambda: len(ami.connections) >= 3)
        assert not any(connection.received for connection in ami.connections)


async def test_a_banner_that_comes_in_pieces_is_read(ami: FakeAmi, directory: Path) -> None:
    """TCP may cut it anywhere."""
    ami.banner = b"Asterisk Call Manager/11.0.0\r"
    async with running_service(ami, directory) as service:
        await until(lambda: ami.connections)
        assert not ami.connection.received
        ami.connection.send(b"\n")
        await service.until_link("READY")


@pytest.mark.parametrize("version", ["1.1", "1.3", "2.10.6", "4.0.3"])
async def test_an_asterisk_below_16_is_named_and_never_ready(
    ami: FakeAmi, directory: Path, caplog: pytest.LogCaptureFixture, version: str
) -> None:
    """Its events are others: an empty list would look as if nobody was calling."""
    ami.pbx.add_trunk_call()
    ami.banner = f"Asterisk Call Manager/{version}\r\n".encode()
    async with running_service(ami, directory) as service:
        link = await until_error(service, "older than 16")
        ready = await service.request("GET", "/ready", client=None)
        assert (ready.status, ready.json["link"]) == (503, link)
        assert (await service.get()).status == 503
    assert link == {"state": "DOWN", "error": f"this Asterisk is older than 16 (AMI {version})"}
    assert link["error"] in [vars(record).get("reason") for record in caplog.records]
    assert not ami.took("Login")


@pytest.mark.parametrize("version", ["5.0.5", "9.0.0", "11.0.0", "12.0.0"])
async def test_asterisk_16_and_later_is_taken(ami: FakeAmi, directory: Path, version: str) -> None:
    """Those that are still to come, too."""
    ami.banner = f"Asterisk Call Manager/{version}\r\n".encode()
    async with running_service(ami, directory) as service:
        await service.until_link("READY")


async def test_a_refused_login_is_tried_again_in_minutes_and_at_once_upon_sighup(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Whoever counts failures (fail2ban) would else ban the adapter; the operator need not wait for it."""
    assert agent
    secret, ami.secret = ami.secret, "something else"
    assert REFUSED_DELAYS_S[0] >= 10
    assert REFUSED_DELAYS_S[-1] >= 300
    assert sum(REFUSED_DELAYS_S[:3]) + REFUSED_DELAYS_S[-1] > 600, "five failures in ten minutes are a ban"
    async with running_service(ami, directory, ami_secret=secret) as service:
        assert (await until_error(service, "refused"))["error"] == "login refused: Authentication failed"
        # The reconnect delay is 0.05 s here: that nothing comes can only be waited for.
        await asyncio.sleep(0.5)
        assert len(ami.took("Login")) == 1
        await reload_directory(service.app)
        await until_taken(ami, "Login", 2)
        assert not ami.took("CoreShowChannels")
        ami.secret = secret
        await until_error(service, "refused")
        await reload_directory(service.app)
        await service.until_link("READY")
        assert len(await service.calls()) == 1


async def test_an_asterisk_that_is_shutting_down_is_tried_again_soon(ami: FakeAmi, directory: Path) -> None:
    """It refuses every action in its last moment, the login too: that is no failure to log in."""
    refuse = "Asterisk is shutting down"
    ami.scripts["Challenge"] = lambda action: action.connection.refuse(action, refuse)
    async with running_service(ami, directory) as service:
        assert await until_error(service, refuse) == {"state": "DOWN", "error": refuse}
        await until_taken(ami, "Challenge", 3)
        ami.scripts.clear()
        await service.until_link("READY")


async def test_a_refusal_that_is_not_known_is_not_repeated_to_strangers(
    ami: FakeAmi, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """/health and /ready need no token: what a peer wrote stands in the log alone."""
    ami.scripts["Login"] = lambda action: action.connection.refuse(action, "see http://evil.example/")
    async with running_service(ami, directory) as service:
        link = await until_error(service, "refused")
        assert link == {"state": "DOWN", "error": "login refused"}
        ready = await service.request("GET", "/ready", client=None)
        assert ready.json["link"] == link
    assert "see http://evil.example/" in [vars(record).get("reason") for record in caplog.records]


async def test_a_snapshot_refused_in_unknown_words_is_told_without_them(
    ami: FakeAmi, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As a refused login."""
    ami.scripts["CoreShowChannels"] = lambda action: action.connection.refuse(action, "no <b>way</b>")
    async with running_service(ami, directory) as service:
        link = await until_error(service, "snapshot")
        assert link == {"state": "DOWN", "error": "the snapshot was refused"}
    assert "no <b>way</b>" in [vars(record).get("reason") for record in caplog.records]


class HalfOpen:
    """A line to the fake AMI that can go dead without either end being told."""

    def __init__(self, ami: FakeAmi) -> None:
        self.port = 0
        self._ami = ami
        self._dead: set[asyncio.Task[None]] = set()
        self._alive: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        far_reader, far_writer = await asyncio.open_connection(self._ami.host, self._ami.port)
        self._writers += [writer, far_writer]
        for source, target in ((reader, far_writer), (far_reader, writer)):
            self._alive.add(asyncio.create_task(self._carry(source, target)))

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()

    def go_dead(self) -> None:
        """Carry nothing more on the connections that there are: no byte, and no end."""
        for task in self._alive:
            task.cancel()
        self._dead |= self._alive
        self._alive.clear()

    async def close(self) -> None:
        """End everything."""
        self.go_dead()
        await asyncio.gather(*self._dead, return_exceptions=True)
        for writer in self._writers:
            writer.close()


@contextlib.asynccontextmanager
async def half_open_line(ami: FakeAmi) -> AsyncIterator[HalfOpen]:
    """A line that listens on a free port."""
    line = HalfOpen(ami)
    server = await asyncio.start_server(line.take, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        await line.close()


@pytest.mark.parametrize("allows_multiple_login", [True, False])
async def test_after_a_half_open_cut_the_adapter_recovers(
    ami: FakeAmi,
    agent: FakeChannel,
    directory: Path,
    caplog: pytest.LogCaptureFixture,
    allows_multiple_login: bool,  # noqa: FBT001 - pytest's parameter
) -> None:
    """At once where it may log in twice; else as soon as the dead session has ended, and it says so."""
    assert agent
    ami.allows_multiple_login = allows_multiple_login
    async with (
        half_open_line(ami) as line,
        running_service(ami, directory, ami_port=line.port, ami_ping_interval_s=0.2) as service,
    ):
        await service.until_link("READY")
        line.go_dead()
        await service.until_link("DOWN")
        if not allows_multiple_login:
            assert await until_error(service, "In Use") == {"state": "DOWN", "error": IN_USE}
            logins = len(ami.took("Login"))
            await until_taken(ami, "Login", logins + 3)
            assert "Asterisk refuses the AMI login" in caplog.messages
            ami.connections[0].drop()
        await service.until_link("READY")
        assert len(await service.calls()) == 1
