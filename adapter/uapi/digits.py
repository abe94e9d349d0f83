"""UAPI's digits for the model's names of states."""

from enum import StrEnum

from adapter.calls import legs, views
from adapter.presence.extension import ExtensionState


class Status(StrEnum):
    """A view's status (UAPI PhoneCallView)."""

    UNKNOWN = "0"
    OFF_HOOK = "1"
    TRYING = "2"
    RINGING = "3"
    OTHER_SIDE_RINGING = "4"
    ON_CALL = "5"


class Flow(StrEnum):
    """A view's flow: where the call comes from and goes to (UAPI PhoneCallView)."""

    LOCAL = "2"
    OUTGOING_PUBLIC = "4"
    INCOMING_PUBLIC = "8"


class Disposition(StrEnum):
    """A view's disposition: how the dialing ended (UAPI PhoneCallView)."""

    ANSWERED = "0"
    BUSY = "1"
    FAILED = "2"
    NO_ANSWER = "3"
    UNKNOWN = "4"
    NOT_ALLOWED = "5"


STATUS: dict[views.Status, Status] = {one: Status[one.name] for one in views.Status}
FLOW: dict[views.Flow, Flow] = {one: Flow[one.name] for one in views.Flow}
DISPOSITION: dict[legs.Disposition, Disposition] = {one: Disposition[one.name] for one in legs.Disposition}


class PresenceStatus(StrEnum):
    """What an extension does (UAPI Presence)."""

    UNKNOWN = "0"
    ONLINE = "1"
    RINGING = "2"
    BUSY = "3"


PRESENCE_STATUS: dict[ExtensionState, PresenceStatus] = {
    ExtensionState.UNKNOWN: PresenceStatus.UNKNOWN,
    ExtensionState.UNAVAILABLE: PresenceStatus.UNKNOWN,
    ExtensionState.IDLE: PresenceStatus.ONLINE,
    ExtensionState.RINGING: PresenceStatus.RINGING,
    ExtensionState.BUSY: PresenceStatus.BUSY,
    ExtensionState.ON_HOLD: PresenceStatus.BUSY,
}


class RegistrationDigit(StrEnum):
    """Whether a phone is registered (UAPI Presence)."""

    UNKNOWN = "0"
    REGISTERED = "1"
    NOT_NECESSARY = "2"
    NOT_REGISTERED = "-1"
    EXPIRED = "-2"
