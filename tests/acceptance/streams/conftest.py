"""A PBX and an adapter that brings audio to streams, for all the stories of a module."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapter.lab import running_asterisk
from adapter.lab.adapter_process import running_adapter
from tests.acceptance.harness import changed_directory
from tests.acceptance.stories.story import Stage
from tests.acceptance.streams.listener import APP


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    directory = changed_directory(folder, {APP: f"{APP}    media: [phone, stream]\n"})
    settings = {"ADAPTER_AUDIOSOCKET_PORT": "0", "ADAPTER_AUDIT_FILE": str(folder / "audit.jsonl")}
    async with (
        running_asterisk(folder / "asterisk") as pbx,
        running_adapter(pbx, folder / "adapter", directory=directory, settings=settings) as adapter,
    ):
        yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False)
