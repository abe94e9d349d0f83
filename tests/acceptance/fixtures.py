"""A PBX with the adapter beside it: one for each test, or one for all the stories of a module."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from adapter.lab import ORDINARY, Layout, Phones, running_asterisk
from adapter.lab.adapter_process import running_adapter
from adapter.lab.asterisk import chosen_layout
from tests.acceptance.harness import Lab, changed_directory
from tests.acceptance.stories.story import Stage

# What else the lab's dialplan has: queues, a conference, and a supervisor all of whose phones ring.
MORE_EXTENSIONS = """\
  - {number: "0003*501", type: queue, owner: "12"}
  - {number: "0003*502", type: queue, owner: "12"}
  - {number: "0003*503", type: queue, owner: "12"}
  - {number: "0003*600", type: conference, owner: "12"}
"""
SUPERVISOR = '"0003*026", type: phone terminal'


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with (
        running_asterisk(tmp_path / "asterisk") as pbx,
        running_adapter(pbx, tmp_path / "adapter") as adapter,
        Phones(pbx, tmp_path / "phones") as phones,
    ):
        yield Lab(pbx, adapter, phones, await adapter.token("wallboard"))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    layout: Layout = getattr(request, "param", chosen_layout())
    rung = f'{SUPERVISOR}, dial: "Local/{layout.endpoint("0003*026")}@uapi-phones/n"'
    first = '  - {number: "0004*300"'
    more = {} if layout is ORDINARY else {first: MORE_EXTENSIONS + first}
    directory = changed_directory(folder, {SUPERVISOR: rung, **more}, layout)
    async with (
        running_asterisk(folder / "asterisk", layout=layout) as pbx,
        running_adapter(pbx, folder / "adapter", directory=directory) as adapter,
    ):
        yield Stage(
            pbx,
            adapter,
            await adapter.token("wallboard"),
            folder,
            bool(request.config.getoption("--record-traces")),
        )
