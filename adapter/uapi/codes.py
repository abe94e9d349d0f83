"""The error codes of UAPI, each with its status and a sentence for people. Pure."""

from http import HTTPStatus

from adapter.http.errors import ApiError, ErrorCode

_BAD = HTTPStatus.BAD_REQUEST
_CONFLICT = HTTPStatus.CONFLICT


def value_invalid(name: str, must: str = "") -> str:
    """The sentence about a parameter with an invalid value."""
    return f"The value supplied in the {name} parameter is invalid{must and ': ' + must}."


def _missing(name: str) -> str:
    return f"The value supplied in the {name} parameter is missing or invalid."


class UapiCode(ErrorCode):
    """The error codes of the contract."""

    USER_INVALID = (
        "user_invalid",
        _BAD,
        value_invalid("userId", "it must be @me, @viewer, @owner or the id of a user"),
    )
    EXTENSION_INVALID = (
        "extension_invalid",
        _BAD,
        value_invalid("extension", "it must be @self or the number of an extension of the user"),
    )
    # -- the parameters of a list
    COUNT_INVALID = "count_invalid", _BAD, value_invalid("count")
    START_INDEX_INVALID = "startindex_invalid", _BAD, value_invalid("startIndex")
    FILTER_BY_INVALID = "filterby_invalid", _BAD, value_invalid("filterBy")
    FILTER_OP_INVALID = "filterop_invalid", _BAD, value_invalid("filterOp")
    FILTER_VALUE_INVALID = "filtervalue_invalid", _BAD, value_invalid("filterValue")
    FIELDS_INVALID = "fields_invalid", _BAD, value_invalid("fields")
    SORT_ORDER_INVALID = "sortorder_invalid", _BAD, value_invalid("sortOrder")
    # -- an action on a call
    ACCESS_FORBIDDEN = (
        "access_forbidden",
        HTTPStatus.FORBIDDEN,
        "The App is not allowed to supervise this extension in this way.",
    )
    ACTION_INVALID = "action_invalid", _BAD, _missing("action")
    NOT_IMPLEMENTED = (
        "request_not_implemented",
        HTTPStatus.NOT_IMPLEMENTED,
        "The service does not support this action.",
    )
    PHONE_CALL_INVALID = "pc_phonecall_invalid", _BAD, _missing("phoneCallId")
    VIEW_INVALID = "pc_phonecallview_invalid", _BAD, _missing("phoneCallViewId")
    SEND_CALL_TO_INVALID = "pc_sendcallto_invalid", _BAD, _missing("sendCallTo")
    CALLER_ID_INVALID = "pc_callerid_invalid", _BAD, _missing("callerId")
    PICKUP_INVALID = "pc_timeout_invalid", _BAD, _missing("waitForPickup")
    PRIVATE_INVALID = "pc_private_invalid", _BAD, _missing("private")
    FOLLOW_INVALID = "pc_follow_invalid", _BAD, _missing("follow")
    MEDIA_INVALID = "pc_media_invalid", _BAD, _missing("media")
    RATE_INVALID = "rate_invalid", _BAD, value_invalid("rate", "it must be 8000 or 16000")
    SUBPROTOCOL_INVALID = (
        "subprotocol_invalid",
        _BAD,
        "The request must upgrade to a WebSocket with the subprotocol uapi-audio.v1.",
    )
    PHONE_NUMBER_INVALID = "pc_phonenumber_invalid", _BAD, value_invalid("phoneNumber")
    # -- refused because of the PBX, the call or the phone
    SWITCH_UNAVAILABLE = (
        "pc_switch_unavailable",
        _CONFLICT,
        "The supervision goes on unchanged: this PBX cannot switch a running supervision.",
    )
    CONFERENCE_UNAVAILABLE = (
        "pc_conference_unavailable",
        _CONFLICT,
        "The phone call is a conference: not all its members would hear the supervisor.",
    )
    NOTICE_UNAVAILABLE = (
        "pc_notice_unavailable",
        _CONFLICT,
        "The organization requires a notice tone, and this PBX cannot play one.",
    )
    STREAM_UNAVAILABLE = (
        "pc_stream_unavailable",
        _CONFLICT,
        "The audio of the supervision cannot be brought to a stream.",
    )
    STREAM_OPENED = (
        "stream_opened",
        _CONFLICT,
        "The stream of this supervision was opened already, or the supervision has ended.",
    )
    SUPERVISION_ENDED = (
        "pc_supervision_ended",
        _CONFLICT,
        "The supervision has ended.",
    )
    SUPERVISION_SWITCHED = (
        "pc_supervision_switched",
        _CONFLICT,
        "The supervision goes on, but another request has changed its action meanwhile.",
    )
    SEND_CALL_TO_BUSY = (
        "pc_sendcallto_busy",
        _CONFLICT,
        "The extension in sendCallTo is busy.",
    )
    SEND_CALL_TO_REJECTED = (
        "pc_sendcallto_rejected",
        _CONFLICT,
        "The extension in sendCallTo rejected the call.",
    )
    SEND_CALL_TO_UNAVAILABLE = (
        "pc_sendcallto_unavailable",
        _CONFLICT,
        "The extension in sendCallTo cannot be reached.",
    )
    PICKUP_TIMEOUT = (
        "pc_pickup_timeout",
        HTTPStatus.GATEWAY_TIMEOUT,
        "Nobody picked up within waitForPickup.",
    )


def because(kind: UapiCode, why: str) -> ApiError:
    """The error of this code, with the reason at the end of its sentence."""
    return ApiError(kind, f"{kind.sentence.removesuffix('.')}: {why}.")
