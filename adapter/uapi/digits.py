"""UAPI's digits for the model's names of states."""

from enum import StrEnum

from adapter.calls import legs, views


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
