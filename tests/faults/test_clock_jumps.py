"""Clocks jump, ours or Asterisk's: no deadline moves with them, no call is lost."""

import asyncio
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until, until_seen
from tests.faults.one_call import (
    SUPERVISOR,
    answer_phone,
    end_supervision,
    is_one_talk,
    ours,
    until_supervised,
)
from tests.integration import harness
from tests.integration.harness import Service, code_of, running_service, until_taken

HOUR_S, DAY_S = 3600.0, 86_400.0
JUMPS_S = (HOUR_S, -HOUR_S, 10_000 * DAY_S, -10_000 * DAY_S)
FORTH_AND_BACK_S = JUMPS_S[:2]
PING_INTERVAL_S = 0.2

Jump = Callable[[float], None]


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> Jump:
    """Sets the wall clock forth or back; the client has its token from before."""
    ahead_s = 0.0
    right, token = time.time, harness.token()

    def by(seconds: float) -> None:
        nonlocal ahead_s
        ahead_s += seconds

    monkeypatch.setattr(time, "time", lambda: right() + ahead_s)
    monkeypatch.setattr(harness, "token", lambda _: token)
    return by


@pytest.mark.parametrize("by_s", FORTH_AND_BACK_S)
async def test_a_phone_rings_for_waitforpickup_whatever_our_clock_says(
    ami: FakeAmi, agent: FakeChannel, directory: Path, jump: Jump, by_s: float
) -> None:
    """One second is asked for, one second it rings; the link and its pings are none the wiser."""
    assert agent
    async with running_service(ami, directory, ami_ping_interval_s=PING_INTERVAL_S) as service:
        await service.until_link("READY")
        call_id = await service.call_id()
        began = time.monotonic()
        put = asyncio.create_task(service.barge_in(call_id, wait_s=5, waitForPickup="1"))
        await until(lambda: ours(ami))
        jump(by_s)
        answer = await put
        assert (answer.status, code_of(answer)) == (504, "pc_pickup_timeout")
        assert 1.0 <= time.monotonic() - began < 2.5
        await until(lambda: not ours(ami))
        pings = len(ami.took("Ping"))
        await until_taken(ami, "Ping", pings + 3)
        assert len(ami.connections) == 1
        assert [call["id"] for call in await service.calls()] == [call_id]
        assert (await service.barge_in(call_id)).status == 202


@pytest.mark.parametrize("by_s", JUMPS_S)
async def test_a_mute_asterisk_is_noticed_whatever_our_clock_says(
    ami: FakeAmi, agent: FakeChannel, directory: Path, jump: Jump, by_s: float
) -> None:
    """Within two ping intervals, and found again."""
    assert agent
    async with running_service(ami, directory, ami_ping_interval_s=PING_INTERVAL_S) as service:
        await service.until_link("READY")
        ami.is_mute = True
        jump(by_s)
        began = time.monotonic()
        await service.until_link("DOWN")
        assert time.monotonic() - began < 2 * PING_INTERVAL_S + 0.3
        ami.is_mute = False
        await service.until_link("READY")
        assert len(await service.calls()) == 1


async def test_events_whose_timestamps_jump_make_the_same_calls(service: Service, ami: FakeAmi) -> None:
    """Each message of a call and of a barge-in is from another day: all is listed, joined, and ends."""
    right, offsets = ami.pbx.clock, cycle(JUMPS_S)
    ami.pbx.clock = lambda: right() + next(offsets)
    for uniqueid in list(ami.pbx.channels):
        ami.pbx.hang_up(uniqueid)
    for _ in range(20):
        agent = ami.pbx.begin_trunk_call()
        await until_seen(service.calls, is_one_talk)
        put = asyncio.create_task(service.barge_in(wait_s=5))
        await until(lambda: ours(ami))
        answer_phone(ami)
        assert (await put).status == 200
        await until_supervised(service, [SUPERVISOR])
        await end_supervision(ami, service)
        ami.pbx.hang_up(agent.uniqueid)
        for uniqueid in list(ami.pbx.channels):
            ami.pbx.hang_up(uniqueid)
    await until_seen(service.calls, lambda calls: not calls)
    assert len(ami.connections) == 1
