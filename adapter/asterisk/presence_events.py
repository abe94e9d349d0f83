"""What Asterisk says of devices and of queues, as frozen values. Times are seconds since the epoch.

None of them holds what a caller may choose: who waits is named by the channel alone.
"""

from enum import StrEnum

from msgspec import Struct


class DeviceState(StrEnum):
    """The state of a device, in AMI's words (Asterisk's include/asterisk/devicestate.h)."""

    UNKNOWN = "UNKNOWN"
    IDLE = "NOT_INUSE"
    IN_USE = "INUSE"
    BUSY = "BUSY"
    INVALID = "INVALID"
    UNAVAILABLE = "UNAVAILABLE"
    RINGING = "RINGING"
    RINGING_IN_USE = "RINGINUSE"
    ON_HOLD = "ONHOLD"
    """The other side holds it. Of who holds, Asterisk says `INUSE`."""


class DeviceChanged(Struct, frozen=True, gc=False):
    """A device (`PJSIP/210`) is in this state now."""

    at: float
    device: str
    state: DeviceState


class QueueMember(Struct, frozen=True, gc=False):
    """Who is logged in to a queue."""

    queue: str
    interface: str
    """What the queue dials: a device, or a Local channel that leads to one."""
    device: str
    """Whose state says whether the member can be called (`StateInterface`)."""
    state: DeviceState
    is_paused: bool = False
    pause_reason: str = ""
    is_in_call: bool = False
    """The member talks to a caller of this queue."""
    last_call_at: float | None = None
    """When its last call of this queue ended."""
    wrapup_s: int = 0
    """How long the queue leaves it alone after a call, where that is set for this member."""


class MemberChanged(Struct, frozen=True, gc=False):
    """A member logged in, or something of it changed."""

    at: float
    member: QueueMember


class MemberRemoved(Struct, frozen=True, gc=False):
    """A member logged out."""

    at: float
    queue: str
    interface: str


class MemberBusied(Struct, frozen=True, gc=False):
    """A member began or ceased to talk to a caller of the queue. No change of its state says so."""

    at: float
    queue: str
    interface: str
    is_in_call: bool


class CallerJoined(Struct, frozen=True, gc=False):
    """A caller waits in a queue now."""

    at: float
    queue: str
    uniqueid: str


class CallerAbandoned(Struct, frozen=True, gc=False):
    """A caller hung up while it waited. `CallerLeft` follows."""

    at: float
    queue: str
    uniqueid: str


class CallerLeft(Struct, frozen=True, gc=False):
    """A caller waits no more: it was answered, sent on, or hung up."""

    at: float
    queue: str
    uniqueid: str


class ListedCaller(Struct, frozen=True, gc=False):
    """One caller of a list."""

    queue: str
    uniqueid: str
    waited_s: int


class PresenceSnapshot(Struct, frozen=True):
    """What Asterisk lists of devices and of queues; None where it refuses the list."""

    devices: tuple[DeviceChanged, ...] | None = None
    members: tuple[QueueMember, ...] | None = None
    callers: tuple[ListedCaller, ...] = ()


PresenceEvent = (
    DeviceChanged | MemberChanged | MemberBusied | MemberRemoved | CallerJoined | CallerAbandoned | CallerLeft
)
