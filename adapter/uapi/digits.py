"""UAPI's digits for what the model of the calls has names for."""

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
    """Where a call comes from and goes to (UAPI PhoneCallView)."""

    LOCAL = "2"
    OUTGOING_PUBLIC = "4"
    INCOMING_PUBLIC = "8"


class Disposition(StrEnum):
    """How a dialing ended (UAPI PhoneCallView)."""

    ANSWERED = "0"
    BUSY = "1"
    FAILED = "2"
    NO_ANSWER = "3"
    UNKNOWN = "4"
    NOT_ALLOWED = "5"


STATUS: dict[views.Status, Status] = {one: Status[one.name] for one in views.Status}
FLOW: dict[views.Flow, Flow] = {one: Flow[one.name] for one in views.Flow}
DISPOSITION: dict[legs.Disposition, Disposition] = {one: Disposition[one.name] for one in legs.Disposition}
