"""A talk of three by keys: who consulted another by `*2` joins all of them by `*3`."""

import asyncio

import pytest

from adapter.lab import Phone
from tests.acceptance.harness import code_of
from tests.acceptance.stories.story import Stage, Story, View, supervising, view

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY_S = 0.25
"""A finger's pace: Asterisk takes keys that come at once for one."""
PROMPT_S = 1.5
"""It plays a prompt, and takes the keys that come after."""


async def press(story: Story, peer: str, keys: str) -> None:
    """The phone's keys, as Asterisk takes them in."""
    channel = await story.channel(peer)
    for key in keys:
        await story.ask("PlayDTMF", Channel=channel, Digit=key, Receive="true")
        await asyncio.sleep(KEY_S)


async def consulting(story: Story) -> tuple[Phone, Phone, Phone]:
    """A colleague has called the agent, who consults another by keys."""
    other, agent = await story.phone("0003*211"), await story.phone("0003*210")
    caller = await story.dialing("0003*21", "0003*239")
    await story.answer(agent, caller)
    await press(story, "PJSIP/0003*210", "*2")
    await asyncio.sleep(PROMPT_S)
    await press(story, "PJSIP/0003*210", "211")
    await story.answer(other)
    await story.until_all_heard(agent, other)
    return caller, agent, other


THREE: list[View] = [
    view("01", "0003*21", "5", "0003*21", "0003*210 0003*211"),
    view("02", "0003*210", "5", "0003*21", "0003*210"),
    view("03", "0003*211", "5", "0003*21", "0003*211"),
]
CONSULTING: list[View] = [
    view("01", "0003*21", "5", "0003*21", "0003*210 0003*211"),
    view("02", "0003*210", "5", "0003*210", "0003*211"),
    view("03", "0003*211", "5", "0003*210", "0003*211"),
]


async def test_three_who_are_joined_by_keys_have_a_view_each(stage: Stage) -> None:
    """Nobody has left, nobody is on hold; a barge-in is refused as in a conference, a Monitor hears all."""
    async with stage.tell("three-way-by-keys") as story:
        caller, agent, other = await consulting(story)
        await story.step("consulting", CONSULTING)
        await press(story, "PJSIP/0003*210", "*3")
        await story.until_all_heard(caller, agent, other)
        await story.step("three", THREE)
        [call] = await story.lab.calls()
        refused = await story.lab.barge_in(str(call["id"]), "0003*210", phoneCallViewId="02")
        assert (refused.status, code_of(refused)) == (409, "pc_conference_unavailable")
        supervisor = await story.barge_in("0003*210", action="Monitor")
        await story.step("joined", [*THREE, supervising("0003*210", "04")])
        if supervisor:
            await story.hang_up(supervisor)
        await story.hang_up(agent)
        await story.step(
            "agent left",
            [
                view("01", "0003*21", "5", "0003*21", "0003*211"),
                view("03", "0003*211", "5", "0003*21", "0003*211"),
            ],
        )
        await story.hang_up(other, caller)


async def test_a_barge_in_ends_when_keys_make_it_a_talk_of_three(stage: Stage) -> None:
    """ChanSpy would let one of the three hear the supervisor."""
    async with stage.tell("three-way-by-keys-barge-in") as story:
        other, agent = await story.phone("0003*211"), await story.phone("0003*210")
        caller = await story.dialing("0003*21", "0003*239")
        await story.answer(agent, caller)
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        await press(story, "PJSIP/0003*210", "*2")
        await asyncio.sleep(PROMPT_S)
        await press(story, "PJSIP/0003*210", "211")
        await story.answer(other)
        await story.until_all_heard(agent, other, supervisor)
        joined, consulted = supervising("0003*210", "03"), {**CONSULTING[2], "id": "04"}
        await story.step("consulting", [*CONSULTING[:2], joined, consulted])
        await press(story, "PJSIP/0003*210", "*3")
        await supervisor.ended()
        await story.step("three", [*THREE[:2], {**THREE[2], "id": "04"}])
        await story.until_all_heard(caller, agent, other)
        await story.hang_up(agent)
        await story.hang_up(other, caller)
