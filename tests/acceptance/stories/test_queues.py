"""Queues: who is rung, who answers, who gives up."""

import asyncio

import pytest

from .story import ANY, Stage, view

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAITING = "777888"


async def test_ring_all_shows_each_ringing_agent_and_then_the_one_who_answered(stage: Stage) -> None:
    """The customer waits in 0003*500, three agents ring, one answers, and the views of the others leave."""
    async with stage.tell("queue-ring-all") as story:
        agents = [await story.phone(number) for number in ("0003*210", "0003*211", "0003*21")]
        customer = await story.customer("0003*500")
        for agent in agents:
            await agent.ringing()
        seen = [view(ANY, agent.number, "3", WAITING, agent.number) for agent in agents]
        await story.step("ringing", seen)
        await story.answer(agents[1], customer)
        for loser in (agents[0], agents[2]):
            await loser.ended()
        await story.step("talking", [view(ANY, "0003*211", "5", WAITING, "0003*211")])
        await story.hang_up(agents[1], customer)


async def test_a_barge_in_on_the_agent_who_answered_the_queue(stage: Stage) -> None:
    """Ring-all again; the supervisor joins the agent who answered."""
    async with stage.tell("queue-ring-all-barge-in") as story:
        agents = [await story.phone(number) for number in ("0003*210", "0003*211")]
        customer = await story.customer("0003*500")
        for agent in agents:
            await agent.ringing()
        await story.answer(agents[0], customer)
        await agents[1].ended()
        talking = view(ANY, "0003*210", "5", WAITING, "0003*210")
        await story.step("talking", [talking])
        await story.visit("0003*210", "03", [talking], customer, agents[0])
        await story.step("left", [talking])
        await story.hang_up(customer, agents[0])


async def test_linear_shows_one_agent_after_the_other(stage: Stage) -> None:
    """The first agent of 0003*501 does not answer within two seconds, the second does; a barge-in."""
    async with stage.tell("queue-linear") as story:
        first, second = await story.phone("0003*210"), await story.phone("0003*211")
        customer = await story.customer("0003*501")
        await first.ringing()
        await story.step("first", [view("01", "0003*210", "3", WAITING, "0003*210")])
        await first.ended()
        await second.ringing()
        await story.step("second", [view("02", "0003*211", "3", WAITING, "0003*211")])
        await story.answer(second, customer)
        talking = view("02", "0003*211", "5", WAITING, "0003*211")
        await story.step("talking", [talking])
        await story.visit("0003*211", "03", [talking], customer, second)
        await story.hang_up(second, customer)


async def test_an_agent_that_is_rung_again_has_the_view_id_that_it_had(stage: Stage) -> None:
    """0003*501 rings one after the other, round after round, while nobody picks up."""
    async with stage.tell("queue-rung-again") as story:
        first, second = await story.phone("0003*210"), await story.phone("0003*211")
        customer = await story.customer("0003*501")
        rings = (
            [view("01", "0003*210", "3", WAITING, "0003*210")],
            [view("02", "0003*211", "3", WAITING, "0003*211")],
        )
        for phone, views, step in (
            (first, rings[0], "first"),
            (second, rings[1], "second"),
            (first, rings[0], "again"),
        ):
            await phone.ringing()
            await story.step(step, views)
            if step != "again":
                await phone.ended()
        await story.answer(first, customer)
        await story.step("talking", [view("01", "0003*210", "5", WAITING, "0003*210")])
        await story.hang_up(first, customer)


async def test_a_caller_who_abandons_the_queue_leaves_nothing(stage: Stage) -> None:
    """The customer hangs up while two agents ring."""
    async with stage.tell("queue-abandoned") as story:
        agents = [await story.phone(number) for number in ("0003*210", "0003*211")]
        customer = await story.customer("0003*500")
        for agent in agents:
            await agent.ringing()
        await story.step(
            "ringing",
            [
                view(ANY, "0003*210", "3", WAITING, "0003*210"),
                view(ANY, "0003*211", "3", WAITING, "0003*211"),
            ],
        )
        await customer.answered()
        await story.hang_up(customer, *agents)
        await story.step("gone")


@pytest.mark.parametrize(
    ("queue", "name"), [("0003*502", "queue-local-optimised"), ("0003*503", "queue-local")]
)
async def test_agents_behind_local_channels_are_seen_as_themselves(
    stage: Stage, queue: str, name: str
) -> None:
    """The queue rings Local channels, these ring the agents: the views are those of a plain queue."""
    async with stage.tell(name) as story:
        agents = [await story.phone(number) for number in ("0003*210", "0003*211")]
        customer = await story.customer(queue)
        for agent in agents:
            await agent.ringing()
        await story.step(
            "ringing",
            [
                view(ANY, "0003*210", "3", WAITING, "0003*210"),
                view(ANY, "0003*211", "3", WAITING, "0003*211"),
            ],
        )
        await story.answer(agents[0], customer)
        await agents[1].ended()
        if queue == "0003*502":
            assert await story.hears("LocalOptimizationEnd")
        talking = view(ANY, "0003*210", "5", WAITING, "0003*210")
        await story.step("talking", [talking])
        await story.visit("0003*210", "03", [talking], customer, agents[0])
        await story.hang_up(agents[0], customer)


async def test_two_customers_of_one_queue_are_two_calls(stage: Stage) -> None:
    """One talks to the only agent, the other waits: a call in which no extension takes part is not listed.

    A supervisor who joins the agent is in the call of the first.
    """
    async with stage.tell("queue-waiting") as story:
        agent = await story.phone("0003*210")
        first = await story.customer("0003*500")
        await story.answer(agent, first)
        second = await story.customer("0003*500", "777999")
        await second.answered()
        talking = view("01", "0003*210", "5", WAITING, "0003*210")
        await story.step("one waits", [talking])
        await story.visit("0003*210", "02", [talking], first, agent)
        await asyncio.gather(story.hang_up(second), story.hang_up(first, agent))
