"""The OpenAPI 3.1 description of the service, made from the models in `resources` and the codes of `errors`.

Pure. Depends on the settings that alter the wire, so that it says what this very service does.
"""

from functools import cache
from importlib.metadata import version
from typing import Literal

from openapi_pydantic.util import PydanticSchema, construct_open_api_with_schema_class
from openapi_pydantic.v3.v3_1 import (
    Components,
    Info,
    MediaType,
    OAuthFlow,
    OAuthFlows,
    OpenAPI,
    Operation,
    Parameter,
    PathItem,
    RequestBody,
    Response,
    Schema,
    SecurityScheme,
    Server,
)
from pydantic import BaseModel

from adapter.uapi import resources
from adapter.uapi.addressing import CREATE_KINDS
from adapter.uapi.openapi_parts import (
    ETAG,
    EXTENSION,
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
    JSON,
    LAST_EVENT_ID,
    LIST_PARAMETERS,
    PHONE_CALL_ID,
    PHONE_NUMBER,
    PREFER_MINIMAL,
    PREFER_NO_BODY,
    PREFER_WAIT,
    USER_ID,
    WAIT_APPLIED,
    answer,
    errors,
    path_parameter,
    text,
)

DESCRIPTION = """\
The live phone calls of an Asterisk PBX, and supervising them, as 4PSA's UnifiedAPI has it.

- Every path below `/uapi` and `/oauth` is also served with a trailing slash, and all of `/uapi` also below
  `/unifiedapi`, an older alias. `/events` and `/supervision/{supervisionId}` are also served without `/uapi`.
- `*` and `@` in a path may stand raw or percent-encoded.
- HEAD is answered wherever GET is, and OPTIONS everywhere (204 with `Allow`).
- A number in a JSON body may be a numeric string. Null is as good as left out.
- What an account may not see is answered exactly as if it did not exist.
"""

_AUTHENTICATED = ("access_denied", "too_many_requests", "user_invalid", "extension_invalid")
_LIST = (
    "count_invalid",
    "startindex_invalid",
    "filterby_invalid",
    "filterop_invalid",
    "filtervalue_invalid",
    "fields_invalid",
    "sortorder_invalid",
)
_BODY = (
    "access_forbidden",
    "content_type_invalid",
    "request_too_large",
    "request_timeout",
    "request_invalid",
    "action_invalid",
    "request_not_implemented",
    "pc_phonecall_invalid",
    "idempotency_key_invalid",
    "idempotency_key_reused",
)
_SUPERVISION = (
    "pc_phonecallview_invalid",
    "pc_sendcallto_invalid",
    "pc_callerid_invalid",
    "pc_timeout_invalid",
    "pc_private_invalid",
    "pc_follow_invalid",
    "pc_switch_unavailable",
    "pc_conference_unavailable",
    "pc_notice_unavailable",
    "pc_supervision_ended",
    "pc_supervision_switched",
    "pc_sendcallto_busy",
    "pc_sendcallto_rejected",
    "pc_sendcallto_unavailable",
    "pc_pickup_timeout",
)


def _calls_path(action: type[BaseModel]) -> PathItem:
    caching = {
        "ETag": ETAG,
        "Cache-Control": text("`private, no-cache`."),
        "Vary": text("The headers of the request that the answer depends on."),
    }
    listing = Operation(
        operationId="listPhoneCalls",
        summary="The live calls",
        parameters=[*LIST_PARAMETERS, PREFER_MINIMAL, IF_NONE_MATCH],
        responses={
            "200": answer("A page of the calls; of none, empty.", resources.PhoneCallList, **caching),
            "204": Response(
                description="There are no calls and `Prefer: return=minimal` was sent.",
                headers={"Preference-Applied": text("`return=minimal`.")},
            ),
            "304": Response(description="As the client has it.", headers={"ETag": ETAG}),
            **errors(*_AUTHENTICATED, *_LIST, "service_unavailable"),
        },
    )
    nameless = Operation(
        operationId="actOnNoPhoneCall",
        summary="An action without its call",
        description="Never succeeds: answers what is wrong, at the latest 400 `pc_phonecall_invalid`.",
        parameters=[PREFER_WAIT, IDEMPOTENCY_KEY],
        requestBody=_body(action),
        responses=errors(*_AUTHENTICATED, *_BODY, "service_unavailable"),
    )
    hang_up = Operation(
        operationId="hangUpPhoneCalls",
        summary="Hang up all calls",
        description="Not served yet.",
        responses=errors(*_AUTHENTICATED, "pc_phonenumber_invalid", "request_not_implemented"),
    )
    return PathItem(parameters=[USER_ID, EXTENSION], get=listing, put=nameless, delete=hang_up)


