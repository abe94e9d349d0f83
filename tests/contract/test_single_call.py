"""The contract's "List", its decisions: one call, bare or as a collection, and empty lists."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from tests.contract.client import Wire
from tests.integration.harness import running_service, until_taken


@pytest.fixture
async def collection(ami: FakeAmi, agent: FakeChannel, directory: Path) -> AsyncIterator[Wire]:
    """An adapter whose operator serves such clients."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, single_call="collection") as service:
        await service.until_link("READY")
        yield Wire(service.port)


async def hang_up(wire: Wire, ami: FakeAmi, agent: FakeChannel) -> None:
    """End the call, and return once the adapter knows."""
    for channel in [one for one in ami.pbx.channels.values() if one.linkedid == agent.linkedid]:
        ami.pbx.hang_up(channel.uniqueid)
    await wire.calls(0, "@me/@self")


async def test_one_call_is_bare(wire: Wire) -> None:
    """“A GET with a phoneCallId answers the bare PhoneCall, as the founding sample does”."""
    call = await wire.call()
    for address in ("12/0003*210", "12/@self", "@owner/210"):
        one = (await wire.get(f"{address}/{call['id']}/")).json
        assert one.pop("link")
        assert one == {name: value for name, value in call.items() if name != "link"}


async def test_an_unknown_or_ended_id_is_an_error(wire: Wire, ami: FakeAmi, agent: FakeChannel) -> None:
    """“an unknown or ended id is 400 `pc_phonecall_invalid`”."""
    call_id = await wire.call_id()
    assert (await wire.get("12/0003*210/" + "0" * 20)).error == (400, "pc_phonecall_invalid")
    await hang_up(wire, ami, agent)
    assert (await wire.get(f"12/0003*210/{call_id}")).error == (400, "pc_phonecall_invalid")


async def test_one_call_is_a_collection_where_the_operator_says_so(collection: Wire) -> None:
    """“for them the operator sets one setting (`single_call = "collection"`), which gives the envelope here
    as well”."""
    listed = (await collection.get("12/0003*210")).json
    one = await collection.get(f"12/0003*210/{listed['entry'][0]['id']}/")
    assert one.status == 200
    assert set(one.json) == set(listed)
    assert (one.json["entry"], one.json["totalResults"]) == (listed["entry"], 1)
    assert one.json["paging"] == {}


async def test_an_ended_call_is_an_empty_collection(
    collection: Wire, ami: FakeAmi, agent: FakeChannel
) -> None:
    """“Some clients in the field read `entry[0]` and `totalResults` for one id too, and an ended call as an
    empty `entry`”."""
    call_id = await collection.call_id()
    await hang_up(collection, ami, agent)
    for one in (call_id, "0" * 20):
        answer = await collection.get(f"12/0003*210/{one}")
        assert (answer.status, answer.json["entry"], answer.json["totalResults"]) == (200, [], 0)


async def test_the_setting_is_about_get_alone(collection: Wire, ami: FakeAmi) -> None:
    """“gives the envelope here as well”: here is GET, and a PUT's answers stay as they are."""
    ami.scripts["Originate"] = ami.originate_without_phone
    assert (await collection.barge_in()).status == 202
    assert (await until_taken(ami, "Originate"))["Application"] == "ChanSpy"
    assert (await collection.barge_in("0" * 20)).error == (400, "pc_phonecall_invalid")


async def test_an_empty_list_is_200(wire: Wire) -> None:
    """“An empty list is `200` with an empty `entry`, not 204: the field's clients parse a body on every 2xx
    and fail on an empty one.”"""
    answer = await wire.get("@me/0003*211/")
    assert answer.status == 200
    assert (answer.json["entry"], answer.json["totalResults"], answer.json["paging"]) == ([], 0, {})


async def test_204_is_for_who_wants_no_body(wire: Wire) -> None:
    """“204 is sent only where the client said it wants no body (`Prefer: return=minimal`).”"""
    for prefer, status in {"return=minimal": 204, "return=representation": 200, "wait=1": 200}.items():
        answer = await wire.get("@me/0003*211", headers={"Prefer": prefer})
        assert answer.status == status, prefer
