"""Blind transfers: a phone sends whom it talks to on to another number, and is out of the call."""

import pytest

from adapter.lab import LabError, Step, wait_until_heard
from tests.acceptance.stories.story import Stage, between, supervising, view
from tests.acceptance.test_barge_in import pairs

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_called_agent_sends_the_customer_on(stage: Stage) -> None:
    """0003*211 rings for the customer, then talks; the agent's view is gone as soon as it let go."""
    async with stage.tell("blind-transfer-by-callee") as story:
        agent, other = await story.phone("0003*210"), await story.phone("0003*211")
        customer = await story.customer("0003*210")
        await story.answer(agent, customer)
        await story.step("talking", [view("01", "0003*210", "5", "777888", "0003*210")])
        await agent.transfer("0003*211")
        await other.ringing()
        await agent.ended()
        await story.step("ringing", [view("02", "0003*211", "3", "777888", "0003*211")])
        await story.answer(other)
        await wait_until_heard((customer, other), pairs(customer, other))
        await story.step("transferred", [view("02", "0003*211", "5", "777888", "0003*211")])
        await story.hang_up(customer, other)


async def test_the_calling_extension_sends_the_called_on(stage: Stage) -> None:
    """0003*210 calls 0003*211 and sends it on: that is then the one who calls 0003*21."""
    async with stage.tell("blind-transfer-by-caller") as story:
        called, target = await story.phone("0003*211"), await story.phone("0003*21")
        caller = await story.dialing("0003*210", "0003*211")
        await story.answer(called, caller)
        await story.step(
            "talking",
            between("0003*210", "0003*211"),
        )
        await caller.transfer("0003*21")
        await target.ringing()
        await caller.ended()
        await story.step(
            "ringing",
            between("0003*211", "0003*21", ids=("02", "03"), statuses=("4", "3")),
        )
        await story.answer(target)
        await wait_until_heard((called, target), pairs(called, target))
        await story.step(
            "transferred",
            between("0003*211", "0003*21", ids=("02", "03")),
        )
        await story.hang_up(target, called)


async def test_the_customer_sends_the_agent_on(stage: Stage) -> None:
    """The far party transfers: the agent's view stays, and the new extension joins the call."""
    async with stage.tell("blind-transfer-by-customer") as story:
        agent, other = await story.phone("0003*210"), await story.phone("0003*211")
        customer = await story.customer("0003*210")
        await story.answer(agent, customer)
        await customer.transfer("0003*211")
        await other.ringing()
        await customer.ended()
        await story.step(
            "ringing",
            between("0003*210", "0003*211", statuses=("4", "3")),
        )
        await story.answer(other)
        await story.step(
            "transferred",
            between("0003*210", "0003*211"),
        )
        await story.hang_up(agent, other)


async def test_a_transfer_to_a_number_that_is_not_there_leaves_the_call_as_it_was(stage: Stage) -> None:
    """Asterisk refuses it, and the two talk on, with the supervisor who was there."""
    async with stage.tell("blind-transfer-nowhere") as story:
        agent, customer = await story.talk("0003*210")
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        shown = [view("01", "0003*210", "5", "777888", "0003*210"), supervising("0003*210", "02")]
        await story.step("joined", shown)
        with pytest.raises(LabError, match="may not refer: 404"):
            await agent.transfer("nowhere")
        await story.step("refused", shown)
        await story.until_all_heard(agent, customer, supervisor)
        await story.hang_up(customer, agent, supervisor)


async def test_a_barge_in_on_the_agent_whom_the_customer_sends_on(stage: Stage) -> None:
    """The supervisor stays with the agent, whose conversation is now with 0003*211."""
    async with stage.tell("blind-transfer-by-customer-barge-in") as story:
        agent, other = await story.phone("0003*210"), await story.phone("0003*211")
        customer = await story.customer("0003*210")
        await story.answer(agent, customer)
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        joined = view("02", "0003*210", "5", "0003*024", "0003*210")
        await story.step("joined", [view("01", "0003*210", "5", "777888", "0003*210"), joined])
        await story.until_all_heard(agent, customer, supervisor)
        await customer.transfer("0003*211")
        await story.answer(other)
        await story.step(
            "transferred",
            [
                view("01", "0003*210", "5", "0003*210", "0003*211"),
                joined,
                view("03", "0003*211", "5", "0003*210", "0003*211"),
            ],
        )
        await story.until_all_heard(agent, other, supervisor)
        await story.hang_up(other, agent, supervisor)


async def test_a_barge_in_on_the_agent_who_sends_the_customer_on_ends(stage: Stage) -> None:
    """The supervision is of the agent's conversation, which is over."""
    async with stage.tell("blind-transfer-by-callee-barge-in") as story:
        agent, other = await story.phone("0003*210"), await story.phone("0003*211")
        customer = await story.customer("0003*210")
        await story.answer(agent, customer)
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        talking = view("01", "0003*210", "5", "777888", "0003*210")
        await story.step("joined", [talking, view("02", "0003*210", "5", "0003*024", "0003*210")])
        await agent.transfer("0003*211")
        assert (await supervisor.ended()).step is Step.ENDED
        await story.answer(other)
        await story.step("transferred", [view("03", "0003*211", "5", "777888", "0003*211")])
        await story.hang_up(customer, other)


async def test_a_barge_in_on_whom_the_caller_sends_on(stage: Stage) -> None:
    """The supervisor waits with 0003*211 while 0003*21 rings; then all three hear each other."""
    async with stage.tell("blind-transfer-by-caller-barge-in") as story:
        called, target = await story.phone("0003*211"), await story.phone("0003*21")
        caller = await story.dialing("0003*210", "0003*211")
        await story.answer(called, caller)
        supervisor = await story.barge_in("0003*211")
        assert supervisor is not None
        joined = supervising("0003*211", "03")
        await story.step("joined", [*between("0003*210", "0003*211"), joined])
        # Once ChanSpy has reached the far party, Asterisk keeps that channel when its phone has gone.
        await story.until_all_heard(caller, called, supervisor)
        await caller.transfer("0003*21")
        await target.ringing()
        await caller.ended()
        await story.step(
            "ringing",
            [*between("0003*211", "0003*21", ids=("02", "04"), statuses=("4", "3")), joined],
        )
        await story.answer(target)
        await story.step("transferred", [*between("0003*211", "0003*21", ids=("02", "04")), joined])
        await story.until_all_heard(called, target, supervisor)
        await story.hang_up(target, called, supervisor)


async def test_a_barge_in_that_is_to_follow_the_call_goes_on_with_the_customer(stage: Stage) -> None:
    """The agent sends the customer on, and the supervisor is with the customer and 0003*211.

    The supervisor's view is of the extension that talks with the customer: there is none while that rings.
    """
    async with stage.tell("blind-transfer-by-callee-followed") as story:
        other = await story.phone("0003*211")
        agent, customer = await story.talk("0003*210")
        supervisor = await story.barge_in("0003*210", follow="call")
        assert supervisor is not None
        talking = view("01", "0003*210", "5", "777888", "0003*210")
        await story.step("joined", [talking, supervising("0003*210", "02")])
        await agent.transfer("0003*211")
        await agent.ended()
        await other.ringing()
        await story.step("ringing", [view("03", "0003*211", "3", "777888", "0003*211")])
        await story.answer(other)
        talking = view("03", "0003*211", "5", "777888", "0003*211")
        await story.step("transferred", [talking, supervising("0003*211", "02")])
        await story.until_all_heard(customer, other, supervisor)
        await story.hang_up(customer, other, supervisor)
