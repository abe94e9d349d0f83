"""The ten traps of panoramisk 1.4 (spec/asterisk.md, last chapter), each shown not to bite."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapter.app import PBX, reload_directory
from adapter.calls.changes import Change
from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi, ReceivedAction, drop, ignore
from adapter.lab.fake_ami_events import FakeChannel, FakeState
from adapter.lab.polling import until, until_seen
from tests.integration.harness import AT_LOGIN, Service, code_of, running_service, until_taken

PANORAMISK_RECONNECT_S = 2.0


def names(ami: FakeAmi) -> list[str]:
    """The actions that arrived on the newest connection."""
    return [action.name for action in ami.actions if action.connection is ami.connection]


async def test_1_an_originate_that_was_unanswered_when_the_link_broke_is_not_sent_again(
    service: Service, ami: FakeAmi
) -> None:
    """panoramisk sends it again at the FullyBooted after the next login: a barge-in minutes late."""
    ami.scripts["Originate"] = drop
    assert (await service.barge_in()).status == 503
    ami.scripts.clear()
    await service.until_synced(ami, 1)
    assert (await service.barge_in(sendCallTo="0003*025")).status == 202
    assert names(ami) == [*AT_LOGIN, "Getvar", "Originate"]
    assert [action["Channel"] for action in ami.took("Originate")] == ["PJSIP/0003*024", "PJSIP/0003*025"]


async def test_2_every_originate_is_asynchronous_and_leaves_the_link_up(
    service: Service, ami: FakeAmi
) -> None:
    """Without the Async header panoramisk raises on the answer, and asyncio drops the link."""
    assert (await service.barge_in()).status == 202
    assert [action["Async"] for action in ami.took("Originate")] == ["true"]
    ami.pbx.begin_trunk_call("0003*211")
    await until_seen(lambda: service.calls("@me/0003*211"), bool)
    assert len(ami.connections) == 1


async def test_3_a_late_originate_response_after_a_timed_out_action_reaches_the_supervision(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """panoramisk keeps the action for ever and swallows whatever comes with its ActionID."""
    assert agent
    async with running_service(ami, directory, ami_action_timeout_s=0.2) as service:
        await service.until_link("READY")
        call_id = await service.call_id()
        ami.scripts["Originate"] = ignore
        began = time.monotonic()
        assert (await service.barge_in(call_id)).status == 503
        assert time.monotonic() - began < 1.0
        [action] = ami.took("Originate")
        waiting = asyncio.create_task(service.barge_in(call_id, sendCallTo="0003*025", wait_s=5))
        late = await until_taken(ami, "Originate", 2)
        await until(waiting.done)
        assert waiting.result().status == 503, "nobody answered this one either"
        failed = say.originate_response(ami.pbx.clock(), dict(late.headers), None, is_success=False, reason=0)
        ami.emit(failed)
        late.connection.answer(late, ("Message", "Originate successfully queued"))
        ami.scripts.clear()
        retry = await service.barge_in(call_id, sendCallTo="0003*025", wait_s=1)
        assert len(ami.took("Originate")) == 3, "the failed supervision was still taken for a live one"
        assert retry.status == 202
        ami.pbx.ring(dict(action.headers))
        ami.pbx.pick_up(action["ChannelId"])
        ami.pbx.join(action["ChannelId"])
        await service.until_views("01", "02")


async def test_4_an_originate_response_that_comes_before_the_answer_is_heard(
    service: Service, ami: FakeAmi
) -> None:
    """panoramisk keeps events with a pending action's ActionID from every listener."""

    def fail_before_the_answer(action: ReceivedAction) -> None:
        failed = say.originate_response(
            ami.pbx.clock(), dict(action.headers), None, is_success=False, reason=0
        )
        ami.emit(failed)
        action.connection.answer(action, ("Message", "Originate successfully queued"))

    ami.scripts["Originate"] = fail_before_the_answer
    answer = await service.barge_in(wait_s=5)
    assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_unavailable")


