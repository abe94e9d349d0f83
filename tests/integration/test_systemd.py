"""What the process tells systemd over its socket (sd_notify), as a service of Type=notify."""

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.polling import poll_until
from adapter.lab.processes import end_process, start_process
from adapter.process.systemd import READY, tell_systemd
from tests.integration.harness import DEADLINE_S, listening_at
from tests.packages import CHECKOUT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd runs on Linux alone")

START_DEADLINE_S = 20.0


@contextlib.contextmanager
def hearing(name: str) -> Iterator[socket.socket]:
    """A socket under this name, as systemd has one; `@` begins a name that is no file's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.settimeout(0)
        heard.bind("\0" + name[1:] if name.startswith("@") else name)
        yield heard


async def told(heard: socket.socket, within: float) -> str:
    """The next datagram."""
    async with asyncio.timeout(within):
        return (await asyncio.get_running_loop().sock_recv(heard, 4096)).decode()


@contextlib.asynccontextmanager
async def serving(
    ami: FakeAmi, directory: Path, folder: Path, **more: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Path]]:
    """`serve` as a process of its own, started as systemd starts it; and what it writes."""
    output = folder / "output"
    settings = {
        "ADAPTER_DIRECTORY": str(directory),
        "ADAPTER_TOKEN_KEY": secrets.token_hex(32),
        "ADAPTER_LISTEN_PORT": "0",
        "ADAPTER_AMI_HOST": ami.host,
        "ADAPTER_AMI_PORT": str(ami.port),
        "ADAPTER_AMI_SECRET": ami.secret,
        **more,
    }
    command = (sys.executable, "-m", "adapter", "serve")
    process = await start_process(command, CHECKOUT, output, {**os.environ, **settings})
    try:
        yield process, output
    finally:
        await end_process(process)


@pytest.fixture(params=["a file", "no file"])
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of systemd's socket: mostly a file's, in some containers an abstract one."""
    return str(tmp_path / "notify") if request.param == "a file" else f"@uapi-test-{secrets.token_hex(8)}"


async def test_systemd_hears_when_the_adapter_listens_and_when_it_stops(
    ami: FakeAmi, directory: Path, tmp_path: Path, name: str
) -> None:
    """READY=1 and a client gets through at once; STOPPING=1 upon SIGTERM; nothing else."""
    with hearing(name) as heard:
        async with serving(ami, directory, tmp_path, NOTIFY_SOCKET=name) as (process, output):
            assert await told(heard, START_DEADLINE_S) == "READY=1"
            # The log is written a moment later.
            address = await poll_until(lambda: listening_at(output), DEADLINE_S)
            assert address is not None
            _, writer = await asyncio.open_connection(*address)
            writer.close()
            await writer.wait_closed()
            process.send_signal(signal.SIGTERM)
            assert await told(heard, DEADLINE_S) == "STOPPING=1"
            async with asyncio.timeout(DEADLINE_S):
                assert await process.wait() == 0
        with pytest.raises(BlockingIOError):
            heard.recv(4096)


async def test_a_port_that_is_taken_is_not_told_as_ready(
    ami: FakeAmi, directory: Path, tmp_path: Path, name: str
) -> None:
    """The start has failed, and systemd hears it by the exit status."""
    with hearing(name) as heard, socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        more = {"NOTIFY_SOCKET": name, "ADAPTER_LISTEN_PORT": str(taker.getsockname()[1])}
        async with serving(ami, directory, tmp_path, **more) as (process, _):
            async with asyncio.timeout(START_DEADLINE_S):
                assert await process.wait() == 1
        with pytest.raises(BlockingIOError):
            heard.recv(4096)


def test_the_unit_waits_for_what_the_adapter_tells_and_lets_it_through() -> None:
    """A unit that waits, without the sockets to be told over, would never have started."""
    lines = (CHECKOUT / "examples" / "uapi-adapter.service").read_text(encoding="utf-8").splitlines()
    assert {"Type=notify", "NotifyAccess=main"} <= set(lines)
    [families] = [line for line in lines if line.startswith("RestrictAddressFamilies=")]
    assert "AF_UNIX" in families.partition("=")[2].split()


@pytest.mark.parametrize("address", [None, ""])
def test_who_was_not_started_by_systemd_tells_it_nothing(
    address: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """And has nothing to complain of."""
    tell_systemd(READY, address)
    assert not caplog.records


def test_a_systemd_that_does_not_hear_is_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its socket is gone: the service goes on, and the log says what systemd was not told."""
    with caplog.at_level(logging.WARNING):
        tell_systemd(READY, str(tmp_path / "gone"))
    [record] = caplog.records
    assert record.getMessage() == "systemd could not be notified"
    assert record.__dict__["state"] == "READY=1"


def test_a_systemd_that_takes_nothing_holds_the_service_up_for_a_second_at_most(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads the socket, and what it holds is full."""
    monkeypatch.setattr("adapter.process.systemd.LIMIT_S", 0.05)
    name = str(tmp_path / "notify")
    with hearing(name), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
        filler.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                filler.sendto(b"x", name)
        tell_systemd(READY, name)
    assert [record.getMessage() for record in caplog.records] == ["systemd could not be notified"]
