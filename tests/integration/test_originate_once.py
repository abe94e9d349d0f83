"""However the link breaks around an Originate, the phone rings once, and for no request that is over."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi, ReceivedAction, drop
from adapter.lab.fake_ami_events import FakeState
from adapter.lab.polling import until
from tests.integration.harness import Service, until_taken

TRIES = 10
PARTS = 20


@dataclass(frozen=True)
class Break:
    """How the link breaks, and whether Asterisk has a channel for the Originate afterwards."""

    name: str
    on_originate: Callable[[FakeAmi, ReceivedAction], None]
    rings_on: bool


def after_reading(ami: FakeAmi, action: ReceivedAction) -> None:
    del ami
    drop(action)


def after_the_answer(ami: FakeAmi, action: ReceivedAction) -> None:
    del ami
    action.connection.answer(action, ("Message", "Originate successfully queued"))
    drop(action)


def after_the_answer_and_newchannel(ami: FakeAmi, action: ReceivedAction) -> None:
    ami.originate(action)
    drop(action)


def before_newchannel(ami: FakeAmi, action: ReceivedAction) -> None:
    drop(action)
    ami.pbx.ring(dict(action.headers))


def before_newchannel_and_still_down(ami: FakeAmi, action: ReceivedAction) -> None:
    drop(action)
    ringing = ami.pbx.ring(dict(action.headers))
    ami.pbx.channels[ringing.uniqueid] = replace(ringing, state=FakeState.DOWN)


def after_ringing(ami: FakeAmi, action: ReceivedAction) -> None:
    ami.pbx.ring(dict(action.headers))
    drop(action)


def after_the_pick_up(ami: FakeAmi, action: ReceivedAction) -> None:
    ami.pbx.pick_up(ami.pbx.ring(dict(action.headers)).uniqueid)
    drop(action)


def after_the_join(ami: FakeAmi, action: ReceivedAction) -> None:
    uniqueid = ami.pbx.ring(dict(action.headers)).uniqueid
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    drop(action)


BREAKS = [
    Break("after reading", after_reading, rings_on=False),
    Break("after the answer", after_the_answer, rings_on=False),
    Break("after the answer and Newchannel", after_the_answer_and_newchannel, rings_on=True),
    Break("before Newchannel", before_newchannel, rings_on=True),
    Break("before Newchannel, still down", before_newchannel_and_still_down, rings_on=True),
    Break("after ringing", after_ringing, rings_on=True),
    Break("after the pick-up", after_the_pick_up, rings_on=True),
    Break("after the join", after_the_join, rings_on=True),
]


def originates(ami: FakeAmi) -> Counter[str]:
    """How many Originates have come for each ChannelId."""
    return Counter(action["ChannelId"] for action in ami.took("Originate"))


def is_gone(ami: FakeAmi, uniqueid: str) -> bool:
    return uniqueid not in ami.pbx.channels


async def end_supervision(ami: FakeAmi, service: Service) -> None:
    """Whoever rings or is joined hangs up, and the adapter has heard of it."""
    for uniqueid in [one for one in ami.pbx.channels if one.startswith("uapi-")]:
        ami.pbx.hang_up(uniqueid)
    await service.until_views("01")


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.name)
async def test_an_originate_is_sent_once_wherever_the_link_breaks(
    service: Service, ami: FakeAmi, broken: Break
) -> None:
    """A retry finds the supervision whose channel the snapshot shows, and only without one begins anew."""
    call_id = await service.call_id()
    for _ in range(TRIES):
        before, connections = len(originates(ami)), len(ami.connections)
        ami.scripts["Originate"] = lambda action: broken.on_originate(ami, action)
        first = await service.barge_in(call_id)
        assert first.status in (202, 503), first
        assert first.status == 202 or first.headers["Retry-After"]
        ami.scripts.clear()
        await service.until_synced(ami, connections)
        retry = await service.barge_in(call_id)
        assert retry.status == 202, retry
        assert len(originates(ami)) - before == (1 if broken.rings_on else 2)
        assert len([one for one in ami.pbx.channels if one.startswith("uapi-")]) == 1
        await end_supervision(ami, service)
    assert set(originates(ami).values()) == {1}


@pytest.mark.parametrize("has_include", [False, True])
async def test_an_originate_that_asterisk_has_read_a_part_of_is_not_sent_again(
    service: Service, ami: FakeAmi, *, has_include: bool
) -> None:
    """From its first byte to all but its last: 503 at once, and the client's retry rings the phone once."""
    call_id = await service.call_id()
    assert (await service.barge_in(call_id)).status == 202
    [whole] = ami.took("Originate")
    assert ("Exten" in dict(whole.headers)) is has_include
    await end_supervision(ami, service)
    last = len(whole.raw) - 1
    for tries, size in enumerate((1 + (last - 1) * part // PARTS for part in range(PARTS + 1)), 2):
        connections = len(ami.connections)
        ami.drop_inside = ("Originate", size)
        first = await service.barge_in(call_id)
        assert (first.status, len(ami.took("Originate"))) == (503, tries - 1)
        ami.drop_inside = None
        await service.until_synced(ami, connections)
        assert len(ami.took("Originate")) == tries - 1, "sent again by itself"
        retry = await service.barge_in(call_id)
        assert (retry.status, len(ami.took("Originate"))) == (202, tries)
        await end_supervision(ami, service)
    assert set(originates(ami).values()) == {1}


@pytest.mark.parametrize("retries", [False, True])
async def test_a_late_channel_of_an_ended_supervision_is_hung_up(
    service: Service, ami: FakeAmi, *, retries: bool
) -> None:
    """Its Originate was read, the link broke, no snapshot showed it: when it comes after all, it goes."""
    call_id = await service.call_id()
    for _ in range(TRIES):
        connections = len(ami.connections)
        ami.scripts["Originate"] = drop
        assert (await service.barge_in(call_id)).status == 503
        lost = ami.took("Originate")[-1]
        ami.scripts.clear()
        await service.until_synced(ami, connections)
        if retries:
            assert (await service.barge_in(call_id)).status == 202
        ami.pbx.ring(dict(lost.headers))
        await until(partial(is_gone, ami, lost["ChannelId"]))
        assert lost["ChannelId"] in [action["Channel"] for action in ami.took("Hangup")]
        ours = [one for one in ami.pbx.channels if one.startswith("uapi-")]
        assert len(ours) == (1 if retries else 0), "the retry's own phone rings on"
        await end_supervision(ami, service)
    assert set(originates(ami).values()) == {1}


async def test_a_channel_that_appears_within_the_snapshot_is_not_left_ringing_alone(
    service: Service, ami: FakeAmi
) -> None:
    """Newchannel between the snapshot's items: the phone is hung up, or it belongs to a supervision still."""
    call_id = await service.call_id()
    ami.scripts["Originate"] = drop
    assert (await service.barge_in(call_id)).status == 503
    lost = ami.took("Originate")[-1]
    ami.scripts.clear()

    channel = say.FakeChannel(
        name="PJSIP/0003*024-000000aa",
        uniqueid=lost["ChannelId"],
        linkedid=lost["ChannelId"],
        state=FakeState.RINGING,
    )
    ami.during_snapshot = [
        say.channel_event(name, ami.pbx.clock(), replace(channel, state=state))
        for name, state in (("Newchannel", FakeState.DOWN), ("Newstate", FakeState.RINGING))
    ]
    await service.until_synced(ami, 1)
    hangup = await until_taken(ami, "Hangup")
    assert hangup["Channel"] == lost["ChannelId"]
    ami.during_snapshot = []
    assert (await service.barge_in(call_id)).status == 202
    assert set(originates(ami).values()) == {1}


async def test_what_is_asked_for_while_asterisk_is_gone_is_refused_and_never_sent_later(
    service: Service, ami: FakeAmi
) -> None:
    """DOWN: GET and PUT get 503 with Retry-After at once, and after READY no Originate comes of it."""
    call_id = await service.call_id()
    await ami.stop()
    await service.until_link("DOWN")
    for _ in range(3):
        refused = await service.barge_in(call_id)
        assert refused.status == 503
        assert int(refused.headers["Retry-After"]) > 0
    listed = await service.get()
    assert (listed.status, "Retry-After" in listed.headers) == (503, True)
    await ami.start()
    await service.until_link("READY")
    assert (await service.barge_in(call_id)).status == 202
    assert len(ami.took("Originate")) == 1
