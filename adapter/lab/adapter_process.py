"""The adapter as a process of its own beside a private Asterisk, and a client to talk to it."""

import asyncio
import json
import os
import re
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from adapter.lab.asterisk import Pbx
from adapter.lab.errors import LabError
from adapter.lab.files import CHECKOUT, DIRECTORY
from adapter.lab.polling import poll_until, until_seen
from adapter.lab.processes import die_with_parent, end_process, last_lines, run_process, start_process

READY_DEADLINE_S = 20.0
ANSWER_DEADLINE_S = 60.0
TOKEN_DEADLINE_S = 20.0

_LISTENING = re.compile(r"listening host=(\S+) port=(\d+)")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: its status, its headers, and its body, as text and as JSON where it has one."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> dict[str, object]:
        """The JSON object in the body. Raises ValueError where there is none."""
        body = json.loads(self.text)
        if not isinstance(body, dict):
            raise ValueError(f"not a JSON object: {self.text}")  # noqa: TRY004 - it is the text that is wrong
        return body


@dataclass(frozen=True)
class Adapter:
    """A running adapter and how to reach it."""

    url: str
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    process: asyncio.subprocess.Process = field(repr=False)
    _http: aiohttp.ClientSession = field(repr=False)

    @property
    def log(self) -> str:
        """The last lines that the adapter has written."""
        return last_lines(self.folder / "output", 40)

    async def token(self, client_id: str) -> str:
        """A token for an App, from the command that an operator would type."""
        command = _command("token", "--app", client_id)
        ended = await run_process(*command, within=TOKEN_DEADLINE_S, environment=self.environment)
        if ended.status != 0:
            raise LabError(f"no token: {ended.err}")
        return ended.out.strip()

    async def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one HTTP request over its own socket; `path` goes out as written."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            data = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        url = path if path.startswith("http") else self.url + path
        async with self._http.request(method, url, data=data, headers=sent) as response:
            return Answer(response.status, dict(response.headers), await response.text())

    async def list(self, address: str, token: str) -> list[dict[str, object]]:
        """The live calls at `/uapi/phoneCalls/{address}`. Raises LabError for any answer but 200."""
        answer = await self.request("GET", f"/uapi/phoneCalls/{address}", token=token)
        entry = answer.json.get("entry")
        if answer.status != 200 or not isinstance(entry, list):  # noqa: PLR2004 - HTTP's OK
            raise LabError(f"no list: {answer.status} {answer.text}")
        return entry


def adapter_environment(pbx: Pbx, settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of an adapter beside `pbx`: ours without any ADAPTER_ variable, and these settings."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("ADAPTER_")},
        "PYTHONPATH": str(CHECKOUT),
        "ADAPTER_DIRECTORY": str(DIRECTORY),
        "ADAPTER_TOKEN_KEY": secrets.token_hex(32),
        "ADAPTER_AMI_HOST": pbx.ami_host,
        "ADAPTER_AMI_PORT": str(pbx.ami_port),
        "ADAPTER_AMI_USERNAME": pbx.ami_username,
        "ADAPTER_AMI_SECRET": pbx.ami_secret,
        **settings,
    }


def _command(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "adapter", *arguments)


@asynccontextmanager
async def running_adapter(
    pbx: Pbx,
    folder: Path,
    *,
    directory: Path | None = None,
    settings: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> AsyncIterator[Adapter]:
    """Run the adapter beside `pbx` until the block ends; it has reached READY when the block begins.

    Without a `directory` it has that of the layout. `settings` are further `ADAPTER_...` variables. With
    `config`, the settings of that file stand in place of those for the lab.
    Raises LabError, with its log, where it does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    directory = directory or pbx.layout.directory(folder)
    environment = adapter_environment(
        pbx, {"ADAPTER_LISTEN_PORT": "0", "ADAPTER_DIRECTORY": str(directory), **(settings or {})}
    )
    if config is not None:
        own = {"ADAPTER_LISTEN_PORT", *(settings or {})}
        environment = {
            name: value
            for name, value in environment.items()
            if name in own or not name.startswith("ADAPTER_")
        } | {"ADAPTER_CONFIG": str(config)}
    output = folder / "output"
    process = await start_process(die_with_parent(_command("serve")), folder, output, environment)
    timeout = aiohttp.ClientTimeout(total=ANSWER_DEADLINE_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as http:
            url = await _listening_address(process, output)
            adapter = Adapter(url, folder, environment, process, http)
            await _reach_ready(adapter)
            yield adapter
    finally:
        await end_process(process, grace_s=5.0)


async def _listening_address(process: asyncio.subprocess.Process, output: Path) -> str:
    def look() -> str | None:
        found = _LISTENING.search(output.read_text(errors="replace"))
        if found is not None:
            return f"http://{found[1]}:{found[2]}"
        return "" if process.returncode is not None else None

    url = await poll_until(look, READY_DEADLINE_S)
    if not url:
        raise LabError(f"the adapter did not start:\n{last_lines(output)}")
    return url


async def _reach_ready(adapter: Adapter) -> None:
    async def state() -> object:
        link = (await adapter.request("GET", "/health")).json.get("link")
        return link.get("state") if isinstance(link, dict) else None

    await until_seen(state, lambda state: state == "READY", within=READY_DEADLINE_S, log=lambda: adapter.log)
