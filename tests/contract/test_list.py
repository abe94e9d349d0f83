"""The contract's "List": pages, order, projection and envelope."""

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from tests.contract.client import Wire

HERE = "@me/0003*211"
FOUNDING = 1340802530
CALLS = 25
FIELDS = ("id", "extension", "ownerId", "ownerName", "published", "answered", "phoneCallView", "link")


@pytest.fixture
async def ids(wire: Wire, ami: FakeAmi) -> list[str]:
    """25 calls of 0003*211, a minute between them: their ids, oldest first."""
    for minute in range(CALLS):
        begin(ami, minute)
    return [call["id"] for call in await wire.calls(CALLS, f"{HERE}?count=5000")]


def begin(ami: FakeAmi, minute: int) -> FakeChannel:
    """A call that entered the PBX in this minute."""
    ami.pbx.clock = lambda: float(FOUNDING + 60 * minute)
    return ami.pbx.begin_trunk_call("0003*211")


def target(url: str, wire: Wire) -> str:
    """The request target of a page's url."""
    assert url.startswith(wire.origin + "/uapi/")
    return url.removeprefix(wire.origin)


async def test_count_is_20_unless_told(wire: Wire, ids: list[str]) -> None:
    """“`count` (default 20, 1..5000)”."""
    assert (await wire.get(HERE)).ids == ids[:20]
    for count in (1, 3, 25, 5000):
        answer = await wire.get(f"{HERE}?count={count}")
        assert (answer.ids, answer.json["itemsPerPage"]) == (ids[:count], count)


async def test_start_index_is_0_unless_told(wire: Wire, ids: list[str]) -> None:
    """“`startIndex` (default 0, 0..4999)”."""
    assert (await wire.get(HERE)).json["startIndex"] == 0
    for start in (0, 7, 24, 25, 4999):
        answer = await wire.get(f"{HERE}?count=5&startIndex={start}")
        assert (answer.ids, answer.json["startIndex"]) == (ids[start : start + 5], start)
        assert answer.json["totalResults"] == CALLS


async def test_fields_are_comma_joined(wire: Wire, ids: list[str]) -> None:
    """“`fields` (comma-joined or repeated PhoneCall field names; `nonce` and `links` are known names,
    too)”."""
    whole = (await wire.get(f"{HERE}?count=1")).json["entry"][0]
    assert set(whole) == set(FIELDS)
    for asked in ("id", "id,published", "phoneCallView%2Clink", ",".join(FIELDS), "id,%20ownerName"):
        names = {name.strip() for name in asked.replace("%2C", ",").replace("%20", "").split(",")}
        [entry] = (await wire.get(f"{HERE}/?count=1&fields={asked}")).json["entry"]
        assert entry == {name: value for name, value in whole.items() if name in names}
    [entry] = (await wire.get(f"{HERE}/?count=1&fields=nonce,id&fields=links,published")).json["entry"]
    assert entry == {name: whole[name] for name in ("id", "published")}
    assert whole["id"] == ids[0]


async def test_the_order_is_by_published(wire: Wire, ids: list[str]) -> None:
    """“`sortOrder` (`ascending` default, `descending`; `asc`, `desc` mean the same; the order is by
    `published`)”."""
    for query, expected in {
        "": ids,
        "&sortOrder=ascending": ids,
        "&sortOrder=asc": ids,
        "&sortOrder=descending": ids[::-1],
        "&sortOrder=desc": ids[::-1],
    }.items():
        answer = await wire.get(f"{HERE}?count=100{query}")
        assert answer.ids == expected
        dates = [call["published"] for call in answer.json["entry"]]
        assert dates == sorted(dates, reverse="desc" in query)


NUMBERS = ["-1", "abc", "", "1.5", "1e3", "%D9%A1", "0x1", "+1", "99999999999"]
BAD = [
    ("count", "count_invalid", [*NUMBERS, "0", "5001"]),
    ("startIndex", "startindex_invalid", [*NUMBERS, "5000"]),
    ("filterBy", "filterby_invalid", ["", "extension", "ID", "id,published"]),
    ("filterBy=id&filterValue=1&filterOp", "filterop_invalid", ["", "Contains", "notEquals"]),
    ("filterBy=id&filterValue", "filtervalue_invalid", [""]),
    ("filterBy=published&filterOp=lessThan&filterValue", "filtervalue_invalid", ["today", "2012-06-27", "1"]),
    ("fields", "fields_invalid", ["", "nosuch", "id,", "id,nosuch", "ID", "id;link", "phoneCallView.id"]),
    ("sortOrder", "sortorder_invalid", ["", "up", "Ascending", "1"]),
]


