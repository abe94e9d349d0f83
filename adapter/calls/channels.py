"""Channels begin and change."""

from adapter.asterisk.events import (
    Channel,
    ChannelState,
    ChannelUpdate,
    NewChannel,
    OriginateResponse,
)
from adapter.asterisk.naming import OUR_PREFIX
from adapter.calls.changes import OriginateEnded, OriginateStateChanged
from adapter.calls.legs import LOCAL_PREFIX, RINGING, UP, Leg, Spying
from adapter.calls.membership import relink_conversation, touch, touch_spied_call
from adapter.calls.state import CallState, Handlers

_DOWN = ChannelState.DOWN


def begin(state: CallState, event: NewChannel) -> None:
    """A channel began."""
    if event.channel.uniqueid in state.legs:
        update(state, event.channel, event.at)
    else:
        leg = new_leg(state, event.channel, event.at, is_dialed=is_about_to_ring(event.channel))
        emit_originate_state(state, leg)
        touch(state, leg)


def take_update(state: CallState, event: ChannelUpdate) -> None:
    """Something of a channel changed."""
    update(state, event.channel, event.at)


def end_originate(state: CallState, event: OriginateResponse) -> None:
    """The dialing of an Originate ended."""
    state.emit(OriginateEnded(event.uniqueid, event.is_success))


def new_leg(
    state: CallState, channel: Channel, at: float, *, is_dialed: bool, bridge: str | None = None
) -> Leg:
    """The leg of a channel that is met first; it is part of no call yet, and no change is emitted."""
    uniqueid, linkedid, name = channel.uniqueid, channel.linkedid, channel.name
    extension = state.extension_of(name)
    leg = Leg(channel, linkedid, channel.exten, at, extension, is_dialed=is_dialed, bridge=bridge)
    state.legs[uniqueid] = leg
    _note_times(leg, at)
    # Hardly any channel has one of these, and `in` takes a third of the time of `startswith`.
    if (OUR_PREFIX in linkedid or OUR_PREFIX in uniqueid) and channel.is_for_our_spy:
        leg.spying = Spying()
    if LOCAL_PREFIX in name:
        state.bridges.note_name(leg)
    if bridge is not None:
        state.bridges.add(leg, bridge)
    return leg


def update(state: CallState, channel: Channel, at: float, kind: str = "update") -> None:
    """Take in the channel as an event of this kind shows it."""
    leg = state.legs.get(channel.uniqueid)
    if leg is None:
        state.count_unknown(kind)
        return
    before, leg.channel = leg.channel, channel
    if before == channel:
        return
    if before.name != channel.name:
        # A pickup or a transfer put another phone in the channel's place.
        leg.extension = state.extension_of(channel.name)
        state.bridges.note_name(leg, before.name)
    if before.state is not channel.state:
        _note_times(leg, at)
        emit_originate_state(state, leg)
    if leg.spying is not None:
        touch_spied_call(state, leg)
        return
    if before.linkedid != channel.linkedid:
        # True of all with whom it talks: Asterisk tells each of them only with its own next event.
        relink_conversation(state, leg, channel.linkedid)
    touch(state, leg)


def emit_originate_state(state: CallState, leg: Leg) -> None:
    """Emit the state of a channel of ours; the states of all others stand in the views of their calls."""
    if OUR_PREFIX in leg.channel.uniqueid and leg.channel.is_ours:  # most are not: that is asked first
        state.emit(OriginateStateChanged(leg.channel.uniqueid, leg.channel.state))


def is_about_to_ring(channel: Channel) -> bool:
    """Whether it was made for another channel and has not begun yet: by Dial or Queue."""
    return channel.linkedid != channel.uniqueid and channel.state is _DOWN


def _note_times(leg: Leg, at: float) -> None:
    state = leg.channel.state
    if state is UP:
        if leg.answered_at is None:
            leg.answered_at = at
    elif state in RINGING and leg.ringing_at is None:
        leg.ringing_at = at


HANDLERS: Handlers = {NewChannel: begin, ChannelUpdate: take_update, OriginateResponse: end_originate}
