"""The contract's "Presence": what extensions do, and which of their phones are registered."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.polling import until_seen
from tests.contract.client import Answer, Json, Wire
from tests.integration.harness import running_service

AGENT = "0003*210"
SHOWN = ["0003*024", "0003*025", "0003*026", "0003*21", "0003*210", "0003*211"]
REGISTERED = f"{AGENT};@9d89d5f21276f28629b105883e40283f"
FIXED = f"{AGENT}@@c715c9196cde181b3015a6c0b42e97b9"
EXPIRES, EXPIRE = "1297350910", "2011-02-10T15:15:10"


@pytest.fixture
async def wire(ami: FakeAmi, directory: Path) -> AsyncIterator[Wire]:
    """The adapter beside an Asterisk that tells of devices."""
    ami.presence.devices = {f"PJSIP/{AGENT}": "NOT_INUSE", "PJSIP/0003*211": "UNAVAILABLE"}
    async with running_service(ami, directory, timezone="UTC") as service:
        await service.until_link("READY")
        yield Wire(service.port)


async def ask(wire: Wire, address: str = f"@me/{AGENT}", query: str = "", **options: Any) -> Answer:  # noqa: ANN401 - those of send
    """GET the presence of an address."""
    return await wire.send("GET", f"/uapi/extensions/{address}/presence/{query}", **options)


async def entries(wire: Wire, address: str = "@me/@self", query: str = "") -> list[Json]:
    """The entries of a list."""
    answer = await ask(wire, address, query)
    assert answer.status == 200, answer
    entry = answer.json["entry"]
    assert isinstance(entry, list)
    return entry


async def numbers(wire: Wire, query: str) -> list[str]:
    """The extensions of a list, in order."""
    return [one["extension"] for one in await entries(wire, query=query)]


async def registration(wire: Wire, number: str = AGENT) -> list[Json]:
    """The phones of an extension."""
    [entry] = await entries(wire, f"@me/{number}")
    assert isinstance(entry["registration"], list)
    return entry["registration"]


def has_contacts(ami: FakeAmi, **contacts: dict[str, str]) -> None:
    """Give the agent's endpoint these contacts, the registered and the fixed one."""
    ids = {"registered": REGISTERED, "fixed": FIXED}
    ami.presence.contacts = {AGENT: {ids[name]: values for name, values in contacts.items()}}


async def test_the_envelope_of_presence(wire: Wire) -> None:
    """“`GET /uapi/extensions/@me/0003*210/presence` → the list's envelope, `entry` an array of:”."""
    answer = await ask(wire)
    assert answer.json == {
        "entry": [{"extension": AGENT, "status": "1", "registration": [{"registration": "0"}]}],
        "totalResults": 1,
        "itemsPerPage": 20,
        "startIndex": 0,
        "paging": {},
    }


async def test_extension_is_a_phone_terminal(wire: Wire) -> None:
    """“`extension` | extension number | a Phone Terminal”."""
    assert await numbers(wire, "") == SHOWN


@pytest.mark.parametrize(
    ("state", "status"),
    [
        *(("NOT_INUSE", "1"), ("RINGING", "2"), ("RINGINUSE", "2"), ("INUSE", "3"), ("BUSY", "3")),
        *(("ONHOLD", "3"), ("UNAVAILABLE", "0"), ("INVALID", "0"), ("UNKNOWN", "0")),
    ],
)
async def test_status_is_from_asterisks_device_state(
    wire: Wire, ami: FakeAmi, state: str, status: str
) -> None:
    """“not in use `1`; ringing, ringing in use `2`; in use, busy, on hold `3`; unavailable, invalid, …”."""
    ami.presence.change(f"PJSIP/{AGENT}", "UNAVAILABLE" if status != "0" else "NOT_INUSE")
    ami.presence.change(f"PJSIP/{AGENT}", state)
    await until_seen(
        lambda: entries(wire, f"@me/{AGENT}", "?fields=status"), lambda found: found == [{"status": status}]
    )


async def test_a_phone_that_is_not_registered_has_status_0(wire: Wire) -> None:
    """“So a phone that is not registered is `0`, as the sample has it.”"""
    assert (await entries(wire, "@me/0003*211"))[0]["status"] == "0"


async def test_registration_is_one_entry_a_registered_phone(wire: Wire, ami: FakeAmi) -> None:
    """“`registration` | array | one entry a registered phone”, “A registered contact `1` with `expire`”."""
    values = {"user_agent": "3CXPhone 5.0.14439.0", "expiration_time": EXPIRES, "status": "Reachable"}
    has_contacts(ami, registered=values)
    assert await registration(wire) == [
        {"agent": "3CXPhone 5.0.14439.0", "registration": "1", "expire": f"{EXPIRE}+00:00"}
    ]


async def test_a_fixed_contact_needs_no_registration(wire: Wire, ami: FakeAmi) -> None:
    """“a fixed contact `2`”."""
    has_contacts(ami, fixed={"expiration_time": "0", "status": "NonQualified"})
    assert await registration(wire) == [{"registration": "2"}]


async def test_no_contact_is_one_entry_alone(wire: Wire) -> None:
    """“no contact: one entry with `registration` `-1` alone”."""
    assert await registration(wire, "0003*211") == [{"registration": "-1"}]


