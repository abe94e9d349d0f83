"""Supervision of phones that send each other their audio, and of phones of other codecs."""

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapter.lab import Phone, running_asterisk
from adapter.lab.adapter_process import running_adapter
from adapter.lab.polling import until
from tests.acceptance.stories.story import Stage
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_follow import REPAIR_LIMIT_S, bridged_at
from tests.acceptance.supervision.test_modes import ACCEPTED, MODES, OK, join, talking
from tests.acceptance.transfers.pbx_changes import reconfigure
from tests.figures import Note

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Every endpoint with direct media, and G.722 beside A-law and mu-law."""
    folder = tmp_path_factory.mktemp("media")
    async with running_asterisk(folder / "asterisk") as pbx:
        files = {"pjsip.conf": ("direct_media = no", "direct_media = yes")}
        codecs = ("load = codec_alaw.so\n", "load = codec_alaw.so\nload = codec_g722.so\n")
        await reconfigure(pbx, {**files, "modules.conf": codecs})
        await reconfigure(pbx, {"pjsip.conf": ("allow = ulaw,alaw", "allow = ulaw,alaw,g722")})
        async with running_adapter(pbx, folder / "adapter") as adapter:
            yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False)


async def is_direct(phone: Phone, other: Phone) -> None:
    """Asterisk sends this phone to the other one's ear."""
    assert str(other.ear.port) in (await phone.offered()).text


@pytest.mark.parametrize("first", ["Monitor", "BargeIn"])
async def test_audio_between_the_phones_comes_back_for_each_mode(stage: Stage, first: str) -> None:
    """The two send each other their audio until a supervisor joins, and again when that one has left."""
    async with stage.tell(f"direct-{first.lower()}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        await is_direct(agent, customer)
        await is_direct(customer, agent)
        supervisor = await join(story, call_id, first)
        for mode in (first, *(mode for mode in MODES if mode != first)):
            assert (await story.lab.barge_in(call_id, wait_s=5, **MODES[mode])).status == OK
            wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
            await until_right((agent, customer, supervisor), wanted, time.time())
        back = len(agent.journal)
        await story.hang_up(supervisor)
        await until(
            lambda: any(str(customer.ear.port) in entry.text for entry in agent.journal[back:]), within=3
        )
        two = {(agent.name, customer.name), (customer.name, agent.name)}
        await until_right((agent, customer), two, time.time())
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("mode", ["Monitor", "BargeIn"])
async def test_a_supervision_of_direct_media_follows_a_transfer(stage: Stage, note: Note, mode: str) -> None:
    """The customer sends the agent on: the new party's audio comes to Asterisk as well."""
    async with stage.tell(f"direct-transfer-{mode.lower()}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await join(story, call_id, mode)
        other = await story.phone("0003*211")
        await customer.transfer("0003*211")
        await story.answer(other)
        await customer.ended()
        wanted = heard(mode, supervisor=supervisor, agent=agent, other=other)
        took = await until_right((agent, other, supervisor), wanted, bridged_at(story))
        note(f"direct media, blind transfer, {mode}: last event to right audio", [took])
        assert took <= REPAIR_LIMIT_S
        await story.hang_up(other, agent, supervisor)


@pytest.mark.parametrize(
    ("agents", "supervisors"),
    [("ulaw", "alaw"), ("alaw", "g722"), ("g722", "ulaw")],
)
async def test_supervisor_and_agent_of_any_codecs_are_joined_switched_and_followed(
    stage: Stage, agents: str, supervisors: str
) -> None:
    """The customer's is mu-law; a barge-in, a whisper, and a barge-in again after a transfer to A-law."""
    async with stage.tell(f"codecs-{agents}-{supervisors}", is_traced=False) as story:
        agent = await story.lab.phones.callee("0003*210", name="0003*210", codec=agents)
        customer = await story.customer("0003*210")
        await story.answer(agent, customer)
        [call] = await story.lab.until_calls(lambda calls: len(calls) == 1 and "answered" in calls[0])
        call_id = str(call["id"])
        supervisor = await story.lab.phones.callee("0003*024", name="0003*024", codec=supervisors)
        assert (await story.lab.barge_in(call_id)).status == ACCEPTED
        await story.answer(supervisor)
        for mode in ("BargeIn", "Whisper"):
            assert (await story.lab.barge_in(call_id, wait_s=5, **MODES[mode])).status == OK
            wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
            await until_right((agent, customer, supervisor), wanted, time.time())
        assert (await story.lab.barge_in(call_id, wait_s=5)).status == OK
        other = await story.lab.phones.callee("0003*211", name="0003*211", codec="alaw")
        await customer.transfer("0003*211")
        await story.answer(other)
        await customer.ended()
        wanted = heard("BargeIn", supervisor=supervisor, agent=agent, other=other)
        await until_right((agent, other, supervisor), wanted, time.time())
        await story.hang_up(other, agent, supervisor)