def _create_path(kind: str) -> PathItem:
    create = Operation(
        operationId=f"createPhoneCall{kind[:1].upper()}{kind[1:]}",
        summary="Create a call",
        description="Not served yet.",
        responses=errors("access_denied", "too_many_requests", "request_not_implemented"),
    )
    return PathItem(parameters=[USER_ID], post=create)


def _call_path(action: type[BaseModel], single_call: Literal["bare", "collection"]) -> PathItem:
    found, codes = (
        (answer("The call.", resources.PhoneCall), ("pc_phonecall_invalid",))
        if single_call == "bare"
        else (answer("The call as the only `entry`, or none.", resources.PhoneCallList), ())
    )
    show = Operation(
        operationId="getPhoneCall",
        summary="One live call",
        description="The parameters of a list are judged here too, and alter "
        + ("nothing." if single_call == "bare" else "the answer as they do a list's."),
        parameters=[*LIST_PARAMETERS],
        responses={"200": found, **errors(*_AUTHENTICATED, *codes, *_LIST, "service_unavailable")},
    )
    act = Operation(
        operationId="actOnPhoneCall",
        summary="Barge in on a call, listen to it, or whisper",
        description="Rings `sendCallTo` and, once it is picked up, joins it into the conversation. The same "
        "`sendCallTo` on the same call again does not ring again and is answered as the first; with another "
        "`action` or `private` the supervision changes to that.",
        parameters=[PREFER_WAIT, IDEMPOTENCY_KEY],
        requestBody=_body(action),
        responses={
            "200": Response(
                description="With `Prefer: wait`: joined. The call, the supervision's view included.",
                content={JSON: MediaType(schema=PydanticSchema(schema_class=resources.PhoneCall))},
                headers=WAIT_APPLIED,
            ),
            "202": Response(
                description="Asterisk has taken the request and the phone rings.",
                content={JSON: MediaType(schema=PydanticSchema(schema_class=resources.Accepted))},
                headers={"Location": text("The same as `link.supervision`.", format="uri"), **WAIT_APPLIED},
            ),
            "204": Response(
                description="With `Prefer: wait`: the call ended before the supervisor joined.",
                headers=WAIT_APPLIED,
            ),
            **errors(*_AUTHENTICATED, *_BODY, *_SUPERVISION, "service_unavailable"),
        },
    )
    hang_up = Operation(
        operationId="hangUpPhoneCall",
        summary="End a supervision",
        description="Hangs up on the supervisor in `phoneNumber`, and answers once that is done; the call "
        "goes on.",
        parameters=[PHONE_NUMBER, PREFER_NO_BODY],
        responses={
            "200": answer("Ended.", resources.Supervision),
            "204": Response(
                description="Ended, and `Prefer: return=minimal` was sent.",
                headers={"Preference-Applied": text("`return=minimal`.")},
            ),
            **errors(
                *_AUTHENTICATED,
                "access_forbidden",
                "pc_phonecall_invalid",
                "pc_phonenumber_invalid",
                "request_not_implemented",
                "service_unavailable",
            ),
        },
    )
    return PathItem(parameters=[USER_ID, EXTENSION, PHONE_CALL_ID], get=show, put=act, delete=hang_up)


def _supervision_path() -> PathItem:
    show = Operation(
        operationId="getSupervision",
        summary="One supervision",
        description="Where it stands, and for some time after it has ended why.",
        responses={
            "200": answer(
                "The supervision.", resources.Supervision, **{"Cache-Control": text("`no-store`.")}
            ),
            **errors("access_denied", "too_many_requests"),
        },
    )
    supervision_id = path_parameter(
        "supervisionId", "As `link.supervision` of the 202 had it.", pattern=r"^[0-9a-f]{20}$"
    )
    return PathItem(parameters=[supervision_id], get=show)


_EVENTS = """\
Server-sent events of what the account sees, each with an `id`:

- `call`: a call began or changed; its data is the PhoneCall.
- `call-ended`: it is over, or the account sees it no longer; `{"id": ...}`.
- `supervision`: one began, moved or ended; its data is the Supervision.
- `supervision-ended`: the account sees it no longer, it being on another's extension now; `{"id": ...}`.
- `reset`: list the calls again, events before it do not tell all; `{"reason": ...}`, which is `begin` for a
  new stream, `lost` where what was missed is not known any more, `resync` after the link to Asterisk was
  down, `directory` after the directory changed, and `slow` for a client that did not read in time: it is
  cut off.

Changes that come at once are one event, with how things stand after them. The stream ends with the token.
"""


def _events_path() -> PathItem:
    stream = Operation(
        operationId="getEvents",
        summary="Changes as they happen",
        description=_EVENTS,
        parameters=[LAST_EVENT_ID],
        responses={
            "200": _file("The stream.", "text/event-stream"),
            **errors("access_denied", "too_many_requests", "service_unavailable"),
        },
    )
    return PathItem(get=stream)


