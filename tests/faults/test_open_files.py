"""Clients that open connections and ask nothing, more than the adapter may have files open."""

import asyncio
import contextlib
import resource
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from adapter.lab.adapter_process import Adapter
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until, until_seen
from tests.faults.beside import adapter_beside
from tests.faults.figures import Tell

OPEN_FILES = 128
CONNECTIONS = 400
ANSWERED_WITHIN_S = 5.0
"""An idle connection is closed after 75 s anyway: sooner, only to make room."""
WARNING = "too many idle connections: the oldest are closed"


@contextlib.contextmanager
def few_open_files() -> Iterator[None]:
    """Whatever is started meanwhile may have few files open; so may we."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.asynccontextmanager
async def idle_connections(port: int, count: int) -> AsyncIterator[None]:
    """Connections that say nothing; some are refused, and those that are closed are not opened again."""
    writers: list[asyncio.StreamWriter] = []
    for _ in range(count):
        with contextlib.suppress(OSError):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writers.append(writer)
    try:
        yield
    finally:
        for writer in writers:
            writer.close()


async def ask(adapter: Adapter) -> bytes:
    """What `/health` answers, on a connection of its own; nothing where that is refused or closed."""
    answer = b""
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(adapter.url.rpartition(":")[2]))
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                answer = await reader.read()
        writer.close()
    return answer


async def until_answered(adapter: Adapter) -> float:
    """How many seconds until `/health` says that the link is READY; a client that is refused asks again."""
    began = time.monotonic()
    await until_seen(
        lambda: ask(adapter),
        lambda answer: b'"READY"' in answer,
        within=ANSWERED_WITHIN_S,
        log=lambda: adapter.log,
    )
    return time.monotonic() - began


async def test_idle_connections_leave_room_for_those_who_ask_and_for_asterisk(
    ami: FakeAmi, agent: FakeChannel, tmp_path: Path, figures: Tell
) -> None:
    """The oldest of them are closed, which is logged once; the link comes back meanwhile."""
    assert agent
    async with contextlib.AsyncExitStack() as stack:
        with few_open_files():
            adapter, _ = await stack.enter_async_context(adapter_beside(ami, tmp_path))
        port = int(adapter.url.rpartition(":")[2])
        async with idle_connections(port, CONNECTIONS):
            waited_s = await until_answered(adapter)
            ami.drop()
            await until(lambda: len(ami.connections) > 1)
            await until_answered(adapter)
            async with idle_connections(port, CONNECTIONS):
                await until_answered(adapter)
        assert adapter.log.count(WARNING) == 1, adapter.log
    figures(f"{CONNECTIONS} idle connections, {OPEN_FILES} open files: answered after {waited_s:.2f} s")
