"""Attended transfers: a phone with a party on hold consults another one, and connects the two or does not."""

import pytest

from adapter.lab import Phone, wait_until_heard
from tests.acceptance.stories.story import Stage, Story, View, between, supervising, view
from tests.acceptance.test_barge_in import pairs

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOLDING = {"onHold": True, "holder": "1"}
HELD = {"onHold": True}

CUSTOMER_HELD = view("01", "0003*210", "5", "777888", "0003*210", **HOLDING)
CUSTOMER_BACK = view("01", "0003*210", "5", "777888", "0003*210")
CALLED_HELD = [
    view("01", "0003*210", "5", "0003*210", "0003*211", **HOLDING),
    view("02", "0003*211", "5", "0003*210", "0003*211", **HELD),
]
CALLED_BACK = between("0003*210", "0003*211")


def consulting(target: str, *, is_answered: bool) -> list[View]:
    """The agent's second call."""
    ours, theirs = ("5", "5") if is_answered else ("4", "3")
    return [
        view("01", "0003*210", ours, "0003*210", target),
        view("02", target, theirs, "0003*210", target),
    ]


async def customer_on_hold(story: Story) -> tuple[Phone, Phone]:
    """The agent was called by a customer, whom it holds."""
    agent, customer = await story.talk("0003*210")
    await agent.hold()
    return agent, customer


async def called_on_hold(story: Story) -> tuple[Phone, Phone]:
    """The agent has called 0003*211, whom it holds."""
    called = await story.phone("0003*211")
    agent = await story.dialing("0003*210", "0003*211")
    await story.answer(called, agent)
    await agent.hold()
    return agent, called


async def test_the_called_agent_connects_the_customer_with_whom_it_consulted(stage: Stage) -> None:
    """Two calls become one, the customer's; the agent is out of it."""
    async with stage.tell("attended-transfer-by-callee") as story:
        other = await story.phone("0003*211")
        agent, customer = await customer_on_hold(story)
        second = await story.dialing("0003*210", "0003*211")
        await story.answer(other, second)
        await story.step("consulting", [CUSTOMER_HELD], consulting("0003*211", is_answered=True))
        await agent.transfer_to(second)
        for line in (agent, second):
            await line.ended()
        await wait_until_heard((customer, other), pairs(customer, other))
        await story.step("transferred", [view("02", "0003*211", "5", "777888", "0003*211")])
        await story.hang_up(customer, other)


async def test_the_calling_agent_connects_the_called_with_whom_it_consulted(stage: Stage) -> None:
    """0003*211 was called, and talks with 0003*21 in the end."""
    async with stage.tell("attended-transfer-by-caller") as story:
        other = await story.phone("0003*21")
        agent, called = await called_on_hold(story)
        second = await story.dialing("0003*210", "0003*21")
        await story.answer(other, second)
        await story.step("consulting", CALLED_HELD, consulting("0003*21", is_answered=True))
        await agent.transfer_to(second)
        for line in (agent, second):
            await line.ended()
        await wait_until_heard((called, other), pairs(called, other))
        await story.step(
            "transferred",
            between("0003*211", "0003*21", ids=("02", "03")),
        )
        await story.hang_up(other, called)


async def test_the_called_agent_gives_the_consultation_up_and_takes_the_customer_back(stage: Stage) -> None:
    """Nothing is left of the second call, and the first is what it was."""
    async with stage.tell("attended-transfer-by-callee-abandoned") as story:
        other = await story.phone("0003*211")
        agent, customer = await customer_on_hold(story)
        second = await story.dialing("0003*210", "0003*211")
        await story.answer(other, second)
        await story.step("consulting", [CUSTOMER_HELD], consulting("0003*211", is_answered=True))
        await story.hang_up(second, other)
        await story.step("alone", [CUSTOMER_HELD])
        await agent.unhold()
        await wait_until_heard((customer, agent), pairs(customer, agent))
        await story.step("taken back", [CUSTOMER_BACK])
        await story.hang_up(agent, customer)


async def test_the_calling_agent_gives_the_consultation_up_and_takes_the_called_back(stage: Stage) -> None:
    """The same where the agent is who called, and whom it consulted hangs up."""
    async with stage.tell("attended-transfer-by-caller-abandoned") as story:
        other = await story.phone("0003*21")
        agent, called = await called_on_hold(story)
        second = await story.dialing("0003*210", "0003*21")
        await story.answer(other, second)
        await story.step("consulting", CALLED_HELD, consulting("0003*21", is_answered=True))
        await story.hang_up(other, second)
        await story.step("alone", CALLED_HELD)
        await agent.unhold()
        await story.step("taken back", CALLED_BACK)
        await story.hang_up(agent, called)


