"""A fake Asterisk with one call, and the adapter beside it, for each test."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.files import DIRECTORY
from tests.integration.harness import Service, running_service

__all__ = [
    "agent",
    "ami",
    "directory",
    "has_include",
    "nothing_broke",
    "pytest_asyncio_loop_factories",
    "service",
]
"""What the conftest.py of a folder takes over."""


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the process runs in."""
    if sys.platform == "win32":
        return {"asyncio": asyncio.new_event_loop}
    import uvloop  # noqa: PLC0415 - there is none on Windows

    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(autouse=True)
def nothing_broke(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does to the adapter from outside, no exception of its own may surface in its log."""
    yield
    broken = [
        record for phase in ("setup", "call") for record in caplog.get_records(phase) if record.exc_info
    ]
    assert not broken, [(record.getMessage(), record.exc_info) for record in broken]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory that the test may write to."""
    return Path(shutil.copy(DIRECTORY, tmp_path / "directory.yaml"))


@pytest.fixture
async def ami() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as running:
        yield running


@pytest.fixture
def agent(ami: FakeAmi) -> FakeChannel:
    """The channel of 0003*210, on the call that the first snapshot tells."""
    return ami.pbx.add_trunk_call()


@pytest.fixture
def has_include() -> bool:
    """Whether Asterisk has the dialplan include; modules whose `service` needs it say otherwise."""
    return False


@pytest.fixture
async def service(
    ami: FakeAmi, agent: FakeChannel, directory: Path, *, has_include: bool
) -> AsyncIterator[Service]:
    """The adapter, in sync with the fake Asterisk and its one call."""
    assert agent.uniqueid in ami.pbx.channels
    ami.has_include = has_include
    async with running_service(ami, directory) as running:
        await running.until_link("READY")
        yield running
