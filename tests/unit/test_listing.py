import json
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from adapter.calls.views import PhoneCall
from adapter.http.errors import ApiError
from adapter.uapi.listing import Query, list_calls, read_query
from adapter.uapi.rendering import Renderer

from .samples import directory

Json = dict[str, object]
ADDRESS = "https://x/uapi/phoneCalls/@me/@self"
TIMEZONE = ZoneInfo("Europe/Bucharest")
RENDERER = Renderer(directory(), TIMEZONE, lambda call: f"{ADDRESS}/{call.id}")

# 16:08:50, :51 and :52, not in the order of their ids.
CALLS = [
    PhoneCall("bb00000000000000000b", "0003*210", 1340802530.5, None, ()),
    PhoneCall("aa00000000000000000a", "0003*210", 1340802531.5, None, ()),
    PhoneCall("cc00000000000000000c", "0003*210", 1340802532.5, None, ()),
]


def _query(*parameters: tuple[str, str]) -> Query:
    return read_query(MultiDict(parameters), TIMEZONE)


def _list(**parameters: str) -> Json:
    return _written(CALLS, _query(*parameters.items()))


def _written(calls: Sequence[PhoneCall], query: Query) -> Json:
    written: Json = json.loads(list_calls(calls, query, RENDERER, ADDRESS))
    return written


def _entries(envelope: Json) -> list[Json]:
    entries = envelope["entry"]
    assert isinstance(entries, list)
    return entries


def _ids(**parameters: str) -> str:
    """The first letter of each call's id."""
    return "".join(str(entry["id"])[0] for entry in _entries(_list(**parameters)))


def _code(**parameters: str) -> str:
    with pytest.raises(ApiError) as refused:
        _query(*parameters.items())
    assert refused.value.status == 400
    return refused.value.code


def test_without_parameters_all_calls_stand_in_one_envelope() -> None:
    """20 on a page, oldest first, no other page."""
    envelope = _list()
    assert {name: value for name, value in envelope.items() if name != "entry"} == {
        "totalResults": 3,
        "itemsPerPage": 20,
        "startIndex": 0,
        "paging": {},
    }
    assert _entries(envelope)[0] == {
        "id": "bb00000000000000000b",
        "extension": "0003*210",
        "ownerId": "3",
        "ownerName": "Default Organization",
        "published": "2012-06-27T16:08:50+03:00",
        "phoneCallView": [],
        "link": {"self": f"{ADDRESS}/bb00000000000000000b"},
    }


def test_an_empty_list_is_an_envelope_too() -> None:
    """Clients parse a body on every 2xx."""
    assert _written([], Query()) == {
        "entry": [],
        "totalResults": 0,
        "itemsPerPage": 20,
        "startIndex": 0,
        "paging": {},
    }


# -- parameters ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("count", value)
            for value in ("0", "5001", "-1", "", "x", "1.5", "+5", "1e3", "\uff12\uff10", " 5", "5\n")
        ),
        *(("startIndex", value) for value in ("-1", "5000", "", "x", "0.0", "9" * 5000)),
        *(("filterOp", value) for value in ("", "Contains", "like")),
        *(("sortOrder", value) for value in ("", "up", "Ascending")),
        *(("fields", value) for value in ("", "id,", "ID", "id;extension", "id,disposition")),
        *(("filterBy", value) for value in ("", "extension", "ID")),
    ],
)
def test_a_bad_value_is_refused_by_its_parameters_code(name: str, value: str) -> None:
    """400 count_invalid, startindex_invalid, filterop_invalid, sortorder_invalid, fields_invalid."""
    assert _code(**{name: value, "filterValue": "x"} if name == "filterBy" else {name: value}) == (
        f"{name.lower()}_invalid"
    )


@pytest.mark.parametrize(
    ("count", "start", "ids"),
    [("1", "0", "b"), ("2", "1", "ac"), ("5000", "2", "c"), ("1", "4999", ""), ("3", "3", "")],
)
def test_a_page_is_count_calls_from_start_index_on(count: str, start: str, ids: str) -> None:
    """The bounds themselves are allowed; beyond the end a page is empty."""
    assert _ids(count=count, startIndex=start) == ids
    envelope = _list(count=count, startIndex=start)
    assert (envelope["totalResults"], envelope["itemsPerPage"], envelope["startIndex"]) == (
        3,
        int(count),
        int(start),
    )


def test_the_order_is_by_published_either_way() -> None:
    """Not by id."""
    assert _ids() == "bac"
    orders = ("ascending", "asc", "descending", "desc")
    assert [_ids(sortOrder=order) for order in orders] == ["bac", "bac", "cab", "cab"]


