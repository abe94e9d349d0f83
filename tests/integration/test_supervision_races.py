"""What happens in the middle of a supervision: a break, a second request, a pick-up, an end."""

import asyncio
import logging
from pathlib import Path

import pytest

from adapter.callcontrol import hang_up
from adapter.callcontrol.supervision import request, restarting
from adapter.http import idempotency
from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi, ReceivedAction, drop
from adapter.lab.fake_ami_events import FakeChannel, FakeState
from adapter.lab.polling import until, until_seen
from tests.integration.harness import REQUEST, Service, code_of, running_service, until_taken
from tests.integration.supervising import (
    AGENT,
    SECOND,
    SUPERVISOR,
    come_in,
    earlier_spy,
    hang_up_phone,
    holding,
    in_hand,
    joined,
    leaving,
    make_internal,
    once,
    phones,
    put_phone_behind,
    rung,
    runs,
    said,
    until_ended,
    until_hung_up,
    until_said,
)

SOON_S = 3.0


@pytest.fixture
def has_include() -> bool:
    """The adapter stands beside an Asterisk with the dialplan include."""
    return True


# -- switches ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost_at", ["Setvar", "Redirect"])
async def test_a_switch_lost_with_the_link_is_not_told_before_asterisk_was_told_again(
    service: Service, ami: FakeAmi, lost_at: str
) -> None:
    """It still runs the barge-in: that is what is said, and who waits is not answered, until it changes."""
    uniqueid = await joined(service, ami)
    connections = len(ami.connections)

    def lose(action: ReceivedAction) -> None:
        ami.scripts["Redirect"] = held.append
        drop(action)

    held: list[ReceivedAction] = []
    once(ami, lost_at, lose)
    waiting = asyncio.create_task(service.barge_in(action="Monitor", wait_s=10))
    await service.until_synced(ami, connections)
    await until(lambda: held)
    assert runs(ami, uniqueid) == "quBE"
    assert (await said(service, uniqueid))["action"] == "BargeIn"
    assert not waiting.done()
    del ami.scripts["Redirect"]
    ami.redirect(held[0])
    answer = await waiting
    assert (answer.status, runs(ami, uniqueid)) == (200, "quE")
    await until_said(service, uniqueid, state="joined", action="Monitor")


async def test_two_switches_within_a_re_attach_end_joined_as_was_wanted_last(
    service: Service, ami: FakeAmi
) -> None:
    """The first is overtaken before Asterisk has done it."""
    uniqueid = await joined(service, ami)
    held = holding(ami, "Redirect")
    first = asyncio.create_task(service.barge_in(action="Whisper", wait_s=1))
    await until(lambda: held)
    call_id = await service.call_id()
    [second] = await in_hand(service, service.barge_in(call_id, action="Monitor", wait_s=5))
    assert (await said(service, uniqueid))["state"] == "re-attaching"
    del ami.scripts["Redirect"]
    ami.redirect(held[0])
    assert (await second).status == 200
    await until_said(service, uniqueid, state="joined", action="Monitor")
    assert runs(ami, uniqueid) == "quE"
    assert code_of(await first) == "pc_supervision_switched"


