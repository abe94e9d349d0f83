"""The list of extensions with their presence: filter, order, page and projection. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from multidict import MultiMapping

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
from adapter.uapi.resources import Presence, PresenceFields, PresenceList

PRESENCE_FIELDS = ("extension", "status", "registration")
PRESENCE_OPERATORS = ("contains", "equals", "startsWith", "inArray")


@dataclass(frozen=True, slots=True)
class PresenceQuery:
    """The list parameters of a request, valid."""

    count: int = DEFAULT_COUNT
    start_index: int = 0
    filter_op: str = "contains"
    filter_value: str | None = None
    """What the extension's number is compared with; None where all are meant."""
    fields: frozenset[str] | None = None
    is_descending: bool = False

    @property
    def wants_registration(self) -> bool:
        """Whether the answer says which phones are registered."""
        return self.fields is None or "registration" in self.fields

    def select(self, numbers: Iterable[str]) -> list[str]:
        """Those of the numbers that the filter lets through, in the order that was asked for."""
        return sorted(filter(self._is_wanted, numbers), reverse=self.is_descending)

    def _is_wanted(self, number: str) -> bool:
        value = self.filter_value
        if value is None:
            return True
        match self.filter_op:
            case "contains":
                return value in number
            case "startsWith":
                return number.startswith(value)
            case "equals":
                return number == value
            case _:
                return number in [item.strip() for item in value.split(",")]


def read_presence_query(parameters: MultiMapping[str]) -> PresenceQuery:
    """The list parameters. Raises ApiError with the code of the first that is bad."""
    value = read_single(parameters, "filterValue")
    operator = read_choice(parameters, "filterOp", "contains", PRESENCE_OPERATORS)
    if "filterBy" in parameters:
        read_choice(parameters, "filterBy", "", ("extension",))
        if not value:
            raise invalid("filterValue", f"the operator {operator} needs one")
    elif value is not None:
        raise invalid("filterBy", "it must say what filterValue is compared with")
    return PresenceQuery(
        count=read_count(parameters),
        start_index=read_start_index(parameters),
        filter_op=operator,
        filter_value=value,
        fields=read_fields(parameters, PRESENCE_FIELDS),
        is_descending=read_is_descending(parameters),
    )


def write_presence_list(
    entries: Sequence[Presence], total: int, query: PresenceQuery, address: str
) -> PresenceList:
    """The list with these entries of a page; `address` is the list's own, for its other pages."""
    return PresenceList(
        entry=[msgspec.Raw(msgspec.json.encode(_project(entry, query.fields))) for entry in entries],
        total_results=total,
        items_per_page=query.count,
        start_index=query.start_index,
        paging=write_paging(total, query.count, query.start_index, _parameters(query), address),
    )


def _project(entry: Presence, fields: frozenset[str] | None) -> Presence | PresenceFields:
    if fields is None:
        return entry
    return PresenceFields(**{name: getattr(entry, name) for name in PRESENCE_FIELDS if name in fields})


def _parameters(query: PresenceQuery) -> dict[str, str]:
    parameters: dict[str, str] = {}
    if query.filter_value is not None:
        parameters |= {
            "filterBy": "extension",
            "filterOp": query.filter_op,
            "filterValue": query.filter_value,
        }
    if query.fields is not None:
        parameters["fields"] = ",".join(name for name in PRESENCE_FIELDS if name in query.fields)
    if query.is_descending:
        parameters["sortOrder"] = "descending"
    return parameters
