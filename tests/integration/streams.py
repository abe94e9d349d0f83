"""A client of `/uapi/events`: reads server-sent events as they come."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.integration.harness import DEADLINE_S, Service, token


@dataclass(frozen=True, slots=True)
class SentEvent:
    """One event; a block without data has no name."""

    id: str
    name: str
    data: Any


class EventReader:
    """An open stream."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self, name: str | None = None) -> SentEvent:
        """The next event, or the next of this name; fails where none comes in time or the stream ends."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                event = await self._read()
                assert event is not None, "the stream ended"
                if event.name and name in (None, event.name):
                    return event

    async def beat(self) -> str:
        """The id in the next heartbeat."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                event = await self._read()
                assert event is not None, "the stream ended"
                if not event.name and event.id:
                    return event.id

    async def rest(self) -> list[SentEvent]:
        """What still comes until the stream ends."""
        found: list[SentEvent] = []
        async with asyncio.timeout(DEADLINE_S):
            while (event := await self._read()) is not None:
                found += [event] if event.name else []
        return found

    async def _read(self) -> SentEvent | None:
        fields: dict[str, str] = {}
        while line := (await self.response.content.readline()).decode():
            if line == "\n":
                data = json.loads(fields["data"]) if "data" in fields else None
                return SentEvent(fields.get("id", ""), fields.get("event", ""), data)
            name, _, value = line.rstrip("\n").partition(":")
            assert not name or name not in fields, f"{name} stands twice in an event"
            fields[name] = value.removeprefix(" ")
        assert not fields, "the stream ended within an event"
        return None


@contextlib.asynccontextmanager
async def open_events(
    service: Service,
    client: str = "wallboard",
    *,
    last_event_id: str | None = None,
    path: str = "/uapi/events",
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[EventReader]:
    """A stream of the client's, until the block ends."""
    sent = {"Authorization": f"Bearer {token(client)}", **(headers or {})}
    if last_event_id is not None:
        sent["Last-Event-ID"] = last_event_id
    async with aiohttp.ClientSession() as http, http.get(service.url + path, headers=sent) as response:
        assert response.status == 200, await response.text()
        yield EventReader(response)
