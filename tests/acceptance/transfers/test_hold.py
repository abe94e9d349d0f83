"""Hold: one side puts the other on hold and takes it back; both views say since when, one that it holds."""

import pytest

from adapter.lab import wait_until_heard
from tests.acceptance.stories.story import Stage, View, supervising, view
from tests.acceptance.test_barge_in import pairs

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOLDING = {"onHold": True, "holder": "1"}
HELD = {"onHold": True}


async def test_the_agent_holds_the_customer(stage: Stage) -> None:
    """The agent's view is on hold, and it holds; while it does nobody hears the other."""
    async with stage.tell("hold-by-callee") as story:
        agent, customer = await story.talk("0003*210")
        await wait_until_heard((agent, customer), pairs(agent, customer))
        await story.step("talking", [view("01", "0003*210", "5", "777888", "0003*210")])
        await agent.hold()
        await wait_until_heard((agent, customer), set())
        await story.step("held", [view("01", "0003*210", "5", "777888", "0003*210", **HOLDING)])
        await agent.unhold()
        await wait_until_heard((agent, customer), pairs(agent, customer))
        await story.step("talking again", [view("01", "0003*210", "5", "777888", "0003*210")])
        await agent.hold(is_silent=True)
        await story.step("held again", [view("01", "0003*210", "5", "777888", "0003*210", **HOLDING)])
        await story.hang_up(customer, agent)


async def test_the_customer_holds_the_agent(stage: Stage) -> None:
    """The agent's view is on hold, but somebody else holds; the supervisor's, joined all the time, is not."""
    async with stage.tell("hold-by-customer") as story:
        agent, customer = await story.talk("0003*210")
        talking = view("01", "0003*210", "5", "777888", "0003*210")
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        joined = supervising("0003*210", "02")
        await story.step("joined", [talking, joined])
        await customer.hold()
        await story.step("held", [{**talking, **HELD}, joined])
        await customer.unhold()
        await story.step("talking again", [talking, joined])
        await story.until_all_heard(agent, customer, supervisor)
        await story.hang_up(agent, customer, supervisor)


def calling(**hold: object) -> View:
    """The view of the one who called."""
    return view("01", "0003*210", "5", "0003*210", "0003*211", **hold)


def called_by(**hold: object) -> View:
    """The view of the one who was called."""
    return view("02", "0003*211", "5", "0003*210", "0003*211", **hold)


async def test_two_extensions_hold_each_other(stage: Stage) -> None:
    """A local call has two views; each that holds says so, and the call is on hold until both let go.

    A supervisor is joined all the time, and hears and is heard when both have.
    """
    async with stage.tell("hold-by-both") as story:
        called = await story.phone("0003*211")
        caller = await story.dialing("0003*210", "0003*211")
        await story.answer(called, caller)
        await story.step("talking", [calling(), called_by()])
        supervisor = await story.barge_in("0003*211")
        assert supervisor is not None
        joined = supervising("0003*211", "03")
        await story.step("joined", [calling(), called_by(), joined])
        await caller.hold()
        await story.step("caller holds", [calling(**HOLDING), called_by(**HELD), joined])
        await called.hold()
        await story.step("both hold", [calling(**HOLDING), called_by(**HOLDING), joined])
        await caller.unhold()
        await story.step("called holds", [calling(**HELD), called_by(**HOLDING), joined])
        await called.unhold()
        await story.step("talking again", [calling(), called_by(), joined])
        await story.until_all_heard(called, caller, supervisor)
        await story.hang_up(caller, called, supervisor)


async def test_a_barge_in_goes_on_while_the_agent_holds(stage: Stage) -> None:
    """The supervisor's view has no hold of its own, and all hear all again afterwards."""
    async with stage.tell("hold-by-callee-barge-in") as story:
        agent, customer = await story.talk("0003*210")
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        joined = view("02", "0003*210", "5", "0003*024", "0003*210")
        await story.step("joined", [view("01", "0003*210", "5", "777888", "0003*210"), joined])
        await agent.hold()
        held = view("01", "0003*210", "5", "777888", "0003*210", **HOLDING)
        await story.step("held", [held, joined])
        await agent.unhold()
        await story.step("talking again", [view("01", "0003*210", "5", "777888", "0003*210"), joined])
        everyone = (agent, customer, supervisor)
        await wait_until_heard(everyone, pairs(*everyone))
        await story.hang_up(customer, agent, supervisor)
