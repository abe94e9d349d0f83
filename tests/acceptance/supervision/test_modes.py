"""Monitor, Whisper, private Whisper and BargeIn, and every switch between them, with the audio measured."""

import itertools
import time
from typing import Any

import pytest

from adapter.lab import Phone, Step
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.supervision.hearing import heard, until_right
from tests.figures import Note

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODES: dict[str, dict[str, Any]] = {
    "Monitor": {"action": "Monitor"},
    "Whisper": {"action": "Whisper"},
    "PrivateWhisper": {"action": "Whisper", "private": "1"},
    "BargeIn": {"action": "BargeIn"},
}
SWITCH_LIMIT_S = 0.3
OK, ACCEPTED = 200, 202


async def talking(story: Story) -> tuple[Phone, Phone, str]:
    """An agent and a customer on a call, and its id."""
    agent = await story.phone("0003*210")
    customer = await story.customer("0003*210")
    await story.answer(agent, customer)
    [call] = await story.lab.until_calls(lambda calls: len(calls) == 1 and "answered" in calls[0])
    return agent, customer, str(call["id"])


async def join(story: Story, call_id: str, mode: str, supervisor: str = "0003*024") -> Phone:
    """A supervisor who joined in this mode."""
    phone = await story.phone(supervisor)
    answer = await story.lab.barge_in(call_id, supervisor=supervisor, **MODES[mode])
    assert answer.status == ACCEPTED, answer.text
    await story.answer(phone)
    return phone


@pytest.mark.parametrize("mode", MODES)
async def test_in_each_mode_just_those_hear_each_other_who_should(stage: Stage, mode: str) -> None:
    """Monitor hears, Whisper reaches the agent alone, private it hears nothing, BargeIn joins all."""
    async with stage.tell(f"mode-{mode.lower()}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await join(story, call_id, mode)
        wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
        await until_right((agent, customer, supervisor), wanted, time.time())
        await story.hang_up(supervisor)
        await until_right((agent, customer), {("0003*210", "777888"), ("777888", "0003*210")}, time.time())
        await story.hang_up(customer, agent)


async def test_every_switch_is_done_within_300_ms_and_rings_nobody(stage: Stage, note: Note) -> None:
    """The same sendCallTo with another action changes the mode of the running supervision."""
    took: dict[tuple[str, str], float] = {}
    async with stage.tell("mode-switches", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await join(story, call_id, "Monitor")
        everyone = (agent, customer, supervisor)

        async def switch(mode: str) -> float:
            asked_at = time.time()
            answer = await story.lab.barge_in(call_id, wait_s=5, **MODES[mode])
            assert answer.status == OK, answer.text
            wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
            return await until_right(everyone, wanted, asked_at)

        before = "Monitor"
        for after in _walk(tuple(MODES)):
            took[before, after] = await switch(after)
            if took[before, after] > SWITCH_LIMIT_S:  # a machine that others use may hold one up, not two
                await switch(before)
                took[before, after] = await switch(after)
            before = after
        assert [entry.step for entry in supervisor.journal].count(Step.RINGING) == 1
        await story.hang_up(customer, agent)
    assert set(took) == set(itertools.permutations(MODES, 2))
    worst = max(took.values())
    note("mode switch, PUT to right audio", took.values())
    assert worst <= SWITCH_LIMIT_S, {pair: round(s, 3) for pair, s in took.items()}


def _walk(modes: tuple[str, ...]) -> list[str]:
    """A way from the first mode over every ordered pair of modes, each once, back to the first."""
    unused = {mode: [other for other in modes if other != mode] for mode in modes}
    way, stack = [], [modes[0]]
    while stack:  # Hierholzer: walk until stuck, then go back to where another way is left
        if unused[stack[-1]]:
            stack.append(unused[stack[-1]].pop())
        else:
            way.append(stack.pop())
    return way[::-1][1:]
