"""What holds of the model at any moment."""

from collections.abc import Iterable

from adapter.calls.changes import CallChanged, CallEnded, Change
from adapter.calls.legs import Bridges, call_id_of
from adapter.calls.model import Calls


def remembered(calls: Calls) -> dict[str, object]:
    """Every index of the model that holds something, `unplaced` and what takes which event apart."""
    return {
        name: held
        for name, held in vars(calls).items()
        if name not in ("unplaced", "_take") and isinstance(held, dict | list | set | Bridges) and len(held)
    }


def check(calls: Calls) -> None:
    """What holds at any moment: a leg is in exactly the call of its linkedid, and a spy in none."""
    placed = {uniqueid: call.id for call in calls.live() for uniqueid in call.legs}
    for call in calls.live():
        assert call.legs, "a call without legs"
        for uniqueid, leg in call.legs.items():
            assert calls.leg(uniqueid) is leg
            assert call.id == call_id_of(leg.linkedid)
            assert not leg.channel.is_ours
            for spyer, spy in leg.spies.items():
                assert calls.leg(spyer) is spy
                assert (spy.spyee, spy.channel.is_ours) == (uniqueid, True)
    assert sum(len(call.legs) for call in calls.live()) == len(placed), "a leg in two calls"


def check_changes(calls: Calls, changes: Iterable[Change]) -> None:
    """Whoever hears CallChanged last can look the call up; after CallEnded nobody can."""
    last = {change.call_id: change for change in changes if isinstance(change, CallChanged | CallEnded)}
    for call_id, change in last.items():
        assert (calls.call(call_id) is not None) == isinstance(change, CallChanged)
