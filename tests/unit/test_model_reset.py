"""What a snapshot and another directory make of the model."""

import pytest

from adapter.asterisk.events import ChannelState
from adapter.calls.changes import (
    BridgeChanged,
    CallChanged,
    CallEnded,
    Change,
    ChannelGone,
    OriginateStateChanged,
    SpyJoined,
)
from adapter.calls.ids import call_id_of
from adapter.calls.model import Calls
from adapter.calls.views import Flow, Status

from .samples import Pbx, calls_after, directory, empty_calls, listed, only_call, recorded, snapshot_after

CALL_ID = call_id_of("1795405388.0")


def test_a_recorded_snapshot_makes_the_call_that_the_events_made() -> None:
    """CoreShowChannels of a real Asterisk, in its own order, into an empty model."""
    calls = empty_calls()
    calls.reset(listed(recorded("inbound-snapshot.ami")), 1795405396.3)
    call = only_call(calls)
    assert call.id == CALL_ID
    (view,) = call.views
    assert (view.source, view.destination) == (("777888",), ("0003*210",))
    assert (view.status, view.flow, view.caller_id) == (
        Status.ON_CALL,
        Flow.INCOMING_PUBLIC,
        "Customer <777888>",
    )
    assert call.published == pytest.approx(1795405388.3, abs=0.001)


def test_what_a_snapshot_does_not_list_is_gone_for_an_unknown_cause() -> None:
    """A channel that ended while we were away has no cause."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    calls = calls_after(pbx.messages)
    changes = calls.reset([], 1795405400.0)
    assert [change for change in changes if not isinstance(change, CallChanged | BridgeChanged)] == [
        ChannelGone("1795405388.0", None),
        CallEnded(CALL_ID),
        ChannelGone("1795405388.1", None),
    ]
    assert len(calls) == 0


def test_view_ids_are_the_same_after_a_restart() -> None:
    """A client that kept `01` must not act on the other party because the adapter was started again.

    Asterisk lists the callee first (recorded), and both channels are as many whole seconds old.
    """
    pbx = Pbx()
    caller, callee = pbx.call("PJSIP/0003*210", "PJSIP/0003*211", number="0003*210")
    restarted = empty_calls()
    restarted.reset(listed(snapshot_after(pbx.messages)), 1795405396.0)
    for calls in (calls_after(pbx.messages), restarted):
        assert [(view.id, view.channel) for view in only_call(calls).views] == [
            ("01", caller),
            ("02", callee),
        ]


def test_channels_of_one_second_appear_in_the_order_of_their_counts() -> None:
    """The tenth channel is younger than the ninth, though not in the order of letters."""
    pbx = Pbx()
    ninth = pbx.new("PJSIP/0003*210", uniqueid="1795405388.9", state="Up")
    tenth = pbx.new("PJSIP/0003*211", uniqueid="1795405388.10", linkedid=ninth, state="Up")
    calls = empty_calls()
    calls.reset(listed(snapshot_after(pbx.messages)), 1795405396.0)
    assert [(view.id, view.channel) for view in only_call(calls).views] == [("01", ninth), ("02", tenth)]


def _barge_in_met_first() -> tuple[Calls, str, str, list[Change]]:
    """A model that meets a running barge-in in a snapshot; the agent, the spyer, and what was told."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.supervise(agent)
    calls = empty_calls()
    changes = calls.reset(listed(snapshot_after(pbx.messages)), 1795405396.0)
    return calls, agent, spyer, changes


def test_a_snapshot_tells_each_thing_once() -> None:
    """Of a spied call: the spyer's state, whom it spies on, the call and the bridge."""
    _, agent, spyer, told = _barge_in_met_first()
    assert len(set(told)) == len(told)
    assert {change for change in told if not isinstance(change, BridgeChanged)} == {
        OriginateStateChanged(spyer, ChannelState.UP),
        SpyJoined(spyer, agent),
        CallChanged(CALL_ID),
    }
    assert sum(isinstance(change, BridgeChanged) for change in told) == 1


