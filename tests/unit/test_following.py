"""Supervisions stay with whom they were asked for, whoever is sent on, and end with them."""

import asyncio

import pytest

from adapter.asterisk.naming import OTHER_HALF
from adapter.callcontrol.supervision.plan import Follow, Mode
from adapter.callcontrol.supervision.session import Reason, State
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.lab.polling import until

from .conducting import AGENT, SECOND, SUPERVISOR, TRUNK, Desk, desk
from .samples import snapshot_after


@pytest.mark.parametrize("mode", [Mode.MONITOR, Mode.WHISPER, Mode.BARGE_IN])
async def test_a_transfer_by_the_other_side_leaves_a_supervision_with_its_extension(mode: Mode) -> None:
    """It follows the call where its own extension sends the others on; here that stays, and is heard on."""
    async with desk() as here:
        agent, colleague = here.pbx.call(AGENT, SECOND, number="0003*210")
        here.hear()
        supervision = await here.join(agent, mode=mode, follow=Follow.CALL)
        asked, rings = here.pbx.call(SECOND, TRUNK, number="0003*211")
        here.pbx.transfer(colleague, asked)
        here.hear()
        assert supervision.spyee == agent
        here.pbx.enter(rings, "bridge-1")
        here.pbx.hang_up(colleague, asked)
        here.hear()
        assert (supervision.spyee, supervision.state is State.ENDED) == (agent, False)


async def test_a_transfer_in_another_call_moves_no_supervision() -> None:
    """Of two that follow their calls, that one moves whose extension sent the other side on."""
    async with desk() as here:
        customer, agent = here.pbx.call(TRUNK, AGENT)
        _, colleague = here.pbx.call(TRUNK, SECOND)
        here.hear()
        moves = await here.join(agent, follow=Follow.CALL)
        stays = await here.join(
            colleague,
            peer="PJSIP/second-desk",
            supervisor="0003*025",
            extension="0003*211",
            follow=Follow.CALL,
        )
        consulting, _ = here.pbx.call(AGENT, "PJSIP/0003*21", number="0003*210")
        here.pbx.transfer(agent, consulting)
        here.hear()
        assert [moves.spyee, stays.spyee] == [customer, colleague]


async def test_a_supervision_whose_channels_both_went_in_a_break_ended_with_its_call() -> None:
    """However the snapshot's changes are told: its own channel's end, or the spied one's, first."""
    async with desk() as here:
        customer, agent = here.pbx.call(TRUNK, AGENT)
        here.hear()
        supervision = await here.join(agent)
        here.pbx.hang_up(agent, customer, supervision.channel_id)
        here.resync()
        assert (supervision.state, supervision.reason) == (State.ENDED, Reason.CALL_ENDED)


# -- nobody else listens -------------------------------------------------------------------------------

LOCAL = "Local/0003*024@uapi-phones"


async def behind_local(here: Desk) -> tuple[Supervision, str]:
    """A supervision of a call, joined through the dialplan include; the bridge in which the phone listens."""
    _, spyee = here.pbx.call(TRUNK, AGENT)
    here.hear()
    supervision = await here.begin(spyee)
    ours = supervision.channel_id
    here.pbx.supervise(spyee, LOCAL, ours)
    other = here.pbx.new(LOCAL, uniqueid=ours + OTHER_HALF, linkedid=ours, state="Up")
    bridge = here.pbx.bridge(other, here.pbx.new(SUPERVISOR, linkedid=ours, state="Up"))
    here.hear()
    assert supervision.is_joined
    return supervision, bridge


@pytest.mark.parametrize("peer", [SECOND, TRUNK])
async def test_who_gets_behind_the_supervisors_channel_ends_the_supervision(peer: str) -> None:
    """However that came about: the bridge tells it, with no word of a transfer or a pickup."""
    async with desk() as here:
        supervision, bridge = await behind_local(here)
        here.pbx.enter(here.pbx.new(peer, number="0003*211", state="Up"), bridge)
        here.hear()
        assert supervision.reason is Reason.TAKEN
        await here.hangs_up(supervision.channel_id, supervision.channel_id + OTHER_HALF)


async def test_who_gets_behind_it_in_a_break_ends_the_supervision() -> None:
    """The snapshot shows it."""
    async with desk() as here:
        supervision, bridge = await behind_local(here)
        here.pbx.enter(here.pbx.new(SECOND, number="0003*211", state="Up"), bridge)
        here.resync()
        assert supervision.reason is Reason.TAKEN


