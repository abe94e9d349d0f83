"""An application that has Asterisk's channels by ARI: it takes calls, rings phones, and mixes them."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from adapter.lab import LabError
from adapter.lab.asterisk import Pbx
from adapter.lab.configuration import ARI_USERNAME

APPLICATION = "lab"
DEADLINE_S = 5.0


class Ari:
    """One application, connected."""

    def __init__(self, http: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._http = http
        self._socket = socket

    async def arrival(self) -> str:
        """The id of the next channel that is handed to the application."""
        async with asyncio.timeout(DEADLINE_S):
            async for message in self._socket:
                told = message.json()
                if told["type"] == "StasisStart":
                    return str(told["channel"]["id"])
        raise LabError("ARI hung up")

    async def ring(self, number: str, caller: str) -> str:
        """Ring an extension's phone for somebody; the id of its channel."""
        told = await self._post(
            "channels", endpoint=f"PJSIP/{number}", app=APPLICATION, callerId=caller, timeout="20"
        )
        return str(told["id"])

    async def bridge(self, kind: str, *channels: str) -> str:
        """Take the channels, in this order, into a new bridge of this type; its id."""
        bridge = str((await self._post("bridges", type=kind))["id"])
        for channel in channels:
            await self._post(f"bridges/{bridge}/addChannel", channel=channel)
        return bridge

    async def _post(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - whatever ARI says
        async with self._http.post(f"/ari/{path}", params=parameters) as answer:
            text = await answer.text()
            if not answer.ok:
                raise LabError(f"ARI, {path}: {answer.status} {text}")
            return await answer.json() if text else None


@contextlib.asynccontextmanager
async def running_ari(pbx: Pbx) -> AsyncIterator[Ari]:
    """Be the application until the block ends."""
    where = f"http://{pbx.ami_host}:{pbx.ari_port}"
    proof = base64.b64encode(f"{ARI_USERNAME}:{pbx.ami_secret}".encode()).decode()
    timeout = aiohttp.ClientTimeout(total=DEADLINE_S)
    async with (
        aiohttp.ClientSession(where, headers={"Authorization": f"Basic {proof}"}, timeout=timeout) as http,
        http.ws_connect(f"/ari/events?app={APPLICATION}") as socket,
    ):
        yield Ari(http, socket)
