"""The whole adapter on a real socket, a fake Asterisk beside it, and a client that sends what it is told."""

import asyncio
import contextlib
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import EllipsisType
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from yarl import URL

from adapter.app import CONNECTIONS, make_app
from adapter.auth.tokens import Tokens
from adapter.directory import load_directory
from adapter.http.server import HttpRunner
from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.files import DIRECTORY
from adapter.lab.polling import until, until_seen
from adapter.monitoring.access_log import AccessLog
from adapter.settings import Settings

T = TypeVar("T")
Json = dict[str, Any]

DEADLINE_S = 5.0
AT_LOGIN = (
    *("Challenge", "Login", "Ping", "ShowDialPlan"),
    *("ParkedCalls", "Status", "DeviceStateList", "QueueStatus", "BridgeList", "CoreShowChannels"),
)
"""The actions of each connection before the link is READY."""
TOKEN_KEY = secrets.token_hex(32)
QUICK = {
    "ami_connect_timeout_s": 1.0,
    "ami_action_timeout_s": 1.0,
    "ami_ping_interval_s": 30.0,
    "requests_per_s": 100_000.0,
    "ami_reconnect_max_s": 0.05,
    "login_failures_per_min": 1e6,
}
"""Short times and no limits of rate; a test that is about one of them sets it."""
REQUEST = {
    "action": "BargeIn",
    "sendCallTo": "0003*024",
    "callerId": "John Doe <42420042>",
    "waitForPickup": "20",
    "phoneCallViewId": "01",
}
"""The founding document's PUT."""


APPS = load_directory(DIRECTORY.read_text(encoding="utf-8")).apps


def token(client_id: str = "wallboard") -> str:
    """A token for an App of the example's directory, or for one that is in none."""
    unknown = APPS["wallboard"].model_copy(update={"client_id": client_id})
    return Tokens(TOKEN_KEY, 3600).issue(APPS.get(client_id, unknown), time.time())


class Service:
    """A running adapter."""

    def __init__(
        self, app: web.Application, runner: web.AppRunner, port: int, http: aiohttp.ClientSession
    ) -> None:
        self.app = app
        self.runner = runner
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._http = http

    async def request(
        self,
        method: str,
        path: str,
        *,
        client: str | None = "wallboard",
        body: object = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; `path` goes out as written, without a body where there is none to send."""
        sent = dict(headers or {})
        if client is not None:
            sent.setdefault("Authorization", f"Bearer {token(client)}")
        if body is not None:
            data = json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        url = URL(self.url + path, encoded=True)
        async with self._http.request(method, url, data=data, headers=sent) as response:
            return Answer(response.status, dict(response.headers), await response.text())

    async def get(self, address: str = "@me/@self", client: str = "wallboard") -> Answer:
        """GET the list at the address, or the one call."""
        return await self.request("GET", f"/uapi/phoneCalls/{address}", client=client)

    async def calls(self, address: str = "@me/@self", client: str = "wallboard") -> list[Json]:
        """The live calls."""
        answer = await self.get(address, client)
        assert answer.status == 200, answer
        calls = answer.json["entry"]
        assert isinstance(calls, list)
        return calls

    async def call_id(self, address: str = "@me/0003*210") -> str:
        """The id of the one live call."""
        [call] = await self.calls(address)
        return str(call["id"])

    async def barge_in(
        self,
        call_id: str | None = None,
        address: str = "@me/0003*210",
        *,
        client: str = "wallboard",
        wait_s: int | None = None,
        **fields: object,
    ) -> Answer:
        """The founding document's PUT with other values; `...` leaves a field out."""
        body = {
            name: value
            for name, value in {**REQUEST, **fields}.items()
            if not isinstance(value, EllipsisType)
        }
        return await self.request(
            "PUT",
            f"/uapi/phoneCalls/{address}/{call_id or await self.call_id(address)}",
            client=client,
            body=body,
            headers={} if wait_s is None else {"Prefer": f"wait={wait_s}"},
        )

    async def link(self) -> Json:
        """What /health says of the link."""
        answer = await self.request("GET", "/health", client=None)
        assert answer.status == 200
        link = answer.json["link"]
        assert isinstance(link, dict)
        return link

    async def until_link(self, state: str, within: float = DEADLINE_S) -> Json:
        """What /health says once the link is in this state."""
        return await until_seen(self.link, lambda link: link["state"] == state, within=within)

    async def until_synced(self, ami: FakeAmi, connections: int) -> None:
        """Return once the link is READY again, over a connection after the first so many."""
        await until(lambda: len(ami.connections) > connections)
        await self.until_link("READY")

    async def until_views(self, *view_ids: str, address: str = "@me/0003*210") -> list[Json]:
        """The views of the one call at the address once they are these."""

        async def views() -> list[Json]:
            [call] = await self.calls(address)
            return list(call["phoneCallView"])

        return await until_seen(views, lambda views: [view["id"] for view in views] == list(view_ids))


async def until_taken(ami: FakeAmi, name: str, count: int = 1, within: float = DEADLINE_S) -> ReceivedAction:
    """The newest action of this name once so many have arrived."""
    await until(lambda: len(ami.took(name)) >= count, within=within)
    return ami.took(name)[-1]


def code_of(answer: Answer) -> object:
    """The stable code of an error answer, whose body has the one form that the contract knows."""
    assert answer.headers["Content-Type"].startswith("application/json"), answer
    error = answer.json.get("error", {"code": None, "message": "no error"})
    assert isinstance(error, dict)
    assert answer.status < 400 or set(answer.json) == {"error"}
    assert set(error) == {"code", "message"}
    assert error["message"]
    return error["code"]


@contextlib.asynccontextmanager
async def running_service(ami: FakeAmi, directory: Path, **settings: object) -> AsyncIterator[Service]:
    """The adapter beside `ami` until the block ends; asyncio must have had nothing to complain of by then."""
    values: dict[str, Any] = {
        **QUICK,
        "directory": directory,
        "token_key": TOKEN_KEY,
        "ami_port": ami.port,
        "ami_username": ami.username,
        "ami_secret": ami.secret,
        **settings,
    }
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    app = make_app(Settings(**values))
    runner = HttpRunner(app, app[CONNECTIONS], shutdown_timeout=1.0, access_log_class=AccessLog)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            yield Service(app, runner, port, http)
    finally:
        await runner.cleanup()
    assert not complaints


def listening_at(output: Path) -> tuple[str, int] | None:
    """Where a process says, in what it wrote, that it listens; nothing as long as it does not."""
    found = re.search(r"listening host=(\S+) port=(\d+)", output.read_text(encoding="utf-8"))
    return None if found is None else (found[1], int(found[2]))
