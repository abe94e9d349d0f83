"""A trace played: what is told of each call, when, and what is said of a trace that is not whole."""

import pytest

from adapter.tools.trace.playing import Happening, any_extension, play
from adapter.tools.trace.text import Problem, Recorded
from tests.unit.samples import Headers, Pbx, recorded, snapshot_after


def numbered(messages: list[Headers]) -> list[Recorded | Problem]:
    """Messages as they stand in a file, each beginning a hundred lines after the one before."""
    return [Recorded(100 * at, headers) for at, headers in enumerate(messages)]


def told(messages: list[Headers]) -> list[str]:
    """All lines, one after the other; a problem as its text."""
    lines: list[str] = []
    for each in play(numbered(messages), any_extension):
        lines += [str(each)] if isinstance(each, Problem) else each.text
    return lines


def test_a_channel_named_like_an_extension_is_one() -> None:
    """Where no directory says; nothing else is, not the half of a Local channel either."""
    assert any_extension("PJSIP/0003*210-0000002a") == "0003*210"
    for name in ("PJSIP/trunk-00000000", "Local/0003*210@phones-00000001;1", "PJSIP/210-0000002a", "PJSIP"):
        assert any_extension(name) is None


def test_a_barge_in_is_told_from_its_first_ring_to_its_end() -> None:
    """Each view as it changes, the supervisor's when joined, and that it left."""
    lines = told([dict(headers) for headers in recorded("inbound-barge-in.ami")])
    assert lines[0].endswith("of 0003*210 began")
    assert [line.split(" status=")[0] for line in lines if "view 02" in line] == [
        "  view 02 0003*210: 0003*024 -> 0003*210",
        "  view 02 left",
    ]
    assert lines[-1].endswith(" ended")


def test_what_changes_nothing_is_not_told() -> None:
    """A line for each change, none for each message."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    once = told(pbx.messages)
    assert told([message for message in pbx.messages for _ in range(2)]) == once


def test_the_time_told_is_asterisks() -> None:
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    [first, *_] = play(numbered(pbx.messages), any_extension)
    assert isinstance(first, Happening)
    assert first.at == float(pbx.messages[first.line // 100]["Timestamp"])


def test_a_recording_that_begins_in_mid_call_begins_with_its_snapshot() -> None:
    """What happened while it was taken is applied after it, as on a live link."""
    pbx = Pbx()
    dialing, dialed = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    items = snapshot_after(pbx.messages)
    before = len(pbx.messages)
    pbx.hang_up(dialing, dialed)
    gone = pbx.messages[before:]
    now = gone[0]["Timestamp"]
    stamped = [{**item, "Timestamp": now} for item in items]
    complete = {"Event": "CoreShowChannelsComplete", "Timestamp": now}
    lines = told([stamped[0], gone[0], *stamped[1:], *gone[1:], complete])
    assert lines[0].endswith("of 0003*210 began")
    assert "status=on-call" in lines[1]
    assert lines[-1].endswith(" ended")


@pytest.mark.parametrize(
    ("technology", "status"), [("holding_bridge", "off-hook"), ("simple_bridge", "on-call")]
)
def test_a_recording_says_first_what_the_bridges_are_for(technology: str, status: str) -> None:
    """Who waits in one is in no conversation."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    bridge = {"Event": "BridgeListItem", "BridgeUniqueid": "bridge-1", "BridgeType": "base"}
    bridge["BridgeTechnology"] = technology
    complete = {"Event": "CoreShowChannelsComplete", "Timestamp": pbx.messages[-1]["Timestamp"]}
    lines = told([bridge, *snapshot_after(pbx.messages), complete])
    assert f"status={status}" in lines[1]
    lines = told([{"Event": "BridgeListItem"}, complete])
    assert lines[0].startswith("line 0: BridgeListItem: ")


def test_a_snapshot_in_the_middle_is_a_check_that_agrees() -> None:
    """What was told before it stands, and the call goes on; its name is the ActionID."""
    messages = [dict(headers) for headers in recorded("forward.ami")]
    lines = told(messages)
    assert [line for line in lines if line.startswith("snapshot")] == [
        f"snapshot {name} agrees" for name in ("ringing", "talking", "joined", "over")
    ]
    happened = [message for message in messages if "CoreShowChannel" not in message["Event"]]
    assert [line for line in lines if not line.startswith("snapshot")] == told(happened)


def test_a_snapshot_that_differs_is_told_and_believed() -> None:
    """As after a reconnect: a call whose end was missed has ended, and stays so."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    before = told(pbx.messages)
    complete = {"Event": "CoreShowChannelsComplete", "Timestamp": pbx.messages[-1]["Timestamp"]}
    lines = told([*pbx.messages, complete, complete])
    assert lines[: len(before)] == before
    assert lines[len(before)] == "snapshot differs"
    assert lines[len(before) + 1].endswith(" ended")
    assert lines[len(before) + 2 :] == ["snapshot agrees"]


def test_a_snapshot_begins_the_trace_although_something_unknown_happened_before_it() -> None:
    """On a PBX with calls a recording may meet an event of one before the snapshot that tells of it."""
    pbx = Pbx()
    dialing, dialed = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    items = snapshot_after(pbx.messages)
    before = len(pbx.messages)
    pbx.hang_up(dialing, dialed)
    [early, *late] = [dict(message) for message in pbx.messages[before - 1 :]]
    lines = told([early, *items, {"Event": "CoreShowChannelsComplete"}, *late])
    assert lines[0].endswith("of 0003*210 began")
    assert lines[-1].endswith(" ended")


def test_a_snapshot_without_its_end_is_told_and_what_happened_is_played() -> None:
    """A recording that was cut, or edited."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    [item, *_] = snapshot_after(pbx.messages)
    lines = told([item, *pbx.messages])
    assert lines[0] == "line 0: a snapshot is incomplete"
    assert lines[1:] == told(pbx.messages)


def test_what_is_malformed_is_told_with_its_line_and_passed_over() -> None:
    """A missing header, a state that is none, a time that is none: the rest is played."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    whole = told(pbx.messages)
    first = pbx.messages[0]
    broken = [
        {"Event": "Hangup"},
        {**first, "ChannelState": "ninety"},
        {**first, "Timestamp": "yesterday"},
    ]
    lines = told([*broken, *pbx.messages])
    assert [line.partition(":")[0] for line in lines[:3]] == ["line 0", "line 100", "line 200"]
    assert lines[3:] == whole


def test_a_malformed_channel_of_a_snapshot_is_told_too() -> None:
    """And the others are there."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    items = snapshot_after(pbx.messages)
    lines = told([{"Event": "CoreShowChannel"}, *items, {"Event": "CoreShowChannelsComplete"}])
    assert lines[0].startswith("line 0: CoreShowChannel: ")
    assert lines[1].endswith("began")


def test_a_time_out_of_bounds_is_a_problem_of_its_message() -> None:
    """A trace may say anything."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    for stamp in ("1e300", "inf", "nan", "-1e18"):
        lines = told([{**message, "Timestamp": stamp} for message in pbx.messages])
        assert lines[0].endswith(f"not a time: '{stamp}'")
