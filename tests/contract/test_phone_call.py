"""The contract's "PhoneCall": every field of the resource."""

import re
import time
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until_seen
from tests.contract.client import Wire
from tests.contract.lines import DOWN, RING, Lines, local_call, outgoing_call
from tests.integration.harness import running_service

FIELDS = {"id", "extension", "ownerId", "ownerName", "published", "answered", "phoneCallView", "link"}
FOUNDING = 1340802530.0
"""2012-06-27T16:08:50+03:00."""


async def test_id_is_20_hex_digits(wire: Wire) -> None:
    """“20 lower-case hex digits, stable for the life of the call”."""
    first = await wire.call_id()
    assert re.fullmatch(r"[0-9a-f]{20}", first)
    assert await wire.call_id() == first
    assert (await wire.barge_in()).json["id"] == first


async def test_id_outlives_a_restart_and_is_every_replicas(
    wire: Wire, ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """“stable for the life of the call, across adapter restarts and the same on every replica”."""
    assert agent.uniqueid in ami.pbx.channels
    first = await wire.call_id()
    for _ in range(2):
        async with running_service(ami, directory) as replica:
            await replica.until_link("READY")
            assert await Wire(replica.port).call_id() == first


@pytest.mark.parametrize(
    ("story", "extension"), [("inbound", "0003*210"), ("local", "0003*210"), ("outgoing", "0003*211")]
)
async def test_extension_is_who_the_call_is_charged_to(
    wire: Wire, ami: FakeAmi, agent: FakeChannel, story: str, extension: str
) -> None:
    """“the extension the call is charged to”."""
    if story != "inbound":
        ami.pbx.hang_up(agent.uniqueid)
        for one in list(ami.pbx.channels):
            ami.pbx.hang_up(one)
        (local_call if story == "local" else outgoing_call)(ami)
    assert (await wire.call(f"@me/{extension}"))["extension"] == extension
    if story == "local":
        assert (await wire.call("@me/0003*211"))["extension"] == extension, "whoever looks"


async def test_owner_is_the_organization(wire: Wire, ami: FakeAmi) -> None:
    """“`ownerId`, `ownerName` | string | no | the Organization that owns the call”."""
    call = await wire.call()
    assert (call["ownerId"], call["ownerName"]) == ("3", "Default Organization")
    ami.pbx.begin_trunk_call("0004*300")
    other = await wire.call("40/0004*300", client="operator")
    assert (other["ownerId"], other["ownerName"]) == ("4", "Other Organization")


async def test_published_is_when_the_call_entered_the_pbx(wire: Wire, ami: FakeAmi) -> None:
    """“`published` | date | no | when the call entered the PBX”."""
    lines, start = Lines(ami), time.time()
    ami.pbx.clock = lambda: FOUNDING
    channel = lines.begin("0003*211", number="777888", state=DOWN)
    ami.pbx.clock = lambda: FOUNDING + 5
    lines.become(channel, RING)
    assert (await wire.call("@me/0003*211"))["published"] == "2012-06-27T13:08:50+00:00"
    ami.pbx.clock = lambda: start


async def test_answered_is_when_it_was_answered(wire: Wire, ami: FakeAmi) -> None:
    """“`answered` | date | yes | when it was answered”."""
    ami.pbx.clock = lambda: FOUNDING
    lines = Lines(ami)
    calling = lines.begin("0003*211", number="777888", state=RING)
    dialed = lines.dial(calling, "trunk", ("", "777888"))
    assert "answered" not in await wire.call("@me/0003*211")
    ami.pbx.clock = lambda: FOUNDING + 5
    lines.become(dialed, type(dialed.state).UP)

    async def look() -> object:
        return (await wire.call("@me/0003*211")).get("answered")

    assert await until_seen(look) == "2012-06-27T13:08:55+00:00"


async def test_phone_call_view_has_one_entry_per_perspective(
    wire: Wire, ami: FakeAmi, agent: FakeChannel
) -> None:
    """“`phoneCallView` | array | no | one entry per perspective, below”."""
    assert [view["extension"] for view in (await wire.call())["phoneCallView"]] == ["0003*210"]
    assert agent.uniqueid in ami.pbx.channels
    local_call(ami)
    call = await wire.call("@me/0003*211")
    assert [view["extension"] for view in call["phoneCallView"]] == ["0003*210", "0003*211"]


async def test_link_is_the_calls_own_address(wire: Wire) -> None:
    """“`link` | `{"self": url}` | no | the call's own address”."""
    call = await wire.call("12/@self")
    assert set(call["link"]) == {"self"}
    url = call["link"]["self"]
    assert url == f"{wire.origin}/uapi/phoneCalls/12/0003*210/{call['id']}"
    assert (await wire.send("GET", url.removeprefix(wire.origin))).json == call


async def test_null_fields_are_left_out(wire: Wire, ami: FakeAmi) -> None:
    """“Null fields are left out.”"""
    assert set(await wire.call()) == FIELDS
    Lines(ami).begin("0003*211", number="777888", state=RING)
    await wire.call("@me/0003*211")
    listed = await wire.get("@me/0003*211")
    assert b"null" not in listed.body
    [call] = listed.json["entry"]
    assert set(call) == FIELDS - {"answered"}
    assert {"callerId", "ringing", "answered"}.isdisjoint(call["phoneCallView"][0])


@pytest.mark.parametrize(
    ("zone", "published"),
    [("Europe/Bucharest", "2012-06-27T16:08:50+03:00"), ("UTC", "2012-06-27T13:08:50+00:00"),
     ("America/St_Johns", "2012-06-27T10:38:50-02:30")],
)  # fmt: skip
async def test_dates_have_seconds_and_an_offset(
    ami: FakeAmi, directory: Path, zone: str, published: str
) -> None:
    """“Dates are XML Schema dateTime with seconds and offset (`2012-06-27T16:08:55+03:00`).”"""
    ami.pbx.clock = lambda: FOUNDING
    async with running_service(ami, directory, timezone=zone) as service:
        await service.until_link("READY")
        ami.pbx.begin_trunk_call()
        call = await Wire(service.port).call()
    dates = [call["published"], call["answered"], call["phoneCallView"][0]["ringing"]]
    assert dates == [published] * 3
