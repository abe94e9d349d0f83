"""Waiting for something that nobody announces."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapter.lab.errors import LabError

# Short beside everything the lab waits for, long beside what a look costs.
POLL_INTERVAL_S = 0.01

SEEN_WITHIN_S = 5.0
"""How long is looked for what nobody says how long it may take."""

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


async def until(
    is_so: Callable[[], object], *, within: float = SEEN_WITHIN_S, log: Callable[[], str] = str
) -> None:
    """Look again and again until it is so.

    It always looks once more after the deadline, as `poll_until` does. Raises LabError with what `log` has to
    say then.
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
    """Ask again and again until there is something, and it is so, and return it.

    It always asks once more after the deadline, as `poll_until` does. Raises LabError with what was seen
    last, and with what `log` has to say then.
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
