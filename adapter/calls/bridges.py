"""Channels enter bridges and leave them: they talk, or they wait."""

from collections.abc import Sequence

from adapter.asterisk.events import BridgeEnter, BridgeLeave, ListedChannel
from adapter.calls.changes import BridgeChanged
from adapter.calls.channels import update
from adapter.calls.dialing import set_dialed
from adapter.calls.legs import Leg
from adapter.calls.membership import touch, unite
from adapter.calls.state import CallState, Handlers


def enter(state: CallState, event: BridgeEnter) -> None:
    """A channel entered a bridge."""
    leg = state.legs.get(event.channel.uniqueid)
    if leg is None:
        state.count_unknown("bridge")
        return
    if event.kind.is_holding:
        _begin_waiting(state, leg, event)
    else:
        _begin_talking(state, leg, event)
    # Only now: what it tells of the linkedid is true where the channel is now.
    update(state, event.channel, event.at)
    if event.kind.is_joining and not event.kind.is_holding:
        # Asterisk gives all of them the oldest linkedid, and tells it of a channel with its next event.
        linkedid = leg.linkedid
        for one in state.bridges.members(event.bridge):
            if one.linkedid != linkedid and one.spying is None and leg.spying is None:
                unite(state, (leg,))
                break


def leave(state: CallState, event: BridgeLeave) -> None:
    """A channel left a bridge."""
    leg = state.legs.get(event.channel.uniqueid)
    if leg is None:
        state.count_unknown("bridge")
        return
    if leg.waits_in == event.bridge:
        leg.waits_in = None
        touch(state, leg)
    # It may have entered another already: Asterisk moves a channel in one step.
    if leg.bridge == event.bridge:
        leg.is_in_conference = leg.stays_in_bridge = False
        move(state, leg, None)
        touch(state, leg)
    # Only now: what it tells of the linkedid may be true where the channel goes.
    update(state, event.channel, event.at)


def move(state: CallState, leg: Leg, bridge: str | None) -> None:
    """Put the leg into a bridge, or into none."""
    for changed in state.bridges.move(leg, bridge):
        for member in state.bridges.members(changed):
            touch(state, member)
        state.emit(BridgeChanged(changed))


def reset_bridge(state: CallState, leg: Leg, line: ListedChannel) -> Sequence[str]:
    """Put the leg where a snapshot has it; the bridges that are others now, yet to be emitted."""
    bridge, waits_in = line.bridge, line.waits_in
    if leg.bridge == bridge and leg.waits_in == waits_in:
        return ()
    if line.kind is None and (bridge or waits_in) == (leg.bridge or leg.waits_in):
        return ()  # it is where it was, and what that is was known
    leg.parking = leg.held_since = None
    leg.waits_in, leg.is_parked = waits_in, line.is_parked
    if leg.is_idle and leg.spying is None:
        leg.answered_at = leg.ringing_at = None
    touch(state, leg)
    return state.bridges.move(leg, bridge)


def _begin_waiting(state: CallState, leg: Leg, event: BridgeEnter) -> None:
    move(state, leg, None)
    leg.waits_in, leg.is_parked = event.bridge, event.kind.is_parking
    leg.is_in_conference = leg.stays_in_bridge = leg.has_left = False
    leg.is_agent = event.kind.is_for_agents
    if leg.is_idle and leg.spying is None:
        # Its next conversation is another one.
        leg.answered_at = leg.ringing_at = leg.held_since = None
        if leg.is_agent:
            set_dialed(state, leg, is_dialed=False)
    touch(state, leg)


def _begin_talking(state: CallState, leg: Leg, event: BridgeEnter) -> None:
    if event.kind.is_joining:
        leg.stays_in_bridge = leg.is_in_conference = False
    else:
        others = [one for one in state.bridges.members(event.bridge) if one is not leg]
        leg.stays_in_bridge, leg.is_in_conference = True, event.kind.is_conference
        if len(others) > 1:
            # Of more than two Asterisk tells a technology that it may be about to change.
            leg.is_in_conference = any(one.is_in_conference for one in others)
    if leg.answered_at is None and leg.is_up and leg.spying is None:
        leg.answered_at = event.at
    if leg.is_agent:
        set_dialed(state, leg, is_dialed=True)
    if leg.bridge not in (None, event.bridge) or leg.last_bridge not in (None, event.bridge):
        # By keys it holds whom it leaves in another bridge; nobody tells when it does so no more.
        leg.held_since = None
    is_touched = not (leg.has_left or leg.waits_in)  # all else the bridge tells
    leg.has_left, leg.waits_in, leg.is_parked = False, None, False
    move(state, leg, event.bridge)
    if not is_touched:
        touch(state, leg)


HANDLERS: Handlers = {BridgeEnter: enter, BridgeLeave: leave}
