"""The parameters of requests to the API, with their bounds. Pure."""

from adapter.http.routes import Parameter, parameter
from adapter.uapi.list_parameters import DEFAULT_COUNT, MAX_COUNT, MAX_START_INDEX, SORT_ORDERS
from adapter.uapi.listing import ABSENT_FIELDS, FIELDS, OPERATORS
from adapter.uapi.presence_query import PRESENCE_FIELDS, PRESENCE_OPERATORS

_FIELD = "|".join((*FIELDS, *ABSENT_FIELDS))

USER_ID = parameter(
    "path",
    "userId",
    "A user's id, or `@me` or `@viewer` (the account of the App), or `@owner` (the user who owns the "
    "extension in the path).",
    "@me",
    pattern=r"^(@me|@viewer|@owner|[A-Za-z0-9_.-]+)$",
)
EXTENSION = parameter(
    "path",
    "extension",
    "A full number, a short number of the App's own organization, or `@self` (all extensions under the "
    "user).",
    "0003*210",
    "@self",
    pattern=r"^(@self|([0-9]{1,10}\*)?[0-9]{1,10})$",
)
PHONE_CALL_ID = parameter("path", "phoneCallId", "The id of a live call.", pattern=r"^[0-9a-f]{20}$")


def _page_parameters(things: str) -> tuple[Parameter, ...]:
    """Which page of a list of these things is asked for."""
    return (
        parameter(
            "query",
            "count",
            f"How many {things} a page has.",
            type="integer",
            minimum=1,
            maximum=MAX_COUNT,
            default=DEFAULT_COUNT,
        ),
        parameter(
            "query",
            "startIndex",
            f"How many {things} to skip before the page.",
            type="integer",
            minimum=0,
            maximum=MAX_START_INDEX,
            default=0,
        ),
    )


def _sort_order(field: str) -> Parameter:
    return parameter(
        "query",
        "sortOrder",
        f"How to sort by `{field}`.",
        enum=list(SORT_ORDERS),
        default="ascending",
    )


LIST_PARAMETERS: tuple[Parameter, ...] = (
    *_page_parameters("calls"),
    parameter(
        "query",
        "filterBy",
        "The field to compare with `filterValue`. A `filterValue` without `filterBy` gets 400.",
        enum=["id", "published"],
    ),
    parameter(
        "query",
        "filterOp",
        "How to compare the field with `filterValue`.",
        enum=list(OPERATORS),
        default="contains",
    ),
    parameter(
        "query",
        "filterValue",
        "The value to compare with. `filterBy` needs it, unless the operator is `present`. For `inArray` it "
        "is a list joined with commas. For `published` with `greaterThan` and `lessThan` it is a date. A "
        "date without an offset is in the time zone of the service.",
    ),
    parameter(
        "query",
        "fields",
        "The fields that the answer contains. Join them with commas or repeat the parameter. The service "
        "accepts `nonce` and `links`, but no call has them.",
        "id,extension,phoneCallView",
        pattern=f"^({_FIELD})(,({_FIELD}))*$",
    ),
    _sort_order("published"),
)
_PRESENCE_FIELD = "|".join(PRESENCE_FIELDS)
PRESENCE_PARAMETERS: tuple[Parameter, ...] = (
    *_page_parameters("extensions"),
    parameter(
        "query",
        "filterBy",
        "The field to compare with `filterValue`. A `filterValue` without `filterBy` gets 400.",
        enum=["extension"],
    ),
    parameter(
        "query",
        "filterOp",
        "How to compare the full number with `filterValue`.",
        enum=list(PRESENCE_OPERATORS),
        default="contains",
    ),
    parameter(
        "query",
        "filterValue",
        "The value to compare with. `filterBy` needs it. For `inArray` it is a list joined with commas.",
    ),
    parameter(
        "query",
        "fields",
        "The fields that the answer contains. Join them with commas or repeat the parameter. Without "
        "`registration` the service does not ask Asterisk about each phone, and answers sooner.",
        "extension,status",
        pattern=f"^({_PRESENCE_FIELD})(,({_PRESENCE_FIELD}))*$",
    ),
    _sort_order("extension"),
)
PREFER_MINIMAL = parameter(
    "header",
    "Prefer",
    "RFC 7240. `return=minimal`: an empty list gets 204 without a body.",
    "return=minimal",
)
PREFER_WAIT = parameter(
    "header",
    "Prefer",
    "RFC 7240. `wait=N`: the service answers once the outcome is known. It waits at most N seconds, and no "
    "longer than `waitForPickup`.",
    "wait=5",
)
IDEMPOTENCY_KEY = parameter(
    "header",
    "Idempotency-Key",
    "If the client repeats a request with the same key, the service carries it out once and repeats the "
    "first answer. It keeps a key for 24 hours or the App's next 1000 keys. Another request with the same "
    "key gets 422.",
    "8e03978e-40d5-43e8-bc93-6894a57f9324",
    pattern=r"^[ -~]{1,255}$",
)
PHONE_NUMBER = parameter(
    "query",
    "phoneNumber",
    "The full or short number of a supervisor of the call. The supervision ends and the call goes on. A "
    "party of the call, or no number (to end the call), gets 501.",
    "0003*024",
)
PREFER_NO_BODY = parameter(
    "header",
    "Prefer",
    "RFC 7240. `return=minimal`: success gets 204 without a body.",
    "return=minimal",
)
IF_NONE_MATCH = parameter(
    "header",
    "If-None-Match",
    "The `ETag` of an earlier answer. If nothing has changed since, the answer is 304.",
)