def test_a_channel_that_a_snapshot_lists_twice_is_one_as_it_was_last() -> None:
    """Asterisk 22 does so while the channel changes: once as it was, and once more as it became."""
    pbx = Pbx()
    caller = pbx.new("PJSIP/0003*210", state="Ring")
    once = listed(snapshot_after(pbx.messages))
    pbx.state(caller, "Up")
    again = listed(snapshot_after(pbx.messages))
    calls = empty_calls()
    changes = calls.reset([*once, *again], 1795405396.0)
    assert changes == [CallChanged(CALL_ID)]
    (view,) = only_call(calls).views
    assert (view.channel, view.status) == (caller, Status.ON_CALL)


def test_an_agent_whom_a_queue_called_is_the_called_one_after_a_restart() -> None:
    """app_queue's outgoing channels run `AppQueue`, not `AppDial`."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    lines = snapshot_after(pbx.messages)
    for line in lines:
        if line["Application"] == "AppDial":
            line["Application"] = "AppQueue"
    calls = empty_calls()
    calls.reset(listed(lines), 1795405396.0)
    (view,) = only_call(calls).views
    assert (view.source, view.destination, view.flow) == (("777888",), ("0003*210",), Flow.INCOMING_PUBLIC)


@pytest.mark.parametrize("data", ["PJSIP/0003*210", "PJSIP/0003*210,q", "", "1795405388.1,q", "all"])
def test_somebody_elses_running_spy_is_no_call_after_a_restart(data: str) -> None:
    """Whatever argument its ChanSpy has: a prefix, none, or the uniqueid of a channel listed later."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.new("PJSIP/0003*211", number="0003*211", exten="*55", state="Up")
    pbx.spy(spyer, agent)
    lines = snapshot_after(pbx.messages)
    next(line for line in lines if line["Uniqueid"] == spyer)["ApplicationData"] = data
    calls = empty_calls()
    calls.reset(listed(lines), 1795405396.0)
    assert [call.id for call in calls.live()] == [call_id_of(customer)]
    assert calls.call_of(spyer) is None


def test_a_running_barge_in_is_found_in_a_snapshot() -> None:
    """After a restart the spied call shows the supervisor's view again."""
    calls, agent, spyer, changes = _barge_in_met_first()
    assert SpyJoined(spyer, agent) in changes
    assert [(view.id, view.channel) for view in only_call(calls).views] == [("01", agent), ("02", agent)]
    assert only_call(calls).views[1].source == ("0003*024",)


def test_a_spy_that_ended_while_we_were_away_has_no_view_left() -> None:
    """The snapshot shows the supervisor's channel running something else."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.supervise(agent)
    calls = calls_after(pbx.messages)
    lines = snapshot_after(pbx.messages)
    next(line for line in lines if line["Uniqueid"] == spyer)["Application"] = "Wait"
    calls.reset(listed(lines), 1795405396.0)
    assert [view.id for view in only_call(calls).views] == ["01"]


# -- the directory ---------------------------------------------------------------------------------


def test_another_directory_names_the_legs_anew() -> None:
    """After a reload a new extension has a view, one that left has none, and view ids stay as given."""
    pbx = Pbx()
    caller, callee = pbx.call("PJSIP/0003*210", "PJSIP/0003*211", number="0003*210")
    calls = calls_after(pbx.messages)
    gone = calls.apply_directory({"PJSIP/0003*211-00000001": "0003*211"}.get)
    assert gone == [CallChanged(call_id_of(caller))]
    assert [(view.id, view.channel) for view in only_call(calls).views] == [("02", callee)]
    calls.apply_directory({"PJSIP/0003*210-00000000": "0003*210"}.get)
    assert [(view.id, view.channel) for view in only_call(calls).views] == [("01", caller)]


def test_only_calls_with_another_name_are_told() -> None:
    """There are thousands of calls, and a new directory names hardly any of them otherwise."""
    pbx = Pbx()
    first, _ = pbx.call("PJSIP/0003*210", "PJSIP/0003*211", number="0003*210")
    pbx.call("PJSIP/0003*024", "PJSIP/0003*211", number="0003*024")
    calls = calls_after(pbx.messages)
    known = directory().extension_of_channel
    assert calls.apply_directory(known) == []
    other = calls.apply_directory(
        lambda name: "0003*21" if name.startswith("PJSIP/0003*210-") else known(name)
    )
    assert other == [CallChanged(call_id_of(first))]
