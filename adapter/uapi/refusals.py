"""Turns a refusal of an action into an error answer. Pure."""

from enum import StrEnum

from adapter.callcontrol.supervision.plan import Obstacle, Parameter, Refusal
from adapter.http.errors import ApiError, unavailable
from adapter.uapi.codes import UapiCode, because, value_invalid
from adapter.uapi.schemas import CODES_OF_FIELDS

_CODES: dict[StrEnum, UapiCode] = {
    **CODES_OF_FIELDS,
    Obstacle.NOT_PERMITTED: UapiCode.ACCESS_FORBIDDEN,
    Parameter.PHONE_CALL: UapiCode.PHONE_CALL_INVALID,
    Obstacle.NEVER_SUPERVISED: UapiCode.ACCESS_FORBIDDEN,
    # The same code as for a busy phone: not everybody may know whom the supervisor supervises.
    Obstacle.SUPERVISOR_BUSY: UapiCode.SEND_CALL_TO_BUSY,
    Obstacle.CONFERENCE: UapiCode.CONFERENCE_UNAVAILABLE,
    Obstacle.SWITCH: UapiCode.SWITCH_UNAVAILABLE,
    Obstacle.NOTICE: UapiCode.NOTICE_UNAVAILABLE,
    Obstacle.STREAM: UapiCode.STREAM_UNAVAILABLE,
}
_UNAVAILABLE: dict[Parameter | Obstacle, str] = {
    Obstacle.NOT_READY: "The service is not in touch with Asterisk.",
    Obstacle.NOT_KEPT: "The store is down.",
    Obstacle.NOT_TAKEN: "Asterisk did not take the request.",
}


def refused(refusal: Refusal) -> ApiError:
    """The error answer for this refusal."""
    if refusal.code in _UNAVAILABLE:
        return unavailable(_UNAVAILABLE[refusal.code])
    kind = _CODES[refusal.code]
    return because(kind, refusal.why) if refusal.why else ApiError(kind)


def phone_call_invalid() -> ApiError:
    """The error answer if the call is not live, or if the account may not see it."""
    must = "it must be the id of a live phone call of the extension"
    return ApiError(UapiCode.PHONE_CALL_INVALID, value_invalid("phoneCallId", must))
