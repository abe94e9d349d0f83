"""The parameters of requests to the API, with their bounds. Pure."""

from adapter.http.routes import Parameter, parameter
from adapter.uapi.listing import (
    ABSENT_FIELDS,
    DEFAULT_COUNT,
    FIELDS,
    MAX_COUNT,
    MAX_START_INDEX,
    OPERATORS,
    SORT_ORDERS,
)

_FIELD = "|".join((*FIELDS, *ABSENT_FIELDS))

USER_ID = parameter(
    "path",
    "userId",
    "`@me` or `@viewer`: who asks; `@owner`: the user who owns the extension in the path; else a user's id.",
    "@me",
    pattern=r"^(@me|@viewer|@owner|[A-Za-z0-9_.-]+)$",
)
EXTENSION = parameter(
    "path",
    "extension",
    "A number, its short form inside the caller's organization, or `@self`: all extensions under the user.",
    "0003*210",
    "@self",
    pattern=r"^(@self|([0-9]{1,10}\*)?[0-9]{1,10})$",
)
PHONE_CALL_ID = parameter("path", "phoneCallId", "The id of a live call.", pattern=r"^[0-9a-f]{20}$")
LIST_PARAMETERS: tuple[Parameter, ...] = (
    parameter(
        "query",
        "count",
        "How many calls a page has.",
        type="integer",
        minimum=1,
        maximum=MAX_COUNT,
        default=DEFAULT_COUNT,
    ),
    parameter(
        "query",
        "startIndex",
        "How many calls to leave out before the page.",
        type="integer",
        minimum=0,
        maximum=MAX_START_INDEX,
        default=0,
    ),
    parameter(
        "query",
        "filterBy",
        "The field that `filterValue` is compared with; `filterValue` without it is 400.",
        enum=["id", "published"],
    ),
    parameter(
        "query",
        "filterOp",
        "How to compare.",
        enum=list(OPERATORS),
        default="contains",
    ),
    parameter(
        "query",
        "filterValue",
        "What to compare with; needed with `filterBy` unless the operator is `present`. For `inArray` joined "
        "with commas; a date for `published` with `greaterThan` and `lessThan`. A date without an offset is "
        "in the time zone of the service.",
    ),
    parameter(
        "query",
        "fields",
        "The fields to answer, joined with commas or by repeating the parameter. `nonce` and `links` are "
        "known, and no call has them.",
        "id,extension,phoneCallView",
        pattern=f"^({_FIELD})(,({_FIELD}))*$",
    ),
    parameter(
        "query",
        "sortOrder",
        "The order by `published`.",
        enum=list(SORT_ORDERS),
        default="ascending",
    ),
)
PREFER_MINIMAL = parameter(
    "header",
    "Prefer",
    "RFC 7240. `return=minimal`: an empty list is answered 204 without a body.",
    "return=minimal",
)
PREFER_WAIT = parameter(
    "header",
    "Prefer",
    "RFC 7240. `wait=N`: the answer is held until the supervisor has joined or will not, at most N seconds "
    "or, where it is less, `waitForPickup`.",
    "wait=5",
)
IDEMPOTENCY_KEY = parameter(
    "header",
    "Idempotency-Key",
    "The same request under the same key again is done once: it is answered as the first was, for 24 hours "
    "or the App's next 1000 keys. With another request it is 422.",
    "8e03978e-40d5-43e8-bc93-6894a57f9324",
    pattern=r"^[ -~]{1,255}$",
)
PHONE_NUMBER = parameter(
    "query",
    "phoneNumber",
    "The extension of a supervisor of the call, long or short: the supervision ends and the call goes on. "
    "A party of the call, or none to end it all, is not served yet.",
    "0003*024",
)
PREFER_NO_BODY = parameter(
    "header",
    "Prefer",
    "RFC 7240. `return=minimal`: success is answered 204 without a body.",
    "return=minimal",
)
LAST_EVENT_ID = parameter(
    "header",
    "Last-Event-ID",
    "The id of the last event that the client has: what it missed comes first, or a `reset`.",
    "1795405388000-42",
)
IF_NONE_MATCH = parameter(
    "header", "If-None-Match", "An `ETag` from before: 304 if nothing has changed since."
)
