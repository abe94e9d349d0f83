"""What holds of the model at any moment."""

from collections.abc import Iterable
from dataclasses import fields

from adapter.calls.changes import CallChanged, CallEnded, Change
from adapter.calls.ids import call_id_of
from adapter.calls.model import Calls


def remembered(calls: Calls) -> dict[str, object]:
    """Every index of the model that holds something, but for the count of unknown channels."""
    state = calls._state  # noqa: SLF001 - that nothing is left in it cannot be seen from outside
    held = {field.name: getattr(state, field.name) for field in fields(state)}
    del held["extension_of"], held["unknown_channels"]
    return {name: index for name, index in held.items() if len(index)}


def check(calls: Calls) -> None:
    """What holds at any moment: a leg is in exactly the call of its linkedid, and a spy in none."""
    placed = {uniqueid: call.id for call in calls.live() for uniqueid in call.legs}
    for call in calls.live():
        assert call.legs, "a call without legs"
        for uniqueid, leg in call.legs.items():
            assert calls.leg(uniqueid) is leg
            assert call.id == call_id_of(leg.linkedid)
            assert not leg.channel.is_our_spy
            for spyer, spy in leg.spies.items():
                assert calls.leg(spyer) is spy
                assert (spy.spyee, spy.channel.is_our_spy) == (uniqueid, True)
    assert sum(len(call.legs) for call in calls.live()) == len(placed), "a leg in two calls"


def check_changes(calls: Calls, changes: Iterable[Change]) -> None:
    """Whoever hears CallChanged last can look the call up; after CallEnded nobody can."""
    last = {change.call_id: change for change in changes if isinstance(change, CallChanged | CallEnded)}
    for call_id, change in last.items():
        assert (calls.call(call_id) is not None) == isinstance(change, CallChanged)
