"""A supervisor without a phone: each mode and each switch, measured at both phones and at the WebSocket."""

import time
from typing import Any

import pytest

from adapter.lab.hears import Pair
from tests.acceptance.stories.story import Stage
from tests.acceptance.streams.listener import audio_of, listening
from tests.acceptance.supervision.asking import address_of, reason_of_end
from tests.acceptance.supervision.hearing import MODES as PAIRS
from tests.acceptance.supervision.hearing import until_right
from tests.acceptance.supervision.test_modes import MODES, talking

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCEPTED = 202


def heard(mode: str, supervisor: str = "stream") -> set[Pair]:
    names = {"agent": "0003*210", "customer": "777888", "supervisor": supervisor}
    return {(names[listener], names[speaker]) for listener, speaker in PAIRS[mode]}


@pytest.mark.parametrize("rate", [8_000, 16_000])
@pytest.mark.parametrize("mode", MODES)
async def test_in_each_mode_just_those_hear_each_other_who_should(stage: Stage, mode: str, rate: int) -> None:
    """Nothing rings; who closes the WebSocket has hung up, and the two talk on."""
    async with stage.tell(f"stream-{mode.lower()}-{rate}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        answer = await story.lab.barge_in(call_id, media="stream", **MODES[mode])
        assert answer.status == ACCEPTED, answer.text
        async with listening(story.lab, audio_of(answer), rate=rate) as listener:
            everyone: Any = (agent, customer, listener)
            told = await listener.until_told("joined", mode=mode)
            assert told["parties"] == ["0003*210", "777888"]
            await until_right(everyone, heard(mode), time.time())
        assert await reason_of_end(story.lab, address_of(answer)) == "supervisor_left"
        await until_right((agent, customer), {("0003*210", "777888"), ("777888", "0003*210")}, time.time())
        await story.hang_up(customer, agent)
