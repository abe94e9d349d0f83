import pytest

from adapter.asterisk.events import ChannelState
from adapter.calls.call import VIEW_LIMIT
from adapter.calls.changes import (
    BridgeChanged,
    CallChanged,
    CallEnded,
    ChannelGone,
    OriginateEnded,
    OriginateStateChanged,
    SpyJoined,
    UnknownChannel,
)
from adapter.calls.ids import call_id_of
from adapter.calls.model import Calls

from .samples import Pbx, calls_after, empty_calls, events, only_call, seen

FIRST = "1795405388.0"
CALL_ID = call_id_of(FIRST)


def _changes(calls: Calls, pbx: Pbx, after: int) -> list[object]:
    return [change for event in events(pbx.messages[after:]) for change in calls.apply(event)]


# -- ids -------------------------------------------------------------------------------------------


def test_the_id_of_a_call_is_the_same_for_every_adapter() -> None:
    """20 lower-case hex digits, a function of the linkedid alone: it survives restarts and releases."""
    assert call_id_of("1795405388.0") == "fa655a4dbbfb25051019"
    assert call_id_of("1795405388.1") != call_id_of("1795405388.0")


def test_calls_are_listed_oldest_first() -> None:
    """The order is by beginning, not by id."""
    pbx = Pbx()
    first, _ = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    second, _ = pbx.call("PJSIP/trunk", "PJSIP/0003*211")
    third, _ = pbx.call("PJSIP/trunk", "PJSIP/0003*21")
    ids = [call.id for call in calls_after(pbx.messages).live()]
    assert ids == [call_id_of(first), call_id_of(second), call_id_of(third)]
    assert ids != sorted(ids)  # else the truth above would show nothing


# -- changes ---------------------------------------------------------------------------------------


def test_each_happening_of_a_call_is_told_as_a_change() -> None:
    """From the first channel to the last hang-up, literally."""
    pbx = Pbx()
    calls = empty_calls()
    pbx.new("PJSIP/0003*210", number="0003*210", state="Ring")
    assert _changes(calls, pbx, 0) == [CallChanged(CALL_ID)]
    before = len(pbx.messages)
    pbx.state(FIRST, "Up")
    assert _changes(calls, pbx, before) == [CallChanged(CALL_ID)]
    before = len(pbx.messages)
    pbx.hang_up(FIRST, cause=17)
    assert _changes(calls, pbx, before) == [CallEnded(CALL_ID), ChannelGone(FIRST, 17)]


def test_an_event_that_says_nothing_new_makes_no_change() -> None:
    """Listeners are not woken for repetitions."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    calls = calls_after(pbx.messages)
    before = len(pbx.messages)
    pbx.state("1795405388.1", "Up")
    assert _changes(calls, pbx, before) == []


def test_a_joined_spy_is_told_with_its_spyee() -> None:
    """ChanSpyStart is the joining: who spies on whom, and the call has another view."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    calls = calls_after(pbx.messages)
    before = len(pbx.messages)
    spyer = pbx.supervise(agent)
    assert _changes(calls, pbx, before) == [
        OriginateStateChanged(spyer, ChannelState.DOWN),
        OriginateStateChanged(spyer, ChannelState.RINGING),
        OriginateStateChanged(spyer, ChannelState.UP),
        OriginateEnded(spyer, is_answered=True),
        SpyJoined(spyer, agent),
        CallChanged(call_id_of(customer)),
    ]


def test_an_originate_that_failed_is_told_even_without_a_channel() -> None:
    """An unknown endpoint has no channel at all, only its OriginateResponse."""
    pbx = Pbx()
    pbx.say("OriginateResponse", {"Response": "Failure", "Reason": "0", "Uniqueid": "uapi-1"})
    assert _changes(empty_calls(), pbx, 0) == [OriginateEnded("uapi-1", is_answered=False)]


