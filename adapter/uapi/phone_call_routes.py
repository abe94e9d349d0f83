"""The routes of phone calls: listing, showing, acting on one, hanging up, creating."""

from adapter.http.errors import HttpCode
from adapter.http.routes import Answer, Body, Header, Route
from adapter.settings import Settings
from adapter.uapi.addressing import CREATE_KINDS
from adapter.uapi.call_actions import CallActions
from adapter.uapi.codes import UapiCode
from adapter.uapi.forms import forms
from adapter.uapi.parameters import (
    EXTENSION,
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
    LIST_PARAMETERS,
    PHONE_CALL_ID,
    PHONE_NUMBER,
    PREFER_MINIMAL,
    PREFER_NO_BODY,
    PREFER_WAIT,
    USER_ID,
)
from adapter.uapi.phone_calls import PhoneCalls
from adapter.uapi.resources import Accepted, PhoneCall, PhoneCallFields, PhoneCallList, Supervision
from adapter.uapi.schemas import action_model

_CALLS = "/uapi/phoneCalls/{userId}/{extension}"
_CALL = _CALLS + "/{phoneCallId}"
_EXTENSION = rf"{{extension:(?!(?:{'|'.join(CREATE_KINDS)})/?$)[^/]+}}"
"""What stands in the extension's place and is no kind of a call to create."""
_CALLS_FORMS = tuple(form.replace("{extension}", _EXTENSION) for form in forms(_CALLS))

_AUTHENTICATED = (
    HttpCode.ACCESS_DENIED,
    HttpCode.TOO_MANY_REQUESTS,
    UapiCode.USER_INVALID,
    UapiCode.EXTENSION_INVALID,
)
_LISTED = (
    UapiCode.COUNT_INVALID,
    UapiCode.START_INDEX_INVALID,
    UapiCode.FILTER_BY_INVALID,
    UapiCode.FILTER_OP_INVALID,
    UapiCode.FILTER_VALUE_INVALID,
    UapiCode.FIELDS_INVALID,
    UapiCode.SORT_ORDER_INVALID,
)
_SENT = (
    UapiCode.ACCESS_FORBIDDEN,
    HttpCode.CONTENT_TYPE_INVALID,
    HttpCode.REQUEST_TOO_LARGE,
    HttpCode.REQUEST_TIMEOUT,
    HttpCode.REQUEST_INVALID,
    UapiCode.ACTION_INVALID,
    UapiCode.NOT_IMPLEMENTED,
    UapiCode.PHONE_CALL_INVALID,
    HttpCode.IDEMPOTENCY_KEY_INVALID,
    HttpCode.IDEMPOTENCY_KEY_REUSED,
)
_SUPERVISED = (
    UapiCode.VIEW_INVALID,
    UapiCode.SEND_CALL_TO_INVALID,
    UapiCode.CALLER_ID_INVALID,
    UapiCode.PICKUP_INVALID,
    UapiCode.PRIVATE_INVALID,
    UapiCode.FOLLOW_INVALID,
    UapiCode.MEDIA_INVALID,
    UapiCode.SWITCH_UNAVAILABLE,
    UapiCode.CONFERENCE_UNAVAILABLE,
    UapiCode.NOTICE_UNAVAILABLE,
    UapiCode.STREAM_UNAVAILABLE,
    UapiCode.SUPERVISION_ENDED,
    UapiCode.SUPERVISION_SWITCHED,
    UapiCode.SEND_CALL_TO_BUSY,
    UapiCode.SEND_CALL_TO_REJECTED,
    UapiCode.SEND_CALL_TO_UNAVAILABLE,
    UapiCode.PICKUP_TIMEOUT,
)
_ETAG = Header("Identifies this version of the list, for `If-None-Match`.")
_MINIMAL = {"Preference-Applied": Header("`return=minimal`.")}
_WAIT_APPLIED = {"Preference-Applied": Header("`wait=N`, if the service waited.", is_always_there=False)}


def phone_call_routes(phone_calls: PhoneCalls, call_actions: CallActions, settings: Settings) -> list[Route]:
    """The table."""
    body = Body(action_model(settings.pickup_limit_s))
    return [
        _list(phone_calls),
        _act_on_none(call_actions, body),
        _hang_up_all(call_actions),
        *(_create(call_actions, kind) for kind in CREATE_KINDS),
        _show(phone_calls, is_bare=settings.single_call == "bare"),
        _act(call_actions, body),
        _hang_up(call_actions),
    ]


def _list(phone_calls: PhoneCalls) -> Route:
    return Route(
        method="GET",
        path=_CALLS,
        forms=_CALLS_FORMS,
        handler=phone_calls.list,
        operation_id="listPhoneCalls",
        summary="List the live calls",
        parameters=(USER_ID, EXTENSION, *LIST_PARAMETERS, PREFER_MINIMAL, IF_NONE_MATCH),
        answers=(
            Answer(
                200,
                "A page of the calls. If there are none, `entry` is empty.",
                PhoneCallList,
                parts=(PhoneCall, PhoneCallFields),
                headers={
                    "ETag": _ETAG,
                    "Cache-Control": Header("`private, no-cache`."),
                    "Vary": Header("The headers of the request that the answer depends on."),
                },
            ),
            Answer(
                204, "There are no calls, and the client sent `Prefer: return=minimal`.", headers=_MINIMAL
            ),
            Answer(304, "The list has not changed.", headers={"ETag": _ETAG}),
        ),
        errors=(*_AUTHENTICATED, *_LISTED, HttpCode.SERVICE_UNAVAILABLE),
    )


