"""HTTP as it goes over the wire, for what no client library would send."""

import asyncio
import json
from typing import Any, NamedTuple

from tests.integration.harness import Service

DEADLINE_S = 5.0


class RawAnswer(NamedTuple):
    """One answer, taken apart."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The stable code of an error in its one form."""
        assert self.headers["content-type"].startswith("application/json"), self
        error: dict[str, Any] = json.loads(self.body)["error"]
        assert set(error) == {"code", "message"}
        return str(error["code"])


async def exchange(service: Service, *sent: bytes) -> bytes:
    """All that the service answers to these bytes on one connection, until it closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    try:
        for part in sent:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(DEADLINE_S):
            return await reader.read()
    finally:
        writer.close()


def read_answer(answered: bytes) -> RawAnswer:
    """The one answer in these bytes."""
    head, _, body = answered.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = [line.split(": ", 1) for line in lines]
    return RawAnswer(int(first.split(" ")[1]), {name.lower(): value for name, value in pairs}, body)


async def ask(service: Service, *sent: bytes) -> RawAnswer:
    """The answer to these bytes."""
    return read_answer(await exchange(service, *sent))


def request(method: str, path: str, *headers: str, body: bytes = b"", version: str = "1.1") -> bytes:
    """A request after whose answer the connection ends."""
    lines = [f"{method} {path} HTTP/{version}", "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
