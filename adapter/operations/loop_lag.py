"""How late the event loop is: whatever blocks it holds up every call, event and answer alike."""

import asyncio

from adapter.operations.tally import Distribution

LOOK_INTERVAL_S = 0.1
"""A stall that is longer is always seen, a shorter one as often as it is long in comparison."""


async def watch_lag(lag_s: Distribution) -> None:
    """Ask to be woken at each interval and note how much later it happened, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        due_at = loop.time() + LOOK_INTERVAL_S
        await asyncio.sleep(LOOK_INTERVAL_S)
        lag_s.add(max(0.0, loop.time() - due_at))
