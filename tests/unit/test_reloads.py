import asyncio

import pytest

from adapter.lab.polling import poll_until
from adapter.process.server import Reloads


@pytest.mark.parametrize("asked_meanwhile", [0, 1, 3])
@pytest.mark.parametrize("error", [None, RuntimeError("a bug")])
async def test_asked_while_it_reads_it_reads_once_more(asked_meanwhile: int, error: Exception | None) -> None:
    """The file may have been written anew since; how often it was asked meanwhile does not matter."""
    begun, may_end = [], asyncio.Semaphore(0)

    async def read() -> None:
        begun.append(True)
        await may_end.acquire()
        if error is not None:
            raise error

    reloads = Reloads(read)
    task = asyncio.create_task(reloads.run())
    try:
        reloads.ask()
        assert await poll_until(lambda: len(begun) == 1 or None, 5.0)
        for _ in range(asked_meanwhile):
            reloads.ask()
        may_end.release()
        may_end.release()
        wanted = 2 if asked_meanwhile else 1
        assert await poll_until(lambda: len(begun) == wanted or None, 5.0)
        await asyncio.sleep(0.05)
        assert len(begun) == wanted
    finally:
        task.cancel()
        await asyncio.wait({task})
