"""Devices change their states."""

from adapter.asterisk.presence_events import DeviceChanged
from adapter.presence.changes import DeviceStateChanged
from adapter.presence.state import Handlers, PresenceState, QueueKnowledge

SILENCE_S = 5.0
"""Asterisk tells of a member within milliseconds of its device."""


def change(state: PresenceState, event: DeviceChanged) -> None:
    """A device is in this state now."""
    if state.devices.get(event.device) is event.state:
        return
    state.devices[event.device] = event.state
    state.pending.append(DeviceStateChanged(event.device))
    if state.knowledge is QueueKnowledge.UNCONFIRMED:
        _expect_queue_event(state, event)


def _expect_queue_event(state: PresenceState, event: DeviceChanged) -> None:
    """Find out whether Asterisk tells of queues: where it does, a member changes with its device.

    If nothing came by the time that another one changes, nothing will.
    """
    if any(
        member.device == event.device and member.state is not event.state
        for queue in state.queues.values()
        for member in queue.members.values()
    ):
        if state.silent_since is None:
            state.silent_since = event.at
        elif event.at - state.silent_since > SILENCE_S:
            state.knowledge = QueueKnowledge.UNKNOWN
            state.queues.clear()


HANDLERS: Handlers = {DeviceChanged: change}
