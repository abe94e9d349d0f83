"""Long work lets others go on."""

import asyncio
import time

SLICE_S = 0.005
"""So long one request may have the event loop to itself."""


class Pauses:
    """The pauses of one piece of work."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    async def take(self) -> bool:
        """Let others go on, if it is time; whether it was. What was known may be over then."""
        if time.perf_counter() - self._since < SLICE_S:
            return False
        await asyncio.sleep(0)
        self._since = time.perf_counter()
        return True
