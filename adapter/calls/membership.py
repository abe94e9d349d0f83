"""Which legs make up which call."""

from collections.abc import Iterable

from adapter.calls.call import Call
from adapter.calls.changes import CallChanged, CallEnded, ViewsExhausted
from adapter.calls.ids import Age, age_of, call_id_of
from adapter.calls.legs import Leg
from adapter.calls.state import CallState


def touch(state: CallState, leg: Leg) -> None:
    """Bring the leg's call up to date, and emit that it changed. A spying leg has no call."""
    if leg.spying is None:
        state.pending.append(CallChanged(join(state, leg).id))


def touch_conversation(state: CallState, leg: Leg) -> None:
    """Touch the leg and everybody it talks with."""
    for one in (leg, *state.bridges.others(leg)):
        touch(state, one)


def touch_spied_call(state: CallState, spyer: Leg) -> None:
    """Emit that the call changed which the leg spies on: a view there shows the spyer."""
    spied = None if spyer.spyee is None else state.call_of(spyer.spyee)
    if spied is not None:
        state.emit(CallChanged(spied.id))


def mark_as_left(state: CallState, leg: Leg) -> None:
    """Note that the leg transferred or parked the others, and is about to end."""
    if not leg.has_left:
        leg.has_left = True
        touch(state, leg)


def join(state: CallState, leg: Leg) -> Call:
    """Make the leg part of the call of its linkedid, which begins with its first leg."""
    call = state.calls.get(leg.linkedid)
    if call is None:
        call = Call(call_id_of(leg.linkedid), leg.began_at, state.bridges)
        state.calls[leg.linkedid] = state.calls_by_id[call.id] = call
    call.legs[leg.channel.uniqueid] = leg
    call.give_views(leg)
    if call.lacks_ids and not call.is_lack_emitted:
        call.is_lack_emitted = True
        state.emit(ViewsExhausted(call.id))
    return call


def withdraw(state: CallState, leg: Leg, *, is_gone: bool = False) -> None:
    """Take the leg out of its call, which ends with its last leg."""
    call = state.calls[leg.linkedid]
    del call.legs[leg.channel.uniqueid]
    if is_gone:
        call.forget(leg)
    if call.legs:
        state.emit(CallChanged(call.id))
    else:
        del state.calls[leg.linkedid]
        state.calls_by_id.pop(call.id, None)  # two linkedids might be made to have one id
        state.emit(CallEnded(call.id))


def relink_conversation(state: CallState, leg: Leg, linkedid: str) -> None:
    """Make the leg and everybody in its conversation part of the call of this linkedid."""
    _relink(state, _conversation(state, [leg]), linkedid)


def unite(state: CallState, legs: Iterable[Leg]) -> None:
    """Make one call of the calls of these legs and of all that they are joined with: the oldest."""
    together = _conversation(state, legs)
    linkedids = dict.fromkeys(leg.linkedid for leg in together)
    if len(linkedids) > 1:
        _relink(state, together, min(linkedids, key=lambda linkedid: _age(state, linkedid)))


def _conversation(state: CallState, legs: Iterable[Leg]) -> list[Leg]:
    """These legs and all that are joined with one, through Local channels too, or ring for one."""
    found: dict[str, Leg] = {}
    waiting = list(legs)
    while waiting:
        leg = waiting.pop()
        uniqueid = leg.channel.uniqueid
        if uniqueid in found or leg.spying is not None:
            continue
        found[uniqueid] = leg
        waiting += state.bridges.near(leg)
        call = state.calls.get(leg.linkedid)
        if call is not None:
            waiting += [one for one in call.legs.values() if one.dialed_by == uniqueid and not one.is_up]
    return list(found.values())


def _relink(state: CallState, legs: Iterable[Leg], linkedid: str) -> None:
    for leg in legs:
        if leg.linkedid != linkedid:
            withdraw(state, leg)
            leg.linkedid = linkedid
            touch(state, leg)


def _age(state: CallState, linkedid: str) -> Age:
    call = state.calls.get(linkedid)
    return age_of(linkedid) if call is None else age_of(linkedid, call.began_at)