async def test_5_a_listener_that_raises_does_not_drop_the_link(
    service: Service, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once for each event, and the calls go on being followed."""

    def fail(change: Change) -> None:
        raise RuntimeError(str(change))

    service.app[PBX].publisher.subscribe(fail)
    ami.pbx.begin_trunk_call("0003*211")
    await until_seen(lambda: service.calls("@me/0003*211"), bool)
    assert len(ami.connections) == 1
    assert "an AMI event could not be taken" in caplog.messages
    caplog.clear()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
async def test_6_a_line_end_in_a_value_never_reaches_the_socket(
    service: Service, ami: FakeAmi, end: str
) -> None:
    """panoramisk writes it raw, and what follows is a header or an action of the client's own."""
    call_id = await service.call_id()
    evil = f"x{end}Action: Command{end}{end}"
    for field in ("action", "phoneCallViewId", "sendCallTo", "callerId", "waitForPickup"):
        values: dict[str, Any] = {field: f"{evil}<1>"}
        assert (await service.barge_in(call_id, **values)).status in (400, 501)
    assert names(ami) == [*AT_LOGIN]
    assert b"Command" not in ami.connection.received


@pytest.mark.parametrize("name", ["Ștefăniță", "漢字", "🦊 Fox", 'O\'Neil "Ace" \\'])
async def test_7_a_letter_that_a_chunk_border_cuts_survives(
    service: Service, ami: FakeAmi, name: str
) -> None:
    """panoramisk decodes each TCP chunk by itself and drops the halves."""
    for border in range(len(name.encode()) + 1):
        channel = FakeChannel(
            name=f"PJSIP/0003*211-000000{border:02x}",
            uniqueid=f"7.{border}",
            linkedid=f"7.{border}",
            state=FakeState.RING,
            caller=(name, "777888"),
        )
        text = say.channel_event("Newchannel", ami.pbx.clock(), channel)
        cut = text.index(b"CallerIDName: ") + len(b"CallerIDName: ") + border
        await ami.connection.send_in_chunks([text[:cut], text[cut:]])
    await until_count(service, len(name.encode()) + 1)
    shown = {
        view["callerId"] for call in await service.calls("@me/0003*211") for view in call["phoneCallView"]
    }
    assert shown == {f"{name} <777888>"}


async def until_count(service: Service, count: int) -> None:
    await until_seen(lambda: service.calls("@me/0003*211"), lambda calls: len(calls) == count)


async def test_7_a_name_that_is_not_utf_8_is_not_lost(service: Service, ami: FakeAmi) -> None:
    """Phones send Latin-1 too; panoramisk drops such letters."""
    channel = FakeChannel("PJSIP/0003*211-0000000a", "7.1", "7.1", FakeState.RING, caller=("Jos?", "777888"))
    text = say.channel_event("Newchannel", ami.pbx.clock(), channel)
    ami.connection.send(text.replace(b"Jos\\?", b"Jos\xe9"))
    await until_count(service, 1)
    [call] = await service.calls("@me/0003*211")
    assert call["phoneCallView"][0]["callerId"] == "José <777888>"


async def test_8_a_mute_peer_is_noticed_within_two_ping_intervals_and_left(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """panoramisk awaits no pong: it would hold on to a dead connection for ever."""
    assert agent
    interval_s = 0.6
    async with running_service(ami, directory, ami_ping_interval_s=interval_s) as service:
        await service.until_link("READY")
        await until_taken(ami, "Ping", 3)
        ami.is_mute = True
        began = time.monotonic()
        link = await service.until_link("DOWN")
        assert time.monotonic() - began <= 2 * interval_s + 0.5  # a third would end later
        assert link["error"] == "the AMI peer is mute"
        assert (await service.barge_in("0" * 20)).status == 503
        ami.is_mute = False
        await service.until_synced(ami, 1)
        assert len(await service.calls()) == 1


async def test_8_closing_during_the_wait_before_a_reconnect_does_not_reconnect(
    ami: FakeAmi, directory: Path
) -> None:
    """panoramisk connects again all the same, 2 s after the connection broke."""
    async with running_service(ami, directory, ami_reconnect_max_s=1.0) as service:
        await service.until_link("READY")
        broke = time.monotonic()
        ami.drop()
        await service.until_link("DOWN")
    assert len(ami.connections) == 1
    # That nothing comes can only be waited for.
    await asyncio.sleep(broke + PANORAMISK_RECONNECT_S + 0.2 - time.monotonic())
    assert len(ami.connections) == 1


async def test_8_a_refused_login_is_an_error_in_the_log_and_in_health(
    ami: FakeAmi, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """panoramisk raises nothing, and its `authenticated` stays True while the link is down."""
    ami.accepts_login = False
    async with running_service(ami, directory) as service:
        await until(lambda: ami.took("Login"))
        link = await until_seen(service.link, lambda link: "refused" in link["error"])
        assert link == {"state": "DOWN", "error": "login refused: Authentication failed"}
        assert "Asterisk refuses the AMI login" in [
            record.getMessage() for record in caplog.records if record.levelname == "ERROR"
        ]
        assert ami.secret not in caplog.text
        ami.accepts_login = True
        await reload_directory(service.app)
        await service.until_link("READY")
        ami.accepts_login = False
        ami.drop()
        await until(lambda: not ami.connection.is_logged_in)
        assert (await service.until_link("DOWN"))["state"] == "DOWN"
        assert (await service.get()).status == 503


async def test_8_a_request_before_the_first_connection_is_answered_503(ami: FakeAmi, directory: Path) -> None:
    """panoramisk raises AttributeError."""
    await ami.stop()
    async with running_service(ami, directory) as service:
        for answer in (await service.get(), await service.barge_in("0" * 20)):
            assert (answer.status, code_of(answer)) == (503, "service_unavailable")
        await ami.start()
        await service.until_link("READY")
        assert not ami.took("Originate")


async def test_9_an_event_in_which_a_header_is_missing_or_stands_twice_is_left_out(
    service: Service, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    """panoramisk gives '' for what is missing and a list for what comes twice."""
    channel = FakeChannel("PJSIP/0003*211-0000000a", "9.1", "9.1", FakeState.RING, caller=("Ann", "777888"))
    text = say.channel_event("Newchannel", ami.pbx.clock(), channel)
    for header in (b"Uniqueid", b"Linkedid", b"ChannelState", b"Channel"):
        lines = [line for line in text.split(b"\r\n") if not line.startswith(header + b": ")]
        ami.connection.send(b"\r\n".join(lines))
        [line] = [line for line in text.split(b"\r\n") if line.startswith(header + b": ")]
        ami.connection.send(text.replace(line + b"\r\n", line + b"\r\n" + line + b"\r\n"))
    ami.connection.send(text.replace(b"ChannelState: 4", b"ChannelState: x"))
    ami.connection.send(text.replace(b"Timestamp: ", b"Timestamp: x"))
    ami.emit(say.channel_event("Newchannel", 0.0, replace(channel, uniqueid="9.3", linkedid="9.3")))
    await until_count(service, 1)
    [call] = await service.calls("@me/0003*211")
    assert call["phoneCallView"][0]["callerId"] == "Ann <777888>"
    assert len(ami.connections) == 1
    assert "a malformed AMI event was left out" in caplog.messages


async def test_10_a_flood_of_events_that_nobody_follows_delays_a_call_by_little(
    service: Service, ami: FakeAmi
) -> None:
    """50,000 events, some 25 s of a busy unfiltered PBX; panoramisk with named patterns needs 3 to 4 s."""
    noise = say.event("VarSet", 0.0, ("Channel", "PJSIP/trunk-1"), ("Variable", "X"), ("Value", "1")) * 1000
    began = time.monotonic()
    for _ in range(50):
        ami.connection.send(noise)
    ami.pbx.begin_trunk_call("0003*211")
    await until_count(service, 1)
    assert time.monotonic() - began < 3.0
    assert len(ami.connections) == 1
