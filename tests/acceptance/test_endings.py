"""How a barge-in fails and ends on a real PBX: the answer, the phone, and how fast."""

import asyncio
import time

from adapter.lab import Phone, Step, wait_until_heard
from adapter.lab.polling import until, until_seen
from tests.acceptance.harness import Lab, code_of, views_of

STOP_LIMIT_S = 0.5
"""How soon after its cause a ringing must have stopped."""


async def rings_for(phone: Phone) -> float:
    """How long the phone rang before its call was over, in seconds."""
    began = await phone.ringing()
    ended = await phone.ended(within=10)
    assert ended.step is Step.CANCELLED
    return ended.at - began.at


async def test_a_busy_supervisor_is_told_as_busy(lab: Lab) -> None:
    """486 at the phone: 409 pc_sendcallto_busy, and the call goes on."""
    talk = await lab.talk()
    await lab.phones.refuser("0003*024", "486 Busy Here")
    answer = await lab.barge_in(talk.call_id, wait_s=20)
    assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_busy")
    assert set(views_of((await lab.calls())[0])) == {"01"}


async def test_a_supervisor_who_declines_is_told_as_rejected(lab: Lab) -> None:
    """603 at the phone: 409 pc_sendcallto_rejected."""
    talk = await lab.talk()
    await lab.phones.refuser("0003*024", "603 Decline")
    answer = await lab.barge_in(talk.call_id, wait_s=20)
    assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_rejected")


async def test_an_unregistered_supervisor_is_told_as_unavailable_at_once(lab: Lab) -> None:
    """No contact: 409 pc_sendcallto_unavailable without waiting for the pickup limit."""
    talk = await lab.talk()
    asked = time.monotonic()
    answer = await lab.barge_in(talk.call_id, wait_s=20)
    assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_unavailable")
    assert time.monotonic() - asked < 2


async def test_a_phone_that_is_gone_without_a_goodbye_is_told_as_unavailable(lab: Lab) -> None:
    """Registered, but nothing listens at its address: it never rang, so it is unavailable, not slow."""
    talk = await lab.talk()
    await lab.phones.register("0003*024")
    answer = await lab.barge_in(talk.call_id, wait_s=2, waitForPickup=2)
    assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_unavailable")


async def test_ringing_stops_at_wait_for_pickup(lab: Lab) -> None:
    """Nobody picks up: the phone stops ringing at waitForPickup, and the waiting request is told so."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    answer, rang_s = await asyncio.gather(
        lab.barge_in(talk.call_id, wait_s=2, waitForPickup="2"), rings_for(supervisor)
    )
    assert 2 - STOP_LIMIT_S <= rang_s <= 2 + STOP_LIMIT_S
    assert (answer.status, code_of(answer)) == (504, "pc_pickup_timeout")
    assert set(views_of((await lab.calls())[0])) == {"01"}


async def test_ringing_stops_when_the_call_ends(lab: Lab) -> None:
    """The agent hangs up while the supervisor's phone rings: it stops, and there is no call to return."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")

    async def hang_up_and_time() -> float:
        await supervisor.ringing()
        talk.callee.hang_up()
        call_over = await talk.callee.ended()
        cancelled = await supervisor.ended()
        assert cancelled.step is Step.CANCELLED
        return cancelled.at - call_over.at

    answer, late_s = await asyncio.gather(lab.barge_in(talk.call_id, wait_s=20), hang_up_and_time())
    assert late_s <= STOP_LIMIT_S
    assert (answer.status, answer.text) == (204, "")


async def test_ringing_stops_when_the_customer_ends_the_call(lab: Lab) -> None:
    """The far party hangs up: the same, without anybody waiting for the answer."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    assert (await lab.barge_in(talk.call_id)).status == 202
    await supervisor.ringing()
    talk.caller.hang_up()
    call_over = await talk.caller.ended()
    cancelled = await supervisor.ended()
    assert cancelled.step is Step.CANCELLED
    assert cancelled.at - call_over.at <= STOP_LIMIT_S


async def test_a_call_that_ended_cannot_be_barged_in_on(lab: Lab) -> None:
    """A stale id is refused, and no phone rings."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    talk.callee.hang_up()
    await lab.until_calls(lambda calls: calls == [])
    answer = await lab.barge_in(talk.call_id)
    assert (answer.status, code_of(answer)) == (400, "pc_phonecall_invalid")
    assert supervisor.journal == ()


async def test_a_call_that_still_rings_cannot_be_barged_in_on(lab: Lab) -> None:
    """There is no conversation yet: the view is refused until its extension is on the call."""
    agent = await lab.phones.callee("0003*210", name="agent")
    await lab.phones.caller("777888", callee="0003*210", name="customer", trunk=True)
    await agent.ringing()
    [call] = await lab.until_calls(
        lambda calls: [v["status"] for c in calls for v in views_of(c).values()] == ["3"]
    )
    answer = await lab.barge_in(str(call["id"]))
    assert (answer.status, code_of(answer)) == (400, "pc_phonecallview_invalid")


async def test_the_call_goes_on_untouched_when_the_supervisor_hangs_up_at_once(lab: Lab) -> None:
    """Picked up and put down: the two parties talk on, and the supervisor hears nothing."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    await lab.barge_in(talk.call_id)
    await supervisor.ringing()
    supervisor.pick_up()
    await supervisor.answered()
    supervisor.hang_up()
    await supervisor.ended()
    await lab.until_views(talk.call_id, {"01"})
    both = {(talk.caller.name, talk.callee.name), (talk.callee.name, talk.caller.name)}
    await wait_until_heard((talk.caller, talk.callee, supervisor), both)


async def test_an_asterisk_that_is_killed_is_noticed_and_found_again_empty(lab: Lab) -> None:
    """503 with Retry-After while it is away, then an empty list; nothing is sent late."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    await lab.pbx.kill()

    async def status() -> int:
        return (await lab.adapter.request("GET", "/uapi/phoneCalls/@me/@self", token=lab.token)).status

    await until_seen(status, lambda status: status == 503)
    answer = await lab.barge_in(talk.call_id)
    assert (answer.status, code_of(answer)) == (503, "service_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    await lab.pbx.start()
    await until_seen(status, lambda status: status != 503, within=20)
    assert await lab.calls() == []
    answer = await lab.barge_in(talk.call_id)
    assert (answer.status, code_of(answer)) == (400, "pc_phonecall_invalid")
    assert supervisor.journal == ()


async def test_sigterm_stops_the_ringing_and_answers_who_waits(lab: Lab) -> None:
    """The adapter's end leaves no phone ringing that nobody would stop."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")

    async def stop_adapter() -> None:
        await supervisor.ringing()
        lab.adapter.process.terminate()

    answer, _ = await asyncio.gather(lab.barge_in(talk.call_id, wait_s=20), stop_adapter())
    assert (answer.status, code_of(answer)) == (503, "service_unavailable")
    assert (await supervisor.ended()).step is Step.CANCELLED
    await until(lambda: lab.adapter.process.returncode is not None, within=3)
    assert lab.adapter.process.returncode == 0
