"""What a reload of the directory costs those who are served meanwhile, and what it leaves behind."""

import asyncio
import gc
import time
import weakref
from pathlib import Path

import pytest

from adapter.app import DIRECTORY, reload_directory
from tests.integration.harness import Service
from tests.integration.rewriting import replaced, rewrite

EXTENSIONS = 10_000
STALL_S = 0.15
"""In processor time, of which others on the machine take nothing; the whole reload takes several times it."""

pytestmark = pytest.mark.usefixtures("ami")


def _with_many(text: str) -> str:
    more = "".join(
        f'  - {{number: "0003*{index:05}", type: phone terminal, owner: "12"}}\n'
        for index in range(10_000, 10_000 + EXTENSIONS)
    )
    return text.replace("extensions:\n", f"extensions:\n{more}", 1)


async def test_a_reload_does_not_keep_others_waiting(service: Service, directory: Path) -> None:
    """The file is parsed and judged beside the event loop, and what it says is in force at once."""
    rewrite(directory, _with_many)
    gaps = []
    began = time.process_time()
    reloading = asyncio.create_task(reload_directory(service.app))
    while not reloading.done():
        before = time.process_time()
        await asyncio.sleep(0)
        gaps.append(time.process_time() - before)
    assert await reloading
    assert len(service.app[DIRECTORY].current.extensions) > EXTENSIONS
    assert max(gaps) < STALL_S < time.process_time() - began


async def test_an_old_directory_goes_when_another_is_in_force(service: Service, directory: Path) -> None:
    """Nothing that was asked by it keeps it: a service that is told to reload each hour grows no larger."""
    await service.until_link("READY")
    for address in ("@me/@self", "@me/0003*210", "12/@self", "@owner/0003*210"):
        assert (await service.get(address)).status == 200
    old = weakref.ref(service.app[DIRECTORY].current)
    rewrite(directory, replaced("name: Default Organization", "name: Renamed"))
    assert await reload_directory(service.app)
    assert (await service.get()).status == 200
    gc.collect()
    assert old() is None
