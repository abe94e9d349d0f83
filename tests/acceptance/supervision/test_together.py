"""Two supervisors on one call, hold, and conferences: who hears whom where ChanSpy is not alone."""

import asyncio
import itertools
import time

import pytest

from adapter.lab import Phone, Step
from adapter.lab.hears import Pair
from tests.acceptance.harness import code_of, views_of
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.supervision.asking import address_of, reason_of_end, until_joined
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_modes import ACCEPTED, MODES, OK, join, talking

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECOND = "0003*025"


def all_of(*phones: Phone) -> set[Pair]:
    """Every directed pair of these."""
    return set(itertools.permutations([phone.name for phone in phones], 2))


# -- two supervisors -----------------------------------------------------------------------------------


PAIRS = [
    ("Monitor", "BargeIn"),
    ("Whisper", "BargeIn"),
    ("BargeIn", "BargeIn"),
    ("BargeIn", "Whisper"),
    ("PrivateWhisper", "Monitor"),
]


async def test_of_two_supervisors_each_has_its_mode_and_neither_hears_the_other(stage: Stage) -> None:
    """ChanSpy's spyers do not hear one another; the switch or the end of one leaves the other as it was."""
    async with stage.tell("two", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        one = await join(story, call_id, PAIRS[0][0])
        other = await join(story, call_id, PAIRS[0][1], SECOND)
        views = await story.lab.until_views(call_id, {"01", "02", "03"})
        assert [views[view_id]["source"] for view_id in ("02", "03")] == [["0003*024"], [SECOND]]
        for first, second in PAIRS:
            for number, mode in (("0003*024", first), (SECOND, second)):
                answer = await story.lab.barge_in(call_id, supervisor=number, wait_s=5, **MODES[mode])
                assert answer.status == OK, answer.text
            wanted = heard(first, supervisor=one, agent=agent, other=customer)
            wanted |= heard(second, supervisor=other, agent=agent, other=customer)
            await until_right((agent, customer, one, other), wanted, time.time())
        await story.hang_up(one)
        alone = heard(second, supervisor=other, agent=agent, other=customer)
        await until_right((agent, customer, other), alone, time.time())
        await story.hang_up(customer, agent, other)


async def test_after_a_transfer_both_supervisors_are_right_again(stage: Stage) -> None:
    """The customer sends the agent on: a barge-in and a whisper follow, each as it was."""
    async with stage.tell("two-transfer", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        one = await join(story, call_id, "BargeIn")
        other = await join(story, call_id, "Whisper", SECOND)
        third = await story.phone("0003*211")
        await customer.transfer("0003*211")
        await story.answer(third)
        await customer.ended()
        wanted = heard("BargeIn", supervisor=one, agent=agent, other=third)
        wanted |= heard("Whisper", supervisor=other, agent=agent, other=third)
        await until_right((agent, third, one, other), wanted, time.time())
        await story.hang_up(third, agent, one, other)


# -- hold ----------------------------------------------------------------------------------------------


async def test_during_hold_nobody_but_the_supervisor_hears_a_voice(stage: Stage) -> None:
    """Who is held hears music and no supervisor; who holds is sent nothing. The supervisor hears on: both
    where the agent holds, the agent alone where the customer does, nothing in a private whisper."""
    async with stage.tell("hold", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await join(story, call_id, "Monitor")
        for mode in MODES:
            assert (await story.lab.barge_in(call_id, wait_s=5, **MODES[mode])).status == OK
            wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
            # A hold in the instant in which a barge-in begins lets the supervisor through to who is held.
            await until_right((agent, customer, supervisor), wanted, time.time())
            hears = {(listener, speaker) for listener, speaker in wanted if listener == supervisor.name}
            for holder, still in (
                (agent, hears),
                (customer, hears - {(supervisor.name, customer.name)}),
            ):
                await holder.hold()
                # To who is held Asterisk 16 lets the supervisor through, 22 plays music alone.
                held = customer if holder is agent else agent
                through = {(held.name, supervisor.name)} & wanted
                await until_right((agent, customer, supervisor), still, time.time(), either_way=through)
                await holder.unhold()
        await until_right((agent, customer, supervisor), wanted, time.time())
        await story.hang_up(customer, agent, supervisor)


# -- conferences ---------------------------------------------------------------------------------------


async def meeting(story: Story) -> tuple[Phone, Phone, str]:
    """Two extensions in the conference, and the id of the second one's call."""
    first = await story.dialing("0003*210", "0003*600")
    await first.answered()
    second = await story.dialing("0003*211", "0003*600")
    await second.answered()
    assert await story.hears("ConfbridgeJoin", 2)
    calls = await story.lab.until_calls(lambda calls: len(calls) == 2)
    [call_id] = [call["id"] for call in calls if views_of(call)["01"]["extension"] == "0003*211"]
    return first, second, str(call_id)


async def test_in_a_conference_who_listens_hears_all_and_a_whisper_reaches_one(stage: Stage) -> None:
    """The member that is supervised is the only one who hears a whisper; a barge-in is refused."""
    async with stage.tell("conference", is_traced=False) as story:
        first, second, call_id = await meeting(story)
        third = await story.customer("0003*600")
        await third.answered()
        assert await story.hears("ConfbridgeJoin", 3)
        refused = await story.lab.barge_in(call_id, "0003*211")
        assert (refused.status, code_of(refused)) == (409, "pc_conference_unavailable")
        supervisor = await story.phone("0003*024")
        assert (await story.lab.barge_in(call_id, "0003*211", action="Monitor")).status == ACCEPTED
        await story.answer(supervisor)
        members = (first, second, third)
        for mode in ("Monitor", "Whisper", "PrivateWhisper"):
            assert (await story.lab.barge_in(call_id, "0003*211", wait_s=5, **MODES[mode])).status == OK
            wanted = heard(mode, supervisor=supervisor, agent=second, other=first) | all_of(*members)
            if mode != "PrivateWhisper":
                wanted.add((supervisor.name, third.name))
            switched = await story.lab.barge_in(call_id, "0003*211")
            assert (switched.status, code_of(switched)) == (409, "pc_conference_unavailable")
            await until_right((*members, supervisor), wanted, time.time())
        await story.hang_up(supervisor)
        for phone in members:
            await story.hang_up(phone)


async def test_a_barge_in_on_two_in_a_conference_is_refused(stage: Stage) -> None:
    """ChanSpy would reach one of the two alone; a whisper goes on as a whisper."""
    async with stage.tell("conference-two", is_traced=False) as story:
        first, second, call_id = await meeting(story)
        refused = await story.lab.barge_in(call_id, "0003*211")
        assert (refused.status, code_of(refused)) == (409, "pc_conference_unavailable")
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id, "0003*211", action="Whisper")
        assert accepted.status == ACCEPTED, accepted.text
        await story.answer(supervisor)
        switched = await story.lab.barge_in(call_id, "0003*211")
        assert (switched.status, code_of(switched)) == (409, "pc_conference_unavailable")
        wanted = heard("Whisper", supervisor=supervisor, agent=second, other=first)
        await until_right((first, second, supervisor), wanted, time.time())
        await story.hang_up(supervisor)
        for phone in (first, second):
            await story.hang_up(phone)


async def test_a_barge_in_on_who_is_alone_in_a_conference_ends_when_another_comes(stage: Stage) -> None:
    """Ringing or joined: nobody hears half of what is said, and nobody picks up in vain."""
    async with stage.tell("conference-alone", is_traced=False) as story:
        first = await story.dialing("0003*210", "0003*600")
        await first.answered()
        assert await story.hears("ConfbridgeJoin")
        [call] = await story.lab.until_calls(lambda calls: len(calls) == 1)
        joined, ringing = await story.phone("0003*024"), await story.phone(SECOND)
        addresses = []
        for phone in (joined, ringing):
            accepted = await story.lab.barge_in(str(call["id"]), supervisor=phone.number)
            assert accepted.status == ACCEPTED, accepted.text
            addresses.append(address_of(accepted))
            await phone.ringing()
        joined.pick_up()
        await until_joined(story.lab, addresses[0])
        await until_right((first, joined), all_of(first, joined), time.time())
        second = await story.dialing("0003*211", "0003*600")
        await second.answered()
        assert await reason_of_end(story.lab, addresses[0]) == "conference"
        await joined.ended()
        await until_right((first, second, joined), all_of(first, second), time.time())
        assert await reason_of_end(story.lab, addresses[1]) == "conference"
        await ringing.ended()
        for phone in (first, second):
            await story.hang_up(phone)


async def test_when_the_call_itself_becomes_a_conference_a_barge_in_on_it_ends(stage: Stage) -> None:
    """Both are sent into a ConfBridge together and keep their linkedid; it would reach one of them alone."""
    async with stage.tell("conference-moved", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id)
        assert accepted.status == ACCEPTED, accepted.text
        await story.answer(supervisor)
        await until_joined(story.lab, address_of(accepted))
        layout = story.lab.pbx.layout
        await story.ask(
            "Redirect",
            Channel=await story.channel("PJSIP/trunk"),
            ExtraChannel=await story.channel("PJSIP/0003*210"),
            Context=layout.phones_context,
            ExtraContext=layout.phones_context,
            Exten=layout.here("0003*600"),
            ExtraExten=layout.here("0003*600"),
            Priority="1",
            ExtraPriority="1",
        )
        assert await reason_of_end(story.lab, address_of(accepted)) == "conference"
        await supervisor.ended()
        await until_right((agent, customer), all_of(agent, customer), time.time())
        refused = await story.lab.barge_in(call_id)
        assert (refused.status, code_of(refused)) == (409, "pc_conference_unavailable")
        for phone in (customer, agent):
            await story.hang_up(phone)


# -- the end -------------------------------------------------------------------------------------------


async def test_delete_ends_one_supervision_and_leaves_the_call_and_the_other(stage: Stage) -> None:
    """`phoneNumber` is the supervisor's extension; the two parties talk on as before."""
    async with stage.tell("two-delete", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        one = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id)
        await story.answer(one)
        other = await join(story, call_id, "Monitor", SECOND)
        await story.lab.until_views(call_id, {"01", "02", "03"})
        answer = await story.lab.adapter.request(
            "DELETE",
            f"/uapi/phoneCalls/@me/0003*210/{call_id}?phoneNumber=0003*024",
            token=story.lab.token,
        )
        assert answer.status == OK, answer.text
        assert await reason_of_end(story.lab, address_of(accepted)) == "ended_by_request"
        await one.ended()
        wanted = heard("Monitor", supervisor=other, agent=agent, other=customer)
        await until_right((agent, customer, one, other), wanted, time.time())
        await story.lab.until_views(call_id, {"01", "03"})
        await story.hang_up(customer, agent, other)


async def test_the_end_of_the_call_ends_all_its_supervisions(stage: Stage) -> None:
    """Those that joined and those that still ring, each with the reason."""
    async with stage.tell("two-over", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        phones, addresses = [], []
        for number in ("0003*024", SECOND, "0003*026"):
            phones.append(await story.phone(number))
            addresses.append(address_of(await story.lab.barge_in(call_id, supervisor=number)))
            await phones[-1].ringing()
        for phone, address in zip(phones[:2], addresses, strict=False):
            phone.pick_up()
            await until_joined(story.lab, address)
        await story.hang_up(customer, agent, *phones)
        reasons = await asyncio.gather(*(reason_of_end(story.lab, address) for address in addresses))
        assert set(reasons) == {"call_ended"}


# -- who may not ---------------------------------------------------------------------------------------


async def test_a_party_of_the_call_cannot_supervise_it(stage: Stage) -> None:
    """Neither the agent nor the extension at the other side, in any mode; no phone rings."""
    async with stage.tell("party", is_traced=False) as story:
        called = await story.phone("0003*210")
        caller = await story.dialing("0003*024", "0003*210")
        also = await story.phone("0003*024")
        await story.answer(called, caller)
        [call] = await story.lab.until_calls(lambda calls: len(calls) == 1 and "answered" in calls[0])
        [view_id] = [name for name, view in views_of(call).items() if view["extension"] == "0003*210"]
        for number, mode in itertools.product(("0003*210", "0003*024"), MODES):
            refused = await story.lab.barge_in(
                str(call["id"]), supervisor=number, phoneCallViewId=view_id, **MODES[mode]
            )
            assert (refused.status, code_of(refused)) == (400, "pc_sendcallto_invalid"), (number, mode)
        assert also.journal == ()
        await story.hang_up(caller, called)


async def test_who_supervises_one_call_cannot_supervise_another(stage: Stage) -> None:
    """Refused as busy, ringing or joined; the first supervision goes on."""
    async with stage.tell("elsewhere", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        second_agent = await story.phone("0003*211")
        second_customer = await story.customer("0003*211", "777889")
        await story.answer(second_agent, second_customer)
        calls = await story.lab.until_calls(lambda calls: len(calls) == 2)
        [elsewhere] = [str(call["id"]) for call in calls if call["id"] != call_id]
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id)
        await supervisor.ringing()
        for is_joined in (False, True):
            if is_joined:
                supervisor.pick_up()
                await until_joined(story.lab, address_of(accepted))
            refused = await story.lab.barge_in(elsewhere, "0003*211", action="Monitor")
            assert (refused.status, code_of(refused)) == (409, "pc_sendcallto_busy")
        wanted = all_of(agent, customer, supervisor) | all_of(second_agent, second_customer)
        everyone = (agent, customer, supervisor, second_agent, second_customer)
        await until_right(everyone, wanted, time.time())
        assert [entry.step for entry in supervisor.journal].count(Step.RINGING) == 1
        await story.hang_up(customer, agent, supervisor)
        await story.hang_up(second_customer, second_agent)
