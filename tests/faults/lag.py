"""A process that does nothing but look how late its event loop is: what this machine itself costs.

`python -m tests.faults.lag` prints `lag seconds` for each look until it is ended.
"""

import asyncio

import uvloop

from adapter.operations.loop_lag import LOOK_INTERVAL_S


async def main() -> None:
    """Look as often as the adapter does."""
    loop = asyncio.get_running_loop()
    while True:
        due_at = loop.time() + LOOK_INTERVAL_S
        await asyncio.sleep(LOOK_INTERVAL_S)
        print(max(0.0, loop.time() - due_at), flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    uvloop.run(main())