def test_calls_that_began_together_have_one_order_all_the_same() -> None:
    """A page must not show one twice and the other never."""
    twins = [PhoneCall(id_, "0003*210", 5.0, None, ()) for id_ in ("b" * 20, "a" * 20)]
    for calls in (twins, twins[::-1]):
        envelope = _written(calls, Query())
        assert [str(entry["id"])[0] for entry in _entries(envelope)] == ["a", "b"]


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("id", {"id"}),
        ("id,published", {"id", "published"}),
        ("id, ownerName", {"id", "ownerName"}),
        ("phoneCallView,link,extension,ownerId", {"phoneCallView", "link", "extension", "ownerId"}),
        ("answered", set()),
        ("nonce", set()),
        ("links,id,nonce", {"id"}),
    ],
)
def test_only_the_fields_asked_for_are_answered(fields: str, names: set[str]) -> None:
    """One that is null is left out here too."""
    assert [set(entry) for entry in _entries(_list(fields=fields))] == [names] * 3


def test_fields_may_be_named_by_repeating_the_parameter() -> None:
    """As well as joined with commas, and both at once."""
    query = _query(("fields", "id"), ("fields", "link,published"))
    [entry, *_] = _entries(_written(CALLS, query))
    assert set(entry) == {"id", "link", "published"}
    with pytest.raises(ApiError):
        _query(("fields", "id"), ("fields", "ID"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", "5"),
        ("startIndex", "5"),
        ("sortOrder", "asc"),
        ("filterBy", "id"),
        ("filterOp", "equals"),
        ("filterValue", "a"),
    ],
)
def test_a_parameter_that_stands_twice_is_refused(name: str, value: str) -> None:
    """Of two, the first would be taken in silence."""
    rest = (("filterBy", "id"),) if name == "filterValue" else (("filterValue", "x"),)
    with pytest.raises(ApiError) as refused:
        _query((name, value), (name, value), *(() if name in ("count", "startIndex", "sortOrder") else rest))
    assert refused.value.code == f"{name.lower()}_invalid"


# -- filter ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "operator", "value", "ids"),
    [
        ("id", "contains", "0000a", "a"),
        ("id", "contains", "0", "bac"),
        ("id", "contains", "x", ""),
        ("id", "equals", "aa00000000000000000a", "a"),
        ("id", "equals", "aa", ""),
        ("id", "startsWith", "cc0", "c"),
        ("id", "startsWith", "0", ""),
        ("id", "present", "", "bac"),
        ("id", "greaterThan", "aa00000000000000000a", "bc"),
        ("id", "lessThan", "bb00000000000000000b", "a"),
        ("id", "inArray", "aa00000000000000000a, cc00000000000000000c", "ac"),
        ("id", "inArray", "aa", ""),
        ("published", "contains", "16:08:5", "bac"),
        ("published", "contains", ":51", "a"),
        ("published", "equals", "2012-06-27T16:08:51+03:00", "a"),
        ("published", "startsWith", "2012-06", "bac"),
        ("published", "startsWith", "2013", ""),
        ("published", "present", "", "bac"),
        ("published", "greaterThan", "2012-06-27T16:08:51+03:00", "c"),
        ("published", "lessThan", "2012-06-27T16:08:51+03:00", "b"),
        ("published", "greaterThan", "2012-06-27T13:08:50Z", "ac"),
        ("published", "lessThan", "2012-06-27T15:08:52+02:00", "ba"),
        ("published", "greaterThan", "2012-06-27T16:08:51 03:00", "c"),
        ("published", "lessThan", "9999-12-31T23:59:59-14:00", "bac"),
        ("published", "greaterThan", "0001-01-01T00:00:00+14:00", "bac"),
        ("published", "inArray", "2012-06-27T16:08:50+03:00,2012-06-27T16:08:52+03:00", "bc"),
        ("published", "inArray", "2012-06-27T13:08:50Z, 2012-06-27T16:08:52", "bc"),
        ("published", "equals", "2012-06-27T13:08:51Z", "a"),
        ("published", "equals", "2012-06-27T16:08:51", "a"),
        ("published", "equals", "2012-06-27T16:08:51 03:00", "a"),
        ("published", "equals", "2012-06-27T13:08:51", ""),
        ("published", "greaterThan", "2012-06-27T16:08:51", "c"),
        ("published", "lessThan", "2012-06-27 16:08:51", "b"),
        ("published", "lessThan", "9999-12-31T23:59:59", "bac"),
        ("published", "equals", "9999-12-31T23:59:59-14:00", ""),
    ],
)
def test_every_operator_keeps_what_it_says(by: str, operator: str, value: str, ids: str) -> None:
    """Dates are compared as times where the order counts, whatever their offset."""
    parameters = {"filterBy": by, "filterOp": operator} | ({"filterValue": value} if value else {})
    assert _ids(**parameters) == ids
    assert _list(**parameters)["totalResults"] == len(ids)


def test_contains_is_the_operator_where_none_is_named() -> None:
    """The contract's default."""
    assert _ids(filterBy="id", filterValue="0000a") == "a"


@pytest.mark.parametrize(
    "operator", ["contains", "equals", "startsWith", "greaterThan", "lessThan", "inArray"]
)
def test_an_operator_without_its_value_is_refused(operator: str) -> None:
    """All but `present` compare with something."""
    assert _code(filterBy="id", filterOp=operator) == "filtervalue_invalid"
    assert _code(filterBy="id", filterOp=operator, filterValue="") == "filtervalue_invalid"


