"""A spied call in which no audio flows: ChanSpy ignores its end. The supervisor is cut off all the same."""

import signal
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapter.lab import Phone, running_asterisk
from adapter.lab.adapter_process import running_adapter
from adapter.lab.hears import who_hears_whom
from adapter.lab.polling import until
from tests.acceptance.harness import changed_directory
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.supervision.asking import address_of, reason_of_end, until_joined, until_told
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_modes import ACCEPTED, MODES, OK, talking
from tests.acceptance.supervision.test_nobody_else import assert_deaf, each_other
from tests.acceptance.transfers.pbx_changes import reconfigure

pytestmark = pytest.mark.asyncio(loop_scope="module")

CUT_OFF_WITHIN_S = 0.5
COLLEAGUE = "0003*211"
SUPERVISOR, NO_PHONE = '"0003*024", type: phone terminal', '"0003*024", type: queue'


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """A PBX with the dialplan include or without, and a directory that a test may change."""
    folder = tmp_path_factory.mktemp("silence")
    directory = changed_directory(folder, {SUPERVISOR: SUPERVISOR})
    async with running_asterisk(folder / "asterisk") as pbx:
        if getattr(request, "param", "include") == "no include":
            await reconfigure(pbx, {"extensions.conf": ("#include uapi-dialplan.conf", "")})
        async with running_adapter(pbx, folder / "adapter", directory=directory) as adapter:
            yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False)


async def silent(story: Story, mode: str) -> tuple[Phone, Phone, Phone, str, str]:
    """Agent, customer and supervisor, joined; then the two are mute. And call and supervision."""
    agent, customer, call_id = await talking(story)
    supervisor = await story.phone("0003*024")
    accepted = await story.lab.barge_in(call_id, **MODES[mode])
    assert accepted.status == ACCEPTED, accepted.text
    await story.answer(supervisor)
    await until_joined(story.lab, address_of(accepted))
    wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
    await until_right((agent, customer, supervisor), wanted, time.time())
    await agent.mute()
    await customer.mute()
    await until_silent(agent, customer, supervisor)
    return agent, customer, supervisor, call_id, address_of(accepted)


async def until_silent(agent: Phone, customer: Phone, supervisor: Phone) -> None:
    """Nothing of the two is on its way any more."""
    phones = (agent, customer, supervisor)
    while any(speaker is not supervisor for _, speaker in await _heard(phones)):
        pass


async def _heard(phones: tuple[Phone, ...]) -> set[tuple[Phone, Phone]]:
    by_name = {phone.name: phone for phone in phones}
    table = await who_hears_whom(phones)
    return {(by_name[listener], by_name[speaker]) for listener, speaker in table.pairs}


async def until_audio_is_back(agent: Phone, customer: Phone, *deaf: Phone) -> None:
    """The two talk again; none of the others hears them, nor is heard, from the first packet on."""
    since = time.time()
    await agent.unmute()
    await customer.unmute()
    await until_right((agent, customer), each_other(agent, customer), since)
    for phone in deaf:
        assert_deaf(phone, (agent, customer), since)


async def views_of_call(story: Story) -> int:
    [call] = await story.lab.calls()
    views = call["phoneCallView"]
    assert isinstance(views, list)
    return len(views)


@pytest.mark.parametrize("mode", MODES)
async def test_delete_cuts_the_supervisor_off_at_once(stage: Stage, mode: str) -> None:
    """The phone is hung up, the view is gone, and the answer comes without waiting for audio."""
    async with stage.tell(f"silent-delete-{mode.lower()}", is_traced=False) as story:
        agent, customer, supervisor, call_id, address = await silent(story, mode)
        asked_at = time.time()
        answer = await stage.adapter.request(
            "DELETE", f"/uapi/phoneCalls/@me/0003*210/{call_id}?phoneNumber=0003*024", token=stage.token
        )
        assert answer.status == OK, answer.text
        await supervisor.ended()
        assert time.time() - asked_at < CUT_OFF_WITHIN_S
        assert await reason_of_end(story.lab, address) == "ended_by_request"
        assert await views_of_call(story) == 1
        await until_audio_is_back(agent, customer, supervisor)
        await story.hang_up(customer, agent)


async def test_a_supervisor_that_hangs_up_has_left_at_once(stage: Stage) -> None:
    """It is free for another call, and the list does not show it any more."""
    async with stage.tell("silent-bye", is_traced=False) as story:
        agent, customer, supervisor, call_id, address = await silent(story, "BargeIn")
        await story.hang_up(supervisor)
        assert await reason_of_end(story.lab, address) == "supervisor_left"
        assert await views_of_call(story) == 1
        again = await story.lab.barge_in(call_id, **MODES["Monitor"])
        assert again.status == ACCEPTED, again.text
        await story.answer(supervisor)
        await until_joined(story.lab, address_of(again))
        await agent.unmute()
        await customer.unmute()
        wanted = heard("Monitor", supervisor=supervisor, agent=agent, other=customer)
        await until_right((agent, customer, supervisor), wanted, time.time())
        await story.hang_up(customer, agent)


