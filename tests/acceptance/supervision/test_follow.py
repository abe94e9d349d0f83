"""The far side of a supervised call changes: who should hear whom is right again, and nobody rings again."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

import pytest

from adapter.lab import Phone, Step, wait_until_heard
from tests.acceptance.harness import code_of
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.supervision.asking import reason_of_end
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_modes import MODES, join, talking
from tests.figures import Note

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPAIR_LIMIT_S = 0.5


async def blind(story: Story, customer: Phone) -> Phone:
    """The customer sends the agent on to 0003*211."""
    other = await story.phone("0003*211")
    await customer.transfer("0003*211")
    await story.answer(other)
    await customer.ended()
    return other


async def attended(story: Story, customer: Phone) -> Phone:
    """The customer consults 0003*211 on a second line and connects the two."""
    other = await story.phone("0003*211")
    await customer.hold()
    second = await story.customer("0003*211", "777889")
    await story.answer(other, second)
    await customer.transfer_to(second)
    for line in (customer, second):
        await line.ended()
    return other


async def parked(story: Story, customer: Phone) -> Phone:
    """The customer's side parks the agent, whom 0003*211 fetches."""
    await story.ask(
        "Park",
        Channel=await story.channel("PJSIP/0003*210"),
        TimeoutChannel=await story.channel("PJSIP/trunk"),
        Timeout="30000",
        Parkinglot="default",
    )
    assert await story.hears("ParkedCall")
    await customer.ended()
    other = await story.dialing("0003*211", "701")
    await other.answered()
    return other


async def picked_up(story: Story, customer: Phone) -> Phone:
    """The customer sends the agent on to 0003*211, which rings and is picked up from 0003*025."""
    ringing = await story.phone("0003*211")
    await customer.transfer("0003*211")
    await ringing.ringing()
    await customer.ended()
    other = await story.dialing("0003*025", "*80003*211")
    await other.answered()
    await ringing.ended()
    return other


CHANGES = {
    "blind transfer": blind,
    "attended transfer": attended,
    "park and retrieve": parked,
    "transfer and pickup": picked_up,
}


@pytest.mark.parametrize(("change", "mode"), [*itertools.product(CHANGES, MODES)])
async def test_after_the_far_side_changed_the_right_ones_hear_each_other(
    stage: Stage, note: Note, change: str, mode: str
) -> None:
    """Within 500 ms of the last that Asterisk told of the new conversation."""
    story_name = f"follow-{change}-{mode}".lower().replace(" ", "-")
    async with stage.tell(story_name, is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await join(story, call_id, mode)
        before = heard(mode, supervisor=supervisor, agent=agent, other=customer)
        await until_right((agent, customer, supervisor), before, time.time())
        make: Callable[[Story, Phone], Awaitable[Phone]] = CHANGES[change]
        other = await make(story, customer)
        after = heard(mode, supervisor=supervisor, agent=agent, other=other)
        since = bridged_at(story)
        took = await until_right((agent, other, supervisor), after, since)
        note(f"{change}, {mode}: last event to right audio", [took])
        assert took <= REPAIR_LIMIT_S
        assert [entry.step for entry in supervisor.journal].count(Step.RINGING) == 1
        await story.hang_up(supervisor)
        await story.hang_up(other, agent)


def bridged_at(story: Story) -> float:
    """When a channel last entered or left a bridge, by Asterisk's clock."""
    told = [
        one for one in story.recorder.messages if one.startswith(("Event: BridgeEnter", "Event: BridgeLeave"))
    ]
    return float(told[-1].partition("Timestamp: ")[2].partition("\n")[0])


@pytest.mark.parametrize("mode", MODES)
async def test_hold_and_unhold_leave_the_supervision_as_it_was(stage: Stage, mode: str) -> None:
    """The agent holds the customer and takes it back; afterwards all is as before."""
    async with stage.tell(f"follow-hold-{mode.lower()}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await join(story, call_id, mode)
        everyone = (agent, customer, supervisor)
        wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
        await until_right(everyone, wanted, time.time())
        for holder in (agent, customer):
            await holder.hold()
            await holder.unhold()
            await until_right(everyone, wanted, time.time())
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("mode", ["Monitor", "BargeIn"])
async def test_when_the_agent_sends_the_customer_on_the_supervision_ends_with_it(
    stage: Stage, mode: str
) -> None:
    """follow = extension, which it is unless asked otherwise."""
    async with stage.tell(f"follow-extension-{mode.lower()}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await join(story, call_id, mode)
        other = await story.phone("0003*211")
        await agent.transfer("0003*211")
        await supervisor.ended()
        await story.answer(other)
        await wait_until_heard((customer, other), set(itertools.permutations(("777888", "0003*211"), 2)))
        await story.hang_up(customer, other)


@pytest.mark.parametrize(("follow", "code"), [("extension", "extension_left"), ("call", None)])
async def test_a_ringing_supervisor_goes_on_with_the_party_that_stays(
    stage: Stage, follow: str, code: str | None
) -> None:
    """Where it is to follow the call; else the phone stops, and nobody is told that the call has ended."""
    async with stage.tell(f"follow-ringing-{follow}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        waiting = asyncio.create_task(story.lab.barge_in(call_id, follow=follow, wait_s=10))
        await supervisor.ringing()
        accepted = await story.lab.barge_in(call_id, follow=follow)
        other = await story.phone("0003*211")
        await agent.transfer("0003*211")
        await agent.ended()
        if code is None:
            supervisor.pick_up()
            await supervisor.answered()
            assert (await waiting).status == 200
            await story.answer(other)
            wanted = heard("BargeIn", supervisor=supervisor, agent=customer, other=other)
            await until_right((customer, other, supervisor), wanted, bridged_at(story))
            assert [entry.step for entry in supervisor.journal].count(Step.RINGING) == 1
        else:
            await supervisor.ended()
            answer = await waiting
            assert (answer.status, code_of(answer)) == (409, "pc_supervision_ended")
            assert await reason_of_end(story.lab, accepted.headers["Location"]) == code
            await story.answer(other)
        await story.hang_up(customer, other)


@pytest.mark.parametrize("mode", ["Monitor", "Whisper", "BargeIn"])
async def test_asked_to_follow_the_call_the_supervision_moves_to_the_customer(
    stage: Stage, note: Note, mode: str
) -> None:
    """The agent sends the customer on; the supervisor goes with it. What was whispered to the agent is not
    whispered to the customer: there it only listens."""
    async with stage.tell(f"follow-call-{mode.lower()}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        await story.lab.barge_in(call_id, follow="call", **MODES[mode])
        await story.answer(supervisor)
        other = await story.phone("0003*211")
        await agent.transfer("0003*211")
        await agent.ended()
        await story.answer(other)
        kept = "Monitor" if mode == "Whisper" else mode
        wanted = heard(kept, supervisor=supervisor, agent=customer, other=other)
        took = await until_right((customer, other, supervisor), wanted, bridged_at(story))
        note(f"moved to the customer, {mode}: last event to right audio", [took])
        assert took <= REPAIR_LIMIT_S
        assert [entry.step for entry in supervisor.journal].count(Step.RINGING) == 1
        await story.hang_up(customer, other)
        await supervisor.ended()
