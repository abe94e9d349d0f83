"""Pauses in long work, so that other requests go on."""

import asyncio
import time

SLICE_S = 0.005
"""How long one request may occupy the event loop."""


class Pauses:
    """The pauses of one piece of work."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    async def take(self) -> bool:
        """Pause if it is time; returns whether there was a pause.

        After a pause the state may have changed.
        """
        if time.perf_counter() - self._since < SLICE_S:
            return False
        await asyncio.sleep(0)
        self._since = time.perf_counter()
        return True