def _body(model: type[BaseModel]) -> RequestBody:
    return RequestBody(required=True, content={JSON: MediaType(schema=PydanticSchema(schema_class=model))})


def _token_path() -> PathItem:
    refused = {
        status: Response(
            description=f"Refused: {', '.join(f'`{error}`' for error in errors)} (RFC 6749, section 5.2).",
            content={
                JSON: MediaType(
                    schema=Schema(
                        allOf=[
                            PydanticSchema(schema_class=resources.TokenRefused),
                            Schema(properties={"error": Schema(enum=list(errors))}),
                        ]
                    )
                )
            },
            headers={"Cache-Control": text("`no-store`."), **headers},
        )
        for status, errors, headers in (
            ("400", ("invalid_request", "unsupported_grant_type"), {}),
            ("401", ("invalid_client",), {"WWW-Authenticate": text("The scheme to use.", enum=["Basic"])}),
        )
    }
    issue = Operation(
        operationId="issueToken",
        summary="A token for an App",
        description="OAuth 2.0 client credentials (RFC 6749, section 4.4).",
        security=[{}, {"client": []}],
        requestBody=RequestBody(
            required=True,
            content={
                "application/x-www-form-urlencoded": MediaType(
                    schema=PydanticSchema(schema_class=resources.TokenRequest)
                )
            },
        ),
        responses={
            "200": answer(
                "A token.",
                resources.Token,
                **{"Cache-Control": text("`no-store`."), "Pragma": text("`no-cache`.")},
            ),
            **errors("too_many_requests", "request_too_large", "request_timeout"),
            **refused,
        },
    )
    return PathItem(post=issue)


def _open(operation_id: str, summary: str, answer: Response, *parameters: Parameter) -> PathItem:
    return PathItem(
        get=Operation(
            operationId=operation_id,
            summary=summary,
            security=[],
            parameters=list(parameters) or None,
            responses={"200": answer, **errors()},
        )
    )


def _ready_path() -> PathItem:
    return PathItem(
        get=Operation(
            operationId="getReadiness",
            summary="Whether calls can be listed and acted upon now",
            security=[],
            responses={
                "200": answer("They can.", resources.Readiness),
                **errors(),
                "503": answer("They cannot; the body says why.", resources.Readiness),
            },
        )
    )


def _file(description: str, *content_types: str) -> Response:
    return Response(description=description, content={name: MediaType() for name in content_types})


@cache
def describe(
    public_url: str | None,
    single_call: Literal["bare", "collection"],
    pickup_limit_s: int,
    files: tuple[str, ...],
) -> bytes:
    """The description of a service with these settings, whose page at /docs has these files, as JSON."""
    action = resources.action_model(pickup_limit_s)
    token_url = f"{(public_url or '').rstrip('/')}/oauth/token.php"
    document = OpenAPI(
        openapi="3.1.1",
        info=Info(title="UnifiedAPI phone calls", version=version("uapi-adapter"), description=DESCRIPTION),
        servers=[Server(url=public_url or "/")],
        security=[{"bearer": []}, {"oauth": []}],
        components=Components(
            securitySchemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", description="An App's token."),
                "oauth": SecurityScheme(
                    type="oauth2",
                    flows=OAuthFlows(clientCredentials=OAuthFlow(tokenUrl=token_url, scopes={})),
                ),
                "client": SecurityScheme(
                    type="http",
                    scheme="basic",
                    description="An App's id and secret (RFC 6749, 2.3.1).",
                ),
            }
        ),
        paths={
            "/uapi/phoneCalls/{userId}/{extension}": _calls_path(action),
            **{f"/uapi/phoneCalls/{{userId}}/{kind}": _create_path(kind) for kind in CREATE_KINDS},
            "/uapi/phoneCalls/{userId}/{extension}/{phoneCallId}": _call_path(action, single_call),
            "/uapi/supervision/{supervisionId}": _supervision_path(),
            "/uapi/events": _events_path(),
            "/oauth/token.php": _token_path(),
            "/health": _open("getHealth", "Whether the service lives", answer("It does.", resources.Health)),
            "/ready": _ready_path(),
            "/metrics": _open(
                "getMetrics",
                "Counts for Prometheus",
                _file("They, without any number or id.", "text/plain", "application/openmetrics-text"),
            ),
            "/openapi.json": _open("getDescription", "This description", _file("It.", JSON)),
            "/docs": _open("getPage", "This description as a page", _file("It.", "text/html")),
            "/docs/{file}": _open(
                "getPageFile",
                "What the page is made of",
                _file("The file.", "text/css", "text/javascript"),
                path_parameter("file", "Its name.", enum=list(files)),
            ),
        },
    )
    whole = construct_open_api_with_schema_class(document)
    return whole.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True).encode()
