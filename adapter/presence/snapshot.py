"""The lists of devices and queues, taken after a login and now and then, are made true of the model."""

from collections.abc import Iterable

from adapter.asterisk.presence_events import ListedCaller, PresenceSnapshot
from adapter.presence.changes import DeviceStateChanged, QueueChanged
from adapter.presence.queue import Queue, WaitingCaller
from adapter.presence.state import PresenceState, QueueKnowledge


def take_devices(state: PresenceState, snapshot: PresenceSnapshot) -> None:
    """Make the devices what is listed; of one that is not listed nothing is known."""
    listed = {one.device: one.state for one in snapshot.devices or ()}
    changed = [
        device for device in {**state.devices, **listed} if state.devices.get(device) != listed.get(device)
    ]
    state.devices = listed
    state.pending += [DeviceStateChanged(device) for device in changed]


def take_queues(state: PresenceState, snapshot: PresenceSnapshot, at: float) -> None:
    """Make the queues what is listed at this time; since when a caller waits stays as it was told."""
    queues: dict[str, Queue] = {}
    for member in snapshot.members or ():
        queues.setdefault(member.queue, Queue(member.queue)).members[member.interface] = member
    for name, caller in _callers(state, snapshot.callers, at):
        queues.setdefault(name, Queue(name)).callers[caller.uniqueid] = caller
    changed = [name for name in {**state.queues, **queues} if state.queues.get(name) != queues.get(name)]
    state.queues = queues
    state.pending += [QueueChanged(name) for name in changed]


def expected_knowledge(snapshot: PresenceSnapshot) -> QueueKnowledge:
    """What is known of the queues after a login, when no event has come yet."""
    return QueueKnowledge.UNKNOWN if snapshot.members is None else QueueKnowledge.UNCONFIRMED


def _callers(
    state: PresenceState, listed: Iterable[ListedCaller], at: float
) -> Iterable[tuple[str, WaitingCaller]]:
    for one in listed:
        queue = state.queues.get(one.queue)
        known = None if queue is None else queue.callers.get(one.uniqueid)
        yield one.queue, known or WaitingCaller(one.uniqueid, at - one.waited_s)
