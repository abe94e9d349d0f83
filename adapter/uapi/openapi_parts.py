"""What the OpenAPI description is put together from: parameters with their bounds, answers, errors. Pure."""

from collections import defaultdict
from http import HTTPStatus

from openapi_pydantic.util import PydanticSchema
from openapi_pydantic.v3.v3_1 import (
    Example,
    Header,
    MediaType,
    Parameter,
    ParameterLocation,
    Reference,
    Response,
    Schema,
)
from pydantic import BaseModel

from adapter.http.errors import HttpCode
from adapter.uapi import resources
from adapter.uapi.listing import (
    ABSENT_FIELDS,
    DEFAULT_COUNT,
    FIELDS,
    MAX_COUNT,
    MAX_START_INDEX,
    SORT_ORDERS,
)
from adapter.uapi.refusals import UapiCode

OPERATORS = ("contains", "equals", "startsWith", "present", "greaterThan", "lessThan", "inArray")
_FIELD = "|".join((*FIELDS, *ABSENT_FIELDS))
JSON = "application/json"
_ALWAYS = (
    "request_malformed",
    "resource_not_found",
    "method_not_allowed",
    "content_encoding_invalid",
    "internal_server_error",
)


_STATUSES = {kind.code: kind.status for kind in (*HttpCode, *UapiCode)}


# -- answers -------------------------------------------------------------------------------------------


def text(description: str, required: bool = True, **schema: object) -> Header:  # noqa: FBT001, FBT002
    return Header(
        description=description, required=required, schema=Schema.model_validate({"type": "string", **schema})
    )


_SECONDS = text("After how many seconds to try again.", pattern="^[0-9]+$")
_HEADERS: dict[HTTPStatus, dict[str, Header | Reference]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": text("The scheme to use.", enum=["Bearer"])},
    HTTPStatus.METHOD_NOT_ALLOWED: {"Allow": text("The methods that the address takes.")},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": _SECONDS},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": _SECONDS},
}
WAIT_APPLIED: dict[str, Header | Reference] = {
    "Preference-Applied": text("`wait=N`, where the answer was held.", required=False)
}
ETAG = text("Names this very answer, for `If-None-Match`.")


def answer(description: str, model: type[BaseModel], **headers: Header) -> Response:
    return Response(
        description=description,
        content={JSON: MediaType(schema=PydanticSchema(schema_class=model))},
        headers=dict(headers) or None,
    )


def errors(*codes: str) -> dict[str, Response | Reference]:
    """The answers with these codes, by status."""
    found: dict[HTTPStatus, list[str]] = defaultdict(list)
    for code in (*codes, *_ALWAYS):
        found[_STATUSES[code]].append(code)
    return {str(status.value): _error(status, sorted(found[status])) for status in sorted(found)}


def _error(status: HTTPStatus, codes: list[str]) -> Response:
    code = Schema(properties={"error": Schema(properties={"code": Schema(enum=list(codes))})})
    schema = Schema(allOf=[PydanticSchema(schema_class=resources.Error), code])
    headers = dict(_HEADERS.get(status, {}))
    if status in (HTTPStatus.CONFLICT, HTTPStatus.GATEWAY_TIMEOUT):
        headers |= WAIT_APPLIED
    return Response(
        description=f"{status.phrase}: {', '.join(f'`{code}`' for code in codes)}.",
        content={JSON: MediaType(schema=schema)},
        headers=headers or None,
    )


# -- parameters ----------------------------------------------------------------------------------------


def _parameter(
    where: ParameterLocation, name: str, description: str, *examples: str | int, **schema: object
) -> Parameter:
    shown = {str(value): Example(value=value) for value in examples}
    return Parameter.model_validate(
        {
            "name": name,
            "in": where,
            "description": description,
            "required": where is ParameterLocation.PATH,
            "schema": {"type": "string", **schema},
            "examples": shown or None,
        }
    )


def path_parameter(name: str, description: str, **schema: object) -> Parameter:
    """A parameter of the path."""
    return _parameter(ParameterLocation.PATH, name, description, **schema)


