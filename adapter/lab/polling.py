"""Waits for conditions by polling."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapter.lab.errors import LabError

# Short compared with everything that the lab waits for, long compared with the cost of one look.
POLL_INTERVAL_S = 0.01

SEEN_WITHIN_S = 5.0
"""The default time limit."""

T = TypeVar("T")


async def poll_until(look: Callable[[], T | None], within: float) -> T | None:
    """Poll until `look` returns a value, and return it; None after `within` seconds.

    It always looks once more after the deadline, so that a delayed process does not miss what happened
    meanwhile.
    """
    deadline = time.monotonic() + within
    while True:
        late = time.monotonic() >= deadline
        seen = look()
        if seen is not None or late:
            return seen
        await asyncio.sleep(POLL_INTERVAL_S)


async def until(
    is_so: Callable[[], object], *, within: float = SEEN_WITHIN_S, log: Callable[[], str] = str
) -> None:
    """Poll until the condition is true.

    It always looks once more after the deadline, as `poll_until` does. Raises LabError with the text of `log`
    if the condition is still false.
    """
    if await poll_until(lambda: True if is_so() else None, within) is None:
        raise LabError(f"after {within:g} s it is still not so\n{log()}".rstrip())


def _is_enough(_: object) -> bool:
    return True


async def until_seen(
    look: Callable[[], Awaitable[T | None]],
    is_so: Callable[[T], object] = _is_enough,
    *,
    within: float = SEEN_WITHIN_S,
    log: Callable[[], str] = str,
) -> T:
    """Poll until there is a value that satisfies the condition, and return it.

    It always looks once more after the deadline, as `poll_until` does. Raises LabError with the last value
    and the text of `log` if there is none.
    """
    deadline = time.monotonic() + within
    while True:
        is_late = time.monotonic() >= deadline
        seen = await look()
        if seen is not None and is_so(seen):
            return seen
        if is_late:
            raise LabError(f"after {within:g} s it is still {seen}\n{log()}".rstrip())
        await asyncio.sleep(POLL_INTERVAL_S)
