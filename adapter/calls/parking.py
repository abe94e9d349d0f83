"""Legs wait in a parking lot until somebody fetches them."""

from adapter.asterisk.events import Park, Unpark
from adapter.calls.bridges import move
from adapter.calls.channels import update
from adapter.calls.dialing import set_dialed
from adapter.calls.legs import Leg, Parking
from adapter.calls.membership import mark_as_left, touch
from adapter.calls.state import CallState, Handlers


def park(state: CallState, event: Park) -> None:
    """A channel was parked."""
    update(state, event.channel, event.at, "parking")
    leg = state.legs.get(event.channel.uniqueid)
    if leg is None or _is_same(leg.parking, event):
        return
    parker, left_alone = event.parker, list(state.bridges.members(leg.last_bridge))
    if leg.bridge is not None:  # told before it left the talk; or a snapshot had it among the parked
        left_alone = [
            one for one in state.bridges.others(leg) if one.channel.name.rpartition("-")[0] == parker
        ]
    if len(left_alone) == 1:
        # Who parked it: its channel may live on for a while, in no conversation.
        (partner,) = left_alone
        parker = parker or partner.channel.name.rpartition("-")[0]
        mark_as_left(state, partner)
    leg.is_parked = True
    leg.parking = _parking(state, event.at, event.space, parker)
    if leg.bridge is not None:
        leg.waits_in = leg.bridge
        move(state, leg, None)
    touch(state, leg)


def unpark(state: CallState, event: Unpark) -> None:
    """A parked channel was fetched, or left by itself."""
    update(state, event.channel, event.at, "parking")
    leg = state.legs.get(event.channel.uniqueid)
    if leg is None:
        return
    retriever = None if event.retriever is None else state.legs.get(event.retriever.uniqueid)
    if retriever is not None:
        set_dialed(state, retriever, is_dialed=not leg.is_dialed)
    if leg.parking is not None:
        leg.parking = None
        touch(state, leg)


def put_in_place_of_parker(state: CallState, leg: Leg) -> None:
    """Have who took a parked call stand where the one stood who parked it: it was called, or called."""
    set_dialed(state, leg, is_dialed=not any(other.is_dialed for other in state.bridges.others(leg)))


def with_known_parker(state: CallState, parking: Parking) -> Parking:
    """The same parking, with the parker's extension by the directory in force."""
    return _parking(state, parking.since, parking.space, parking.parker)


def _parking(state: CallState, since: float, space: str, parker: str) -> Parking:
    # A dial string is a channel's name without the part that makes it one of many.
    return Parking(since, space, state.extension_of(f"{parker}-"), parker)


def _is_same(parking: Parking | None, event: Park) -> bool:
    return parking is not None and parking.space == event.space and event.parker in ("", parking.parker)


HANDLERS: Handlers = {Park: park, Unpark: unpark}
