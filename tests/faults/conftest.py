"""The same beginnings as in the integration and acceptance tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from panoramisk.utils import IdGenerator

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from tests.acceptance.fixtures import lab
from tests.faults.figures import figures, pytest_terminal_summary
from tests.integration.fixtures import (
    agent,
    ami,
    directory,
    nothing_broke,
    pytest_asyncio_loop_factories,
)
from tests.integration.harness import Service, running_service

__all__ = [
    "agent",
    "ami",
    "count_actions_anew",
    "directory",
    "figures",
    "lab",
    "nothing_broke",
    "pytest_asyncio_loop_factories",
    "pytest_terminal_summary",
    "service",
]


@pytest.fixture(autouse=True)
def count_actions_anew() -> None:
    """Have each test begin with the first ActionID.

    panoramisk counts the actions of the whole process, and after 10,000 from 1 again: an exchange would have
    fewer bytes by then than when it was measured, and a cut at its end would never come.
    """
    IdGenerator.reset()


@pytest.fixture
async def service(ami: FakeAmi, agent: FakeChannel, directory: Path) -> AsyncIterator[Service]:
    """The adapter, in sync with the fake Asterisk and its one call; it loses no time to come back."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, ami_reconnect_max_s=0.001) as running:
        await running.until_link("READY")
        yield running
