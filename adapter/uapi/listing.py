"""The list of calls: filter, order, page and projection. Pure."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import msgspec
from multidict import MultiMapping

from adapter.calls.shown_to import Row
from adapter.calls.views import PhoneCall
from adapter.uapi import resources
from adapter.uapi.list_parameters import (
    DEFAULT_COUNT,
    invalid,
    read_choice,
    read_count,
    read_fields,
    read_is_descending,
    read_single,
    read_start_index,
    write_paging,
)
from adapter.uapi.rendering import Renderer
from adapter.uapi.resources import Paging, PhoneCallFields, PhoneCallList

_ATTRIBUTES = {one.encode_name: one.name for one in msgspec.structs.fields(PhoneCallFields)}
FIELDS = tuple(_ATTRIBUTES)
ABSENT_FIELDS = ("nonce", "links")
"""UAPI knows these names too; the calls of this service have no such fields."""
_KNOWN_FIELDS = (*FIELDS, *ABSENT_FIELDS)
_TEXT_OPERATORS = ("contains", "equals", "startsWith")
_ORDER_OPERATORS = ("greaterThan", "lessThan")
_LOST_PLUS = re.compile(r"(?<=[0-9]) (?=[0-9]{2}:?[0-9]{2}$)")
"""A `+` that a client did not encode arrives as a space."""
_DAY_CHARACTERS = len("2012-06-27")
OPERATORS = (*_TEXT_OPERATORS, *_ORDER_OPERATORS, "present", "inArray")


@dataclass(frozen=True, slots=True)
class Query:
    """The list parameters of a request, valid."""

    count: int = DEFAULT_COUNT
    start_index: int = 0
    filter_by: str | None = None
    filter_op: str = "contains"
    filter_value: str = ""
    filter_values: frozenset[str] = frozenset()
    """The texts that `equals` and `inArray` look for; of a date as the service writes it."""
    filter_time: float | None = None
    """The date that `greaterThan` and `lessThan` compare with."""
    fields: frozenset[str] | None = None
    is_descending: bool = False

    @property
    def key(self) -> str:
        """All of it in one text, the same for all ways to write it."""
        return _USUAL_KEY if self is _USUAL else _key_of(self)


def _key_of(query: Query) -> str:
    fields = None if query.fields is None else sorted(query.fields)
    rest = (query.count, query.start_index, query.filter_by, query.filter_op, query.filter_value)
    return json.dumps([*rest, fields, query.is_descending])


_USUAL = Query()
"""What most requests ask for: they have no parameters."""
_USUAL_KEY = _key_of(_USUAL)


def read_query(parameters: MultiMapping[str], timezone: tzinfo) -> Query:
    """The list parameters; a date without an offset is in `timezone`.

    Raises ApiError with the code of the first that is bad.
    """
    if not parameters:
        return _USUAL
    filter_by, filter_op, filter_value = _filter(parameters, timezone)
    return Query(
        count=read_count(parameters),
        start_index=read_start_index(parameters),
        filter_by=filter_by,
        filter_op=filter_op,
        filter_value=filter_value,
        filter_values=_wanted(filter_by, filter_op, filter_value, timezone),
        filter_time=_seconds(filter_value, timezone) if filter_by == "published" else None,
        fields=read_fields(parameters, _KNOWN_FIELDS),
        is_descending=read_is_descending(parameters),
    )


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page, and of how many rows it is a page."""

    rows: Sequence[Row]
    total: int


def select(rows: Iterable[Row], query: Query, renderer: Renderer) -> list[Row]:
    """The rows that the query's filter lets through."""
    return [row for row in rows if _is_wanted(row, query, renderer)]


def find_page(rows: Sequence[Row], query: Query) -> Page:
    """The page of the rows, which come oldest first."""
    ordered = rows[::-1] if query.is_descending else rows
    return Page(ordered[query.start_index : query.start_index + query.count], len(rows))


def write_entry(call: PhoneCall, query: Query, renderer: Renderer) -> bytes:
    """A call as it stands in the list."""
    return msgspec.json.encode(_project(renderer.phone_call(call), query.fields))


def write_list(entries: Iterable[bytes], page: Page, query: Query, address: str) -> bytes:
    """The list with these entries of a page; `address` is the list's own, for its other pages."""
    return msgspec.json.encode(
        PhoneCallList(
            entry=[msgspec.Raw(entry) for entry in entries],
            total_results=page.total,
            items_per_page=query.count,
            start_index=query.start_index,
            paging=_paging(page.total, query, address),
        )
    )


