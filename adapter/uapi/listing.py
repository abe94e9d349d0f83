"""The list of calls: filter, order, page and projection. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from adapter.calls.views import PhoneCall
from adapter.http.errors import UapiError
from adapter.uapi.rendering import Json, Renderer

DEFAULT_COUNT = 20
MAX_COUNT = 5000
MAX_START_INDEX = 4999

_FIELDS = ("id", "extension", "ownerId", "ownerName", "answered", "published", "phoneCallView", "link")
_TEXT_OPERATORS = ("contains", "equals", "startsWith")
_ORDER_OPERATORS = ("greaterThan", "lessThan")
_OPERATORS = (*_TEXT_OPERATORS, *_ORDER_OPERATORS, "present", "inArray")


@dataclass(frozen=True, slots=True)
class Query:
    """The list parameters of a request, valid."""

    count: int = DEFAULT_COUNT
    start_index: int = 0
    filter_by: str | None = None
    filter_op: str = "contains"
    filter_value: str = ""
    fields: frozenset[str] | None = None
    is_descending: bool = False


def read_query(parameters: Mapping[str, str]) -> Query:
    """The list parameters. Raises UapiError with the code of the first that is bad."""
    filter_by, filter_op, filter_value = _filter(parameters)
    return Query(
        count=_number(parameters, "count", DEFAULT_COUNT, 1, MAX_COUNT),
        start_index=_number(parameters, "startIndex", 0, 0, MAX_START_INDEX),
        filter_by=filter_by,
        filter_op=filter_op,
        filter_value=filter_value,
        fields=_fields(parameters),
        is_descending=_choice(parameters, "sortOrder", "ascending", ("ascending", "descending"))
        == "descending",
    )


class Row(NamedTuple):
    """What filter and order ask of a call; sorts as the list does."""

    published: float
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page, and of how many rows it is a page."""

    rows: Sequence[Row]
    total: int


def find_page(rows: Sequence[Row], query: Query, renderer: Renderer) -> Page:
    """The rows that the query asks for, in its order."""
    found = [row for row in rows if _is_wanted(row, query, renderer)] if query.filter_by else list(rows)
    found.sort(reverse=query.is_descending)
    return Page(found[query.start_index : query.start_index + query.count], len(found))


def envelope(calls: Sequence[PhoneCall], page: Page, query: Query, renderer: Renderer, address: str) -> Json:
    """The list with the calls of a page; `address` is the list's own, for its other pages."""
    return {
        "entry": [_project(renderer.phone_call(call), query.fields) for call in calls],
        "totalResults": page.total,
        "itemsPerPage": query.count,
        "startIndex": query.start_index,
        "paging": _paging(page.total, query, address),
    }


def list_calls(calls: Sequence[PhoneCall], query: Query, renderer: Renderer, address: str) -> Json:
    """The list with those of the calls that the query asks for."""
    by_id = {call.id: call for call in calls}
    page = find_page([Row(call.published, call.id) for call in calls], query, renderer)
    return envelope([by_id[row.id] for row in page.rows], page, query, renderer, address)


# -- reading -------------------------------------------------------------------------------------------


def _invalid(name: str, must: str) -> UapiError:
    return UapiError(
        f"{name.lower()}_invalid", f"The value supplied in the {name} parameter is invalid: {must}."
    )


def _number(parameters: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    number = int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else -1
    if not least <= number <= most:
        raise _invalid(name, f"it must be a whole number from {least} to {most}")
    return number


def _choice(parameters: Mapping[str, str], name: str, default: str, choices: Sequence[str]) -> str:
    text = parameters.get(name, default)
    if text not in choices:
        raise _invalid(name, "it must be one of " + ", ".join(choices))
    return text


def _filter(parameters: Mapping[str, str]) -> tuple[str | None, str, str]:
    value = parameters.get("filterValue")
    operator = _choice(parameters, "filterOp", "contains", _OPERATORS)
    if "filterBy" not in parameters:
        if value is not None:
            raise _invalid("filterBy", "it must say what filterValue is compared with")
        return None, operator, ""
    name = _choice(parameters, "filterBy", "", ("id", "published"))
    if operator == "present":
        return name, operator, ""
    if not value:
        raise _invalid("filterValue", f"the operator {operator} needs one")
    if name == "published" and operator in _ORDER_OPERATORS and _seconds(value) is None:
        raise _invalid("filterValue", "it must be a date like 2012-06-27T16:08:55+03:00")
    return name, operator, value


def _fields(parameters: Mapping[str, str]) -> frozenset[str] | None:
    text = parameters.get("fields")
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if not all(name in _FIELDS for name in names):
        raise _invalid("fields", "it must be a comma-joined list of " + ", ".join(_FIELDS))
    return frozenset(names)


# -- answering -----------------------------------------------------------------------------------------


def _is_wanted(call: Row, query: Query, renderer: Renderer) -> bool:
    if query.filter_by is None or query.filter_op == "present":
        return True  # both id and published are present in every call
    if query.filter_op in _ORDER_OPERATORS:
        return _is_in_order(call, query)
    value = query.filter_value
    if query.filter_by == "published":
        text = renderer.date(call.published) or ""
        value = value.replace(" ", "+")  # a `+` that a client did not encode arrives as a space
        if query.filter_op == "equals" and _seconds(value) is not None:
            return int(call.published) == _seconds(value)
    else:
        text = call.id
    return {
        "contains": value in text,
        "equals": value == text,
        "startsWith": text.startswith(value),
        "inArray": text in [item.strip() for item in value.split(",")],
    }[query.filter_op]


def _is_in_order(call: Row, query: Query) -> bool:
    """Whether the call comes after or before the value; dates compare as times."""
    is_greater = query.filter_op == "greaterThan"
    if query.filter_by == "id":
        return call.id > query.filter_value if is_greater else call.id < query.filter_value
    seconds, limit = int(call.published), _seconds(query.filter_value) or 0
    return seconds > limit if is_greater else seconds < limit


def _seconds(date: str) -> float | None:
    """Seconds since the epoch of a date with its offset; nothing where it is none."""
    try:
        when = datetime.fromisoformat(date.replace(" ", "+"))
    except ValueError:
        return None
    return None if when.tzinfo is None else when.timestamp()


def _project(call: Json, fields: frozenset[str] | None) -> Json:
    return call if fields is None else {name: value for name, value in call.items() if name in fields}


def _paging(total: int, query: Query, address: str) -> Json:
    paging: Json = {}
    if query.start_index + query.count < total and query.start_index + query.count <= MAX_START_INDEX:
        paging["next"] = _page(query, address, query.start_index + query.count)
    if query.start_index > 0:
        paging["prev"] = _page(query, address, max(0, query.start_index - query.count))
    return paging


def _page(query: Query, address: str, start_index: int) -> str:
    parameters: dict[str, str | int] = {"count": query.count, "startIndex": start_index}
    if query.filter_by is not None:
        parameters |= {"filterBy": query.filter_by, "filterOp": query.filter_op}
        if query.filter_value:
            parameters["filterValue"] = query.filter_value
    if query.fields is not None:
        parameters["fields"] = ",".join(name for name in _FIELDS if name in query.fields)
    if query.is_descending:
        parameters["sortOrder"] = "descending"
    return f"{address}?{urlencode(parameters)}"
