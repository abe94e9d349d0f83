"""The live channels as Asterisk lists them, and which of them cannot be read."""

import asyncio
from collections.abc import Awaitable, Callable

from adapter.asterisk.actions import Action, list_channels
from adapter.asterisk.message import Message
from adapter.asterisk.parsing import EventError, parse_listed
from adapter.tools.check.facts import Snapshot


class SnapshotReader:
    """Reads one snapshot out of a session's events."""

    def __init__(self) -> None:
        self._listed = 0
        self._reasons: list[str] = []
        self._ended = asyncio.Event()

    def take(self, event: Message) -> None:
        """Look at one event."""
        if event.event == "CoreShowChannelsComplete":
            self._ended.set()
        elif event.event == "CoreShowChannel":
            self._listed += 1
            try:
                parse_listed(event)
            except EventError as malformed:
                self._reasons.append(str(malformed))

    async def read(self, ask: Callable[[Action], Awaitable[object]], within_s: float) -> Snapshot:
        """Ask for it and wait for its end; raises TimeoutError, and whatever `ask` does."""
        await ask(list_channels())
        async with asyncio.timeout(within_s):
            await self._ended.wait()
        return Snapshot(self._listed, len(self._reasons), next(iter(self._reasons), ""))
