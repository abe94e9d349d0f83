"""Reads the body of a PUT: lenient about the form of values, strict about their meaning."""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    create_model,
)

from adapter.asterisk.caller_id import CallerId, parse_caller_id
from adapter.callcontrol.supervision.plan import (
    DEFAULT_PICKUP_S,
    Follow,
    Mode,
    Parameter,
    SupervisionRequest,
)
from adapter.directory import Medium
from adapter.http.errors import ApiError, HttpCode
from adapter.uapi.codes import UapiCode

_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


_MODES = {mode.action: mode for mode in (Mode.MONITOR, Mode.WHISPER, Mode.BARGE_IN)}


def _mode(action: object) -> Mode:
    if not isinstance(action, str) or not action:
        raise ApiError(UapiCode.ACTION_INVALID)
    try:
        return _MODES[action]
    except KeyError:
        raise ApiError(UapiCode.NOT_IMPLEMENTED) from None


def _seconds(value: object) -> object:
    """Read a number or a numeric string (`"waitForPickup": "20"`); reject fractions and booleans."""
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
    """Read 0 or 1, as a number or a string (`"private": "1"`); reject booleans."""
    if isinstance(value, bool) or value not in (0, 1, "0", "1"):
        raise ValueError("neither 0 nor 1")
    return value in (1, "1")


