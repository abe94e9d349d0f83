"""The body of a PUT, read leniently in form and strictly in meaning."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from adapter.asterisk.caller_id import CallerId, parse_caller_id
from adapter.callcontrol.supervision.plan import Follow, Mode, Parameter, SupervisionRequest
from adapter.http.errors import ApiError, HttpCode
from adapter.uapi.refusals import UapiCode

_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


def _seconds(value: object) -> object:
    """Clients send numbers as strings (`"waitForPickup": "20"`); a fraction or a boolean is neither."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer() and value < 1e9:  # noqa: PLR2004 - as many digits
        value = int(value)  # 20.0 is a whole number in JSON
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError("not a whole number of seconds")


def _caller_id(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("not a string")  # noqa: TRY004 - pydantic's way to refuse
    return parse_caller_id(value)


def _flag(value: object) -> object:
    """`"private": "1"` and `"private": 1` mean the same; a boolean is neither digit."""
    if isinstance(value, bool) or value not in (0, 1, "0", "1"):
        raise ValueError("neither 0 nor 1")
    return value in (1, "1")


def _follow(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("not a string")  # noqa: TRY004 - pydantic's way to refuse
    return Follow(value)


def _optional(check: Callable[[object], object]) -> BeforeValidator:
    """A null is a parameter that was not given."""
    return BeforeValidator(lambda value: None if value is None else check(value))


class PhoneCallAction(BaseModel):
    """The payload of a supervision (founding document, "Request Payload"). Unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", arbitrary_types_allowed=True)

    view_id: Annotated[str, Field(alias="phoneCallViewId")]
    send_call_to: Annotated[str, Field(alias="sendCallTo")]
    caller_id: Annotated[CallerId | None, _optional(_caller_id), Field(alias="callerId")] = None
    pickup_s: Annotated[int | None, _optional(_seconds), Field(alias="waitForPickup")] = None
    is_private: Annotated[bool | None, _optional(_flag), Field(alias="private")] = None
    follow: Annotated[Follow | None, _optional(_follow), Field(alias="follow")] = None


def read_action(body: object) -> SupervisionRequest:
    """The supervision that a PUT's body asks for.

    Raises ApiError for a body or an action that is none; any other value that is missing or not of its form
    is named in the request's `malformed`, to be judged in the contract's order.
    """
    if not isinstance(body, dict):
        raise ApiError(HttpCode.REQUEST_INVALID)
    mode = _mode(body.get("action"))
    try:
        action = PhoneCallAction.model_validate(body)
    except ValidationError as invalid:
        bad = {str(error["loc"][0]) for error in invalid.errors(include_input=False, include_url=False)}
    else:
        return SupervisionRequest(
            mode=Mode.PRIVATE_WHISPER if mode is Mode.WHISPER and action.is_private else mode,
            view_id=action.view_id,
            send_call_to=action.send_call_to,
            caller_id=action.caller_id,
            pickup_s=action.pickup_s,
            follow=action.follow,
        )
    good: dict[str, Any] = {name: value for name, value in body.items() if name not in bad}
    return SupervisionRequest(
        mode=mode,
        view_id=good.get("phoneCallViewId"),
        send_call_to=good.get("sendCallTo"),
        malformed=frozenset(parameter for parameter in Parameter if parameter in bad),
    )


_MODES = {mode.action: mode for mode in (Mode.MONITOR, Mode.WHISPER, Mode.BARGE_IN)}


def _mode(action: object) -> Mode:
    if not isinstance(action, str) or not action:
        raise ApiError(UapiCode.ACTION_INVALID)
    try:
        return _MODES[action]
    except KeyError:
        raise ApiError(UapiCode.NOT_IMPLEMENTED) from None
