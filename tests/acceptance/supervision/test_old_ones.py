"""Supervisions that are minutes old: an untouched ChanSpy hears a new party late by as long as it has run."""

import asyncio
import time

import pytest

from adapter.lab import Phone
from adapter.lab.hears import Pair
from tests.acceptance.stories.story import Stage
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_follow import REPAIR_LIMIT_S, bridged_at
from tests.acceptance.supervision.test_modes import MODES, join, talking
from tests.faults.extent import either
from tests.figures import Note

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGE_S = either(150.0, 10.0)
"""Left alone, a ChanSpy that has run for 8 s does not hear the new party within 7 s (Asterisk 22)."""
SUPERVISORS = dict(zip(MODES, ("0003*024", "0003*025", "0003*026", "0003*21"), strict=True))


async def test_a_new_party_is_at_the_ear_of_supervisors_who_have_listened_for_minutes(
    stage: Stage, note: Note
) -> None:
    """One in each mode, all on one call, whose customer sends the agent on: as soon as in a fresh one."""
    async with stage.tell("old-supervisions", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisors = {mode: await join(story, call_id, mode, number) for mode, number in SUPERVISORS.items()}

        def wanted(other: Phone) -> set[Pair]:
            pairs = (
                heard(mode, supervisor=supervisor, agent=agent, other=other)
                for mode, supervisor in supervisors.items()
            )
            return set().union(*pairs)

        await until_right((agent, customer, *supervisors.values()), wanted(customer), time.time())
        await asyncio.sleep(AGE_S)  # their age is what is tested
        other = await story.phone("0003*211")
        await customer.transfer("0003*211")
        await story.answer(other)
        await customer.ended()
        everyone = (agent, other, *supervisors.values())
        took = await until_right(everyone, wanted(other), bridged_at(story))
        note(f"blind transfer after {AGE_S:.0f} s, all modes at once: last event to right audio", [took])
        assert took <= REPAIR_LIMIT_S
        for supervisor in supervisors.values():
            await story.hang_up(supervisor)
        await story.hang_up(other, agent)