def _follow(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("not a string")  # noqa: TRY004 - pydantic's way to refuse
    return Follow(value)


_MEDIA = (Medium.PHONE, Medium.STREAM)


def _medium(value: object) -> object:
    if not isinstance(value, str) or value not in _MEDIA:
        raise ValueError("no medium")
    return Medium(value)


def _optional(check: Callable[[object], object]) -> BeforeValidator:
    """Treat null as a missing parameter."""
    return BeforeValidator(lambda value: None if value is None else check(value))


def _or_null(*forms: dict[str, object]) -> WithJsonSchema:
    """The description of an optional value."""
    return WithJsonSchema({"anyOf": [*forms, {"type": "null"}]})


class PhoneCallAction(BaseModel):
    """What to do with the call. The service ignores other fields."""

    # Each field with the code of its error, in the contract's order.

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", arbitrary_types_allowed=True)

    action: Annotated[
        Mode,
        BeforeValidator(_mode),
        UapiCode.ACTION_INVALID,
        WithJsonSchema({"type": "string", "enum": ["BargeIn", "Monitor", "Whisper"]}),
        Field(
            description="`BargeIn`: everybody hears everybody. `Monitor`: the supervisor listens, and "
            "nobody hears the supervisor. `Whisper`: only the extension hears the supervisor. The service "
            "answers 501 to any other action."
        ),
    ]
    view_id: Annotated[
        str,
        UapiCode.VIEW_INVALID,
        WithJsonSchema({"type": "string", "pattern": r"^[0-9]{2,}$"}),
        Field(
            alias="phoneCallViewId",
            description="The id of a view of the call. It must be a view of the extension in the path, "
            "unless that is `@self`.",
            examples=["01"],
        ),
    ]
    send_call_to: Annotated[
        str,
        UapiCode.SEND_CALL_TO_INVALID,
        WithJsonSchema({"type": "string", "pattern": r"^([0-9]{1,10}\*)?[0-9]{1,10}$"}),
        Field(
            alias="sendCallTo",
            description="The supervisor's extension: its phone rings and is joined. It must be a Phone "
            "Terminal of the same Organization and not a party to the call.",
            examples=["0003*024"],
        ),
    ]
    caller_id: Annotated[
        CallerId | None,
        _optional(_caller_id),
        UapiCode.CALLER_ID_INVALID,
        _or_null({"type": "string", "pattern": r"^.*[^ ] *<\+?[0-9*#]{1,32}> *$"}),
        Field(
            alias="callerId",
            description="`Name <number>`, shown on the supervisor's phone. The name is printable text of "
            "any script, at most 100 bytes in UTF-8. Default: the caller id of `sendCallTo`.",
            examples=["John Doe <42420042>"],
        ),
    ] = None
    pickup_s: Annotated[
        int | None, _optional(_seconds), UapiCode.PICKUP_INVALID, Field(alias="waitForPickup")
    ] = None
    """`action_model` describes it, because it knows the limit."""
    is_private: Annotated[
        bool | None,
        _optional(_flag),
        UapiCode.PRIVATE_INVALID,
        _or_null(
            {"type": "integer", "minimum": 0, "maximum": 1},
            {"type": "string", "enum": ["0", "1"]},
        ),
        Field(
            alias="private",
            description="For `Whisper`. 1: the extension hears the supervisor, and the supervisor hears "
            "nothing. Default: 0.",
            examples=["1"],
        ),
    ] = None
    follow: Annotated[
        Follow | None,
        _optional(_follow),
        UapiCode.FOLLOW_INVALID,
        _or_null({"type": "string", "enum": ["extension", "call", "agent"]}),
        Field(
            description="What happens to the supervision if the extension transfers the other party and "
            "leaves the call. `extension`: the supervision ends. `call`: it moves to the party that stays. "
            "`agent`: as `extension`, but if an agent stays on the line for one caller after the other, the "
            "supervision stays with the agent. With `extension` and `call` it ends with each conversation. "
            "If a request that changes a running supervision has no `follow`, it stays as it is. For a new "
            "supervision the operator sets the default.",
        ),
    ] = None
    media: Annotated[
        Medium | None,
        _optional(_medium),
        UapiCode.MEDIA_INVALID,
        _or_null({"type": "string", "enum": list(_MEDIA)}),
        Field(
            description="What brings the supervisor the audio. `phone`: the phones of `sendCallTo` ring. "
            "`stream`: nothing rings. The supervision is made in the name of `sendCallTo`, and waits up to "
            "`waitForPickup` seconds until the App opens the WebSocket at `link.audio`. The App, and the "
            "supervision group if there is one, must be allowed to use the medium. A running supervision "
            "keeps its medium. Default: `phone`.",
        ),
    ] = None


def action_model(pickup_limit_s: int) -> type[PhoneCallAction]:
    """The body of a PUT, described with this upper limit of `waitForPickup`."""
    digits = min(len(str(pickup_limit_s)), 9)  # more are not read
    described = Field(
        default=None,
        alias="waitForPickup",
        description=f"For how many seconds the phone rings at most: 1 to {pickup_limit_s}, as a number "
        f"or a numeric string. Default: {min(DEFAULT_PICKUP_S, pickup_limit_s)}.",
        examples=["20"],
    )
    schema = _or_null(
        {"type": "integer", "minimum": 1, "maximum": pickup_limit_s},
        {"type": "string", "pattern": rf"^0{{0,{9 - digits}}}[1-9][0-9]{{0,{digits - 1}}}$"},
    )
    return create_model(
        "PhoneCallAction",
        __base__=PhoneCallAction,
        __doc__=PhoneCallAction.__doc__,
        pickup_s=(Annotated[int | None, _optional(_seconds), UapiCode.PICKUP_INVALID, schema], described),
    )


CODES_OF_FIELDS: dict[StrEnum, UapiCode] = {
    Parameter(field.alias or name): code
    for name, field in PhoneCallAction.model_fields.items()
    for code in field.metadata
    if isinstance(code, UapiCode) and name != "action"
}
"""The error code of each field; `read_action` raises the one of `action` itself."""


def read_action(body: object) -> SupervisionRequest:
    """The supervision that the body of a PUT requests.

    Raises ApiError if the body or the action is invalid. Other missing or invalid values are named in the
    request's `malformed`; the decision rejects them in the contract's order.
    """
    if not isinstance(body, dict):
        raise ApiError(HttpCode.REQUEST_INVALID)
    try:
        action = PhoneCallAction.model_validate(body)
    except ValidationError as invalid:
        bad = {str(error["loc"][0]) for error in invalid.errors(include_input=False, include_url=False)}
    else:
        is_private = action.action is Mode.WHISPER and action.is_private
        return SupervisionRequest(
            mode=Mode.PRIVATE_WHISPER if is_private else action.action,
            view_id=action.view_id,
            send_call_to=action.send_call_to,
            caller_id=action.caller_id,
            pickup_s=action.pickup_s,
            follow=action.follow,
            medium=action.media or Medium.PHONE,
        )
    good: dict[str, Any] = {name: value for name, value in body.items() if name not in bad}
    return SupervisionRequest(
        mode=_mode(body.get("action")),
        view_id=good.get("phoneCallViewId"),
        send_call_to=good.get("sendCallTo"),
        medium=Medium.STREAM if good.get("media") == Medium.STREAM else Medium.PHONE,
        malformed=frozenset(parameter for parameter in Parameter if parameter in bad),
    )
