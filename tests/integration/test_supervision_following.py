"""A supervision goes where its conversation goes; who gets into the supervisor's place ends it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel, FakeState, bridge_of
from adapter.lab.polling import until
from tests.integration.harness import Service, code_of, running_service
from tests.integration.rewriting import never, rewrite
from tests.integration.supervising import (
    AGENT,
    SECOND,
    STRANGER,
    SUPERVISOR,
    joined,
    make_internal,
    phones,
    rung,
    supervision_of,
    until_ended,
    until_hung_up,
    until_said,
)

# -- where the conversation goes -----------------------------------------------------------------------


@pytest.mark.parametrize("has_include", [True])
async def test_a_supervision_follows_a_call_that_is_handed_over_after_a_consultation(
    service: Service, ami: FakeAmi, agent: FakeChannel, *, has_include: bool
) -> None:
    """Asterisk tells of it when the customer is with the next one already, and the agent with nobody."""
    assert has_include
    uniqueid = await joined(service, ami, follow="call")
    asked = ami.pbx.begin_trunk_call(SECOND)
    second_line = ami.pbx.channels[make_internal(ami, asked, AGENT)]
    customer = ami.pbx.channels[agent.linkedid]
    at = ami.pbx.clock()
    ami.emit(say.channel_event("NewConnectedLine", at, second_line))
    ami.pbx.leave(customer.uniqueid)
    ami.pbx.leave(second_line.uniqueid)
    ami.pbx.enter(customer.uniqueid, bridge_of(asked))
    ami.emit(say.attended_transfer(at, (agent, second_line), transferee=customer, target=asked))
    await until(lambda: ami.pbx.channels[uniqueid].spyee == customer.uniqueid)
    for one in (second_line, agent):
        ami.pbx.hang_up(one.uniqueid)
    await until_said(service, uniqueid, state="joined", action="BargeIn")
    assert not ami.took("Hangup")
    assert len(phones(ami)) == 1


async def test_a_supervisor_whom_asterisk_drops_before_the_call_has_not_left_by_itself(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """Nobody talks any more: that its channel ends before the agent's is Asterisk's order of things."""
    uniqueid = await joined(service, ami, "Monitor")
    for one in (agent.linkedid, agent.uniqueid):
        ami.pbx.leave(one)
    for one in (uniqueid, agent.uniqueid, agent.linkedid):
        ami.pbx.hang_up(one)
    assert await until_ended(service, uniqueid) == "call_ended"


async def test_a_supervisor_who_hangs_up_while_the_others_talk_on_has_left(
    service: Service, ami: FakeAmi
) -> None:
    """Another reason than where the call ends."""
    uniqueid = await joined(service, ami, "Monitor")
    ami.pbx.hang_up(uniqueid)
    assert await until_ended(service, uniqueid) == "supervisor_left"


@pytest.mark.parametrize("order", [("agent", "customer"), ("customer", "agent")])
@pytest.mark.parametrize("is_joined", [False, True])
async def test_that_the_call_ended_is_told_when_nothing_of_it_is_left(
    service: Service, ami: FakeAmi, agent: FakeChannel, order: tuple[str, str], *, is_joined: bool
) -> None:
    """Whichever side goes first, and in whatever order Asterisk tells of it."""
    if is_joined:
        uniqueid = await joined(service, ami)
    else:
        assert (await service.barge_in()).status == 202
        uniqueid = await rung(ami)
    for one in order:
        ami.pbx.hang_up(agent.uniqueid if one == "agent" else agent.linkedid)
    assert await until_ended(service, uniqueid) == "call_ended"
    await until(lambda: uniqueid not in ami.pbx.channels)


@pytest.mark.parametrize("how", ["sends the customer on", "hangs up, and the dialplan goes on"])
@pytest.mark.parametrize("is_joined", [False, True])
async def test_that_the_extension_left_a_call_that_goes_on_is_told_as_that(
    service: Service, ami: FakeAmi, agent: FakeChannel, how: str, *, is_joined: bool
) -> None:
    """Nobody is told that a live call has ended; who waits is not told that there is none."""
    call_id = await service.call_id()
    waiting = asyncio.create_task(service.barge_in(call_id, wait_s=10))
    uniqueid = await rung(ami)
    if is_joined:
        ami.pbx.pick_up(uniqueid)
        ami.pbx.join(uniqueid)
        assert (await waiting).status == 200
    if how == "sends the customer on":
        ami.pbx.send_on(agent.uniqueid, agent.linkedid, SECOND)
    else:
        ami.pbx.leave(agent.uniqueid)
        ami.pbx.leave(agent.linkedid)
    ami.pbx.hang_up(agent.uniqueid)
    assert await until_ended(service, uniqueid) == "extension_left"
    if not is_joined:
        answer = await waiting
        assert (answer.status, code_of(answer)) == (409, "pc_supervision_ended")
    await until(lambda: uniqueid not in ami.pbx.channels)


@pytest.mark.parametrize("mode", ["BargeIn", "Whisper"])
@pytest.mark.parametrize("has_include", [True])
async def test_a_phone_that_rings_goes_on_with_the_party_that_stays(
    service: Service, ami: FakeAmi, agent: FakeChannel, mode: str, *, has_include: bool
) -> None:
    """It follows the call before it is picked up, too; a whisper was not meant for the customer."""
    assert has_include
    waiting = asyncio.create_task(service.barge_in(action=mode, follow="call", wait_s=10))
    uniqueid = await rung(ami)
    came = ami.pbx.send_on(agent.uniqueid, agent.linkedid, SECOND)
    ami.pbx.hang_up(agent.uniqueid)
    kept = "Monitor" if mode == "Whisper" else mode
    await until_said(service, uniqueid, state="ringing", action=kept)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    answer = await waiting
    assert answer.status == 200, answer
    assert ami.pbx.channels[uniqueid].spyee == agent.linkedid
    ami.pbx.answer(came.uniqueid, agent.linkedid)
    await until_said(service, uniqueid, state="joined", extension=SECOND)
    assert len(phones(ami)) == 1


async def test_a_phone_that_rings_follows_to_nobody_who_may_not_be_heard(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """The customer is sent on to one who is never supervised: the phone stops."""
    ami.has_include = True
    rewrite(directory, never("0003*025"))
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        waiting = asyncio.create_task(service.barge_in(follow="call", wait_s=10))
        uniqueid = await rung(ami)
        came = ami.pbx.send_on(agent.uniqueid, agent.linkedid, "0003*025")
        ami.pbx.hang_up(agent.uniqueid)
        ami.pbx.answer(came.uniqueid, agent.linkedid)
        await until_hung_up(ami, uniqueid)
        assert code_of(await waiting) == "pc_supervision_ended"
        assert await until_ended(service, uniqueid) == "not_allowed"


@pytest.mark.parametrize("has_include", [True])
async def test_a_phone_that_was_picked_up_as_the_extension_left_is_sent_on(
    service: Service, ami: FakeAmi, agent: FakeChannel, *, has_include: bool
) -> None:
    """Whom it was told to spy on is gone: it waits in the dialplan, and is joined to who stays."""
    assert has_include
    waiting = asyncio.create_task(service.barge_in(follow="call", wait_s=10))
    uniqueid = await rung(ami)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.channels[uniqueid] = replace(ami.pbx.channels[uniqueid], data="")  # it stays in the dialplan
    ami.pbx.send_on(agent.uniqueid, agent.linkedid, SECOND)
    ami.pbx.hang_up(agent.uniqueid)
    await until(lambda: ami.took("Redirect"))
    assert (await waiting).status == 200
    assert ami.pbx.channels[uniqueid].spyee == agent.linkedid


@pytest.mark.parametrize("has_include", [True])
async def test_after_a_move_the_extension_that_is_supervised_now_is_named(
    service: Service, ami: FakeAmi, agent: FakeChannel, *, has_include: bool
) -> None:
    """By GET, to the accounts of that extension."""
    assert has_include
    uniqueid = await joined(service, ami, follow="call")
    address = f"/uapi/supervision/{supervision_of(uniqueid)}"
    assert (await service.request("GET", address, client="agent-desktop")).status == 200
    came = ami.pbx.send_on(agent.uniqueid, agent.linkedid, SECOND)
    ami.pbx.hang_up(agent.uniqueid)
    ami.pbx.answer(came.uniqueid, agent.linkedid)
    await until_said(service, uniqueid, state="joined", extension=SECOND)
    assert (await service.request("GET", address, client="wallboard")).status == 200
    assert (await service.request("GET", address, client="stranger")).status == 404


# -- whom it follows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("has_include", [True])
async def test_a_switch_that_does_not_say_whom_it_follows_leaves_that_as_it_is(
    service: Service, ami: FakeAmi, *, has_include: bool
) -> None:
    """Ringing or joined, and with the same action again."""
    assert has_include
    assert (await service.barge_in(follow="call")).status == 202
    uniqueid = await rung(ami)
    for action in ("BargeIn", "Monitor"):
        assert (await service.barge_in(action=action)).status == 202
        await until_said(service, uniqueid, follow="call")
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    await until_said(service, uniqueid, state="joined")
    assert (await service.barge_in(action="Whisper", wait_s=5)).status == 200
    await until_said(service, uniqueid, action="Whisper", follow="call")


@pytest.mark.parametrize("has_include", [True])
async def test_whom_it_follows_can_be_changed_alone(
    service: Service, ami: FakeAmi, *, has_include: bool
) -> None:
    """Asterisk learns how long the phone stays, and ChanSpy goes on."""
    assert has_include
    uniqueid = await joined(service, ami)
    assert (await service.barge_in(follow="call")).status == 202
    await until_said(service, uniqueid, follow="call")
    told = [(one["Channel"], one["Variable"], one["Value"]) for one in ami.took("Setvar")]
    assert told == [(uniqueid, "UAPI_STAYS", "2")]
    assert not ami.took("Redirect")


# -- who gets into the supervisor's place --------------------------------------------------------------


def phone_of(ami: FakeAmi, number: str) -> FakeChannel:
    """A phone that dials, in a conversation of its own with nobody yet; told live."""
    at = ami.pbx.clock()
    channel = FakeChannel(f"PJSIP/{number}-000000ab", f"{int(at)}.171", f"{int(at)}.171", caller=("", number))
    ami.pbx.channels[channel.uniqueid] = channel
    ami.emit(say.channel_event("Newchannel", at, channel))
    return channel


def phone_behind(ami: FakeAmi, ours: FakeChannel) -> FakeChannel:
    """The phone that a Local channel of ours rings: no channel of ours, but made for one."""
    return replace(ours, name=f"PJSIP/{SUPERVISOR}-000000ac", uniqueid=f"{int(ami.pbx.clock())}.172")


@pytest.mark.parametrize("thief", [SECOND, STRANGER, SUPERVISOR])
@pytest.mark.parametrize("has_include", [True, False])
async def test_who_picks_up_the_phone_that_rings_for_the_supervisor_is_hung_up_with_it(
    service: Service, ami: FakeAmi, *, has_include: bool, thief: str
) -> None:
    """A colleague, a stranger, another phone of the supervisor's: at the pickup, before anybody hears."""
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    uniqueid = await rung(ami)
    rings = ami.pbx.channels[uniqueid]
    taker = phone_of(ami, thief)
    ami.emit(say.pickup(ami.pbx.clock(), taker, phone_behind(ami, rings) if has_include else rings))
    await until_hung_up(ami, uniqueid)
    await until_hung_up(ami, taker.uniqueid)
    answer = await waiting
    assert (answer.status, code_of(answer)) == (409, "pc_supervision_ended")
    assert await until_ended(service, uniqueid) == "taken"


