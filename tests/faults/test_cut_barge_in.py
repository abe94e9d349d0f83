"""The AMI link is cut at any byte of a barge-in, from the Originate to ChanSpyStart, either way.

Whatever was cut off: the phone rings for one Originate, the client is answered within its deadline, and the
list after the resync is what the PBX does.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.fake_ami_cut import Cut
from adapter.lab.fake_ami_events import FakeChannel
from tests.faults.extent import sampled
from tests.faults.figures import Tell
from tests.faults.one_call import (
    SUPERVISIONS_PER_CALL,
    SUPERVISOR,
    another_call,
    answer_phone,
    end_supervision,
    forget_the_past,
    ours,
    until_supervised,
)
from tests.integration.harness import Service, running_service

WAIT_S = 5
ANSWERED_WITHIN_S = 2.0
"""Far below what the client would wait: a cut does not cost it that."""
PART_HEARD, PART_SAID = 30, 90

Phone = Callable[[FakeAmi, ReceivedAction], None]


@pytest.fixture(params=[False, True], ids=["no include", "include"])
async def service(
    request: pytest.FixtureRequest, ami: FakeAmi, agent: FakeChannel, directory: Path
) -> AsyncIterator[Service]:
    """Without the dialplan include, and with it."""
    assert agent.uniqueid in ami.pbx.channels
    ami.has_include = request.param
    async with running_service(ami, directory, ami_reconnect_max_s=0.001) as running:
        await running.until_link("READY")
        yield running


def goes_on(ami: FakeAmi, action: ReceivedAction) -> None:
    """It rings, is picked up and joined, whatever becomes of the link."""
    ami.originate(action)
    answer_phone(ami)


def waits(ami: FakeAmi, action: ReceivedAction) -> None:
    """The same, but once the link is cut nothing more happens at the phone."""
    ami.originate(action)
    if action.connection.is_open:
        ami.pbx.pick_up(action["ChannelId"])
    if action.connection.is_open:
        ami.pbx.join(action["ChannelId"])


async def rehearsed(ami: FakeAmi, service: Service, call_id: str) -> tuple[int, int]:
    """How many bytes a whole barge-in has: the adapter's to Asterisk, Asterisk's to the adapter."""
    heard, said = len(ami.connection.received), ami.connection.said_bytes
    assert (await service.barge_in(call_id, wait_s=WAIT_S)).status == 200
    counted = len(ami.connection.received) - heard, ami.connection.said_bytes - said
    await end_supervision(ami, service)
    return counted


async def barge_in_over_a_cut(ami: FakeAmi, service: Service, call_id: str, cut: Cut) -> tuple[int, float]:
    """One barge-in, the link being cut within it: the status of its answer, how long the client waited."""
    connections, before = len(ami.connections), len(ami.took("Originate"))
    ami.cut = cut
    began = time.monotonic()
    put = asyncio.create_task(service.barge_in(call_id, wait_s=WAIT_S))
    await service.until_synced(ami, connections)
    taken = len(ami.took("Originate")) - before
    assert taken == len(ours(ami)) <= 1
    if taken:
        answer_phone(ami)
        await until_supervised(service, [SUPERVISOR])
    answer = await put
    waited_s = time.monotonic() - began
    if not taken:
        await until_supervised(service, [])
        ami.scripts["Originate"] = lambda action: goes_on(ami, action)
    assert answer.status in (200, 503), answer
    assert answer.status == 200 or int(answer.headers["Retry-After"]) > 0
    retry = await service.barge_in(call_id, wait_s=WAIT_S)
    assert retry.status == 200, retry
    assert len(ami.took("Originate")) - before == 1, "the phone rang for a second Originate"
    await until_supervised(service, [SUPERVISOR])
    await end_supervision(ami, service)
    return answer.status, waited_s


@pytest.mark.parametrize("phone", [goes_on, waits], ids=lambda phone: f"phone {phone.__name__}")
async def test_a_barge_in_cut_at_any_byte_rings_once_and_is_answered(
    service: Service, ami: FakeAmi, figures: Tell, phone: Phone
) -> None:
    """The link, not the request, is lost: 200 or 503, and a retry finds the supervision if there is one."""
    call_id = await service.call_id()
    ami.scripts["Originate"] = lambda action: phone(ami, action)
    heard, said = await rehearsed(ami, service, call_id)
    ami.scripts["Originate"] = lambda action: phone(ami, action)
    cuts = [
        *sampled([Cut(heard=size) for size in range(1, heard + 1)], PART_HEARD),
        *sampled([Cut(said=size) for size in range(1, said + 1)], PART_SAID),
    ]
    statuses: list[int] = []
    channel_ids: list[str] = []
    longest_s = 0.0
    for count, cut in enumerate(cuts, 1):
        if count % SUPERVISIONS_PER_CALL == 0:
            call_id = await another_call(ami, service)
        ami.scripts["Originate"] = lambda action: phone(ami, action)
        status, waited_s = await barge_in_over_a_cut(ami, service, call_id, cut)
        statuses.append(status)
        channel_ids += [action["ChannelId"] for action in ami.took("Originate")]
        forget_the_past(ami)
        longest_s = max(longest_s, waited_s)
    assert len(set(channel_ids)) == len(channel_ids), "an Originate was sent again"
    figures(
        f"{len(statuses)} cuts in {heard} + {said} bytes: {statuses.count(200)} answered 200, "
        f"{statuses.count(503)} answered 503, none later than {longest_s:.2f} s"
    )
    assert longest_s < ANSWERED_WITHIN_S
    assert set(statuses) == {200, 503}
