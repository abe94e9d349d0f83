"""Members log in and out of queues, and callers wait in them."""

from msgspec.structs import replace

from adapter.asterisk.presence_events import (
    CallerAbandoned,
    CallerJoined,
    CallerLeft,
    DeviceState,
    MemberBusied,
    MemberChanged,
    MemberRemoved,
    QueueMember,
)
from adapter.presence.changes import QueueChanged
from adapter.presence.queue import Queue, WaitingCaller
from adapter.presence.state import Handlers, PresenceState, QueueKnowledge


def change_member(state: PresenceState, event: MemberChanged) -> None:
    """A member logged in, or something of it changed."""
    queue = _queue(state, event.member.queue)
    known = queue.members.get(event.member.interface)
    member = event.member
    if known is not None and known.is_in_call and member.state in _ENGAGED:
        # What Asterisk told of the device just before is sent behind what it told of the call.
        member = replace(member, is_in_call=True)
    _put(state, queue, member)


def busy_member(state: PresenceState, event: MemberBusied) -> None:
    """A member began or ceased to talk to a caller."""
    queue = _queue(state, event.queue)
    known = queue.members.get(event.interface)
    if known is not None:
        last_call_at = known.last_call_at if event.is_in_call else event.at
        _put(state, queue, replace(known, is_in_call=event.is_in_call, last_call_at=last_call_at))
    _forget_if_empty(state, queue)


def remove_member(state: PresenceState, event: MemberRemoved) -> None:
    """A member logged out."""
    queue = _queue(state, event.queue)
    if queue.members.pop(event.interface, None) is not None:
        state.pending.append(QueueChanged(queue.name))
    _forget_if_empty(state, queue)


def join(state: PresenceState, event: CallerJoined) -> None:
    """A caller waits."""
    queue = _queue(state, event.queue)
    if event.uniqueid not in queue.callers:
        queue.callers[event.uniqueid] = WaitingCaller(event.uniqueid, event.at)
        state.pending.append(QueueChanged(queue.name))


def abandon(state: PresenceState, event: CallerAbandoned) -> None:
    """A caller hung up, and is about to leave."""
    queue = _queue(state, event.queue)
    caller = queue.callers.get(event.uniqueid)
    if caller is not None and not caller.has_abandoned:
        queue.callers[event.uniqueid] = WaitingCaller(caller.uniqueid, caller.since, has_abandoned=True)
        state.pending.append(QueueChanged(queue.name))


def leave(state: PresenceState, event: CallerLeft) -> None:
    """A caller waits no more."""
    queue = _queue(state, event.queue)
    if queue.callers.pop(event.uniqueid, None) is not None:
        state.pending.append(QueueChanged(queue.name))
    _forget_if_empty(state, queue)


_ENGAGED = frozenset({DeviceState.IN_USE, DeviceState.BUSY, DeviceState.ON_HOLD, DeviceState.RINGING_IN_USE})


def _put(state: PresenceState, queue: Queue, member: QueueMember) -> None:
    if queue.members.get(member.interface) != member:
        queue.members[member.interface] = member
        state.pending.append(QueueChanged(queue.name))


def _queue(state: PresenceState, name: str) -> Queue:
    """The queue of this name; an event of any says that Asterisk tells of queues."""
    state.knowledge = QueueKnowledge.KNOWN
    return state.queues.setdefault(name, Queue(name))


def _forget_if_empty(state: PresenceState, queue: Queue) -> None:
    if not queue.members and not queue.callers:
        del state.queues[queue.name]


HANDLERS: Handlers = {
    MemberChanged: change_member,
    MemberBusied: busy_member,
    MemberRemoved: remove_member,
    CallerJoined: join,
    CallerAbandoned: abandon,
    CallerLeft: leave,
}
