"""schemathesis makes requests from the OpenAPI description and sends them to the whole adapter."""

import asyncio
import itertools
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.http_exceptions import BadHttpMessage

from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.processes import run_process
from tests.integration.harness import running_service, token

HERE = Path(__file__).parent
LIMIT_S = 90.0
Answers = Counter[tuple[str, int]]
USER_BUSY, NO_ANSWER, REJECTED = 17, 19, 21


@pytest.fixture(autouse=True)
def nothing_broke(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """As for every test; but schemathesis sends also what is no HTTP at all, and aiohttp logs that."""
    yield
    broken = [
        record.exc_info
        for record in caplog.get_records("call")
        if record.exc_info and not isinstance(record.exc_info[1], BadHttpMessage)
    ]
    assert not broken, broken


@pytest.fixture
def answers() -> Iterator[Answers]:
    """How often the service answered what, by method and status, from its access log."""
    counted: Answers = Counter()

    def count(record: logging.LogRecord) -> bool:
        fields = vars(record)
        counted[fields["method"], fields["status"]] += 1
        return False

    log = logging.getLogger("aiohttp.access")
    level = log.level
    log.setLevel(logging.INFO)
    log.addFilter(count)
    yield counted
    log.removeFilter(count)
    log.setLevel(level)


async def test_schemathesis_finds_nothing(
    ami: FakeAmi, agent: FakeChannel, directory: Path, answers: Answers
) -> None:
    """Examples, boundaries, random and stateful requests: no failure, and no answer of 500."""
    assert agent.uniqueid in ami.pbx.channels
    live_in(ami)
    # Three digits: then a pattern can say exactly which numeric strings are below the limit.
    settings = {"pickup_limit_s": 999, "requests_per_s": 1e6, "login_failures_per_min": 1e6}
    async with running_service(ami, directory, **settings) as service:
        await service.until_link("READY")
        code, said = await run_schemathesis(service.url, await service.call_id())
    assert code == 0, said
    assert answers.total() > 500
    # It got to what it was to look at, and to the errors behind it.
    assert set(answers) >= {
        *(("GET", status) for status in (200, 400, 401, 404)),
        *(("PUT", status) for status in (200, 202, 400, 401, 409, 415, 501)),
        *(("POST", status) for status in (200, 400)),
        ("DELETE", 501),
        ("PATCH", 405),
    }, answers
    assert not [one for one in answers if one[1] in (500, 503)]


async def run_schemathesis(url: str, call_id: str) -> tuple[int, str]:
    """Its exit code and what it said, of a process of its own with its own warnings."""
    ended = await run_process(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")),
        *("run", f"{url}/openapi.json", "--no-color", "-H", f"Authorization: Bearer {token()}"),
        within=LIMIT_S,
        environment={
            **os.environ,
            "LIVE_CALL_ID": call_id,
            "SCHEMATHESIS_HOOKS": "tests.contract.schemathesis_hooks",
        },
        folder=HERE.parents[1],
    )
    return ended.status, ended.out + ended.err


def live_in(ami: FakeAmi) -> None:
    """Supervisors who pick up and soon leave, are busy, are not there, refuse: in turn."""
    turns = itertools.cycle((None, USER_BUSY, None, NO_ANSWER, None, REJECTED))

    def answer(action: ReceivedAction) -> None:
        ami.originate(action)
        channel, cause = action["ChannelId"], next(turns)
        if cause is not None:
            ami.pbx.hang_up(channel, cause)
            return
        ami.pbx.pick_up(channel)
        ami.pbx.join(channel)
        asyncio.get_running_loop().call_later(0.05, leave, channel)

    def leave(channel: str) -> None:
        if channel in ami.pbx.channels:  # else a DELETE was quicker
            ami.pbx.hang_up(channel)

    ami.scripts["Originate"] = answer
