"""Every error that the service answers: its status, its stable code and a sentence for a person."""

import math
from http import HTTPStatus

from adapter.callcontrol.supervision.plan import Parameter, Refusal


class UapiError(Exception):
    """An answer other than success; the code is what programs read, the message what people do."""

    def __init__(self, code: str, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = _STATUS[code]
        self.code = code
        self.message = message
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, object]:
        """The JSON body of every 4xx and 5xx."""
        return error_body(self.code, self.message)


def error_body(code: str, message: str) -> dict[str, object]:
    """The JSON body of an error."""
    return {"error": {"code": code, "message": message}}


_STATUS = {
    **dict.fromkeys(
        (
            "user_invalid",
            "extension_invalid",
            "request_invalid",
            "request_malformed",
            "action_invalid",
            "pc_phonecall_invalid",
            "pc_phonecallview_invalid",
            "pc_sendcallto_invalid",
            "pc_callerid_invalid",
            "pc_timeout_invalid",
            "pc_private_invalid",
            "pc_follow_invalid",
            "pc_phonenumber_invalid",
            "idempotency_key_invalid",
            "count_invalid",
            "startindex_invalid",
            "filterby_invalid",
            "filterop_invalid",
            "filtervalue_invalid",
            "fields_invalid",
            "sortorder_invalid",
        ),
        HTTPStatus.BAD_REQUEST,
    ),
    "access_denied": HTTPStatus.UNAUTHORIZED,
    "access_forbidden": HTTPStatus.FORBIDDEN,
    "resource_not_found": HTTPStatus.NOT_FOUND,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "request_timeout": HTTPStatus.REQUEST_TIMEOUT,
    "pc_sendcallto_busy": HTTPStatus.CONFLICT,
    "pc_sendcallto_rejected": HTTPStatus.CONFLICT,
    "pc_sendcallto_unavailable": HTTPStatus.CONFLICT,
    "pc_switch_unavailable": HTTPStatus.CONFLICT,
    "pc_conference_unavailable": HTTPStatus.CONFLICT,
    "pc_notice_unavailable": HTTPStatus.CONFLICT,
    "pc_supervision_ended": HTTPStatus.CONFLICT,
    "pc_supervision_switched": HTTPStatus.CONFLICT,
    "idempotency_key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "request_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "content_type_invalid": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "content_encoding_invalid": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "too_many_requests": HTTPStatus.TOO_MANY_REQUESTS,
    "internal_server_error": HTTPStatus.INTERNAL_SERVER_ERROR,
    "request_not_implemented": HTTPStatus.NOT_IMPLEMENTED,
    "service_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "pc_pickup_timeout": HTTPStatus.GATEWAY_TIMEOUT,
}

RETRY_AFTER_S = 5

_CODE_OF_PARAMETER = {
    Parameter.PHONE_CALL: "pc_phonecall_invalid",
    Parameter.VIEW: "pc_phonecallview_invalid",
    Parameter.SEND_CALL_TO: "pc_sendcallto_invalid",
    Parameter.CALLER_ID: "pc_callerid_invalid",
    Parameter.PICKUP: "pc_timeout_invalid",
    Parameter.PRIVATE: "pc_private_invalid",
    Parameter.FOLLOW: "pc_follow_invalid",
}


def refused(refusal: Refusal) -> UapiError:
    """The answer to a supervision that may not happen."""
    return UapiError(
        _CODE_OF_PARAMETER[refusal.parameter],
        f"The value supplied in the {refusal.parameter} parameter is missing or invalid: {refusal.why}.",
    )


def unavailable(why: str) -> UapiError:
    """The answer while Asterisk cannot be asked."""
    return UapiError(
        "service_unavailable", f"{why} Try again later.", headers={"Retry-After": str(RETRY_AFTER_S)}
    )


def phone_call_invalid() -> UapiError:
    """The answer to the id of a call that is not live, or not to be seen."""
    return UapiError(
        "pc_phonecall_invalid",
        "The value supplied in the phoneCallId parameter is invalid: "
        "it must be the id of a live phone call of the extension.",
    )


def not_found() -> UapiError:
    """The answer to the id of what is not there, or not to be seen."""
    return UapiError("resource_not_found", "There is nothing at this address.")


def access_denied() -> UapiError:
    """The answer to who is nobody known; it tells nothing of why."""
    return UapiError(
        "access_denied",
        "The request needs a valid access token.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def forbidden() -> UapiError:
    """The answer to an action that the App is not allowed on the extension."""
    return UapiError("access_forbidden", "The App is not allowed to supervise this extension in this way.")


def too_many(after_s: float) -> UapiError:
    """The answer to who asks too often: after how many seconds to ask again."""
    return UapiError(
        "too_many_requests", "Too many requests.", headers={"Retry-After": str(max(1, math.ceil(after_s)))}
    )
