"""Early media, codecs, and audio that does not pass through Asterisk."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from adapter.lab import Phones, running_asterisk, wait_until_heard
from adapter.lab.adapter_process import running_adapter
from tests.acceptance.harness import Lab, code_of, views_of
from tests.acceptance.stories.story import Stage, view
from tests.acceptance.test_barge_in import pairs

from .pbx_changes import reconfigure

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def open_lab(tmp_path: Path) -> AsyncIterator[Lab]:
    """A PBX that speaks G.722 too, and lets the phones send each other their audio."""
    async with running_asterisk(tmp_path / "asterisk") as pbx:
        await reconfigure(
            pbx,
            {
                "pjsip.conf": ("direct_media = no", "direct_media = yes"),
                "modules.conf": ("load = codec_alaw.so\n", "load = codec_alaw.so\nload = codec_g722.so\n"),
            },
        )
        await reconfigure(pbx, {"pjsip.conf": ("allow = ulaw,alaw", "allow = ulaw,alaw,g722")})
        async with (
            running_adapter(pbx, tmp_path / "adapter") as adapter,
            Phones(pbx, tmp_path / "phones") as phones,
        ):
            yield Lab(pbx, adapter, phones, await adapter.token("wallboard"))


async def test_who_is_called_speaks_before_it_picks_up(stage: Stage) -> None:
    """The caller hears it, the list shows ringing; it is heard on as it is picked up; a barge-in."""
    async with stage.tell("early-media-by-phone") as story:
        agent = await story.phone("0003*210")
        customer = await story.customer("0003*210")
        await agent.ringing()
        await agent.speak_early()
        await customer.hears_early()
        await wait_until_heard((customer, agent), {("777888", "0003*210")})
        await story.step("early", [view("01", "0003*210", "3", "777888", "0003*210")])
        await story.answer(agent, customer)
        await wait_until_heard((customer, agent), pairs(customer, agent))
        talking = view("01", "0003*210", "5", "777888", "0003*210")
        await story.step("talking", [talking])
        await story.visit("0003*210", "02", [talking], customer, agent)
        await story.hang_up(customer, agent)


async def test_phones_of_different_codecs_and_a_supervisor_hear_each_other(stage: Stage) -> None:
    """A-law, mu-law and A-law: the audio is translated, in a barge-in too."""
    async with stage.tell("codecs-barge-in") as story:
        agent = await story.lab.phones.callee("0003*210", name="agent", codec="alaw")
        customer = await story.customer("0003*210")
        await story.answer(agent, customer)
        await wait_until_heard((customer, agent), pairs(customer, agent))
        [call] = await story.lab.calls()
        supervisor = await story.lab.phones.callee("0003*024", name="supervisor", codec="alaw")
        await story.lab.barge_in(str(call["id"]))
        await story.answer(supervisor)
        everyone = (agent, customer, supervisor)
        await wait_until_heard(everyone, pairs(*everyone))
        await story.step(
            "joined",
            [
                view("01", "0003*210", "5", "777888", "0003*210"),
                view("02", "0003*210", "5", "0003*024", "0003*210"),
            ],
        )
        await story.hang_up(customer, agent, supervisor)


async def test_a_phone_without_a_codec_in_common_is_turned_away(stage: Stage) -> None:
    """The lab's PBX knows no G.722."""
    async with stage.tell("no-codec-in-common") as story:
        agent = await story.phone("0003*210")
        caller = await story.lab.phones.caller("0003*211", callee="0003*210", name="caller", codec="g722")
        assert (await caller.ended()).text == "488"
        await story.step("turned away")
        assert agent.journal == ()


async def test_a_supervisor_of_another_codec_joins_a_g722_call(open_lab: Lab) -> None:
    """The agent offers nothing but G.722; all three hear each other."""
    agent = await open_lab.phones.callee("0003*210", name="agent", codec="g722")
    customer = await open_lab.phones.caller("777888", callee="0003*210", name="customer", trunk=True)
    supervisor = await open_lab.phones.callee("0003*024", name="supervisor")
    await agent.ringing()
    agent.pick_up()
    await customer.answered()
    [call] = await open_lab.until_calls(
        lambda calls: [v["status"] for c in calls for v in views_of(c).values()] == ["5"]
    )
    await open_lab.barge_in(str(call["id"]))
    await supervisor.ringing()
    supervisor.pick_up()
    everyone = (agent, customer, supervisor)
    await wait_until_heard(everyone, pairs(*everyone))


async def test_audio_between_phones_comes_back_for_a_barge_in_and_leaves_again(open_lab: Lab) -> None:
    """Direct media: Asterisk sends the phones to each other, back for the supervisor, and off again."""
    called = await open_lab.phones.callee("0003*211", name="called")
    caller = await open_lab.phones.caller("0003*210", callee="0003*211", name="caller")
    await called.ringing()
    called.pick_up()
    await caller.answered()
    for phone, other in itertools.permutations((caller, called)):
        assert str(other.ear.port) in (await phone.offered()).text
    await wait_until_heard((caller, called), pairs(caller, called))
    [call] = await open_lab.calls()
    supervisor = await open_lab.phones.callee("0003*024", name="supervisor")
    answer = await open_lab.barge_in(str(call["id"]), "0003*210")
    assert answer.status == 202, code_of(answer)
    await supervisor.ringing()
    supervisor.pick_up()
    everyone = (caller, called, supervisor)
    await wait_until_heard(everyone, pairs(*everyone))
    supervisor.hang_up()
    await supervisor.ended()
    await wait_until_heard(everyone, pairs(caller, called))
