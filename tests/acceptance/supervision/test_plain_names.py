"""A PBX whose endpoints have plain names, and people with several devices: every guard holds there."""

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapter.lab import Phone, running_asterisk
from adapter.lab.adapter_process import running_adapter
from adapter.lab.hears import HEARD_LEVEL
from adapter.lab.tones import tone_level
from tests.acceptance.harness import changed_directory, code_of, views_of
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.supervision.asking import address_of, reason_of_end, until_joined
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_modes import ACCEPTED
from tests.acceptance.supervision.test_nobody_else import PACKET_MS, assert_deaf, each_other, not_looking
from tests.acceptance.transfers.pbx_changes import reconfigure

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGENT, SECOND, SUPERVISOR, APP, EXEMPT = "24", "9924", "acme-30", "acme-30-mobile", "31"
"""Endpoints: the agent's two, the supervisor's two, and one of somebody who is never supervised."""

ENDPOINTS = "".join(
    f"[{name}](phone)\naors = {name}\ncallerid = Plain <{name}>\n[{name}](contacts)\n"
    for name in (AGENT, SECOND, SUPERVISOR, APP, EXEMPT, "9931", "30")
)

DIALPLAN = f"""[phones]
exten => {AGENT},1,Dial(PJSIP/{AGENT}&PJSIP/{SECOND},60)
 same => n,Hangup()
exten => 31,1,Dial(PJSIP/31,60)
exten => 9931,1,Dial(PJSIP/9931,60)
exten => 30,1,Dial(PJSIP/{SUPERVISOR},60)
exten => 211,1,Dial(PJSIP/0003*211,60)
"""

LOCAL = """[from-internal]
exten => 30,1,Dial(PJSIP/30,20,g)
 same => n,Answer()
 same => n,MixMonitor(voicemail.ulaw)
 same => n,Wait(20)
exten => 32,1,Dial(PJSIP/0003*211,20)
"""

CHANGES = {
    'number: "0003*210", type: phone terminal': (
        f'number: "0003*210", type: phone terminal, devices: [PJSIP/{AGENT}, pjsip/{SECOND}]'
    ),
    'number: "0003*024", type: phone terminal': (
        f'number: "0003*024", type: phone terminal, devices: [PJSIP/{SUPERVISOR}, PJSIP/{APP}]'
    ),
    'number: "0003*025", type: phone terminal': (
        'number: "0003*025", type: phone terminal, dial: Local/30@from-internal/n, devices: [PJSIP/30]'
    ),
    'number: "0003*21", type: phone terminal': (
        'number: "0003*21", type: phone terminal, dial: Local/32@from-internal/n, devices: [PJSIP/32]'
    ),
    'number: "0003*026", type: phone terminal': (
        'number: "0003*026", type: phone terminal, never_supervised: true, devices: [PJSIP/31, PJSIP/9931]'
    ),
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """An ordinary PBX: the directory's numbers are nowhere in its configuration."""
    folder = tmp_path_factory.mktemp("plain-names")
    directory = changed_directory(folder, CHANGES)
    async with running_asterisk(folder / "asterisk") as pbx:
        trunk = "; -------------------------------------------------------------------- trunks\n"
        await reconfigure(
            pbx,
            {
                "pjsip.conf": (trunk, ENDPOINTS + trunk),
                "extensions.conf": ("[phones]\n", LOCAL + DIALPLAN),
            },
        )
        await reconfigure(pbx, {"extensions.conf": ("[from-trunk]\n", "[from-trunk]\ninclude => phones\n")})
        async with running_adapter(pbx, folder / "adapter", directory=directory) as adapter:
            yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False)


async def talking(story: Story, answers: str = AGENT) -> tuple[Phone, Phone, str]:
    """The agent on this device, a customer, and the id of their call."""
    agent = await story.phone(answers)
    customer = await story.customer(AGENT)
    await story.answer(agent, customer)
    [call] = await story.lab.calls("@me/0003*210")
    return agent, customer, str(call["id"])


@pytest.mark.parametrize("device", [AGENT, SECOND])
@pytest.mark.parametrize("ear", [SUPERVISOR, APP])
async def test_a_call_on_any_device_is_joined_on_any_device(stage: Stage, device: str, ear: str) -> None:
    """The agent answers on either of two; both of the supervisor's ring, and who answers is joined."""
    async with stage.tell(f"plain-{device}-{ear}", is_traced=False) as story:
        agent, customer, call_id = await talking(story, device)
        rung = {name: await story.phone(name) for name in (SUPERVISOR, APP)}
        accepted = await story.lab.barge_in(call_id)
        assert accepted.status == ACCEPTED, accepted.text
        for phone in rung.values():
            await phone.ringing()
        first = rung.pop(ear)
        first.pick_up()
        await first.answered()
        [other] = rung.values()
        await other.ended()
        await until_joined(story.lab, address_of(accepted))
        wanted = heard("BargeIn", supervisor=first, agent=agent, other=customer)
        await until_right((agent, customer, first), wanted, time.time())
        await story.hang_up(customer, agent, first)


