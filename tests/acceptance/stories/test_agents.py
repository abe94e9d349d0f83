"""Agents who stay on the line (AgentLogin): one customer after the other, and nobody else hears the next."""

import pytest

from adapter.lab import Phone, wait_until_heard
from adapter.lab.hears import who_hears_whom
from tests.acceptance.harness import code_of
from tests.acceptance.test_barge_in import pairs

from .story import Stage, Story, supervising, view

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAITING = view("01", "0003*210", "1", "0003*210", "*11")
READY_S = 8.0
"""Asterisk gives an agent who has logged in no caller for five seconds."""


async def served(story: Story, agent: Phone, number: str) -> Phone:
    """A customer whom the agent serves."""
    customer = await story.customer("0003*510", number)
    await customer.answered()
    await wait_until_heard((customer, agent), pairs(customer, agent), within=READY_S)
    return customer


async def logged_in(story: Story) -> Phone:
    """An agent who is on the line, and may be given a caller."""
    agent = await story.dialing("0003*210", "*11")
    await agent.answered()
    await story.step("waiting", [WAITING])
    return agent


async def test_a_barge_in_on_an_agent_on_the_line_ends_with_its_customer(stage: Stage) -> None:
    """While the agent waits there is nobody to hear; of the second customer nothing is heard."""
    async with stage.tell("agent-on-the-line-barge-in") as story:
        agent = await logged_in(story)
        [call] = await story.lab.calls("@me/0003*210")
        refused = await story.lab.barge_in(str(call["id"]), "0003*210")
        assert (refused.status, code_of(refused)) == (400, "pc_phonecallview_invalid")
        first = await served(story, agent, "777888")
        talking = view("01", "0003*210", "5", "777888", "0003*210")
        await story.step("first", [talking])
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        await story.step("joined", [talking, supervising("0003*210", "02")])
        await story.until_all_heard(agent, first, supervisor)
        await story.hang_up(first, supervisor)
        await story.step("waits again", [WAITING])
        second = await served(story, agent, "777999")
        await story.step("second", [view("01", "0003*210", "5", "777999", "0003*210")])
        table = await who_hears_whom((agent, second, supervisor), seconds=1.0)
        assert table.pairs == pairs(agent, second), f"\n{table}"
        await story.hang_up(second)
        await story.step("waits at last", [WAITING])
        await story.hang_up(agent)


async def test_a_monitor_that_follows_the_agent_hears_one_customer_after_the_other(stage: Stage) -> None:
    """That was asked for; nobody hears the supervisor."""
    async with stage.tell("agent-on-the-line-followed") as story:
        agent = await logged_in(story)
        first = await served(story, agent, "777888")
        supervisor = await story.barge_in("0003*210", action="Monitor", follow="agent")
        assert supervisor is not None
        joined = supervising("0003*210", "02")
        await story.step("joined", [view("01", "0003*210", "5", "777888", "0003*210"), joined])
        await story.hang_up(first)
        await story.step("waits", [WAITING, joined])
        second = await served(story, agent, "777999")
        await story.step("second", [view("01", "0003*210", "5", "777999", "0003*210"), joined])
        heard = {(supervisor.name, one.name) for one in (agent, second)}
        await wait_until_heard((agent, second, supervisor), pairs(agent, second) | heard)
        await story.hang_up(second)
        await story.hang_up(supervisor)
        await story.hang_up(agent)
