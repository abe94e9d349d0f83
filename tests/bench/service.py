"""The adapter as a process of its own beside a fake Asterisk with many calls, and a lean HTTP client."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from adapter.lab import Pbx
from adapter.lab.adapter_process import Adapter, running_adapter
from adapter.lab.errors import LabError
from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.files import CHECKOUT
from adapter.lab.polling import poll_until
from adapter.lab.processes import die_with_parent, end_process, last_lines, start_process
from tests.bench.traces import EXTENSIONS, number, snapshot

HIGH = {"ADAPTER_REQUESTS_PER_S": "1000000", "ADAPTER_AMI_PING_INTERVAL_S": "60", "ADAPTER_LOG_LEVEL": "INFO"}


def fake_with_calls(calls: int) -> FakeAmi:
    """A fake Asterisk with so many calls of two parties, each in a bridge of its own."""
    ami = FakeAmi()
    give_calls(ami, calls)
    return ami


def give_calls(ami: FakeAmi, calls: int) -> None:
    """Let the fake Asterisk list so many calls, and nothing else."""
    items = snapshot(2 * calls, "@")

    def list_channels(action: ReceivedAction) -> None:
        action.connection.answer(action, ("EventList", "start"), ("Message", "Channels will follow"))
        action.connection.send(items.replace(b"ActionID: @", f"ActionID: {action['ActionID']}".encode()))

    ami.scripts["CoreShowChannels"] = list_channels


def directory_text() -> str:
    """The example's directory with many extensions more."""
    text = (CHECKOUT / "examples" / "directory.yaml").read_text(encoding="utf-8")
    more = "".join(
        f'  - {{number: "{number(index)}", type: phone terminal, owner: "12"}}\n'
        for index in range(EXTENSIONS)
    )
    return text.replace("extensions:\n", f"extensions:\n{more}", 1)


@contextlib.asynccontextmanager
async def running_service(ami: FakeAmi, folder: Path) -> AsyncIterator[Adapter]:
    """The adapter beside a fake Asterisk that listens already."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - local and small
    place = SimpleNamespace(
        ami_host=ami.host, ami_port=ami.port, ami_username=ami.username, ami_secret=ami.secret
    )
    directory = folder / "directory.yaml"
    directory.write_text(directory_text(), encoding="utf-8")
    async with running_adapter(
        cast("Pbx", place), folder / "adapter", directory=directory, settings=HIGH
    ) as adapter:
        yield adapter


@contextlib.asynccontextmanager
async def running_module(module: str, folder: Path, *arguments: str) -> AsyncIterator[tuple[int, int]]:
    """A Python module as a process that first prints its port; the process id and the port."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - local and small
    output = folder / "output"
    command = die_with_parent((sys.executable, "-m", module, *arguments))
    process = await start_process(command, folder, output, {**os.environ, "PYTHONPATH": str(CHECKOUT)})
    try:
        port = await poll_until(lambda: _port(output, process), 10.0)
        if port is None:
            raise LabError(f"{module} did not start:\n{last_lines(output)}")
        yield process.pid, port
    finally:
        await end_process(process)


def _port(output: Path, process: asyncio.subprocess.Process) -> int | None:
    if process.returncode is not None:
        raise LabError(f"it did not start:\n{last_lines(output)}")
    lines = output.read_text(encoding="utf-8").splitlines()
    return next((int(line) for line in lines if line.isdigit()), None)


def cpu_s(pid: int) -> float:
    """The processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    """One keep-alive connection that asks the same again and again, and reads no more than it must."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Client":
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**22))

    async def ask(self, request: bytes) -> tuple[bytes, bytes]:
        """The head and the body of the answer."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = 0
        at = head.find(b"Content-Length: ")
        if at >= 0:
            length = int(head[at + 16 : head.find(b"\r", at)])
        if head.startswith(b"HTTP/1.1 304"):
            length = 0
        return head, await self._reader.readexactly(length) if length else b""

    def close(self) -> None:
        self._writer.close()


def written(path: str, port: int, **headers: str) -> bytes:
    """A GET as it goes out."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def requests_per_s(port: int, request: bytes, seconds: float, clients: int = 4) -> float:
    """How many answers so many clients get in a second, each asking as soon as it is answered."""
    connections = [await Client.open(port) for _ in range(clients)]
    until = time.perf_counter() + seconds
    answered = 0

    async def keep_asking(client: Client) -> None:
        nonlocal answered
        while time.perf_counter() < until:
            await client.ask(request)
            answered += 1

    try:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as together:
            for client in connections:
                together.create_task(keep_asking(client))
        return answered / (time.perf_counter() - began)
    finally:
        for client in connections:
            client.close()
