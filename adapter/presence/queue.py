"""A queue: who is logged in to it, and who waits in it."""

from enum import StrEnum

from msgspec import Struct

from adapter.asterisk.presence_events import DeviceState, QueueMember


class MemberState(StrEnum):
    """What a member does, as a queue looks for somebody to call."""

    IN_CALL = "in call"
    """It talks to a caller of this queue."""
    PAUSED = "paused"
    WRAP_UP = "wrap-up"
    """The queue leaves it alone for a while after a call."""
    BUSY = "busy"
    """Its device is in use, for a call that this queue did not bring."""
    RINGING = "ringing"
    READY = "ready"
    UNAVAILABLE = "unavailable"


class WaitingCaller(Struct, frozen=True, gc=False):
    """A caller in a queue. Who it is the live calls know, by the channel."""

    uniqueid: str
    since: float
    has_abandoned: bool = False
    """It hung up, and is about to leave."""


class Queue(Struct):
    """The members by interface, and the callers by uniqueid in the order in which they joined."""

    name: str
    members: dict[str, QueueMember] = {}
    callers: dict[str, WaitingCaller] = {}


_BY_DEVICE = {
    DeviceState.RINGING: MemberState.RINGING,
    DeviceState.RINGING_IN_USE: MemberState.RINGING,
    DeviceState.IN_USE: MemberState.BUSY,
    DeviceState.BUSY: MemberState.BUSY,
    DeviceState.ON_HOLD: MemberState.BUSY,
    DeviceState.UNAVAILABLE: MemberState.UNAVAILABLE,
    DeviceState.INVALID: MemberState.UNAVAILABLE,
}


def member_state(member: QueueMember, now: float) -> MemberState:
    """What the member does at this time (seconds since the epoch, by Asterisk's clock)."""
    if member.is_in_call:
        return MemberState.IN_CALL
    if member.is_paused:
        return MemberState.PAUSED
    if member.last_call_at is not None and now < member.last_call_at + member.wrapup_s:
        return MemberState.WRAP_UP
    # Asterisk calls a device whose state it does not know.
    return _BY_DEVICE.get(member.state, MemberState.READY)
