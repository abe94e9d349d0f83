"""How late the event loop is: whatever blocks it holds up every call, event and answer alike."""

import asyncio

from adapter.monitoring.counters import Distribution


async def watch_lag(lag_s: Distribution, interval_s: float) -> None:
    """Ask to be woken at each interval and note how much later it happened, for ever.

    A stall that is longer than the interval is always seen, as no more than one interval shorter than it was;
    a shorter one as often as it is long in comparison.
    """
    loop = asyncio.get_running_loop()
    while True:
        due_at = loop.time() + interval_s
        await asyncio.sleep(interval_s)
        lag_s.add(max(0.0, loop.time() - due_at))
