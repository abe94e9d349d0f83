from adapter.calls.changes import CallChanged, CallEnded, Change, ChannelGone
from adapter.calls.ids import call_id_of
from adapter.calls.publisher import Publisher

from .samples import Pbx, empty_calls, events, listed, snapshot_after


def test_every_listener_hears_every_change_in_order() -> None:
    """Events, snapshots and directories alike; each change reaches all listeners before the next."""
    pbx = Pbx()
    uniqueid = pbx.new("PJSIP/0003*210", state="Ring")
    call_id = call_id_of(uniqueid)
    publisher = Publisher(empty_calls())
    heard: list[tuple[str, Change]] = []
    publisher.subscribe(lambda change: heard.append(("first", change)))
    publisher.subscribe(lambda change: heard.append(("second", change)))
    (event,) = events(pbx.messages)
    publisher.take_event(event)
    began = CallChanged(call_id)
    assert heard == [("first", began), ("second", began)]
    heard.clear()
    pbx.state(uniqueid, "Up")
    publisher.take_snapshot(listed(snapshot_after(pbx.messages)), 1795405400.0)
    assert heard == [("first", began), ("second", began)]
    heard.clear()
    publisher.take_directory(lambda _: None)
    assert heard == [("first", began), ("second", began)]
    heard.clear()
    publisher.take_snapshot([], 1795405401.0)
    ended, gone = CallEnded(call_id), ChannelGone(uniqueid, None)
    assert heard == [("first", ended), ("second", ended), ("first", gone), ("second", gone)]


def test_the_model_has_changed_by_the_time_a_listener_hears_of_it() -> None:
    """A listener that looks the call up finds it."""
    pbx = Pbx()
    call_id = call_id_of(pbx.new("PJSIP/0003*210", state="Ring"))
    calls = empty_calls()
    publisher = Publisher(calls)
    found: list[bool] = []
    publisher.subscribe(lambda _: found.append(calls.call(call_id) is not None))
    for event in events(pbx.messages):
        publisher.take_event(event)
    assert found == [True]


def test_a_listener_of_some_kinds_hears_these_only() -> None:
    """In the order in which they were told; who named no kinds hears all."""
    pbx = Pbx()
    uniqueid = pbx.new("PJSIP/0003*210", state="Ring")
    pbx.hang_up(uniqueid)
    publisher = Publisher(empty_calls())
    some: list[Change] = []
    every: list[Change] = []
    publisher.subscribe(some.append, CallChanged, ChannelGone)
    publisher.subscribe(every.append)
    for event in events(pbx.messages):
        publisher.take_event(event)
    assert [type(change) for change in some] == [CallChanged, ChannelGone]
    assert [type(change) for change in every] == [CallChanged, CallEnded, ChannelGone]
