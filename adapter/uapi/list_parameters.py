"""What all lists have in common: which page is asked for, in which order, with which fields. Pure."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from multidict import MultiMapping

from adapter.http.errors import ApiError
from adapter.uapi.codes import UapiCode, because
from adapter.uapi.resources import Paging

DEFAULT_COUNT = 20
MAX_COUNT = 5000
MAX_START_INDEX = 4999
SORT_ORDERS = {"ascending": False, "asc": False, "descending": True, "desc": True}
"""Whether each of them is descending."""

_CODES = {
    "count": UapiCode.COUNT_INVALID,
    "startIndex": UapiCode.START_INDEX_INVALID,
    "filterBy": UapiCode.FILTER_BY_INVALID,
    "filterOp": UapiCode.FILTER_OP_INVALID,
    "filterValue": UapiCode.FILTER_VALUE_INVALID,
    "fields": UapiCode.FIELDS_INVALID,
    "sortOrder": UapiCode.SORT_ORDER_INVALID,
}


def invalid(name: str, must: str) -> ApiError:
    """The answer to a bad value of this parameter of a list."""
    return because(_CODES[name], must)


def read_single(parameters: MultiMapping[str], name: str) -> str | None:
    """The parameter's value. One that stands twice is refused: which of them is meant cannot be known."""
    values = parameters.getall(name, ())
    if len(values) > 1:
        raise invalid(name, "it must appear only once")
    return values[0] if values else None


def read_choice(parameters: MultiMapping[str], name: str, default: str, choices: Sequence[str]) -> str:
    """The parameter's value, one of these. Raises ApiError as `read_single` does."""
    text = read_single(parameters, name)
    if text is None:
        return default
    if text not in choices:
        raise invalid(name, "it must be one of " + ", ".join(choices))
    return text


def read_count(parameters: MultiMapping[str]) -> int:
    """How many rows a page has. Raises ApiError as `read_single` does."""
    return _number(parameters, "count", DEFAULT_COUNT, 1, MAX_COUNT)


def read_start_index(parameters: MultiMapping[str]) -> int:
    """How many rows come before the page. Raises ApiError as `read_single` does."""
    return _number(parameters, "startIndex", 0, 0, MAX_START_INDEX)


def read_is_descending(parameters: MultiMapping[str]) -> bool:
    """Whether the greatest comes first. Raises ApiError as `read_single` does."""
    return SORT_ORDERS[read_choice(parameters, "sortOrder", "ascending", tuple(SORT_ORDERS))]


def read_fields(parameters: MultiMapping[str], known: Sequence[str]) -> frozenset[str] | None:
    """The fields named, joined with commas or by repeating the parameter; None where all are meant.

    Raises ApiError for one that is not known.
    """
    texts = parameters.getall("fields", ())
    if not texts:
        return None
    names = [name.strip() for text in texts for name in text.split(",")]
    if not all(name in known for name in names):
        raise invalid("fields", "it must be a comma-joined list of " + ", ".join(known))
    return frozenset(names)


def write_paging(
    total: int, count: int, start_index: int, parameters: Mapping[str, str], address: str
) -> Paging:
    """The addresses of the pages beside this one; `address` is the list's own, `parameters` the rest."""

    def page(start: int) -> str:
        place = {"count": str(count), "startIndex": str(start)}
        return f"{address}?{urlencode(place | dict(parameters))}"

    paging, following = Paging(), start_index + count
    if following < total and following <= MAX_START_INDEX:
        paging.next = page(following)
    if start_index > 0:
        paging.prev = page(max(0, start_index - count))
    return paging


def _number(parameters: MultiMapping[str], name: str, default: int, least: int, most: int) -> int:
    text = read_single(parameters, name)
    if text is None:
        return default
    number = int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else -1
    if not least <= number <= most:
        raise invalid(name, f"it must be a whole number from {least} to {most}")
    return number
