"""Local channels in between: a warm transfer to a phone that rings behind one, click-to-dial through one."""

import pytest

from adapter.lab import wait_until_heard
from tests.acceptance.stories.story import Stage, between
from tests.acceptance.test_barge_in import pairs

from .test_attended import agent_calls

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_warm_transfer_while_the_target_rings_behind_a_local_channel_is_one_call(
    stage: Stage,
) -> None:
    """The Local channel stays; the call is the older one, from the transfer to the end."""
    async with stage.tell("attended-transfer-ringing-local") as story:
        other = await story.phone("0003*21")
        agent, called = await agent_calls(story)
        await agent.hold()
        [before] = await story.lab.calls("@me/0003*211")
        second = await story.dialing("0003*210", "0003*242")
        await other.ringing()
        await second.rings_there()
        await agent.transfer_to(second)
        await agent.ended()
        rings = between("0003*211", "0003*21", ids=("02", "03"), statuses=("4", "3"))
        await story.step("transferred", rings)
        await story.answer(other)
        await wait_until_heard((called, other), pairs(called, other))
        talking = between("0003*211", "0003*21", ids=("02", "03"))
        await story.step("talking", talking)
        [after] = await story.lab.calls()
        assert after["id"] == before["id"]
        await story.visit("0003*211", "04", talking, called, other)
        await story.hang_up(other, called)


@pytest.mark.parametrize(("how", "name"), [("", "click-to-dial-optimised"), ("/n", "click-to-dial-local")])
async def test_whom_click_to_dial_rings_through_a_local_channel_calls(
    stage: Stage, how: str, name: str
) -> None:
    """The agent's phone first, then the colleague's; the direction is the same all the while."""
    async with stage.tell(name) as story:
        agent, colleague = await story.phone("0003*210"), await story.phone("0003*211")
        await story.ask(
            "Originate",
            Channel=f"Local/0003*210@extensions{how}",
            Context="extensions",
            Exten="0003*211",
            Priority="1",
            CallerID="900",
            Async="true",
        )
        await story.answer(agent)
        await colleague.ringing()
        await story.step("ringing", between("0003*210", "0003*211", statuses=("4", "3")))
        await story.answer(colleague)
        await wait_until_heard((agent, colleague), pairs(agent, colleague))
        if not how:
            assert await story.hears("LocalOptimizationEnd")
        talking = between("0003*210", "0003*211")
        await story.step("talking", talking)
        await story.visit("0003*210", "03", talking, agent, colleague)
        await story.hang_up(agent, colleague)