@pytest.mark.parametrize(
    "value", ["yesterday", "1340802531", "2012-06-27", "2012-13-01T00:00:00Z", "16:08:51"]
)
@pytest.mark.parametrize("operator", ["greaterThan", "lessThan"])
def test_what_is_compared_by_order_has_to_be_a_date(operator: str, value: str) -> None:
    """Its offset may be left out."""
    assert _code(filterBy="published", filterOp=operator, filterValue=value) == "filtervalue_invalid"


def test_a_value_without_a_name_to_compare_is_refused() -> None:
    """Not silently left out: the client would take the whole list for the answer."""
    assert _code(filterValue="x") == "filterby_invalid"


# -- pages -----------------------------------------------------------------------------------------


def _link(envelope: Json, name: str) -> dict[str, str] | None:
    """The parameters of a page's link; its address is the list's own."""
    paging = envelope["paging"]
    assert isinstance(paging, dict)
    if name not in paging:
        return None
    url = urlsplit(str(paging[name]))
    assert f"{url.scheme}://{url.netloc}{url.path}" == ADDRESS
    return {key: values[0] for key, values in parse_qs(url.query, strict_parsing=True).items()}


@pytest.mark.parametrize(
    ("count", "start", "following", "previous"),
    [
        ("3", "0", None, None),
        ("2", "0", "2", None),
        ("1", "1", "2", "0"),
        ("1", "2", None, "1"),
        ("2", "1", None, "0"),
        ("1", "9", None, "8"),
    ],
)
def test_next_and_prev_are_there_where_there_is_a_page(
    count: str, start: str, following: str | None, previous: str | None
) -> None:
    """And left out where there is none."""
    envelope = _list(count=count, startIndex=start)
    for name, index in (("next", following), ("prev", previous)):
        assert _link(envelope, name) == (None if index is None else {"count": count, "startIndex": index})


def test_a_page_that_could_not_be_asked_for_is_not_offered() -> None:
    """startIndex ends at 4999."""
    many = [PhoneCall(f"{index:020x}", "0003*210", float(index), None, ()) for index in range(5002)]
    query = _query(("startIndex", "4990"), ("count", "10"), ("fields", "id"))
    assert _link(_written(many, query), "next") is None
    query = _query(("startIndex", "4989"), ("count", "10"), ("fields", "id"))
    assert _link(_written(many, query), "next") is not None


PARAMETERS = st.fixed_dictionaries(
    {"count": st.integers(1, 3).map(str)},
    optional={
        "sortOrder": st.sampled_from(("ascending", "descending")),
        "fields": st.sampled_from(("id", "published,id", "id,link")),
        "filterBy": st.just("published"),
    },
).flatmap(
    lambda found: st.fixed_dictionaries(
        {name: st.just(value) for name, value in found.items()}
        | (
            {
                "filterOp": st.sampled_from(("greaterThan", "present", "contains")),
                "filterValue": st.just("2012-06-27T16:08:50+03:00"),
            }
            if "filterBy" in found
            else {}
        )
    )
)


@given(PARAMETERS)
def test_following_next_shows_every_call_once_and_prev_leads_back(parameters: dict[str, str]) -> None:
    """With the same filter, order and fields on every page."""
    whole = _entries(_list(**{**parameters, "count": "5000"}))
    shown: list[Json] = []
    starts = []
    page: dict[str, str] | None = parameters
    envelope: Json = {}
    while page is not None:
        envelope = _list(**page)
        shown += _entries(envelope)
        starts.append(envelope["startIndex"])
        page = _link(envelope, "next")
    assert shown == whole
    while (page := _link(envelope, "prev")) is not None:
        starts.pop()
        envelope = _list(**page)
        assert envelope["startIndex"] == starts[-1]
    assert starts == [0]


def test_a_query_has_one_key_however_it_is_written() -> None:
    """Parameters that the service does not know, their order and the ways to write one say nothing."""
    plain = _query(("count", "5000"), ("fields", "id,link"), ("sortOrder", "desc")).key
    assert (
        plain
        == _query(("x", "1"), ("sortOrder", "descending"), ("fields", "link,id"), ("count", "05000")).key
    )
    assert plain != _query(("count", "4999"), ("fields", "id,link"), ("sortOrder", "desc")).key


def test_queries_that_ask_for_something_else_have_other_keys() -> None:
    """Each parameter that the list depends on is in it."""
    queries = [
        (),
        (("count", "21"),),
        (("startIndex", "1"),),
        (("sortOrder", "desc"),),
        (("fields", "id"),),
        (("fields", "id,link"),),
        (("filterBy", "id"), ("filterValue", "a")),
        (("filterBy", "id"), ("filterValue", "b")),
        (("filterBy", "published"), ("filterValue", "a")),
        (("filterBy", "id"), ("filterValue", "a"), ("filterOp", "inArray")),
    ]
    assert len({_query(*parameters).key for parameters in queries}) == len(queries)
