"""One channel comes in another's place: transfers and pickups."""

from adapter.asterisk.events import PickUp, Transfer
from adapter.calls.changes import ChannelReplaced, Transferred
from adapter.calls.channels import update
from adapter.calls.dialing import make_caller
from adapter.calls.legs import Leg
from adapter.calls.membership import mark_as_left, touch, unite
from adapter.calls.state import CallState, Handlers


def pick_up(state: CallState, event: PickUp) -> None:
    """A channel answered in another's place; what becomes of both comes with their own events."""
    state.emit(ChannelReplaced(event.picker.uniqueid, event.target.uniqueid, event.target.linkedid))


def transfer(state: CallState, event: Transfer) -> None:
    """Somebody sent the other side of its conversation on, and is about to leave."""
    for transferer in event.transferers:
        update(state, transferer, event.at, "transfer")
        leg = state.legs.get(transferer.uniqueid)
        if leg is not None:
            mark_as_left(state, leg)
        state.emit(Transferred(transferer.uniqueid))
        if transferer.is_for_our_spy:
            taker = event.target or event.transferee
            new = "" if taker is None else taker.uniqueid
            state.emit(ChannelReplaced(new, transferer.uniqueid, transferer.linkedid))
    transferee = None if event.transferee is None else state.legs.get(event.transferee.uniqueid)
    if transferee is None or transferee.spying is not None:
        return
    if event.exten:
        _send_on(state, transferee, event.exten)
    for second in event.transferers[1:]:
        if event.is_to_application:
            left = state.legs.get(second.uniqueid)
            _send_on(state, transferee, "" if left is None else left.exten)
        _take_over(state, second.uniqueid, transferee)


def _send_on(state: CallState, transferee: Leg, exten: str) -> None:
    """It calls this number from now on; through a Local channel, so do those behind it."""
    half = state.bridges.other_half(transferee) if transferee.is_local_half else None
    behind = [] if half is None else list(state.bridges.others(half))
    make_caller(state, transferee)
    for leg in (transferee, *behind):
        leg.exten = exten or leg.exten
        leg.disposition = None
        touch(state, leg)


def _take_over(state: CallState, second: str, transferee: Leg) -> None:
    """Have the transferee call those who ring for the transferer: one conversation before any answers."""
    dialed = [leg for leg in state.legs.values() if leg.dialed_by == second and not leg.is_up]
    if not dialed:
        return
    transferee.disposition = None
    make_caller(state, transferee)
    for leg in dialed:
        leg.dialed_by = transferee.channel.uniqueid
    unite(state, (transferee, *dialed))


HANDLERS: Handlers = {PickUp: pick_up, Transfer: transfer}