@pytest.mark.parametrize("watch", [True, False], ids=["looking", "unseen"])
async def test_whom_a_supervisor_puts_in_its_place_hears_nobody(stage: Stage, *, watch: bool) -> None:
    """An attended transfer of an endpoint with a plain name, the adapter running or stopped."""
    async with stage.tell(f"plain-transfer-{watch}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        other = await story.phone("0003*211")
        supervisor = await story.phone(SUPERVISOR)
        accepted = await story.lab.barge_in(call_id)
        await story.answer(supervisor)
        await until_joined(story.lab, address_of(accepted))
        consultation = await story.lab.phones.caller(SUPERVISOR, callee="211", name="consultation")
        await story.answer(other, consultation)
        since = time.time()
        if watch:
            await supervisor.transfer_to(consultation)
            await other.ended()
        else:
            with not_looking(stage.adapter):
                await supervisor.transfer_to(consultation)
                await other.ended()
        assert await reason_of_end(story.lab, address_of(accepted)) == "taken"
        assert_deaf(other, (agent, customer), since, but_ms=PACKET_MS)
        await until_right((agent, customer), each_other(agent, customer), time.time())
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("device", ["31", "9931"])
async def test_who_is_never_supervised_is_not_on_any_device(stage: Stage, device: str) -> None:
    """Also where it answers on the second."""
    async with stage.tell(f"plain-never-{device}", is_traced=False) as story:
        agent, customer = await story.phone(device), await story.customer(device)
        await story.answer(agent, customer)
        [call] = await story.lab.calls("@me/0003*026")
        answer = await story.lab.barge_in(str(call["id"]), "0003*026")
        assert answer.status == 403, answer.text
        await story.hang_up(customer, agent)


async def test_who_takes_part_on_the_second_device_cannot_supervise(stage: Stage) -> None:
    """The supervisor is a party to the call, whichever device it talks on."""
    async with stage.tell("plain-party", is_traced=False) as story:
        agent = await story.phone(AGENT)
        caller = await story.dialing(APP, AGENT)
        await story.answer(agent, caller)
        [call] = await story.lab.calls("@me/0003*210")
        shown = {str(view["extension"]): view_id for view_id, view in views_of(call).items()}
        answer = await story.lab.barge_in(str(call["id"]), phoneCallViewId=shown["0003*210"])
        assert (answer.status, code_of(answer)) == (400, "pc_sendcallto_invalid")
        await story.hang_up(caller, agent)


@pytest.mark.parametrize(("supervisor", "stranger"), [("0003*025", None), ("0003*21", "0003*211")])
async def test_what_answers_a_local_channel_and_is_no_own_device_hears_nobody(
    stage: Stage, supervisor: str, stranger: str | None
) -> None:
    """Voicemail, or somebody else's phone: hung up before it has heard a packet."""
    async with stage.tell(f"plain-local-{supervisor[5:]}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        since = time.time()
        other = None if stranger is None else await story.phone(stranger)
        accepted = await story.lab.barge_in(call_id, supervisor=supervisor)
        assert accepted.status == ACCEPTED, accepted.text
        if other is not None:
            await other.ringing()
            other.pick_up()
            await other.ended()
            assert_deaf(other, (agent, customer), since)
        await reason_of_end(story.lab, address_of(accepted))
        assert story.told("ChanSpyStart") == 0
        if other is None:  # hung up as soon as it has answered, it may not even have begun to record
            recorded = stage.pbx.folder / "spool" / "monitor" / "voicemail.ulaw"
            audio = recorded.read_bytes() if recorded.exists() else b""
            assert all(tone_level(audio, phone.tone_hz) < HEARD_LEVEL for phone in (agent, customer))
        await story.hang_up(customer, agent)


async def test_a_local_channel_is_joined_by_an_own_device_and_by_nothing_after_it(stage: Stage) -> None:
    """All hear all; when the phone has hung up, the voicemail that the dialplan goes on to is ended, too."""
    async with stage.tell("plain-local-own", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("30")
        accepted = await story.lab.barge_in(call_id, supervisor="0003*025")
        await story.answer(supervisor)
        await until_joined(story.lab, address_of(accepted))
        wanted = heard("BargeIn", supervisor=supervisor, agent=agent, other=customer)
        await until_right((agent, customer, supervisor), wanted, time.time())
        supervisor.hang_up()
        await supervisor.ended()
        assert await reason_of_end(story.lab, address_of(accepted)) == "supervisor_left"
        assert await story.hears("ChanSpyStop")
        await until_right((agent, customer), each_other(agent, customer), time.time())
        await story.hang_up(customer, agent)