@pytest.mark.parametrize(("peer", "goes_on"), [(SECOND, False), (TRUNK, False), (SUPERVISOR, True)])
async def test_another_phone_in_the_supervisors_channel_ends_the_supervision(
    peer: str, *, goes_on: bool
) -> None:
    """After a transfer the channel has another phone's name; another phone of its own may take it over."""
    async with desk() as here:
        _, agent = here.pbx.call(TRUNK, AGENT)
        here.hear()
        supervision = await here.join(agent)
        told = [said for said in here.pbx.messages if said.get("Uniqueid") == supervision.channel_id]
        [*_, state] = [said for said in told if said["Event"] == "Newstate"]
        here.pbx.say("NewCallerid", {**state, "Event": "NewCallerid", "Channel": f"{peer}-000000ff"})
        here.hear()
        assert supervision.reason is (None if goes_on else Reason.TAKEN)


# -- nobody else is heard ------------------------------------------------------------------------------


@pytest.mark.parametrize("is_joined", [False, True])
async def test_who_comes_to_spy_on_another_channel_of_the_call_is_hung_up(*, is_joined: bool) -> None:
    """The call is the right one, the party is not: who would be whispered to is another."""
    async with desk() as here:
        customer, agent = here.pbx.call(TRUNK, AGENT)
        here.hear()
        supervision = await (here.join(agent) if is_joined else here.begin(agent))
        if is_joined:
            here.pbx.spy(supervision.channel_id, customer)
        else:
            here.pbx.supervise(customer, SUPERVISOR, supervision.channel_id)
        here.hear()
        assert supervision.reason is Reason.NOT_JOINED
        await here.hangs_up(supervision.channel_id)


@pytest.mark.parametrize("goes_on", [True, False])
async def test_who_begins_anew_on_another_channel_than_it_was_told_is_hung_up(*, goes_on: bool) -> None:
    """A switch has ChanSpy begin anew: on the channel of before, or on the one that is wanted."""
    async with desk() as here:
        customer, agent = here.pbx.call(TRUNK, AGENT)
        here.hear()
        supervision = await here.join(agent)
        switch = asyncio.create_task(here.begin(agent, mode=Mode.WHISPER))
        await until(lambda: supervision.state is State.RE_ATTACHING)
        here.pbx.stop_spying(supervision.channel_id)
        here.pbx.spy(supervision.channel_id, agent if goes_on else customer)
        here.hear()
        await switch
        assert (supervision.reason, supervision.is_joined) == (
            None if goes_on else Reason.NOT_JOINED,
            goes_on,
        )


@pytest.mark.parametrize("is_joined", [False, True])
async def test_a_phone_that_rings_for_a_call_does_not_ring_on_for_another(*, is_joined: bool) -> None:
    """Its spyee became part of an older one, as after a transfer: who is joined goes along, nobody else."""
    async with desk() as here:
        older, _ = here.pbx.call(TRUNK, SECOND)
        customer, agent = here.pbx.call(TRUNK, AGENT)
        here.hear()
        supervision = await (here.join(agent) if is_joined else here.begin(agent))
        before = supervision.call_id
        here.pbx.relink(agent, older)
        here.hear()
        assert here.calls.call_of(customer) is not here.calls.call_of(agent)
        assert supervision.reason is (None if is_joined else Reason.EXTENSION_LEFT)
        assert (supervision.call_id != before) is is_joined


@pytest.mark.parametrize("is_behind", [False, True])
async def test_who_picks_up_the_supervisors_phone_is_hung_up(*, is_behind: bool) -> None:
    """The picked channel is ours, or one that ours rings: whoever takes it would listen."""
    async with desk() as here:
        _, agent = here.pbx.call(TRUNK, AGENT)
        here.hear()
        supervision = await here.begin(agent)
        ours = supervision.channel_id
        picked = here.pbx.new(LOCAL if is_behind else SUPERVISOR, uniqueid=ours)
        if is_behind:
            picked = here.pbx.new(SUPERVISOR, linkedid=ours)
        taker = here.pbx.new(SECOND, number="0003*211", state="Ring")
        told = {said["Uniqueid"]: said for said in here.pbx.messages if said["Event"] == "Newchannel"}
        target = {f"Target{name}": value for name, value in told[picked].items()}
        here.pbx.say("Pickup", {**told[taker], "Event": "Pickup"}, target)
        here.hear()
        assert supervision.reason is Reason.TAKEN
        await here.hangs_up(ours, *([ours + OTHER_HALF] if is_behind else []), taker)


