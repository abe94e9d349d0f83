"""The live calls compared with a list of all channels: what differs was lost, and nothing else is touched."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.asterisk.events import Event, channels_of
from adapter.asterisk.parsing import parse
from adapter.calls.changes import CallEnded, ChannelGone
from adapter.calls.differences import Differences
from adapter.calls.model import Calls
from adapter.calls.views import Status

from .samples import (
    TRACES,
    Headers,
    Pbx,
    calls_after,
    empty_calls,
    events,
    listed,
    only_call,
    recorded,
    seen,
    snapshot_after,
)  # fmt: skip

AT = 1795405400.0
PATHS = sorted(path for path in TRACES.glob("*.ami") if path.with_suffix(".views").exists())


def _busy() -> Pbx:
    """A call, a transfer on its way, a call that rings, a supervisor."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    pbx.supervise(agent)
    caller = pbx.new("PJSIP/trunk", number="5", exten="0003*211", state="Ring")
    called = pbx.new("PJSIP/0003*211", linkedid=caller, number="0003*211")
    pbx.dial(caller, called)
    pbx.call("PJSIP/0003*21", "PJSIP/0003*025")
    pbx.answer(caller, called)
    pbx.hang_up(caller, called)
    return pbx


MESSAGES = _busy().messages
"""What Asterisk says of all that."""

MOMENTS = st.integers(0, len(MESSAGES)).filter(
    lambda until: not until or MESSAGES[until - 1]["Event"] != "OriginateResponse"
)
"""A tenth of a second after it ChanSpy, which is listed by then, tells that it has begun: it settles."""


@given(MOMENTS)
def test_where_nothing_was_lost_nothing_differs(until: int) -> None:
    """At any moment, and nothing is told."""
    calls = calls_after(MESSAGES[:until])
    changes, found = calls.reconcile(listed(snapshot_after(MESSAGES[:until])), AT, frozenset())
    assert (changes, found) == ([], Differences())


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_recorded_snapshot_in_the_middle_of_a_story_differs_in_nothing(path: Path) -> None:
    """Real lists, at each step of each recorded story: nothing was lost there."""
    calls, lines, compared = empty_calls(), [], 0
    for message in recorded(path.name):
        if message["Event"] == "CoreShowChannel":
            lines.append(message)
        elif message["Event"] == "CoreShowChannelsComplete":
            assert calls.reconcile(listed(lines), AT, frozenset()) == ([], Differences())
            lines, compared = [], compared + 1
        elif (event := parse(message, 0.0)) is not None:
            calls.apply(event)
    assert compared


@given(st.sets(st.integers(0, len(MESSAGES) - 1)), MOMENTS)
def test_whatever_was_lost_is_put_right(lost: set[int], until: int) -> None:
    """Any events, up to any moment: the same channels are there then, in the same states and bridges."""
    calls = calls_after([message for at, message in enumerate(MESSAGES[:until]) if at not in lost])
    snapshot = listed(snapshot_after(MESSAGES[:until]))
    calls.reconcile(snapshot, AT, frozenset())
    assert _channels(calls) == _channels(calls_after(MESSAGES[:until]))
    assert calls.reconcile(snapshot, AT, frozenset()) == ([], Differences()), "once is enough"


@given(st.data())
def test_a_list_that_is_older_or_newer_than_the_events_never_takes_anything_back(data: st.DataObject) -> None:
    """The list is of one moment; events that came since, or are still to come, are in the right."""
    asked = data.draw(st.integers(0, len(MESSAGES)), "asked for")
    as_of = data.draw(st.integers(asked, len(MESSAGES)), "listed as of")
    settled = data.draw(MOMENTS.filter(lambda until: until >= as_of), "told until then")
    calls = calls_after(MESSAGES[:settled])
    before = seen(calls)
    touched = {uniqueid for event in events(MESSAGES[asked:settled]) for uniqueid in channels_of(event)}
    changes, found = calls.reconcile(listed(snapshot_after(MESSAGES[:as_of])), AT, touched)
    assert (changes, found) == ([], Differences())
    assert seen(calls) == before