async def test_a_right_that_is_taken_away_ends_it_at_once(stage: Stage) -> None:
    """The supervisor's extension is no phone terminal any more."""
    async with stage.tell("silent-right", is_traced=False) as story:
        agent, customer, supervisor, _, address = await silent(story, "Monitor")
        directory = stage.folder / "directory.yaml"
        text = directory.read_text()
        directory.write_text(text.replace(SUPERVISOR, NO_PHONE))
        try:
            stage.adapter.process.send_signal(signal.SIGHUP)
            assert await reason_of_end(story.lab, address) == "not_allowed"
            await supervisor.ended(CUT_OFF_WITHIN_S)
        finally:
            directory.write_text(text)
            stage.adapter.process.send_signal(signal.SIGHUP)
            await until(lambda: stage.adapter.log.count("the directory was reloaded") >= 2, within=3)
        await until_audio_is_back(agent, customer, supervisor)
        await story.hang_up(customer, agent)


async def test_whom_a_supervisor_puts_in_its_place_hears_nobody(stage: Stage) -> None:
    """An attended transfer, while there is nothing to hear: it is hung up before there is."""
    async with stage.tell("silent-replaced", is_traced=False) as story:
        agent, customer, supervisor, _, address = await silent(story, "BargeIn")
        other = await story.phone(COLLEAGUE)
        consultation = await story.lab.phones.caller("0003*024", callee=COLLEAGUE, name="consultation")
        await story.answer(other, consultation)
        await supervisor.transfer_to(consultation)
        assert await reason_of_end(story.lab, address) == "taken"
        await other.ended(CUT_OFF_WITHIN_S)
        await until_audio_is_back(agent, customer, other)
        await story.hang_up(customer, agent)


async def test_a_switch_waits_for_audio_and_can_be_ended_before(stage: Stage) -> None:
    """Until there is some the supervision is re-attaching, and unheard; then it is as it was asked for."""
    async with stage.tell("silent-switch", is_traced=False) as story:
        agent, customer, supervisor, call_id, address = await silent(story, "BargeIn")
        switched = await story.lab.barge_in(call_id, **MODES["Monitor"])
        assert switched.status == ACCEPTED, switched.text
        told = await until_told(story.lab, address, lambda told: told["state"] == "re-attaching")
        assert told["action"] == "BargeIn"
        await until_right((agent, customer, supervisor), set(), time.time())
        await agent.unmute()
        await customer.unmute()
        wanted = heard("Monitor", supervisor=supervisor, agent=agent, other=customer)
        await until_right((agent, customer, supervisor), wanted, time.time())
        await until_told(
            story.lab, address, lambda told: (told["state"], told["action"]) == ("joined", "Monitor")
        )
        await agent.mute()
        await customer.mute()
        await until_silent(agent, customer, supervisor)
        assert (await story.lab.barge_in(call_id, **MODES["BargeIn"])).status == ACCEPTED
        answer = await stage.adapter.request(
            "DELETE", f"/uapi/phoneCalls/@me/0003*210/{call_id}?phoneNumber=0003*024", token=stage.token
        )
        assert answer.status == OK, answer.text
        await supervisor.ended(CUT_OFF_WITHIN_S)
        await until_audio_is_back(agent, customer, supervisor)
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("how", ["asked", "hangs up"])
@pytest.mark.parametrize("stage", ["no include"], indirect=True)
async def test_without_the_include_a_supervisor_is_deaf_and_unheard_at_once(stage: Stage, how: str) -> None:
    """Its phone, on which ChanSpy runs, is hung up when audio comes back: not one packet of that is heard."""
    async with stage.tell(f"silent-bare-{how[0]}", is_traced=False) as story:
        agent, customer, supervisor, call_id, address = await silent(story, "BargeIn")
        if how == "asked":
            answer = await stage.adapter.request(
                "DELETE", f"/uapi/phoneCalls/@me/0003*210/{call_id}?phoneNumber=0003*024", token=stage.token
            )
            assert answer.status == 503, answer.text
            assert await reason_of_end(story.lab, address) == "ended_by_request"
        else:
            await story.hang_up(supervisor)
        await until_audio_is_back(agent, customer, supervisor)
        await supervisor.ended(CUT_OFF_WITHIN_S)
        await story.hang_up(customer, agent)
