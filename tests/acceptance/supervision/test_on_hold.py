"""A supervisor comes to a conversation that is on hold: the music of who is held goes on."""

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapter.lab import LabError, Phone, Step, running_asterisk
from adapter.lab.adapter_process import running_adapter
from adapter.lab.configuration import MUSIC_HZ
from adapter.lab.hears import HEARD_LEVEL
from adapter.lab.polling import poll_until
from adapter.lab.tones import tone_level
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.supervision.asking import (
    address_of,
    reason_of_end,
    supervision,
    until_joined,
    until_told,
)
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_modes import ACCEPTED, MODES, OK, talking
from tests.acceptance.supervision.test_nobody_else import each_other
from tests.acceptance.transfers.pbx_changes import reconfigure

pytestmark = pytest.mark.asyncio(loop_scope="module")

MUSIC_S = 0.5
"""For so long without a gap it is music that goes on."""
DIRECT = {"pjsip.conf": ("direct_media = no", "direct_media = yes")}
NO_NATIVE = {"modules.conf": ("load = bridge_native_rtp.so\n", "")}
PBXS = {"as it is": [], "direct media": [DIRECT], "no bridge_native_rtp": [NO_NATIVE]}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """The lab's PBX, or one of PBXS."""
    folder = tmp_path_factory.mktemp("on-hold")
    async with running_asterisk(folder / "asterisk") as pbx:
        for changes in PBXS[getattr(request, "param", "as it is")]:
            await reconfigure(pbx, changes)
        async with running_adapter(pbx, folder / "adapter") as adapter:
            yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False)


async def until_music(phone: Phone, since: float) -> None:
    """It has heard music, and nothing but, for MUSIC_S from then on."""

    def is_over() -> bool | None:
        return True if time.time() > since + MUSIC_S else None

    assert await poll_until(is_over, MUSIC_S + 1.0)
    audio = [packet for _, packet in phone.ear.arrived(since)]
    blocks = [b"".join(audio[first : first + 2]) for first in range(0, len(audio) - 1, 2)]
    silent = [block for block in blocks if tone_level(block, MUSIC_HZ) < HEARD_LEVEL]
    if len(blocks) < MUSIC_S / 0.04 * 0.6 or len(silent) > 1:
        raise LabError(f"{phone.name}: of {len(blocks)} blocks {len(silent)} have no music")


async def held(story: Story, holder: str) -> tuple[Phone, Phone, Phone, Phone, str]:
    """Agent, customer, who of them holds and who is held, and the call; the music plays."""
    agent, customer, call_id = await talking(story)
    holds, hears_music = (agent, customer) if holder == "agent" else (customer, agent)
    await holds.hold()
    assert await story.hears("MusicOnHoldStart")
    await until_music(hears_music, time.time() + 0.2)
    return agent, customer, holds, hears_music, call_id


async def until_waiting(story: Story, address: str) -> None:
    await until_told(story.lab, address, lambda told: told["state"] == "waiting")


CASES = [
    *(("as it is", "agent", mode) for mode in MODES),
    ("as it is", "customer", "Monitor"),
    ("direct media", "agent", "Monitor"),
    ("direct media", "customer", "BargeIn"),
]


@pytest.mark.parametrize(("stage", "holder", "mode"), CASES, indirect=["stage"], scope="module")
async def test_who_comes_during_hold_waits_for_its_end_and_the_music_goes_on(
    stage: Stage, holder: str, mode: str
) -> None:
    """Picked up, the supervisor hears nobody and its state says so; with unhold it joins by itself."""
    async with stage.tell(f"hold-first-{holder}-{mode}".lower(), is_traced=False) as story:
        agent, customer, holds, hears_music, call_id = await held(story, holder)
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id, **MODES[mode])
        assert accepted.status == ACCEPTED, accepted.text
        address = address_of(accepted)
        await story.answer(supervisor)
        picked_up_at = time.time()
        await until_waiting(story, address)
        await until_music(hears_music, picked_up_at)
        # With direct media Asterisk passes on what the holder's phone sends, beside the music.
        the_two = each_other(holds, hears_music)
        await until_right((agent, customer, supervisor), set(), picked_up_at, either_way=the_two)
        await holds.unhold()
        wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
        await until_right((agent, customer, supervisor), wanted, time.time())
        assert (await supervision(story.lab, address))["state"] == "joined"
        assert [entry.step for entry in supervisor.journal].count(Step.RINGING) == 1
        await story.hang_up(customer, agent)