def list_calls(calls: Sequence[PhoneCall], query: Query, renderer: Renderer, address: str) -> bytes:
    """The list with those of the calls that the query asks for."""
    by_id = {call.id: call for call in calls}
    rows = sorted(Row(call.published, call.id) for call in calls)
    page = find_page(select(rows, query, renderer), query)
    entries = [write_entry(by_id[row.id], query, renderer) for row in page.rows]
    return write_list(entries, page, query, address)


# -- reading -------------------------------------------------------------------------------------------


def _filter(parameters: MultiMapping[str], timezone: tzinfo) -> tuple[str | None, str, str]:
    value = read_single(parameters, "filterValue")
    operator = read_choice(parameters, "filterOp", "contains", OPERATORS)
    if "filterBy" not in parameters:
        if value is not None:
            raise invalid("filterBy", "it must say what filterValue is compared with")
        return None, operator, ""
    name = read_choice(parameters, "filterBy", "", ("id", "published"))
    if operator == "present":
        return name, operator, ""
    if not value:
        raise invalid("filterValue", f"the operator {operator} needs one")
    if name == "published" and operator in _ORDER_OPERATORS and _seconds(value, timezone) is None:
        raise invalid("filterValue", "it must be a date like 2012-06-27T16:08:55+03:00")
    return name, operator, value


def _wanted(name: str | None, operator: str, value: str, timezone: tzinfo) -> frozenset[str]:
    """The texts that a field has to be one of."""
    items = [value] if operator == "equals" else [item.strip() for item in value.split(",")]
    if operator not in ("equals", "inArray"):
        return frozenset()
    return frozenset(items if name != "published" else [_as_written(item, timezone) for item in items])


def _read_date(text: str, timezone: tzinfo) -> datetime | None:
    """The date, in `timezone` where it has no offset of its own; nothing where it is none."""
    day, time = text[:_DAY_CHARACTERS], text[_DAY_CHARACTERS:]
    if not time:
        return None  # a whole day is no time to compare with
    try:
        when = datetime.fromisoformat(day + _LOST_PLUS.sub("+", time))
    except ValueError:
        return None
    return when.replace(tzinfo=timezone) if when.tzinfo is None else when


def _as_written(text: str, timezone: tzinfo) -> str:
    """A date as the service writes it; anything else as it stands."""
    when = _read_date(text, timezone)
    try:
        return text if when is None else when.astimezone(timezone).isoformat()
    except OverflowError:  # at the ends of the calendar, where no call is
        return text


def _seconds(text: str, timezone: tzinfo) -> float | None:
    """Seconds since the epoch; nothing where the text is no date."""
    when = _read_date(text, timezone)
    return None if when is None else when.timestamp()


# -- answering -----------------------------------------------------------------------------------------


def _is_wanted(call: Row, query: Query, renderer: Renderer) -> bool:
    if query.filter_by is None or query.filter_op == "present":
        return True  # both id and published are present in every call
    if query.filter_op in _ORDER_OPERATORS:
        return _is_in_order(call, query)
    text = call.id if query.filter_by == "id" else renderer.date(call.published)
    if query.filter_op in ("equals", "inArray"):
        return text in query.filter_values
    value = query.filter_value if query.filter_by == "id" else query.filter_value.replace(" ", "+")
    return text.startswith(value) if query.filter_op == "startsWith" else value in text


def _is_in_order(call: Row, query: Query) -> bool:
    """Whether the call comes after or before the value; dates compare as times."""
    is_greater = query.filter_op == "greaterThan"
    if query.filter_by == "id":
        return call.id > query.filter_value if is_greater else call.id < query.filter_value
    seconds, limit = int(call.published), query.filter_time or 0
    return seconds > limit if is_greater else seconds < limit


def _project(
    call: resources.PhoneCall, fields: frozenset[str] | None
) -> resources.PhoneCall | PhoneCallFields:
    if fields is None:
        return call
    wanted = {name: getattr(call, name) for field, name in _ATTRIBUTES.items() if field in fields}
    return PhoneCallFields(**wanted)


def _paging(total: int, query: Query, address: str) -> Paging:
    return write_paging(total, query.count, query.start_index, _parameters(query), address)


def _parameters(query: Query) -> dict[str, str]:
    """What the query asks for beside its place, as the addresses of the other pages have it."""
    parameters: dict[str, str] = {}
    if query.filter_by is not None:
        parameters |= {"filterBy": query.filter_by, "filterOp": query.filter_op}
        if query.filter_value:
            parameters["filterValue"] = query.filter_value
    if query.fields is not None:
        parameters["fields"] = ",".join(name for name in _KNOWN_FIELDS if name in query.fields)
    if query.is_descending:
        parameters["sortOrder"] = "descending"
    return parameters
