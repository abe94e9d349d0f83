"""Measures how late the event loop is: blocking code delays every event and every answer."""

import asyncio

from adapter.monitoring.counters import Distribution


async def watch_lag(lag_s: Distribution, interval_s: float) -> None:
    """Sleep for each interval and note how much later the loop woke up, until cancelled.

    A stall longer than the interval is always seen, at most one interval shorter than it was. A shorter stall
    is seen with the probability of its length divided by the interval.
    """
    loop = asyncio.get_running_loop()
    while True:
        due_at = loop.time() + interval_s
        await asyncio.sleep(interval_s)
        lag_s.add(max(0.0, loop.time() - due_at))
