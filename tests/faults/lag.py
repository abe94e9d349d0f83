"""A process that never stalls, to tell how late this machine itself makes one: it prints its loop's lag.

It works a little at a time, as much as the adapter does under the flood: a process that only sleeps is woken
sooner than one that works, and would say less of the machine than the adapter meets.

`python -m tests.faults.lag INTERVAL` prints `lag seconds` for each look until it is ended.
"""

import asyncio
import sys
import time

import uvloop

WORK_SHARE = 0.1
"""Of a core: what the flood costs the adapter."""


async def main(interval_s: float) -> None:
    """Look as often as the adapter does, and work between two looks."""
    loop = asyncio.get_running_loop()
    while True:
        due_at = loop.time() + interval_s
        await asyncio.sleep(interval_s)
        print(max(0.0, loop.time() - due_at), flush=True)  # noqa: T201 - what it is for
        worked_until = time.thread_time() + WORK_SHARE * interval_s
        while time.thread_time() < worked_until:
            pass


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1])))