USER_ID = _parameter(
    ParameterLocation.PATH,
    "userId",
    "`@me` or `@viewer`: who asks; `@owner`: the user who owns the extension in the path; else a user's id.",
    "@me",
    pattern=r"^(@me|@viewer|@owner|[A-Za-z0-9_.-]+)$",
)
EXTENSION = _parameter(
    ParameterLocation.PATH,
    "extension",
    "A number, its short form inside the caller's organization, or `@self`: all extensions under the user.",
    "0003*210",
    "@self",
    pattern=r"^(@self|([0-9]{1,10}\*)?[0-9]{1,10})$",
)
PHONE_CALL_ID = _parameter(
    ParameterLocation.PATH, "phoneCallId", "The id of a live call.", pattern=r"^[0-9a-f]{20}$"
)
LIST_PARAMETERS: tuple[Parameter, ...] = (
    _parameter(
        ParameterLocation.QUERY,
        "count",
        "How many calls a page has.",
        type="integer",
        minimum=1,
        maximum=MAX_COUNT,
        default=DEFAULT_COUNT,
    ),
    _parameter(
        ParameterLocation.QUERY,
        "startIndex",
        "How many calls to leave out before the page.",
        type="integer",
        minimum=0,
        maximum=MAX_START_INDEX,
        default=0,
    ),
    _parameter(
        ParameterLocation.QUERY,
        "filterBy",
        "The field that `filterValue` is compared with; `filterValue` without it is 400.",
        enum=["id", "published"],
    ),
    _parameter(
        ParameterLocation.QUERY,
        "filterOp",
        "How to compare.",
        enum=list(OPERATORS),
        default="contains",
    ),
    _parameter(
        ParameterLocation.QUERY,
        "filterValue",
        "What to compare with; needed with `filterBy` unless the operator is `present`. For `inArray` joined "
        "with commas; a date for `published` with `greaterThan` and `lessThan`. A date without an offset is "
        "in the time zone of the service.",
    ),
    _parameter(
        ParameterLocation.QUERY,
        "fields",
        "The fields to answer, joined with commas or by repeating the parameter. `nonce` and `links` are "
        "known, and no call has them.",
        "id,extension,phoneCallView",
        pattern=f"^({_FIELD})(,({_FIELD}))*$",
    ),
    _parameter(
        ParameterLocation.QUERY,
        "sortOrder",
        "The order by `published`.",
        enum=list(SORT_ORDERS),
        default="ascending",
    ),
)
PREFER_MINIMAL = _parameter(
    ParameterLocation.HEADER,
    "Prefer",
    "RFC 7240. `return=minimal`: an empty list is answered 204 without a body.",
    "return=minimal",
)
PREFER_WAIT = _parameter(
    ParameterLocation.HEADER,
    "Prefer",
    "RFC 7240. `wait=N`: the answer is held until the supervisor has joined or will not, at most N seconds "
    "or, where it is less, `waitForPickup`.",
    "wait=5",
)
IDEMPOTENCY_KEY = _parameter(
    ParameterLocation.HEADER,
    "Idempotency-Key",
    "The same request under the same key again is done once: it is answered as the first was, for 24 hours "
    "or the App's next 1000 keys. With another request it is 422.",
    "8e03978e-40d5-43e8-bc93-6894a57f9324",
    pattern=r"^[ -~]{1,255}$",
)
PHONE_NUMBER = _parameter(
    ParameterLocation.QUERY,
    "phoneNumber",
    "The extension of a supervisor of the call, long or short: the supervision ends and the call goes on. "
    "A party of the call, or none to end it all, is not served yet.",
    "0003*024",
)
PREFER_NO_BODY = _parameter(
    ParameterLocation.HEADER,
    "Prefer",
    "RFC 7240. `return=minimal`: success is answered 204 without a body.",
    "return=minimal",
)
LAST_EVENT_ID = _parameter(
    ParameterLocation.HEADER,
    "Last-Event-ID",
    "The id of the last event that the client has: what it missed comes first, or a `reset`.",
    "1795405388000-42",
)
IF_NONE_MATCH = _parameter(
    ParameterLocation.HEADER, "If-None-Match", "An `ETag` from before: 304 if nothing has changed since."
)
