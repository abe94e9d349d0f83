"""The adapter as a process of its own beside a fake Asterisk, and a client that sends before it reads."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from adapter.lab import FULL_NUMBERS, Pbx
from adapter.lab.adapter_process import Adapter, running_adapter
from adapter.lab.fake_ami import FakeAmi
from tests.integration.harness import REQUEST

LIMITS = {"ADAPTER_REQUESTS_PER_S": "1000000", "ADAPTER_AMI_RECONNECT_MAX_S": "0.05"}


@contextlib.asynccontextmanager
async def adapter_beside(ami: FakeAmi, folder: Path, **settings: str) -> AsyncIterator[tuple[Adapter, str]]:
    """The adapter, READY, and a token of the organization's App."""
    place = SimpleNamespace(
        ami_host=ami.host,
        ami_port=ami.port,
        ami_username=ami.username,
        ami_secret=ami.secret,
        layout=FULL_NUMBERS,
    )
    named = {f"ADAPTER_{name.upper()}": value for name, value in settings.items()}
    async with running_adapter(cast("Pbx", place), folder / "adapter", settings=LIMITS | named) as adapter:
        yield adapter, await adapter.token("wallboard")


async def call_id_of(adapter: Adapter, token: str) -> str:
    """The id of the one live call."""
    [call] = await adapter.list("@me/0003*210", token)
    return str(call["id"])


class RawPut:
    """The founding document's PUT on a connection of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def send(cls, adapter: Adapter, token: str, call_id: str, wait_s: int) -> "RawPut":
        """Return once all of it is on its way."""
        reader, writer = await asyncio.open_connection("127.0.0.1", int(adapter.url.rpartition(":")[2]))
        body = json.dumps(REQUEST)
        head = (
            f"PUT /uapi/phoneCalls/@me/0003*210/{call_id} HTTP/1.1",
            "Host: x",
            "Connection: close",
            f"Authorization: Bearer {token}",
            f"Prefer: wait={wait_s}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        )
        writer.write("\r\n".join((*head, "", body)).encode())
        await writer.drain()
        return cls(reader, writer)

    async def answer(self) -> bytes:
        """The answer as it came."""
        answer = await self._reader.read()
        self._writer.close()
        return answer