def _channels(calls: Calls) -> dict[str, tuple[object, ...]]:
    legs = (calls.leg(f"1795405388.{count}") for count in range(10))
    there = [leg for leg in (*legs, calls.leg("uapi-1998")) if leg is not None]
    return {
        leg.channel.uniqueid: (leg.channel.name, leg.channel.state, leg.bridge, leg.spyee, leg.extension)
        for leg in there
    }


def test_a_ghost_is_hung_up_for_an_unknown_cause() -> None:
    """And its call ends."""
    pbx = Pbx()
    caller, callee = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    calls = calls_after(pbx.messages)
    changes, found = calls.reconcile([], AT, frozenset())
    assert found.gone == (caller, callee)
    assert [change for change in changes if isinstance(change, ChannelGone)] == [
        ChannelGone(caller, None),
        ChannelGone(callee, None),
    ]
    assert any(isinstance(change, CallEnded) for change in changes)
    assert len(calls) == 0


def test_what_is_left_alone_stays_as_it_is() -> None:
    """Whether the list has it or not."""
    pbx = Pbx()
    caller, callee = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    calls = calls_after(pbx.messages)
    assert calls.reconcile([], AT, {caller, callee}) == ([], Differences())
    pbx.state(callee, "Ringing")
    lines = listed(snapshot_after(pbx.messages))
    assert calls.reconcile(lines, AT, {callee})[1] == Differences()
    assert [line.channel.uniqueid for line in calls.reconcile(lines, AT, ())[1].changed] == [callee]


def test_what_a_bridge_is_for_is_put_right_once_it_is_listed() -> None:
    """A bridge that was made between the list of bridges and that of channels was taken for a call's."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    calls = calls_after(pbx.messages)
    pbx.enter(agent, "bridge-2", kind="stasis", technology="holding_bridge")
    calls.reconcile(listed(snapshot_after(pbx.messages)), AT, ())
    lines = listed(snapshot_after(pbx.messages), pbx.messages)
    assert [line.channel.uniqueid for line in calls.reconcile(lines, AT, ())[1].changed] == [agent]
    assert only_call(calls).views[0].status is Status.OFF_HOOK
    assert calls.reconcile(lines, AT, ()) == ([], Differences())


def test_of_a_channel_that_is_listed_twice_the_later_line_counts() -> None:
    """It changed in that moment."""
    pbx = Pbx()
    pbx.new("PJSIP/0003*210", state="Ring")
    once = listed(snapshot_after(pbx.messages))
    pbx.state("1795405388.0", "Up")
    again = listed(snapshot_after(pbx.messages))
    calls = calls_after(pbx.messages)
    assert calls.reconcile([*once, *again], AT, ()) == ([], Differences())
    assert only_call(calls).views[0].status is Status.ON_CALL


def test_a_supervisor_whose_joining_was_lost_is_joined() -> None:
    """ChanSpyStart was not told: the list says what it runs."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.supervise(agent)
    calls = calls_after(_without(pbx.messages, "ChanSpyStart"))
    calls.reconcile(listed(snapshot_after(pbx.messages)), AT, ())
    leg = calls.leg(spyer)
    assert leg is not None
    assert leg.spyee == agent


def _without(messages: list[Headers], name: str) -> list[Headers]:
    return [message for message in messages if message["Event"] != name]


def test_every_kind_of_event_names_its_channels() -> None:
    """All that any recorded story tells."""
    kinds: set[type[Event]] = set()
    for path in PATHS:
        for message in recorded(path.name):
            event = parse(message, 0.0)
            if event is None:
                continue
            kinds.add(type(event))
            uniqueids = {
                value for name, value in message.items()
                if name.endswith("Uniqueid") and "Bridge" not in name and name != "SwapUniqueid"
            }  # fmt: skip
            named = set(channels_of(event))
            assert named <= uniqueids
            assert named or type(event).__name__ == "OriginateResponse"
    assert len(kinds) >= 14