async def test_the_called_agent_connects_the_customer_while_the_other_phone_rings(stage: Stage) -> None:
    """The customer waits in the agent's place, and the phone that rings rings on, for the customer."""
    async with stage.tell("attended-transfer-by-callee-ringing") as story:
        other = await story.phone("0003*211")
        agent, customer = await customer_on_hold(story)
        second = await story.dialing("0003*210", "0003*211")
        await other.ringing()
        await second.rings_there()
        await story.step("consulting", [CUSTOMER_HELD], consulting("0003*211", is_answered=False))
        await agent.transfer_to(second)
        await agent.ended()
        await story.step("transferred", [view("02", "0003*211", "3", "777888", "0003*211")])
        await story.answer(other)
        await wait_until_heard((customer, other), pairs(customer, other))
        await story.step("talking", [view("02", "0003*211", "5", "777888", "0003*211")])
        await story.hang_up(customer, other)


async def test_the_calling_agent_connects_the_called_while_the_other_phone_rings(stage: Stage) -> None:
    """0003*211 waits in the agent's place for 0003*21."""
    async with stage.tell("attended-transfer-by-caller-ringing") as story:
        other = await story.phone("0003*21")
        agent, called = await called_on_hold(story)
        second = await story.dialing("0003*210", "0003*21")
        await other.ringing()
        await second.rings_there()
        await story.step("consulting", CALLED_HELD, consulting("0003*21", is_answered=False))
        await agent.transfer_to(second)
        await agent.ended()
        await story.step(
            "transferred",
            between("0003*211", "0003*21", ids=("02", "03"), statuses=("4", "3")),
        )
        await story.answer(other)
        await wait_until_heard((called, other), pairs(called, other))
        await story.step(
            "talking",
            between("0003*211", "0003*21", ids=("02", "03")),
        )
        await story.hang_up(other, called)


async def test_a_barge_in_on_the_customers_agent_while_it_consults_and_connects(stage: Stage) -> None:
    """The supervisor is with the agent and the customer, and goes when the agent does."""
    async with stage.tell("attended-transfer-by-callee-barge-in") as story:
        other = await story.phone("0003*211")
        agent, customer = await story.talk("0003*210")
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        joined = view("02", "0003*210", "5", "0003*024", "0003*210")
        await story.step("joined", [CUSTOMER_BACK, joined])
        await agent.hold()
        second = await story.dialing("0003*210", "0003*211")
        await story.answer(other, second)
        await story.step("consulting", [CUSTOMER_HELD, joined], consulting("0003*211", is_answered=True))
        await agent.transfer_to(second)
        for line in (agent, second, supervisor):
            await line.ended()
        await story.step("transferred", [view("03", "0003*211", "5", "777888", "0003*211")])
        await story.hang_up(customer, other)


async def test_a_barge_in_on_whom_the_agent_called_goes_on_when_the_agent_is_replaced(stage: Stage) -> None:
    """The supervisor is with 0003*211, who talks with another than before."""
    async with stage.tell("attended-transfer-by-caller-barge-in") as story:
        other = await story.phone("0003*21")
        called = await story.phone("0003*211")
        agent = await story.dialing("0003*210", "0003*211")
        await story.answer(called, agent)
        supervisor = await story.barge_in("0003*211")
        assert supervisor is not None
        joined = view("03", "0003*211", "5", "0003*024", "0003*211")
        await story.step("joined", [*CALLED_BACK, joined])
        await agent.hold()
        second = await story.dialing("0003*210", "0003*21")
        await story.answer(other, second)
        await story.step("consulting", [*CALLED_HELD, joined], consulting("0003*21", is_answered=True))
        await agent.transfer_to(second)
        for line in (agent, second):
            await line.ended()
        await story.step(
            "transferred",
            [
                view("02", "0003*211", "5", "0003*211", "0003*21"),
                joined,
                view("04", "0003*21", "5", "0003*211", "0003*21"),
            ],
        )
        await story.until_all_heard(called, other, supervisor)
        await story.hang_up(other, called, supervisor)


