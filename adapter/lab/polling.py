"""Waiting for something that nobody announces."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

# Short beside everything the lab waits for, long beside what a look costs.
POLL_INTERVAL_S = 0.01

T = TypeVar("T")


async def poll_until(look: Callable[[], T | None], within: float) -> T | None:
    """Look again and again until there is something, and return it; None after `within` seconds.

    It always looks once more after the deadline, so a process that was held up does not miss what
    happened meanwhile.
    """
    deadline = time.monotonic() + within
    while True:
        late = time.monotonic() >= deadline
        seen = look()
        if seen is not None or late:
            return seen
        await asyncio.sleep(POLL_INTERVAL_S)