@pytest.mark.parametrize(
    ("index", "kind"), [(0, "update"), (1, "dial"), (2, "spy"), (3, "spy"), (4, "hangup")]
)
def test_an_unknown_channel_is_counted_and_never_raised(index: int, kind: str) -> None:
    """What began before we looked is not known; it is counted in `unknown_channels`, and emitted once."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.supervise(agent)
    before = len(pbx.messages)
    pbx.state(agent, "Up")
    pbx.dial("1795405388.0", agent)
    pbx.spy(spyer, agent)
    pbx.stop_spying(spyer)
    pbx.hang_up(agent)
    # dial() says a connected line, a DialBegin and a state: here the DialBegin counts.
    update, _, dial, _, start, stop, leave, hang_up = pbx.messages[before:]
    assert leave["Event"] == "BridgeLeave"
    (event,) = events([(update, dial, start, stop, hang_up)[index]])
    calls = empty_calls()
    assert calls.apply(event) == [UnknownChannel(kind)]
    assert calls.apply(event) == []
    assert calls.unknown_channels == {kind: 2}
    assert len(calls) == 0


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("bridge", "BridgeEnter"),
        ("bridge", "BridgeLeave"),
        ("hold", "Hold"),
        ("recording", "MixMonitorStart"),
    ],
)
def test_whatever_else_is_told_of_an_unknown_channel_is_counted_too(kind: str, name: str) -> None:
    """Bridges, holding and recording."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    pbx.say(name, {**pbx.messages[0], "Event": name, "BridgeUniqueid": "b"})
    calls = empty_calls()
    assert calls.apply(*events(pbx.messages[-1:])) == [UnknownChannel(kind)]
    assert len(calls) == 0


# -- spies -----------------------------------------------------------------------------------------


def test_a_supervisor_that_rings_is_in_no_call() -> None:
    """Neither a call of its own nor a leg of the spied one."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    pbx.new("PJSIP/0003*024", uniqueid="uapi-1998")
    pbx.state("uapi-1998", "Ringing")
    calls = calls_after(pbx.messages)
    assert len(calls) == 1
    assert calls.call_of("uapi-1998") is None
    assert "uapi-1998" not in next(iter(calls.live())).legs
    assert [leg.channel.uniqueid for leg in calls.spyers()] == ["uapi-1998"]


def test_a_joined_supervisor_is_in_no_call_either() -> None:
    """It shows as a view of the spied leg, never as a leg."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.supervise(agent)
    calls = calls_after(pbx.messages)
    assert len(calls) == 1
    assert calls.call_of(spyer) is None
    assert spyer not in next(iter(calls.live())).legs


def test_somebody_elses_spy_leaves_its_call_and_makes_no_view() -> None:
    """A ChanSpy of the PBX's own dialplan ends the call that its channel was, and is no view of the other."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.new("PJSIP/0003*211", number="0003*211", exten="*55", state="Ring")
    calls = calls_after(pbx.messages)
    assert len(calls) == 2
    before = len(pbx.messages)
    pbx.spy(spyer, agent)
    assert CallEnded(call_id_of(spyer)) in _changes(calls, pbx, before)
    assert [call.id for call in calls.live()] == [call_id_of(customer)]
    assert [view.id for view in only_call(calls).views] == ["01"]
    assert calls.spyers() == []


def test_somebody_elses_spy_may_outlive_its_spyee() -> None:
    """The spyee hangs up first; the spyer's stop and hang-up come later and raise nothing."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.new("PJSIP/0003*211", number="0003*211", exten="*55", state="Ring")
    pbx.spy(spyer, agent)
    pbx.hang_up(agent, customer)
    calls = calls_after(pbx.messages)
    before = len(pbx.messages)
    pbx.stop_spying(spyer)
    pbx.hang_up(spyer)
    assert _changes(calls, pbx, before) == [ChannelGone(spyer, 16)]
    assert calls.leg(spyer) is None