async def test_a_barge_in_outlasts_a_consultation_that_is_given_up(stage: Stage) -> None:
    """The agent comes back to the customer, and the supervisor is still with both."""
    async with stage.tell("attended-transfer-by-callee-abandoned-barge-in") as story:
        other = await story.phone("0003*211")
        agent, customer = await story.talk("0003*210")
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        joined = view("02", "0003*210", "5", "0003*024", "0003*210")
        await story.step("joined", [CUSTOMER_BACK, joined])
        await agent.hold()
        second = await story.dialing("0003*210", "0003*211")
        await story.answer(other, second)
        await story.hang_up(second, other)
        await story.step("alone", [CUSTOMER_HELD, joined])
        await agent.unhold()
        await story.step("taken back", [CUSTOMER_BACK, joined])
        everyone = (agent, customer, supervisor)
        await wait_until_heard(everyone, pairs(*everyone))
        await story.hang_up(agent, customer, supervisor)


async def test_a_barge_in_on_whom_the_agent_called_goes_on_while_the_other_phone_rings(stage: Stage) -> None:
    """0003*211, with its supervisor, waits in the agent's place for 0003*21."""
    async with stage.tell("attended-transfer-by-caller-ringing-barge-in") as story:
        other = await story.phone("0003*21")
        called = await story.phone("0003*211")
        agent = await story.dialing("0003*210", "0003*211")
        await story.answer(called, agent)
        supervisor = await story.barge_in("0003*211")
        assert supervisor is not None
        joined = view("03", "0003*211", "5", "0003*024", "0003*211")
        await story.step("joined", [*CALLED_BACK, joined])
        await agent.hold()
        second = await story.dialing("0003*210", "0003*21")
        await other.ringing()
        await second.rings_there()
        await agent.transfer_to(second)
        await agent.ended()
        await story.step(
            "transferred",
            [
                view("02", "0003*211", "4", "0003*211", "0003*21"),
                joined,
                view("04", "0003*21", "3", "0003*211", "0003*21"),
            ],
        )
        await story.answer(other)
        await story.step(
            "talking",
            [
                view("02", "0003*211", "5", "0003*211", "0003*21"),
                joined,
                view("04", "0003*21", "5", "0003*211", "0003*21"),
            ],
        )
        await story.until_all_heard(called, other, supervisor)
        await story.hang_up(other, called, supervisor)


async def test_a_barge_in_on_the_customers_agent_who_connects_while_the_other_phone_rings(
    stage: Stage,
) -> None:
    """The supervisor goes when the agent does, and nobody is with the customer while 0003*211 rings."""
    async with stage.tell("attended-transfer-by-callee-ringing-barge-in") as story:
        other = await story.phone("0003*211")
        agent, customer = await story.talk("0003*210")
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        joined = supervising("0003*210", "02")
        await story.step("joined", [CUSTOMER_BACK, joined])
        await agent.hold()
        second = await story.dialing("0003*210", "0003*211")
        await other.ringing()
        await second.rings_there()
        await story.step("consulting", [CUSTOMER_HELD, joined], consulting("0003*211", is_answered=False))
        await agent.transfer_to(second)
        for line in (agent, supervisor):
            await line.ended()
        await story.step("transferred", [view("03", "0003*211", "3", "777888", "0003*211")])
        await story.answer(other)
        await story.step("talking", [view("03", "0003*211", "5", "777888", "0003*211")])
        await wait_until_heard((customer, other), pairs(customer, other))
        await story.hang_up(customer, other)


async def test_a_barge_in_on_whom_the_agent_called_outlasts_a_consultation_that_is_given_up(
    stage: Stage,
) -> None:
    """The supervisor is with 0003*211, who waits for the agent and gets it back."""
    async with stage.tell("attended-transfer-by-caller-abandoned-barge-in") as story:
        other, called = await story.phone("0003*21"), await story.phone("0003*211")
        agent = await story.dialing("0003*210", "0003*211")
        await story.answer(called, agent)
        supervisor = await story.barge_in("0003*211")
        assert supervisor is not None
        joined = supervising("0003*211", "03")
        await story.step("joined", [*CALLED_BACK, joined])
        await agent.hold()
        second = await story.dialing("0003*210", "0003*21")
        await story.answer(other, second)
        await story.step("consulting", [*CALLED_HELD, joined], consulting("0003*21", is_answered=True))
        await story.hang_up(other, second)
        await story.step("alone", [*CALLED_HELD, joined])
        await agent.unhold()
        await story.step("taken back", [*CALLED_BACK, joined])
        await story.until_all_heard(agent, called, supervisor)
        await story.hang_up(agent, called, supervisor)
