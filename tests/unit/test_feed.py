from adapter.calls.changes import CallChanged, CallEnded, Change, ChannelGone
from adapter.calls.feed import Feed
from adapter.calls.legs import call_id_of

from .samples import Pbx, empty_calls, events, listed, snapshot_after


def test_every_listener_hears_every_change_in_order() -> None:
    """Events, snapshots and directories alike; each change reaches all listeners before the next."""
    pbx = Pbx()
    uniqueid = pbx.new("PJSIP/0003*210", state="Ring")
    call_id = call_id_of(uniqueid)
    feed = Feed(empty_calls())
    heard: list[tuple[str, Change]] = []
    feed.subscribe(lambda change: heard.append(("first", change)))
    feed.subscribe(lambda change: heard.append(("second", change)))
    (event,) = events(pbx.messages)
    feed.take_event(event)
    began = CallChanged(call_id)
    assert heard == [("first", began), ("second", began)]
    heard.clear()
    pbx.state(uniqueid, "Up")
    feed.take_snapshot(listed(snapshot_after(pbx.messages)), 1795405400.0)
    assert heard == [("first", began), ("second", began)]
    heard.clear()
    feed.take_directory(lambda _: None)
    assert heard == [("first", began), ("second", began)]
    heard.clear()
    feed.take_snapshot([], 1795405401.0)
    ended, gone = CallEnded(call_id), ChannelGone(uniqueid, None)
    assert heard == [("first", ended), ("second", ended), ("first", gone), ("second", gone)]


def test_the_model_has_changed_by_the_time_a_listener_hears_of_it() -> None:
    """A listener that looks the call up finds it."""
    pbx = Pbx()
    call_id = call_id_of(pbx.new("PJSIP/0003*210", state="Ring"))
    calls = empty_calls()
    feed = Feed(calls)
    found: list[bool] = []
    feed.subscribe(lambda _: found.append(calls.call(call_id) is not None))
    for event in events(pbx.messages):
        feed.take_event(event)
    assert found == [True]


def test_a_listener_of_some_kinds_hears_these_only() -> None:
    """In the order in which they were told; who named no kinds hears all."""
    pbx = Pbx()
    uniqueid = pbx.new("PJSIP/0003*210", state="Ring")
    pbx.hang_up(uniqueid)
    feed = Feed(empty_calls())
    some: list[Change] = []
    every: list[Change] = []
    feed.subscribe(some.append, CallChanged, ChannelGone)
    feed.subscribe(every.append)
    for event in events(pbx.messages):
        feed.take_event(event)
    assert [type(change) for change in some] == [CallChanged, ChannelGone]
    assert [type(change) for change in every] == [CallChanged, CallEnded, ChannelGone]