async def test_a_pickup_of_another_phone_ends_no_supervision(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """Colleagues pick up for one another all day."""
    uniqueid = await joined(service, ami)
    taker = phone_of(ami, SECOND)
    rings = replace(agent, name="PJSIP/0003*211-000000ad", uniqueid="7.1", state=FakeState.RINGING)
    ami.emit(say.pickup(ami.pbx.clock(), taker, rings))
    ami.pbx.hang_up(taker.uniqueid)
    ami.pbx.hang_up(uniqueid)
    assert await until_ended(service, uniqueid) == "supervisor_left"
    assert not ami.took("Hangup")


@pytest.mark.parametrize("how", ["there", "back"])
@pytest.mark.parametrize("has_include", [True, False])
async def test_whom_a_supervisor_transfers_into_its_own_place_is_hung_up_with_it(
    service: Service, ami: FakeAmi, *, has_include: bool, how: str
) -> None:
    """From either of its lines, to the other: the supervision ends, and the call goes on."""
    uniqueid = await joined(service, ami)
    consultation = ami.pbx.begin_trunk_call(SUPERVISOR)
    other = ami.pbx.channels[consultation.linkedid]
    ours = ami.pbx.channels[uniqueid]
    line = phone_behind(ami, ours) if has_include else ours
    if how == "there":
        told = say.attended_transfer(ami.pbx.clock(), (line, consultation), target=other)
    else:
        told = say.attended_transfer(ami.pbx.clock(), (consultation, line), transferee=other)
    ami.emit(told)
    await until_hung_up(ami, uniqueid)
    await until_hung_up(ami, other.uniqueid)
    assert await until_ended(service, uniqueid) == "taken"
    await service.until_views("01")


@pytest.mark.parametrize(("number", "stays"), [(SECOND, False), (STRANGER, False), (SUPERVISOR, True)])
async def test_a_supervisors_channel_that_becomes_another_phones_is_hung_up(
    service: Service, ami: FakeAmi, number: str, *, stays: bool
) -> None:
    """Asterisk gives it the other's name, with any event; another phone of the supervisor's may listen on."""
    uniqueid = await joined(service, ami)
    named = replace(ami.pbx.channels[uniqueid], name=f"PJSIP/{number}-000000ae")
    ami.emit(say.channel_event("NewConnectedLine", ami.pbx.clock(), named))
    if stays:
        ami.pbx.hang_up(uniqueid)
        assert await until_ended(service, uniqueid) == "supervisor_left"
        assert not ami.took("Hangup")
    else:
        await until_hung_up(ami, uniqueid)
        assert await until_ended(service, uniqueid) == "taken"
        assert {action["Channel"] for action in ami.took("Hangup")} == {uniqueid}