@pytest.mark.parametrize(("name", "code", "values"), BAD, ids=[f"{row[0]}" for row in BAD])
async def test_bad_values_have_codes_of_their_own(
    wire: Wire, name: str, code: str, values: list[str]
) -> None:
    """“Bad values: 400 `count_invalid`, `startindex_invalid`, `filterby_invalid`, `filterop_invalid`,
    `filtervalue_invalid`, `fields_invalid`, `sortorder_invalid`.”"""
    for value in values:
        answer = await wire.get(f"@me/0003*210?{name}={value}")
        assert answer.error == (400, code), value
        parameter = name.rpartition("&")[2]
        assert parameter in answer.json["error"]["message"]


async def test_every_operator_but_present_needs_a_value(wire: Wire) -> None:
    """“400 … `filtervalue_invalid`” where the value is not there at all."""
    for operator in ("contains", "equals", "startsWith", "greaterThan", "lessThan", "inArray"):
        answer = await wire.get(f"@me/0003*210?filterBy=id&filterOp={operator}")
        assert answer.error == (400, "filtervalue_invalid"), operator


async def test_the_envelope(wire: Wire, ids: list[str]) -> None:
    """“Envelope: `{"entry": [PhoneCall, ...], "totalResults": n, "itemsPerPage": n, "startIndex": n,
    "paging": {"next": url, "prev": url}}`”."""
    envelope = (await wire.get(f"{HERE}?count=10&startIndex=10")).json
    assert set(envelope) == {"entry", "totalResults", "itemsPerPage", "startIndex", "paging"}
    numbers = [envelope[name] for name in ("totalResults", "itemsPerPage", "startIndex")]
    assert numbers == [CALLS, 10, 10]
    assert (await wire.send("GET", target(envelope["paging"]["next"], wire))).ids == ids[20:]
    assert (await wire.send("GET", target(envelope["paging"]["prev"], wire))).ids == ids[:10]


async def test_next_and_prev_are_left_out_where_there_is_none(wire: Wire, ids: list[str]) -> None:
    """“`next`/`prev` left out where there is none”."""
    for query, expected in {
        "count=25": set(),
        "count=24": {"next"},
        "count=10&startIndex=20": {"prev"},
        "count=10&startIndex=10": {"next", "prev"},
        "count=5&startIndex=4999": {"prev"},
    }.items():
        assert set((await wire.get(f"{HERE}?{query}")).json["paging"]) == expected, query
    assert len(ids) == CALLS


async def test_pages_keep_the_question(wire: Wire, ids: list[str]) -> None:
    """“"paging": {"next": url, "prev": url}”, each with the filter, the fields and the order asked for."""
    query = "count=4&sortOrder=descending&fields=id&filterBy=published&filterOp=greaterThan"
    url = f"/uapi/phoneCalls/{HERE}?{query}&filterValue=2012-06-27T16:08:50%2B03:00"
    seen: list[str] = []
    for _ in range(CALLS):
        page = await wire.send("GET", url)
        assert all(set(entry) == {"id"} for entry in page.json["entry"])
        seen += page.ids
        if "next" not in page.json["paging"]:
            break
        url = target(page.json["paging"]["next"], wire)
    assert seen == ids[:0:-1]


async def test_pages_are_stable_while_calls_come_and_go(wire: Wire, ami: FakeAmi, ids: list[str]) -> None:
    """“the order is by `published`”: what lives throughout is seen once, whatever begins or ends
    meanwhile."""
    seen = (await wire.get(f"{HERE}?count=10")).ids
    begin(ami, CALLS)  # younger than all: it comes last
    newest = (await wire.calls(CALLS + 1, f"{HERE}?count=100"))[-1]["id"]
    seen += (await wire.get(f"{HERE}?count=10&startIndex=10")).ids
    leg = next(one for one in ami.pbx.channels.values() if one.began_at == FOUNDING + 60 * (CALLS - 1))
    for channel in [one for one in ami.pbx.channels.values() if one.linkedid == leg.linkedid]:
        ami.pbx.hang_up(channel.uniqueid)
    await wire.calls(CALLS, f"{HERE}?count=100")
    seen += (await wire.get(f"{HERE}?count=10&startIndex=20")).ids
    assert seen == [*ids[:-1], newest]


async def test_calls_of_one_second_have_one_order(wire: Wire, ami: FakeAmi) -> None:
    """“the order is by `published`”, and where that is the same it is still the same order each time."""
    for _ in range(8):
        begin(ami, 0)
    await wire.calls(8, HERE)
    ascending = (await wire.get(HERE)).ids
    assert (await wire.get(f"{HERE}?sortOrder=descending")).ids == ascending[::-1]
    pages = [(await wire.get(f"{HERE}?count=1&startIndex={index}")).ids[0] for index in range(8)]
    assert pages == ascending
