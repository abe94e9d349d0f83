"""Reads Asterisk's list of live channels, and counts those that cannot be read."""

import asyncio
from collections.abc import Awaitable, Callable

from adapter.asterisk.actions import Action, list_channels
from adapter.asterisk.message import Message
from adapter.asterisk.parsing import EventError, parse_listed
from adapter.tools.check.facts import Snapshot


class SnapshotReader:
    """Collects one snapshot from a session's events."""

    def __init__(self) -> None:
        self._listed = 0
        self._reasons: list[str] = []
        self._ended = asyncio.Event()

    def take(self, event: Message) -> None:
        """Process one event."""
        if event.event == "CoreShowChannelsComplete":
            self._ended.set()
        elif event.event == "CoreShowChannel":
            self._listed += 1
            try:
                parse_listed(event)
            except EventError as malformed:
                self._reasons.append(str(malformed))

    async def read(self, ask: Callable[[Action], Awaitable[object]], within_s: float) -> Snapshot:
        """Request the list and wait for its end. Raises TimeoutError, and what `ask` raises."""
        await ask(list_channels())
        async with asyncio.timeout(within_s):
            await self._ended.wait()
        return Snapshot(self._listed, len(self._reasons), next(iter(self._reasons), ""))
