"""The contract's "List": what each operator of a filter finds."""

from itertools import product
from urllib.parse import quote

import pytest

from adapter.lab.fake_ami import FakeAmi
from tests.contract.client import Json, Wire

HERE = "@me/0003*211"
FOUNDING = 1340802530
OPERATORS = ("contains", "equals", "startsWith", "present", "greaterThan", "lessThan", "inArray")


@pytest.fixture
async def calls(wire: Wire, ami: FakeAmi) -> list[Json]:
    """Four calls of 0003*211, an hour between them, oldest first."""
    for hour in range(4):
        ami.pbx.clock = lambda hour=hour: float(FOUNDING + 3600 * hour)  # type: ignore[misc]
        ami.pbx.begin_trunk_call("0003*211")
    return await wire.calls(4, HERE)


async def found(wire: Wire, calls: list[Json], by: str, operator: str | None, value: str | None) -> list[int]:
    """Which of the calls a filter finds."""
    query = f"filterBy={by}"
    query += "" if operator is None else f"&filterOp={operator}"
    query += "" if value is None else f"&filterValue={quote(value)}"
    answer = await wire.get(f"{HERE}?{query}")
    assert answer.status == 200, answer
    assert answer.json["totalResults"] == len(answer.ids)
    ids = [call["id"] for call in calls]
    return [ids.index(one) for one in answer.ids]


async def test_a_filter_is_by_id_or_published(wire: Wire, calls: list[Json]) -> None:
    """“`filterBy` (`id` or `published`)”."""
    for by in ("id", "published"):
        assert await found(wire, calls, by, "equals", calls[2][by]) == [2]
    assert (await wire.get(f"{HERE}?filterBy=extension&filterValue=x")).error == (400, "filterby_invalid")
    assert (await wire.get(f"{HERE}?filterValue=x")).error == (400, "filterby_invalid")


async def test_the_operator_is_contains_unless_told(wire: Wire, calls: list[Json]) -> None:
    """“`filterOp` (`contains` (default), …)”."""
    for by, part in (("id", calls[1]["id"][5:15]), ("published", "T14:")):
        assert await found(wire, calls, by, None, part) == [1]
        assert await found(wire, calls, by, "contains", part) == [1]
    assert await found(wire, calls, "published", None, "2012-06-27") == [0, 1, 2, 3]
    assert await found(wire, calls, "id", None, "nosuch") == []


async def test_equals_is_the_whole_value(wire: Wire, calls: list[Json]) -> None:
    """“`filterOp` (… `equals`, …)”."""
    for by in ("id", "published"):
        assert await found(wire, calls, by, "equals", calls[3][by]) == [3]
        assert await found(wire, calls, by, "equals", calls[3][by][:-1]) == []


async def test_starts_with_is_the_beginning(wire: Wire, calls: list[Json]) -> None:
    """“`filterOp` (… `startsWith`, …)”."""
    assert await found(wire, calls, "id", "startsWith", calls[0]["id"][:12]) == [0]
    assert await found(wire, calls, "id", "startsWith", calls[0]["id"][1:]) == []
    assert await found(wire, calls, "published", "startsWith", "2012-06-27T1") == [0, 1, 2, 3]
    assert await found(wire, calls, "published", "startsWith", "2012-06-27T15") == [2]


async def test_present_needs_no_value(wire: Wire, calls: list[Json]) -> None:
    """“`filterOp` (… `present`, …)”."""
    for by, value in product(("id", "published"), (None, "anything")):
        assert await found(wire, calls, by, "present", value) == [0, 1, 2, 3]


async def test_greater_and_less_compare_dates_as_times(wire: Wire, calls: list[Json]) -> None:
    """“`filterOp` (… `greaterThan`, `lessThan`, …)” of `published`, in whatever offset."""
    for date in (calls[1]["published"], "2012-06-27T17:08:50+03:00", "2012-06-27T14:08:50Z"):
        assert await found(wire, calls, "published", "greaterThan", date) == [2, 3]
        assert await found(wire, calls, "published", "lessThan", date) == [0]
    raw = await wire.get(f"{HERE}?filterBy=published&filterOp=lessThan&filterValue=2012-06-27T17:08:50+03:00")
    assert raw.ids == [calls[0]["id"]], "a plus that the client did not encode"


async def test_greater_and_less_compare_ids_as_text(wire: Wire, calls: list[Json]) -> None:
    """“`filterOp` (… `greaterThan`, `lessThan`, …)” of `id`."""
    for index, call in enumerate(calls):
        greater = [at for at, one in enumerate(calls) if one["id"] > call["id"]]
        less = [at for at, one in enumerate(calls) if one["id"] < call["id"]]
        assert await found(wire, calls, "id", "greaterThan", call["id"]) == greater
        assert await found(wire, calls, "id", "lessThan", call["id"]) == less
        assert sorted([*greater, *less, index]) == [0, 1, 2, 3]


async def test_in_array_is_one_of_a_comma_joined_list(wire: Wire, calls: list[Json]) -> None:
    """“`filterOp` (… `inArray`)”."""
    for by in ("id", "published"):
        values = [calls[3][by], "nosuch", calls[0][by]]
        assert await found(wire, calls, by, "inArray", ",".join(values)) == [0, 3]
        assert await found(wire, calls, by, "inArray", "nosuch") == []


async def test_every_operator_takes_every_field(wire: Wire, calls: list[Json]) -> None:
    """“`contains` (default), `equals`, `startsWith`, `present`, `greaterThan`, `lessThan`, `inArray`”."""
    for by, operator in product(("id", "published"), OPERATORS):
        expected = {"present": [0, 1, 2, 3]}.get(operator, [0])
        if operator in ("greaterThan", "lessThan"):
            is_after = operator == "greaterThan"
            rest = [(at, one[by] > calls[0][by]) for at, one in enumerate(calls) if at > 0]
            expected = [at for at, is_greater in rest if is_greater is is_after]
        assert await found(wire, calls, by, operator, calls[0][by]) == expected


async def test_unknown_parameters_do_no_harm(wire: Wire, calls: list[Json]) -> None:
    """“Query, all optional”: and what is none of them is passed over."""
    answer = await wire.get(f"{HERE}/?verbose=1&_={FOUNDING}")
    assert answer.ids == [call["id"] for call in calls]