def _act_on_none(call_actions: CallActions, body: Body) -> Route:
    return Route(
        method="PUT",
        path=_CALLS,
        forms=_CALLS_FORMS,
        handler=call_actions.put,
        operation_id="actOnNoPhoneCall",
        summary="An action without a call",
        description="Never succeeds: the path lacks the id of a call. A request that is otherwise valid "
        "gets 400 `pc_phonecall_invalid`.",
        parameters=(USER_ID, EXTENSION, PREFER_WAIT, IDEMPOTENCY_KEY),
        body=body,
        errors=(*_AUTHENTICATED, *_SENT, HttpCode.SERVICE_UNAVAILABLE),
    )


def _hang_up_all(call_actions: CallActions) -> Route:
    return Route(
        method="DELETE",
        path=_CALLS,
        forms=_CALLS_FORMS,
        handler=call_actions.delete,
        operation_id="hangUpPhoneCalls",
        summary="Hang up all calls",
        description="Not served yet.",
        parameters=(USER_ID, EXTENSION),
        errors=(*_AUTHENTICATED, UapiCode.PHONE_NUMBER_INVALID, UapiCode.NOT_IMPLEMENTED),
    )


def _create(call_actions: CallActions, kind: str) -> Route:
    path = f"/uapi/phoneCalls/{{userId}}/{kind}"
    return Route(
        method="POST",
        path=path,
        forms=forms(path),
        handler=call_actions.create,
        operation_id=f"createPhoneCall{kind[:1].upper()}{kind[1:]}",
        summary="Create a call",
        description="Not served yet.",
        parameters=(USER_ID,),
        errors=(HttpCode.ACCESS_DENIED, HttpCode.TOO_MANY_REQUESTS, UapiCode.NOT_IMPLEMENTED),
    )


def _show(phone_calls: PhoneCalls, *, is_bare: bool) -> Route:
    found = (
        Answer(200, "The call.", PhoneCall)
        if is_bare
        else Answer(200, "A list with this call, or an empty list.", PhoneCallList)
    )
    return Route(
        method="GET",
        path=_CALL,
        forms=forms(_CALL),
        handler=phone_calls.get,
        operation_id="getPhoneCall",
        summary="Show one live call",
        description="The service checks the parameters of a list here too. They "
        + ("do not change the answer." if is_bare else "change the answer as in a list."),
        parameters=(USER_ID, EXTENSION, PHONE_CALL_ID, *LIST_PARAMETERS),
        answers=(found,),
        errors=(
            *_AUTHENTICATED,
            *((UapiCode.PHONE_CALL_INVALID,) if is_bare else ()),
            *_LISTED,
            HttpCode.SERVICE_UNAVAILABLE,
        ),
    )


def _act(call_actions: CallActions, body: Body) -> Route:
    location = Header("The same address as `link.supervision`.", {"format": "uri"})
    return Route(
        method="PUT",
        path=_CALL,
        forms=forms(_CALL),
        handler=call_actions.put,
        operation_id="actOnPhoneCall",
        summary="Barge in on a call, monitor it, or whisper",
        description="Rings `sendCallTo` and joins it to the conversation once it is picked up. If the "
        "client repeats the request with the same `sendCallTo`, the phone does not ring again, and the "
        "answer is the same. If the repeated request has another `action` or `private`, the service "
        "switches the supervision.",
        parameters=(USER_ID, EXTENSION, PHONE_CALL_ID, PREFER_WAIT, IDEMPOTENCY_KEY),
        body=body,
        answers=(
            Answer(
                200,
                "With `Prefer: wait`: the supervisor has joined. The body is the call with the supervisor's "
                "view.",
                PhoneCall,
                headers=_WAIT_APPLIED,
            ),
            Answer(
                202,
                "Asterisk has accepted the request.",
                Accepted,
                headers={"Location": location, **_WAIT_APPLIED},
            ),
            Answer(
                204,
                "With `Prefer: wait`: the call ended before the supervisor joined.",
                headers=_WAIT_APPLIED,
            ),
        ),
        errors=(*_AUTHENTICATED, *_SENT, *_SUPERVISED, HttpCode.SERVICE_UNAVAILABLE),
    )


def _hang_up(call_actions: CallActions) -> Route:
    return Route(
        method="DELETE",
        path=_CALL,
        forms=forms(_CALL),
        handler=call_actions.delete,
        operation_id="hangUpPhoneCall",
        summary="End a supervision",
        description="Hangs up on the supervisor in `phoneNumber` and answers once that is done. The call "
        "goes on.",
        parameters=(USER_ID, EXTENSION, PHONE_CALL_ID, PHONE_NUMBER, PREFER_NO_BODY),
        answers=(
            Answer(200, "The supervision has ended.", Supervision),
            Answer(
                204,
                "The supervision has ended, and the client sent `Prefer: return=minimal`.",
                headers=_MINIMAL,
            ),
        ),
        errors=(
            *_AUTHENTICATED,
            UapiCode.ACCESS_FORBIDDEN,
            UapiCode.PHONE_CALL_INVALID,
            UapiCode.PHONE_NUMBER_INVALID,
            UapiCode.NOT_IMPLEMENTED,
            HttpCode.SERVICE_UNAVAILABLE,
        ),
    )