async def test_a_hold_that_begins_while_the_phone_rings_is_waited_for(stage: Stage) -> None:
    """As one that was there before."""
    async with stage.tell("hold-while-ringing", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id, **MODES["Monitor"])
        await supervisor.ringing()
        await agent.hold()
        assert await story.hears("MusicOnHoldStart")
        await until_music(customer, time.time() + 0.2)
        await story.answer(supervisor)
        picked_up_at = time.time()
        await until_waiting(story, address_of(accepted))
        await until_music(customer, picked_up_at)
        await agent.unhold()
        wanted = heard("Monitor", supervisor=supervisor, agent=agent, other=customer)
        await until_right((agent, customer, supervisor), wanted, time.time())
        await story.hang_up(customer, agent)


async def test_a_hold_that_ends_while_the_phone_rings_is_not_waited_for(stage: Stage) -> None:
    """It joins when it is picked up."""
    async with stage.tell("unhold-while-ringing", is_traced=False) as story:
        agent, customer, holds, _, call_id = await held(story, "agent")
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id, **MODES["BargeIn"])
        await supervisor.ringing()
        await holds.unhold()
        await story.answer(supervisor)
        await until_joined(story.lab, address_of(accepted))
        wanted = heard("BargeIn", supervisor=supervisor, agent=agent, other=customer)
        await until_right((agent, customer, supervisor), wanted, time.time())
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("end", ["asked", "hangs up", "call ends"])
async def test_one_that_waits_can_end(stage: Stage, end: str) -> None:
    """By request, by the supervisor, by the call's end; the music goes on while there is a call."""
    async with stage.tell(f"hold-end-{end[0]}", is_traced=False) as story:
        agent, customer, _, _, call_id = await held(story, "agent")
        supervisor = await story.phone("0003*024")
        address = address_of(await story.lab.barge_in(call_id, **MODES["Monitor"]))
        await story.answer(supervisor)
        await until_waiting(story, address)
        ended_at = time.time()
        match end:
            case "asked":
                path = f"/uapi/phoneCalls/@me/0003*210/{call_id}?phoneNumber=0003*024"
                answer = await stage.adapter.request("DELETE", path, token=stage.token)
                assert answer.status == OK, answer.text
                reason = "ended_by_request"
            case "hangs up":
                await story.hang_up(supervisor)
                reason = "supervisor_left"
            case _:
                await story.hang_up(customer, agent)
                reason = "call_ended"
        await supervisor.ended()
        assert await reason_of_end(story.lab, address) == reason
        if reason != "call_ended":
            await until_music(customer, ended_at)
            await story.hang_up(customer, agent)


async def test_a_switch_during_hold_comes_with_its_end(stage: Stage) -> None:
    """Until then the mode is told as it is, and the music goes on."""
    async with stage.tell("hold-switch", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id, **MODES["Monitor"])
        await story.answer(supervisor)
        await until_joined(story.lab, address_of(accepted))
        await agent.hold()
        assert await story.hears("MusicOnHoldStart")
        await until_music(customer, time.time() + 0.2)
        asked_at = time.time()
        switched = await story.lab.barge_in(call_id, **MODES["BargeIn"])
        assert switched.status == ACCEPTED, switched.text
        await until_music(customer, asked_at)
        assert (await supervision(story.lab, address_of(accepted)))["action"] == "Monitor"
        await agent.unhold()
        wanted = heard("BargeIn", supervisor=supervisor, agent=agent, other=customer)
        await until_right((agent, customer, supervisor), wanted, time.time())
        assert (await supervision(story.lab, address_of(accepted)))["action"] == "BargeIn"
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("stage", ["no bridge_native_rtp"], indirect=True)
async def test_without_the_module_that_silences_it_the_music_outlasts_a_supervisor_that_leaves(
    stage: Stage,
) -> None:
    """As the operator's guide advises; with it, packets of the holder mix with the music."""
    async with stage.tell("hold-left", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id, **MODES["Monitor"])
        await story.answer(supervisor)
        await until_joined(story.lab, address_of(accepted))
        await agent.hold()
        assert await story.hears("MusicOnHoldStart")
        await until_music(customer, time.time() + 0.2)
        left_at = time.time()
        await story.hang_up(supervisor)
        await until_music(customer, left_at)
        await story.hang_up(customer, agent)