def test_a_spy_on_a_spy_may_outlive_it() -> None:
    """A spyer spied on by another is left without a trace when it goes first."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    first = pbx.supervise(agent)
    second = pbx.supervise(agent, "PJSIP/second-desk", "uapi-1999")
    pbx.spy(second, first)
    pbx.hang_up(first)
    pbx.stop_spying(second)
    pbx.hang_up(second)
    assert calls_after(pbx.messages).spyers() == []


def test_one_of_ours_that_spies_on_a_spy_makes_that_no_party_to_a_call() -> None:
    """Who spies is heard by nobody, and has no view: not in the call that it hears, nor in one of its own."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spy = pbx.new("PJSIP/0003*211", state="Up")
    pbx.spy(spy, agent)
    ours = pbx.supervise(spy)
    calls = calls_after(pbx.messages)
    assert [view.extension for view in only_call(calls).views] == ["0003*210"]
    assert calls.call_of(spy) is None
    pbx.hang_up(ours, spy)
    assert [view.extension for view in only_call(calls_after(pbx.messages)).views] == ["0003*210"]


def test_a_spy_on_somebody_who_turned_spy_leaves_no_call_behind() -> None:
    """The spied channel left its call to spy itself, and the call ended: nothing tells of it any more."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.supervise(agent)
    pbx.spy(agent, customer)
    pbx.hang_up(customer)
    calls = calls_after(pbx.messages)
    assert len(calls) == 0
    before = len(pbx.messages)
    pbx.stop_spying(spyer)
    assert _changes(calls, pbx, before) == []


def test_a_leg_that_moves_to_another_call_takes_its_barge_in_along() -> None:
    """An attended transfer changes the linkedid: leg and barge view leave the one call and join the other."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    consulting, expert = pbx.call("PJSIP/0003*211", "PJSIP/0003*21", number="0003*211")
    spyer = pbx.supervise(expert)
    calls = calls_after(pbx.messages)
    to, away = call_id_of(customer), call_id_of(consulting)
    assert {call.id: [view.id for view in call.views] for call in seen(calls)} == {
        to: ["01"],
        away: ["01", "02", "03"],
    }
    before = len(pbx.messages)
    pbx.relink(expert, customer)
    told = _changes(calls, pbx, before)
    changed = [change for change in told if not isinstance(change, BridgeChanged)]
    assert set(changed) == {CallChanged(away), CallChanged(to)}
    assert changed[-1] == CallChanged(to)  # the expert left the call, and talks with the customer
    views = {
        call.id: [(view.id, view.extension, view.channel) for view in call.views] for call in seen(calls)
    }
    assert views == {
        to: [("01", "0003*210", agent), ("02", "0003*21", expert), ("03", "0003*21", expert)],
        away: [("01", "0003*211", consulting)],
    }
    leg = calls.leg(spyer)
    assert leg is not None
    assert leg.spyee == expert


def test_the_last_leg_that_moves_ends_the_call_it_leaves() -> None:
    """A call whose legs all went to another one is over."""
    pbx = Pbx()
    customer, _ = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    consulting, expert = pbx.call("PJSIP/0003*211", "PJSIP/0003*21", number="0003*211")
    pbx.hang_up(consulting)
    calls = calls_after(pbx.messages)
    before = len(pbx.messages)
    pbx.relink(expert, customer)
    told = _changes(calls, pbx, before)
    assert [change for change in told if isinstance(change, CallEnded)] == [CallEnded(call_id_of(consulting))]
    assert [change for change in told if not isinstance(change, BridgeChanged)][-1:] == [
        CallChanged(call_id_of(customer))
    ]


# -- view ids --------------------------------------------------------------------------------------


def test_a_view_id_is_never_given_twice() -> None:
    """A supervisor who comes back is a new view: the id of the one who left stays used."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    pbx.hang_up(pbx.supervise(agent, uniqueid="uapi-1"))
    pbx.supervise(agent, uniqueid="uapi-2")
    assert [view.id for view in only_call(calls_after(pbx.messages)).views] == ["01", "03"]


def test_view_ids_end_with_their_two_digits() -> None:
    """The hundredth leg takes part without a view; nobody else loses theirs."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    for number in range(VIEW_LIMIT + 1):
        pbx.new(f"PJSIP/{number}", linkedid=customer)
    calls = Calls(lambda name: None if "trunk" in name else name)
    for event in events(pbx.messages):
        calls.apply(event)
    ids = [view.id for view in only_call(calls).views]
    assert ids == [f"{number:02}" for number in range(1, 100)]
    assert only_call(calls).views[0].channel == agent
