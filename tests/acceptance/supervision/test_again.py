"""Asked for again as the supervisor hangs up: its phone rings, and nothing is told wrong."""

import asyncio

import pytest

from tests.acceptance.stories.story import Stage
from tests.acceptance.supervision.asking import address_of, reason_of_end, until_joined
from tests.acceptance.supervision.test_modes import talking

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("action", ["BargeIn", "Whisper"])
@pytest.mark.parametrize("after_ms", [0, 5, 10, 20, 30, 60])
async def test_asked_for_again_as_the_supervisor_hangs_up_it_rings(
    stage: Stage, action: str, after_ms: int
) -> None:
    """The same once more, and another mode; the first supervision was left by the supervisor."""
    async with stage.tell(f"again-{action}-{after_ms}".lower(), is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        first = address_of(await story.lab.barge_in(call_id))
        await story.answer(supervisor)
        await until_joined(story.lab, first)
        supervisor.hang_up()
        await supervisor.ended()
        await asyncio.sleep(after_ms / 1000)
        again = await story.lab.barge_in(call_id, action=action)
        assert again.status == 202
        assert address_of(again) != first
        await story.answer(supervisor)
        await until_joined(story.lab, address_of(again))
        assert await reason_of_end(story.lab, first) == "supervisor_left"
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("after_ms", [0, 10, 30])
async def test_asked_for_another_call_as_the_supervisor_hangs_up_it_is_not_busy(
    stage: Stage, after_ms: int
) -> None:
    """Its phone is free."""
    async with stage.tell(f"again-other-{after_ms}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        second = await story.phone("0003*211")
        caller = await story.customer("0003*211", "777889")
        await story.answer(second, caller)
        [other] = await story.lab.calls("@me/0003*211")
        supervisor = await story.phone("0003*024")
        first = address_of(await story.lab.barge_in(call_id))
        await story.answer(supervisor)
        await until_joined(story.lab, first)
        supervisor.hang_up()
        await supervisor.ended()
        await asyncio.sleep(after_ms / 1000)
        again = await story.lab.barge_in(str(other["id"]), "0003*211")
        assert again.status == 202, again.text
        await story.answer(supervisor)
        await until_joined(story.lab, address_of(again))
        await story.hang_up(customer, agent)
        await story.hang_up(caller, second)