async def test_a_switch_to_the_other_side_and_back_within_a_re_attach_ends_joined_where_it_was(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """What it is joined to in between was wanted a moment ago: that ends nothing."""
    ami.has_include = True
    make_internal(ami, agent)
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        [call] = await service.calls(f"@me/{AGENT}")
        view_of = {view["extension"]: view["id"] for view in call["phoneCallView"]}
        uniqueid = await joined(service, ami, phoneCallViewId=view_of[AGENT])
        held = holding(ami, "Redirect")
        away = asyncio.create_task(
            service.barge_in(call["id"], f"@me/{SECOND}", phoneCallViewId=view_of[SECOND])
        )
        await until(lambda: held)
        back = asyncio.create_task(
            service.barge_in(call["id"], action="Monitor", wait_s=5, phoneCallViewId=view_of[AGENT])
        )
        await until_said(service, uniqueid, extension=AGENT)
        del ami.scripts["Redirect"]
        ami.redirect(held[0])
        assert (await back).status == 200
        assert (await away).status == 202
        await until_said(service, uniqueid, state="joined", action="Monitor", extension=AGENT)
        assert ami.pbx.channels[uniqueid].data == f"{agent.uniqueid},quE"


async def test_a_mode_told_too_late_for_the_pick_up_is_told_again_at_the_join(
    service: Service, ami: FakeAmi
) -> None:
    """The phone was picked up before the first Setvar, and spies as it was told first."""
    assert (await service.barge_in()).status == 202
    uniqueid = await rung(ami)

    def come_late(action: ReceivedAction) -> None:
        if ami.pbx.channels[uniqueid].state is FakeState.RINGING:
            ami.pbx.pick_up(uniqueid)
        ami.set_variable(action)

    ami.scripts["Setvar"] = come_late
    waiting = asyncio.create_task(service.barge_in(action="Monitor", wait_s=5))
    await until_taken(ami, "Setvar", 3)
    await until_said(service, uniqueid, state="answered")
    held = holding(ami, "Redirect")
    ami.pbx.join(uniqueid)
    await until(lambda: held)
    assert runs(ami, uniqueid) == "quBE"
    assert not waiting.done()
    ami.redirect(held[0])
    assert (await waiting).status == 200
    await until_said(service, uniqueid, state="joined", action="Monitor")
    assert runs(ami, uniqueid) == "quE"


async def test_a_mode_that_is_taken_back_around_the_pick_up_is_told_again_at_the_join(
    service: Service, ami: FakeAmi
) -> None:
    """It was picked up in the middle of what was told: which of the two it begins with is not known."""
    assert (await service.barge_in()).status == 202
    uniqueid = await rung(ami)

    def pick_up_meanwhile(action: ReceivedAction) -> None:
        if action["Variable"] == "UAPI_STAYS":
            ami.pbx.pick_up(uniqueid)
        ami.set_variable(action)

    ami.scripts["Setvar"] = pick_up_meanwhile
    there = asyncio.create_task(service.barge_in(action="Monitor"))
    await until_said(service, uniqueid, state="answered")
    assert runs(ami, uniqueid) == "quE"
    del ami.scripts["Setvar"]
    call_id = await service.call_id()
    [back] = await in_hand(service, service.barge_in(call_id, wait_s=5))
    ami.pbx.join(uniqueid)
    assert [(await one).status for one in (there, back)] == [202, 200]
    await until(lambda: runs(ami, uniqueid) == "quBE")
    await until_said(service, uniqueid, state="joined", action="BargeIn")


async def test_a_mode_told_while_the_phone_rings_is_told_once_more_when_it_is_joined(
    service: Service, ami: FakeAmi
) -> None:
    """Whether ChanSpy read what it was told before or after nobody can tell."""
    assert (await service.barge_in()).status == 202
    uniqueid = await rung(ami)
    waiting = asyncio.create_task(service.barge_in(action="Monitor", wait_s=5))
    await until_said(service, uniqueid, state="ringing", action="Monitor")
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    assert (await waiting).status == 200
    await until_taken(ami, "Redirect")
    assert runs(ami, uniqueid) == "quE"


@pytest.mark.parametrize("wait_s", [None, 5])
async def test_a_switch_of_a_supervision_that_was_found_is_answered_though_the_call_ends(
    ami: FakeAmi, agent: FakeChannel, directory: Path, wait_s: int | None
) -> None:
    """It has no originate whose answer could be awaited."""
    ami.has_include = True
    spy = earlier_spy(agent.uniqueid)
    ami.pbx.channels[spy.uniqueid] = spy
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        await until_said(service, spy.uniqueid, state="joined")
        call_id = await service.call_id()
        await until_taken(ami, "Redirect")  # it begins anew, its other side not being known
        held = holding(ami, "Redirect")
        async with asyncio.timeout(SOON_S):
            waiting = asyncio.create_task(service.barge_in(call_id, action="Monitor", wait_s=wait_s))
            await until(lambda: held)
            for one in (agent.uniqueid, agent.linkedid):
                ami.pbx.hang_up(one)
            answer = await waiting
        assert answer.status == (202 if wait_s is None else 204)


async def test_a_switch_that_is_refused_leaves_all_as_it_was(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Without the include neither the mode nor whom it follows nor who asked is another."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        uniqueid = await joined(service, ami, follow="call")
        before = await said(service, uniqueid)
        answer = await service.barge_in(client="operator", action="Monitor", follow="extension")
        assert (answer.status, code_of(answer)) == (409, "pc_switch_unavailable")
        assert await said(service, uniqueid) == before
        assert (before["follow"], before["app"], before["action"]) == ("call", "wallboard", "BargeIn")


# -- a supervisor who is just leaving -----------------------------------------------------------------


async def test_a_put_waits_for_a_supervisor_who_is_just_leaving_and_rings_again(
    service: Service, ami: FakeAmi
) -> None:
    """ChanSpy has ended, its channel not yet: to be answered as joined would be to be answered nothing."""
    uniqueid = await joined(service, ami)
    call_id = await service.call_id()
    await leaving(service, ami, uniqueid)
    [again] = await in_hand(service, service.barge_in(call_id))
    assert not again.done()
    ami.pbx.hang_up(uniqueid)
    assert (await again).status == 202
    assert await rung(ami, 2) != uniqueid


async def test_a_put_that_waited_for_who_leaves_is_planned_anew(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """The call has ended meanwhile: nothing rings for it."""
    uniqueid = await joined(service, ami)
    call_id = await service.call_id()
    await leaving(service, ami, uniqueid)
    [again] = await in_hand(service, service.barge_in(call_id))
    for one in (agent.uniqueid, agent.linkedid, uniqueid):
        ami.pbx.hang_up(one)
    assert code_of(await again) == "pc_phonecall_invalid"
    assert len(phones(ami)) == 1


async def test_two_puts_that_waited_for_who_leaves_do_not_join_each_others_call(
    service: Service, ami: FakeAmi
) -> None:
    """One rings, the other is told that the supervisor is busy."""
    ami.pbx.begin_trunk_call(SECOND)
    uniqueid = await joined(service, ami)
    first, second = await service.call_id(), await service.call_id(f"@me/{SECOND}")
    await leaving(service, ami, uniqueid)
    puts = await in_hand(service, service.barge_in(first), service.barge_in(second, f"@me/{SECOND}"))
    ami.pbx.hang_up(uniqueid)
    answers = await asyncio.gather(*puts)
    assert sorted(answer.status for answer in answers) == [202, 409]
    assert {code_of(one) for one in answers if one.status == 409} == {"pc_sendcallto_busy"}
    await rung(ami, 2)
    assert len(phones(ami)) == 2


async def test_a_put_that_waited_for_who_leaves_rings_nobody_once_the_adapter_ends(
    service: Service, ami: FakeAmi
) -> None:
    """Nobody would hang up that phone."""
    uniqueid = await joined(service, ami)
    call_id = await service.call_id()
    await leaving(service, ami, uniqueid)
    [again] = await in_hand(service, service.barge_in(call_id))
    async with asyncio.timeout(SOON_S):
        await service.runner.cleanup()
        assert (await again).status == 503
    assert len(phones(ami)) == 1


@pytest.fixture
def told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asterisk may take longer to tell of a hang-up: a machine that runs tests is busy."""
    monkeypatch.setattr(request, "CONFIRM_S", SOON_S)


@pytest.mark.usefixtures("told_later")
async def test_a_put_right_after_the_hang_up_rings_though_asterisk_has_told_of_nothing(
    service: Service, ami: FakeAmi
) -> None:
    """To be answered as joined would be to be answered nothing."""
    uniqueid = await joined(service, ami)
    put_phone_behind(ami, uniqueid)
    [again] = await in_hand(service, service.barge_in(await service.call_id(), wait_s=5))
    hang_up_phone(ami, uniqueid)
    second = await rung(ami, 2)
    ami.pbx.pick_up(second)
    ami.pbx.join(second)
    answer = await again
    assert (answer.status, second != uniqueid) == (200, True)
    assert await until_ended(service, uniqueid) == "supervisor_left"


@pytest.mark.usefixtures("told_later")
async def test_a_put_for_another_call_right_after_the_hang_up_is_not_told_busy(
    service: Service, ami: FakeAmi
) -> None:
    """The supervisor is free: that is known a moment later."""
    ami.pbx.begin_trunk_call(SECOND)
    uniqueid = await joined(service, ami)
    put_phone_behind(ami, uniqueid)
    other = await service.call_id(f"@me/{SECOND}")
    [again] = await in_hand(service, service.barge_in(other, f"@me/{SECOND}"))
    hang_up_phone(ami, uniqueid)
    assert (await again).status == 202
    await rung(ami, 2)


async def test_a_supervisor_who_talks_on_is_busy_for_another_call(service: Service, ami: FakeAmi) -> None:
    """Nothing rings twice, however often it is asked for."""
    ami.pbx.begin_trunk_call(SECOND)
    put_phone_behind(ami, await joined(service, ami))
    other = await service.call_id(f"@me/{SECOND}")
    assert code_of(await service.barge_in(other, f"@me/{SECOND}")) == "pc_sendcallto_busy"
    assert (await service.barge_in(await service.call_id())).status == 202
    assert len(phones(ami)) == 1


@pytest.mark.parametrize("refused", ["Setvar", "Redirect", None])
async def test_a_switch_right_after_the_hang_up_rings_in_the_new_mode(
    service: Service, ami: FakeAmi, refused: str | None
) -> None:
    """Asterisk may say that there is no such channel, or nothing: the supervisor left, it is no bad PBX."""
    uniqueid = await joined(service, ami)

    def leave(action: ReceivedAction) -> None:
        if refused is None:
            action.connection.answer(action, ("Message", "Redirect successful"))
        else:
            action.connection.refuse(
                action, "No such channel" if refused == "Setvar" else f"Channel does not exist: {uniqueid}"
            )
        ami.pbx.hang_up(uniqueid)

    once(ami, refused or "Redirect", leave)
    again = asyncio.create_task(service.barge_in(await service.call_id(), action="Whisper", wait_s=5))
    second = await rung(ami, 2)
    ami.pbx.pick_up(second)
    ami.pbx.join(second)
    assert (await again).status == 200
    assert runs(ami, second) == "quwE"
    assert await until_ended(service, uniqueid) == "supervisor_left"


@pytest.mark.parametrize("is_joined", [False, True])
async def test_of_two_requests_for_two_modes_the_one_that_was_overtaken_learns_it_at_once(
    service: Service, ami: FakeAmi, *, is_joined: bool
) -> None:
    """It does not wait for what will not come."""
    call_id = await service.call_id()
    if is_joined:
        uniqueid = await joined(service, ami)
        held = holding(ami, "Redirect")
        first = asyncio.create_task(service.barge_in(call_id, action="Whisper", wait_s=10))
        await until(lambda: held)
    else:
        first = asyncio.create_task(service.barge_in(call_id, action="Whisper", wait_s=10))
        uniqueid = await rung(ami)
    [second] = await in_hand(
        service, service.barge_in(call_id, client="operator", action="Monitor", wait_s=10)
    )
    if is_joined:
        del ami.scripts["Redirect"]
        ami.redirect(held[0])
    async with asyncio.timeout(SOON_S):
        answer = await first
    assert (answer.status, code_of(answer)) == (409, "pc_supervision_switched")
    if not is_joined:
        ami.pbx.pick_up(uniqueid)
        ami.pbx.join(uniqueid)
    assert (await second).status == 200
    await until_said(service, uniqueid, action="Monitor", app="operator")


# -- hang-ups ------------------------------------------------------------------------------------------


async def test_an_originate_of_an_earlier_adapter_that_comes_late_is_hung_up(
    service: Service, ami: FakeAmi
) -> None:
    """This one has begun no supervision yet: whatever rings in its name is a stray."""
    late = "uapi-" + "d" * 20
    ami.pbx.ring(
        {"Channel": f"PJSIP/{SUPERVISOR}", "ChannelId": late, "Application": "ChanSpy", "Data": "1.1,quBE"}
    )
    await until_hung_up(ami, late)
    await service.until_views("01")


async def test_a_refused_hangup_is_logged_and_asked_for_again_by_the_next_delete(
    service: Service, ami: FakeAmi, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A privilege is missing: the client is not told that the supervisor has left."""
    monkeypatch.setattr(hang_up, "LIMIT_S", 0.3)
    uniqueid = await joined(service, ami)
    path = f"/uapi/phoneCalls/@me/{AGENT}/{await service.call_id()}?phoneNumber={SUPERVISOR}"
    ami.scripts["Hangup"] = lambda action: action.connection.refuse(action, "Permission denied")
    assert (await service.request("DELETE", path)).status == 503
    refused = [record for record in caplog.records if record.getMessage() == "Asterisk does not hang up"]
    assert [record.levelno for record in refused] == [logging.ERROR] * 2  # both halves of its channel
    assert uniqueid in ami.pbx.channels
    del ami.scripts["Hangup"]
    assert (await service.request("DELETE", path)).status == 200
    assert uniqueid not in ami.pbx.channels
    assert [action["Channel"] for action in ami.took("Hangup")[::2]][:2] == [uniqueid, uniqueid]


# -- a conference that begins while the phone rings ---------------------------------------------------


@pytest.mark.parametrize("has_include", [True, False])
async def test_a_phone_that_rings_for_a_barge_in_stops_when_the_call_becomes_a_conference(
    ami: FakeAmi, agent: FakeChannel, directory: Path, *, has_include: bool
) -> None:
    """Nobody picks up in vain; who waits for it is told."""
    ami.has_include = has_include
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        waiting = asyncio.create_task(service.barge_in(wait_s=10))
        uniqueid = await rung(ami)
        come_in(ami, agent)
        await until_hung_up(ami, uniqueid)
        answer = await waiting
        assert (answer.status, code_of(answer)) == (409, "pc_supervision_ended")
        assert await until_ended(service, uniqueid) == "conference"


@pytest.mark.parametrize(("mode", "kind"), [("Monitor", "basic"), ("Whisper", "base")])
async def test_a_phone_that_rings_for_another_mode_rings_on_when_the_call_becomes_a_conference(
    service: Service, ami: FakeAmi, agent: FakeChannel, mode: str, kind: str
) -> None:
    """That works there; and nothing has to be told before it begins."""
    waiting = asyncio.create_task(service.barge_in(action=mode, wait_s=10))
    uniqueid = await rung(ami)
    come_in(ami, agent, kind=kind)
    await until_told_of_second(service)
    await asyncio.sleep(2 * restarting.SETTLE_S)  # that nothing follows can only be waited for
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    assert (await waiting).status == 200
    assert not ami.took("Setvar")
    assert not ami.took("Redirect")


async def test_a_transfer_with_three_in_a_bridge_for_a_moment_does_not_stop_the_ringing(
    service: Service, ami: FakeAmi, agent: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asterisk swaps channels in steps; what comes of it counts. Nothing is told: it is as was asked for."""
    monkeypatch.setattr(restarting, "SETTLE_S", 0.5)
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    uniqueid = await rung(ami)
    come_in(ami, agent)
    await until_told_of_second(service)
    ami.pbx.leave(agent.linkedid)
    await asyncio.sleep(2 * restarting.SETTLE_S)  # that nothing follows can only be waited for
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    assert (await waiting).status == 200
    assert not ami.took("Hangup")
    assert not ami.took("Setvar")


async def until_told_of_second(service: Service) -> None:
    """Return once the adapter knows of the second extension's conversation."""
    await until_seen(lambda: service.calls(f"@me/{SECOND}"), bool)


# -- Idempotency-Key -----------------------------------------------------------------------------------


async def test_a_request_in_flight_is_never_forgotten_for_newer_keys(
    service: Service, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many answers are kept since: the same key rings once."""
    monkeypatch.setattr(idempotency, "KEPT_LIMIT", 2)
    path = f"/uapi/phoneCalls/@me/{AGENT}/{await service.call_id()}"

    async def put(key: str, body: object = REQUEST) -> Answer:
        return await service.request("PUT", path, body=body, headers={"Idempotency-Key": key})

    held = holding(ami, "Originate")
    first = asyncio.create_task(put("a"))
    await until(lambda: held)
    for key in "bcde":
        assert (await put(key, {**REQUEST, "phoneCallViewId": "77"})).status == 400
    async with asyncio.timeout(SOON_S):  # forgotten, it would wait for Asterisk as the first does
        other = await put("a", {**REQUEST, "waitForPickup": "7"})
    assert code_of(other) == "idempotency_key_reused"
    [second] = await in_hand(service, put("a"))
    ami.originate(held[0])
    answers = await asyncio.gather(first, second)
    assert [answer.status for answer in answers] == [202, 202]
    assert len(held) == 1