async def test_a_contact_known_to_be_unreachable_has_expired(wire: Wire, ami: FakeAmi) -> None:
    """“`-2` is sent only for a contact that Asterisk lists and knows to be unreachable”, without `expire`."""
    has_contacts(ami, registered={"expiration_time": EXPIRES, "status": "Unreachable"})
    assert await registration(wire) == [{"registration": "-2"}]


async def test_what_ami_cannot_tell_is_0(wire: Wire) -> None:
    """“AMI cannot tell: `0`.”"""
    assert await registration(wire, "0003*024") == [{"registration": "0"}]


async def test_an_entry_has_no_status_of_its_own(wire: Wire, ami: FakeAmi) -> None:
    """“`registration[].status` is left out: Asterisk has one state for all phones of an extension.”"""
    has_contacts(ami, registered={"expiration_time": EXPIRES}, fixed={})
    assert [sorted(phone) for phone in await registration(wire)] == [
        ["expire", "registration"],
        ["registration"],
    ]


async def test_a_filter_of_presence_is_by_extension(wire: Wire) -> None:
    """“Query: `filterBy` only `extension`; `filterOp` `equals`, `contains`, `startsWith`, `inArray`; …”."""
    found = {
        (operator, value): await numbers(
            wire, f"?filterBy=extension&filterOp={operator}&filterValue={quote(value)}"
        )
        for operator, value in (
            *(("equals", AGENT), ("equals", "0003*2"), ("contains", "21"), ("contains", "x")),
            *(("startsWith", "0003*0"), ("startsWith", "2"), ("inArray", "0003*211, 0003*21,0004*300")),
        )
    }
    assert found == {
        ("equals", AGENT): [AGENT],
        ("equals", "0003*2"): [],
        ("contains", "21"): ["0003*21", "0003*210", "0003*211"],
        ("contains", "x"): [],
        ("startsWith", "0003*0"): ["0003*024", "0003*025", "0003*026"],
        ("startsWith", "2"): [],
        ("inArray", "0003*211, 0003*21,0004*300"): ["0003*21", "0003*211"],
    }


async def test_the_operator_of_presence_is_contains_unless_told(wire: Wire) -> None:
    """“`filterOp` `contains` unless told”."""
    assert await numbers(wire, "?filterBy=extension&filterValue=3*02") == SHOWN[:3]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        *((f"?count={value}", "count_invalid") for value in ("0", "5001", "x", "", "1&count=2")),
        *((f"?startIndex={value}", "startindex_invalid") for value in ("-1", "5000", "x")),
        *((f"?filterBy={value}&filterValue=2", "filterby_invalid") for value in ("status", "id", "")),
        ("?filterValue=2", "filterby_invalid"),
        *(
            (f"?filterBy=extension&filterOp={value}&filterValue=2", "filterop_invalid")
            for value in ("greaterThan", "lessThan", "present", "like", "")
        ),
        ("?filterBy=extension", "filtervalue_invalid"),
        ("?filterBy=extension&filterValue=", "filtervalue_invalid"),
        *((f"?fields={value}", "fields_invalid") for value in ("agent", "extension,", "")),
        *((f"?sortOrder={value}", "sortorder_invalid") for value in ("up", "")),
    ],
)
async def test_bad_values_of_a_presence_list(wire: Wire, query: str, code: str) -> None:
    """“bad ones 400 `filterop_invalid` (`greaterThan`, `lessThan`, `present` among them).”"""
    assert (await ask(wire, "@me/@self", query)).error == (400, code)


async def test_fields_of_presence_are_of_the_top_level(wire: Wire) -> None:
    """“`fields` of the top level”."""
    assert await entries(wire, f"@me/{AGENT}", "?fields=status") == [{"status": "1"}]
    assert await entries(wire, f"@me/{AGENT}", "?fields=extension&fields=status") == [
        {"extension": AGENT, "status": "1"}
    ]


async def test_presence_is_ordered_by_extension(wire: Wire) -> None:
    """“ordered by extension”; pages follow one another, and name the next."""
    assert await numbers(wire, "?sortOrder=descending") == SHOWN[::-1]
    answer = await ask(wire, "@me/@self", "?count=4&filterBy=extension&filterValue=0003*")
    assert answer.json["totalResults"] == 6
    following = answer.json["paging"]["next"].removeprefix(wire.origin)
    assert following.startswith("/uapi/extensions/@me/@self/presence?count=4&startIndex=4")
    last = await wire.send("GET", following)
    assert [one["extension"] for one in last.json["entry"]] == SHOWN[4:]
    assert list(last.json["paging"]) == ["prev"]


@pytest.mark.parametrize("address", ["@me/0003*500", "@me/0003*999", "@me/0004*300", "@me/x"])
async def test_an_extension_that_is_bad_or_no_phone_terminal(wire: Wire, address: str) -> None:
    """“A bad extension, or one that is no Phone Terminal: 400 `extension_invalid`.”"""
    assert (await ask(wire, address)).error == (400, "extension_invalid")


async def test_self_is_all_extensions_and_owner_needs_an_explicit_one(wire: Wire) -> None:
    """“`@self` as extension: with … presence”; “Presence with `@owner` needs an explicit extension”."""
    assert await numbers(wire, "") == SHOWN
    assert (await ask(wire, "@owner/@self")).error == (400, "extension_invalid")
    assert [one["extension"] for one in await entries(wire, f"@owner/{AGENT}")] == [AGENT]
