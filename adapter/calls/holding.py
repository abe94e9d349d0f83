"""Legs are held and recorded."""

from adapter.asterisk.events import HoldChanged, RecordingChanged
from adapter.calls.channels import update
from adapter.calls.membership import touch_conversation
from adapter.calls.state import CallState, Handlers


def hold(state: CallState, event: HoldChanged) -> None:
    """A phone began or ceased to hold the other side."""
    update(state, event.channel, event.at, "hold")
    leg = state.legs.get(event.channel.uniqueid)
    if leg is not None and (leg.held_since is not None) is not event.is_on:
        leg.held_since = event.at if event.is_on else None
        touch_conversation(state, leg)


def record(state: CallState, event: RecordingChanged) -> None:
    """A recording of the channel began or ended."""
    update(state, event.channel, event.at, "recording")
    leg = state.legs.get(event.channel.uniqueid)
    if leg is not None and (leg.recorded_since is not None) is not event.is_on:
        leg.recorded_since = event.at if event.is_on else None
        touch_conversation(state, leg)


HANDLERS: Handlers = {HoldChanged: hold, RecordingChanged: record}
