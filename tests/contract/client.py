"""A client as they are in the field: HTTP/1.1 over a plain socket, every byte of a request as it was written.

A library would encode `*` and `@`, drop a Content-Type or follow a redirect. This one sends what the test
says, always with a Content-Type, follows nothing, and parses every answer as JSON, as strict clients do.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import EllipsisType
from typing import Any

from adapter.lab.polling import until_seen
from tests.integration.harness import REQUEST, token

Json = dict[str, Any]

CALLS = "/uapi/phoneCalls"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
DEADLINE_S = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it arrived; the names of its headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The JSON object in the body; a test that finds none fails."""
        found = json.loads(self.body)
        assert isinstance(found, dict), self
        return found

    @property
    def error(self) -> tuple[int, object]:
        """The status, and the code of an error that has the one form of the contract."""
        assert set(self.json) == {"error"}, self
        error = self.json["error"]
        assert set(error) == {"code", "message"}, self
        assert isinstance(error["message"], str)
        assert error["message"]
        return self.status, error["code"]

    @property
    def ids(self) -> list[str]:
        """The ids in a list of calls, in their order."""
        return [call["id"] for call in self.json["entry"]]


class Wire:
    """The adapter as seen from a socket."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"

    async def send(
        self,
        method: str,
        target: str,
        *,
        client: str | None = "wallboard",
        body: object = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """One request with this target, written as it is. A body that is not bytes is written as JSON.

        The headers of a field client can be replaced, or left out by None.
        """
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent: dict[str, str | None] = {
            "Host": f"127.0.0.1:{self.port}",
            "Connection": "close",
            "Content-Type": JSON,
            "Authorization": None if client is None else f"Bearer {token(client)}",
            "Content-Length": str(len(data)) if data or method in ("PUT", "POST") else None,
            **(headers or {}),
        }
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in sent.items() if value is not None]
        answer = await self.exchange("\r\n".join([*lines, "", ""]).encode() + data)
        _check(answer)
        return answer

    async def exchange(self, request: bytes) -> Answer:
        """Say these bytes on a connection of their own and read one answer."""
        [answer] = await self.exchange_all(request, 1)
        return answer

    async def exchange_all(self, requests: bytes, count: int) -> list[Answer]:
        """Say these bytes on a connection of their own and read so many answers."""
        async with asyncio.timeout(DEADLINE_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(requests)
                return [await _read(reader) for _ in range(count)]
            finally:
                writer.close()
                await writer.wait_closed()

    async def get(self, address: str, **options: Any) -> Answer:  # noqa: ANN401 - those of send
        """GET below `/uapi/phoneCalls/`."""
        return await self.send("GET", f"{CALLS}/{address}", **options)

    async def call_id(self, address: str = "@me/0003*210") -> str:
        """The id of the one live call at the address."""
        return str((await self.call(address))["id"])

    async def call(self, address: str = "@me/0003*210", **options: Any) -> Json:  # noqa: ANN401 - those of send
        """The one live call at the address, once the adapter has heard of it."""
        [call] = await self.calls(1, address, **options)
        return call

    async def calls(self, count: int, address: str, **options: Any) -> list[Json]:  # noqa: ANN401 - as above
        """The live calls at the address, once there are so many."""

        async def look() -> list[Json] | None:
            entry: list[Json] = (await self.get(address, **options)).json["entry"]
            return entry if len(entry) == count else None

        return await until_seen(look)

    async def view(self, address: str, seen: Mapping[str, object]) -> Json:
        """The first view of the one call that has these values, once there is one."""

        async def look() -> Json | None:
            views: list[Json] = (await self.call(address))["phoneCallView"]
            return next((one for one in views if seen.items() <= one.items()), None)

        return await until_seen(look)

    async def barge_in(
        self,
        call_id: str | None = None,
        address: str = "12/0003*210",
        *,
        prefer: str | None = None,
        client: str = "wallboard",
        **fields: object,
    ) -> Answer:
        """The founding document's PUT with other values; `...` leaves a field out."""
        body = {
            name: value
            for name, value in {**REQUEST, **fields}.items()
            if not isinstance(value, EllipsisType)
        }
        target = f"{CALLS}/{address}/{call_id or await self.call_id()}"
        return await self.send("PUT", target, body=body, client=client, headers={"Prefer": prefer})

    async def token(self, form: str, **headers: str | None) -> Answer:
        """POST a form to the token endpoint, as written."""
        return await self.send(
            "POST",
            "/oauth/token.php",
            client=None,
            body=form.encode(),
            headers={"Content-Type": FORM, **headers},
        )


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
    version, status, _ = head[0].split(" ", 2)
    assert version == "HTTP/1.1", head
    headers: dict[str, str] = {}
    for line in filter(None, head[1:]):
        name, colon, value = line.partition(":")
        assert colon, line
        assert name.lower() not in headers, f"{name} stands twice"
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(status), headers, body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        assert await reader.readline() == b"\r\n"
    while (await reader.readline()).strip():
        pass
    return body


def _check(answer: Answer) -> None:
    """What a strict client relies on, whatever was asked for."""
    assert not 300 <= answer.status < 400, f"nobody follows a redirect: {answer}"
    if answer.status == 204:
        assert answer.body == b"", answer
        return
    assert answer.headers["content-type"].partition(";")[0] == JSON, answer
    assert answer.json, answer