# -- agents who stay on the line ---------------------------------------------------------------------


def _wait(here: Desk, agent: str) -> None:
    here.pbx.enter(agent, "pool", kind="agent_hold", technology="holding_bridge")
    here.hear()


def _come(here: Desk, agent: str, number: str) -> str:
    """A customer comes whom the agent on the line serves."""
    customer = here.pbx.new(TRUNK, number=number, exten="0003*510", state="Up")
    here.pbx.enter(agent, here.pbx.bridge(customer))
    here.hear()
    return customer


@pytest.mark.parametrize("is_joined", [False, True])
async def test_a_supervision_of_an_agent_on_the_line_ends_with_the_conversation(*, is_joined: bool) -> None:
    """It ends while the agent waits, before the next customer is there; a phone that rings stops."""
    async with desk() as here:
        agent = here.pbx.new(AGENT, number="0003*210", exten="*11", state="Up")
        _wait(here, agent)
        customer = _come(here, agent, "777888")
        supervision = await (here.join(agent) if is_joined else here.begin(agent))
        here.pbx.leave(customer)
        here.pbx.leave(agent)
        here.hear()
        _wait(here, agent)
        assert (supervision.state, supervision.reason) == (State.ENDED, Reason.CALL_ENDED)
        await here.hangs_up(supervision.channel_id)


async def test_one_that_is_to_follow_the_agent_stays_from_customer_to_customer() -> None:
    """`follow` = `agent` was asked for."""
    async with desk() as here:
        agent = here.pbx.new(AGENT, number="0003*210", exten="*11", state="Up")
        _wait(here, agent)
        customer = _come(here, agent, "777888")
        supervision = await here.join(agent, follow=Follow.AGENT)
        here.pbx.hang_up(customer)
        _wait(here, agent)
        _come(here, agent, "777999")
        assert (supervision.spyee, supervision.is_joined) == (agent, True)


async def test_a_break_in_which_the_agent_went_back_to_waiting_ends_it() -> None:
    """What nobody heard of is found out by the snapshot."""
    async with desk() as here:
        agent = here.pbx.new(AGENT, number="0003*210", exten="*11", state="Up")
        _wait(here, agent)
        customer = _come(here, agent, "777888")
        supervision = await here.join(agent)
        here.pbx.hang_up(customer)
        here.pbx.enter(agent, "pool", kind="agent_hold", technology="holding_bridge")
        here.resync(
            {**line, "Application": "AgentLogin"} if line["Uniqueid"] == agent else line
            for line in snapshot_after(here.pbx.messages)
        )
        assert (supervision.state, supervision.reason) == (State.ENDED, Reason.CALL_ENDED)


@pytest.mark.parametrize(("kind", "technology"), [("base", "softmix"), ("stasis", "simple_bridge")])
@pytest.mark.parametrize("is_asked_alone", [False, True])
async def test_nobody_hears_the_next_whom_a_dialer_sends_to_an_agent(
    kind: str, technology: str, *, is_asked_alone: bool
) -> None:
    """The agent stays in a bridge of its own all day, and customers come and go there."""
    async with desk() as here:
        agent = here.pbx.new(AGENT, number="0003*210", exten="0003*600", state="Up")
        bridge = here.pbx.bridge(agent, kind=kind, technology=technology)
        first = here.pbx.new(TRUNK, number="777888", state="Up")
        if not is_asked_alone:
            here.pbx.enter(first, bridge, kind=kind, technology=technology)
        here.hear()
        supervision = await here.join(agent)
        if is_asked_alone:
            here.pbx.enter(first, bridge, kind=kind, technology=technology)
        else:
            here.pbx.hang_up(first)
        here.hear()
        assert (supervision.state, supervision.reason) == (State.ENDED, Reason.CALL_ENDED)


async def test_two_who_are_sent_into_a_conference_together_go_on_with_their_conversation() -> None:
    """One is alone there for an instant; who comes then is who was there before."""
    async with desk() as here:
        customer, agent = here.pbx.call(TRUNK, AGENT)
        here.hear()
        supervision = await here.join(agent)
        for one in (agent, customer):
            here.pbx.leave(one)
        here.hear()
        for one in (agent, customer):
            here.pbx.enter(one, "room", kind="base", technology="softmix")
            here.hear()
        assert supervision.is_joined
