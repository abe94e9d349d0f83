"""The supervisor's phones: which of them ring and which win, what they say instead, and notice tones."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from adapter.lab import Phone, Step, running_asterisk, wait_until_heard
from adapter.lab.adapter_process import Answer, running_adapter
from adapter.lab.hears import HEARD_LEVEL
from adapter.lab.polling import poll_until, until
from adapter.lab.tones import tone_level
from tests.acceptance.harness import changed_directory, code_of, views_of
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.supervision.asking import address_of, reason_of_end, until_joined
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.self_answering import SelfAnsweringPhone
from tests.acceptance.supervision.test_modes import ACCEPTED, MODES, talking

pytestmark = pytest.mark.asyncio(loop_scope="module")

STOP_LIMIT_S = 0.5
NOTICE_HZ = 1000
NOTICE_WITHIN_S = 2.0
QUIET_S = 0.4

CHANGES = {
    'owner: "13", caller_id: "Second Supervisor <0003*025>"}': (
        'owner: "13", caller_id: "Second Supervisor <0003*025>", auto_answer: call-info}'
    ),
    "name: Other Organization": "name: Other Organization\n    notice_tone: true",
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """0003*025 has a phone that answers by itself; the other organization wants a notice tone."""
    folder = tmp_path_factory.mktemp("phones")
    directory = changed_directory(folder, CHANGES)
    async with (
        running_asterisk(folder / "asterisk") as pbx,
        running_adapter(pbx, folder / "adapter", directory=directory) as adapter,
    ):
        yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False)


# -- all of them ring --------------------------------------------------------------------------------


@pytest.mark.parametrize("winner", ["desk", "mobile"])
async def test_all_phones_of_the_supervisor_ring_and_the_first_to_answer_wins(
    stage: Stage, winner: str
) -> None:
    """The other stops ringing within 500 ms, and hears nothing."""
    async with stage.tell(f"ring-all-{winner}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        phones = {name: await story.lab.phones.callee("0003*024", name=name) for name in ("desk", "mobile")}
        accepted = await story.lab.barge_in(call_id)
        for phone in phones.values():
            await phone.ringing()
        first = phones.pop(winner)
        [other] = phones.values()
        first.pick_up()
        answered, cancelled = await first.answered(), await other.ended()
        assert cancelled.step is Step.CANCELLED
        assert cancelled.at - answered.at <= STOP_LIMIT_S
        await until_joined(story.lab, address_of(accepted))
        wanted = heard("BargeIn", supervisor=first, agent=agent, other=customer)
        await until_right((agent, customer, first, other), wanted, time.time())
        assert len(other.journal) == 2
        await story.hang_up(customer, agent, first)


async def test_all_phones_stop_ringing_when_the_call_ends(stage: Stage) -> None:
    """Within 500 ms of the customer's goodbye."""
    async with stage.tell("ring-all-over", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        phones = [await story.lab.phones.callee("0003*024", name=name) for name in ("desk", "mobile")]
        accepted = await story.lab.barge_in(call_id)
        for phone in phones:
            await phone.ringing()
        customer.hang_up()
        over = await customer.ended()
        await agent.ended()
        for phone in phones:
            cancelled = await phone.ended()
            assert cancelled.step is Step.CANCELLED
            assert cancelled.at - over.at <= STOP_LIMIT_S
        assert await reason_of_end(story.lab, address_of(accepted)) == "call_ended"


async def test_one_phone_that_is_busy_leaves_the_other_ringing(stage: Stage) -> None:
    """486 of the desk phone; the mobile is answered and joined."""
    async with stage.tell("ring-all-one-busy", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        busy = await story.lab.phones.refuser("0003*024", "486 Busy Here", name="desk")
        mobile = await story.lab.phones.callee("0003*024", name="mobile")
        accepted = await story.lab.barge_in(call_id)
        await busy.refused()
        await story.answer(mobile)
        await until_joined(story.lab, address_of(accepted))
        await story.hang_up(customer, agent, mobile)


# -- none of them joins ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "count"),
    [
        ("486 Busy Here", "pc_sendcallto_busy", 1),
        ("486 Busy Here", "pc_sendcallto_busy", 2),
        ("603 Decline", "pc_sendcallto_rejected", 1),
        ("603 Decline", "pc_sendcallto_rejected", 2),
    ],
)
async def test_phones_that_refuse_are_told_apart_alone_and_together(
    stage: Stage, words: str, code: str, count: int
) -> None:
    """One phone, or all of them behind the Local channel: the reason is that of the phones."""
    async with stage.tell(f"refuse-{words[:3]}-{count}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        for number in range(count):
            await story.lab.phones.refuser("0003*024", words, name=f"refuser {number}")
        answer = await story.lab.barge_in(call_id, wait_s=20)
        assert (answer.status, code_of(answer)) == (409, code)
        await story.hang_up(customer, agent)


async def test_a_supervisor_without_any_phone_is_unavailable_at_once(stage: Stage) -> None:
    """The Local channel has nobody to ring."""
    async with stage.tell("no-phone", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        asked = time.monotonic()
        answer = await story.lab.barge_in(call_id, wait_s=20)
        assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_unavailable")
        assert time.monotonic() - asked < 2
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("names", [["desk"], ["desk", "mobile"]], ids=["one", "two"])
async def test_phones_that_nobody_picks_up_stop_at_wait_for_pickup(stage: Stage, names: list[str]) -> None:
    """504, and they have rung for so long."""
    async with stage.tell(f"ring-out-{len(names)}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        phones = [await story.lab.phones.callee("0003*024", name=name) for name in names]
        answer = await story.lab.barge_in(call_id, wait_s=1, waitForPickup="1")
        assert (answer.status, code_of(answer)) == (504, "pc_pickup_timeout")
        for phone in phones:
            began, ended = await phone.ringing(), await phone.ended()
            assert ended.step is Step.CANCELLED
            assert abs(ended.at - began.at - 1) <= STOP_LIMIT_S
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("names", [["desk"], ["desk", "mobile"]], ids=["one", "two"])
async def test_phones_that_forward_their_calls_reach_nobody(stage: Stage, names: list[str]) -> None:
    """302 to another extension, whose phone stays silent: nobody else may hear the call."""
    async with stage.tell(f"forwards-{len(names)}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        elsewhere = await story.phone("0003*211")
        forwarders = [
            await story.lab.phones.callee("0003*024", name=name, forward_to="0003*211") for name in names
        ]
        answer = await story.lab.barge_in(call_id, wait_s=20, waitForPickup="3")
        assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_unavailable")
        for forwarder in forwarders:
            assert forwarder.journal[-1].step is Step.FORWARDED
        assert elsewhere.journal == ()
        await story.hang_up(customer, agent)


# -- answered by itself ------------------------------------------------------------------------------


@pytest.mark.parametrize("others", [[], ["desk"]], ids=["alone", "beside another"])
async def test_a_phone_that_is_told_to_answers_by_itself(stage: Stage, others: list[str]) -> None:
    """auto_answer: call-info is a header of the INVITE, and nobody has to pick up."""
    async with stage.tell(f"auto-answer-{len(others)}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        for name in others:
            await story.lab.phones.callee("0003*025", name=name)
        phone = await SelfAnsweringPhone.open()
        try:
            await story.lab.phones.register("0003*025", phone.contact)
            answer = await story.lab.barge_in(call_id, supervisor="0003*025", wait_s=10)
            assert answer.status == 200, answer.text
            assert "\r\nCall-Info: <sip:127.0.0.1>;answer-after=0\r\n" in phone.invites[0]
            for speaker in (agent, customer):
                audio = await phone.ear.listen(0.3)
                assert tone_level(audio, speaker.tone_hz) >= HEARD_LEVEL, speaker
            await story.hang_up(customer, agent)
            await until(lambda: not phone.is_talking, within=3)
        finally:
            phone.close()


async def test_a_phone_that_is_not_told_to_rings(stage: Stage) -> None:
    """The same phone at an extension without auto_answer."""
    async with stage.tell("no-auto-answer", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        phone = await SelfAnsweringPhone.open()
        try:
            await story.lab.phones.register("0003*024", phone.contact)
            answer = await story.lab.barge_in(call_id, wait_s=1, waitForPickup="1")
            assert (answer.status, code_of(answer)) == (504, "pc_pickup_timeout")
            assert "Call-Info" not in phone.invites[0]
            assert not phone.ear.packets_heard
            await story.hang_up(customer, agent)
        finally:
            phone.close()


# -- notice tone -------------------------------------------------------------------------------------


def hears_notice(phone: Phone, since: float) -> bool:
    """Whether 1000 Hz sounded at this ear for 120 ms."""
    audio = [one for at, one in phone.ear.arrived(since)]
    blocks = (audio[n : n + 6] for n in range(0, len(audio) - 5, 2))
    return any(tone_level(b"".join(block), NOTICE_HZ) >= HEARD_LEVEL for block in blocks)


async def supervised(story: Story, number: str, supervisor: str, mode: str) -> tuple[list[Phone], float]:
    """Agent, customer and supervisor, who joined after this moment."""
    agent = await story.phone(number)
    customer = await story.customer(number)
    await story.answer(agent, customer)
    [call] = await story.lab.until_calls(lambda calls: len(calls) == 1 and "answered" in calls[0])
    phone = await story.phone(supervisor)
    since = time.time()
    accepted: Answer = await story.lab.barge_in(str(call["id"]), number, supervisor=supervisor, **MODES[mode])
    assert accepted.status == ACCEPTED, accepted.text
    await story.answer(phone)
    await until_joined(story.lab, address_of(accepted))
    return [agent, customer, phone], since


@pytest.mark.parametrize("mode", ["Monitor", "BargeIn"])
async def test_both_parties_hear_a_tone_where_their_organization_wants_it(stage: Stage, mode: str) -> None:
    """Once, when the supervisor joins; then all is as in the mode, and the list shows no more than that."""
    other = replace(stage, token=await stage.adapter.token("stranger"))
    async with other.tell(f"notice-{mode.lower()}", is_traced=False) as story:
        phones, since = await supervised(story, "0004*300", "0004*301", mode)
        agent, customer, supervisor = phones

        assert await poll_until(lambda: all_hear_notice([agent, customer], since), NOTICE_WITHIN_S)
        wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
        quiet_at = await quiet_again(phones)
        await until_right(phones, wanted, quiet_at)
        assert not any(hears_notice(party, quiet_at) for party in (agent, customer))
        [call] = await story.lab.calls()
        assert set(views_of(call)) == {"01", "02"}
        await story.hang_up(customer, agent, supervisor)


async def test_who_comes_into_a_conversation_that_is_supervised_hears_a_tone(stage: Stage) -> None:
    """Each member of a conference once, on its way in or when the supervisor joins."""
    other = replace(stage, token=await stage.adapter.token("stranger"))
    async with other.tell("notice-conference", is_traced=False) as story:
        first = await story.dialing("0004*300", "0003*600")
        second = await story.customer("0003*600")
        assert await story.hears("ConfbridgeJoin", 2)
        [call] = await story.lab.until_calls(lambda calls: len(calls) == 1)
        supervisor = await story.phone("0004*301")
        since = time.time()
        accepted = await story.lab.barge_in(
            str(call["id"]), "0004*300", supervisor="0004*301", action="Monitor"
        )
        assert accepted.status == ACCEPTED, accepted.text
        await story.answer(supervisor)
        members = [first, second]
        assert await poll_until(lambda: all_hear_notice(members, since), NOTICE_WITHIN_S)
        since = await quiet_again([*members, supervisor])
        third = await story.customer("0003*600", "777889")
        assert await poll_until(lambda: all_hear_notice([third], since), NOTICE_WITHIN_S)
        await quiet_again([*members, third, supervisor])
        assert not any(hears_notice(member, since) for member in members)
        assert (await until_joined(story.lab, address_of(accepted)))["action"] == "Monitor"
        await story.hang_up(supervisor)
        for member in (*members, third):
            await story.hang_up(member)


def all_hear_notice(phones: list[Phone], since: float) -> bool | None:
    return all(hears_notice(phone, since) for phone in phones) or None


async def quiet_again(phones: list[Phone]) -> float:
    """When the notice was over: a moment after which nobody heard it for QUIET_S."""
    since = time.time()

    def look() -> bool | None:
        nonlocal since
        if any(hears_notice(phone, since) for phone in phones):
            since = time.time()
        return True if time.time() - since > QUIET_S else None

    assert await poll_until(look, NOTICE_WITHIN_S), "it does not end"
    return since


async def test_without_the_wish_nobody_hears_a_tone(stage: Stage) -> None:
    """The first organization says nothing of it."""
    async with stage.tell("no-notice", is_traced=False) as story:
        phones, since = await supervised(story, "0003*210", "0003*024", "BargeIn")
        agent, customer, supervisor = phones
        await wait_until_heard(phones, heard("BargeIn", supervisor=supervisor, agent=agent, other=customer))
        await until(lambda: time.time() > since + 1.5, within=2)
        assert not any(hears_notice(party, since) for party in phones)
        await story.hang_up(customer, agent, supervisor)
