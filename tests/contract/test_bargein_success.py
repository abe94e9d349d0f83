"""The contract's "PUT: BargeIn": the flow, which success, and a supervisor who does not join."""

import asyncio
import time

import pytest

from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until
from tests.contract.client import Wire
from tests.integration.harness import Service, until_taken

USER_BUSY, NO_ANSWER, REJECTED, UNALLOCATED = 17, 19, 21, 1


async def ringing(ami: FakeAmi, count: int = 1) -> str:
    """The supervisor's channel, once it rings."""
    uniqueid = (await until_taken(ami, "Originate", count))["ChannelId"]
    await until(lambda: uniqueid in ami.pbx.channels)
    return uniqueid


def pick_up_and_join(ami: FakeAmi) -> None:
    """From now on whoever is rung picks up at once and is joined."""

    def answer(action: ReceivedAction) -> None:
        ami.originate(action)
        ami.pbx.pick_up(action["ChannelId"])
        ami.pbx.join(action["ChannelId"])

    ami.scripts["Originate"] = answer


async def test_the_flow(wire: Wire, ami: FakeAmi, agent: FakeChannel, service: Service) -> None:
    """“Flow: the service rings `sendCallTo` with `callerId` on its display; when it is picked up it is joined
    into the conversation of the extension”."""
    assert (await wire.barge_in()).status == 202
    action = await until_taken(ami, "Originate")
    assert (action["Channel"], action["CallerID"]) == ("PJSIP/0003*024", '"John Doe" <42420042>')
    assert action["Application"] == "ChanSpy"
    assert action["Data"].partition(",")[0] == agent.uniqueid
    ami.pbx.pick_up(action["ChannelId"])
    ami.pbx.join(action["ChannelId"])
    await service.until_views("01", "02")


async def test_the_ringing_is_cancelled(wire: Wire, ami: FakeAmi) -> None:
    """“after `waitForPickup` seconds the ringing is cancelled”."""
    began = time.monotonic()
    assert (await wire.barge_in(waitForPickup="1")).status == 202
    uniqueid = await ringing(ami)
    await until(lambda: uniqueid not in ami.pbx.channels)
    assert 1.0 <= time.monotonic() - began < 3.0
    assert [action["Channel"] for action in ami.took("Hangup")] == [uniqueid]


async def test_202_by_default(wire: Wire) -> None:
    """“default: `202 Accepted` with `{"id", "extension", "link": {"self", "supervision"}}` and a `Location`
    header”.
    """
    call_id = await wire.call_id()
    answer = await wire.barge_in(call_id)
    link = f"{wire.origin}/uapi/phoneCalls/12/0003*210/{call_id}"
    assert answer.status == 202
    becomes = answer.headers["location"]
    assert becomes.startswith(f"{wire.origin}/uapi/supervision/")
    links = {"self": link, "supervision": becomes}
    assert answer.json == {"id": call_id, "extension": "0003*210", "link": links}
    supervision = await wire.send("GET", becomes.removeprefix(wire.origin))
    assert (supervision.json["phoneCallId"], supervision.json["supervisor"]) == (call_id, "0003*024")
    assert "preference-applied" not in answer.headers
    assert (await wire.send("GET", link.removeprefix(wire.origin))).json["id"] == call_id


async def test_202_once_asterisk_accepted(wire: Wire, ami: FakeAmi, service: Service) -> None:
    """“once Asterisk has accepted the originate: the phone still rings”."""
    held: list[ReceivedAction] = []
    ami.scripts["Originate"] = held.append
    putting = asyncio.create_task(wire.barge_in())
    await until(lambda: held)
    await service.until_views("01")
    assert not putting.done(), "asked is not accepted"
    ami.originate(held[0])
    assert (await putting).status == 202
    assert held[0]["ChannelId"] in ami.pbx.channels


async def test_wait_holds_the_answer_until_connected(wire: Wire, ami: FakeAmi, service: Service) -> None:
    """“`Prefer: wait=N` (RFC 7240) : the answer is held until the barge-in is connected, and is `200` with
    the full updated PhoneCall, the new view included; the header `Preference-Applied` says so.”"""
    waiting = asyncio.create_task(wire.barge_in(prefer="wait=10"))
    uniqueid = await ringing(ami)
    ami.pbx.pick_up(uniqueid)
    await service.until_views("01")
    assert not waiting.done(), "picked up is not connected"
    ami.pbx.join(uniqueid)
    answer = await waiting
    assert (answer.status, answer.headers["preference-applied"]) == (200, "wait=10")
    assert [view["id"] for view in answer.json["phoneCallView"]] == ["01", "02"]
    assert answer.json == (await wire.get(f"12/0003*210/{answer.json['id']}")).json


@pytest.mark.parametrize(("wait", "pickup", "applied"), [("600", "7", "7"), ("8", "7", "7"), ("6", 7, "6")])
async def test_wait_is_cut_to_wait_for_pickup(
    wire: Wire, ami: FakeAmi, wait: str, pickup: object, applied: str
) -> None:
    """“N above waitForPickup is cut to it.”"""
    pick_up_and_join(ami)
    answer = await wire.barge_in(prefer=f"wait={wait}", waitForPickup=pickup)
    assert (answer.status, answer.headers["preference-applied"]) == (200, f"wait={applied}")


async def test_204_if_the_call_itself_ended(wire: Wire, ami: FakeAmi, agent: FakeChannel) -> None:
    """“If the call itself ended before the supervisor joined: `204`, there is no phone call to be
    returned.”"""
    waiting = asyncio.create_task(wire.barge_in(prefer="wait=10"))
    uniqueid = await ringing(ami)
    for channel in [one for one in ami.pbx.channels.values() if one.linkedid == agent.linkedid]:
        ami.pbx.hang_up(channel.uniqueid)
    answer = await waiting
    assert (answer.status, answer.body) == (204, b"")
    await until(lambda: uniqueid not in ami.pbx.channels)


@pytest.mark.parametrize(
    ("cause", "error"),
    [
        (USER_BUSY, (409, "pc_sendcallto_busy")),
        (REJECTED, (409, "pc_sendcallto_rejected")),
        (UNALLOCATED, (409, "pc_sendcallto_unavailable")),
        (NO_ANSWER, (409, "pc_sendcallto_unavailable")),
    ],
)
async def test_with_wait_who_did_not_join_is_an_error(
    wire: Wire, ami: FakeAmi, cause: int, error: tuple[int, str]
) -> None:
    """“with `wait`, a supervisor who did not join is an error with a reason: 409 `pc_sendcallto_busy`,
    `pc_sendcallto_rejected`, `pc_sendcallto_unavailable` (not registered, unreachable), 504
    `pc_pickup_timeout`.”"""
    waiting = asyncio.create_task(wire.barge_in(prefer="wait=10"))
    ami.pbx.hang_up(await ringing(ami), cause)
    assert (await waiting).error == error


async def test_with_wait_a_phone_that_rings_to_the_end_is_a_timeout(wire: Wire, ami: FakeAmi) -> None:
    """“504 `pc_pickup_timeout`”: the phone rang for all of waitForPickup, and nobody picked it up."""
    waiting = asyncio.create_task(wire.barge_in(waitForPickup="1", prefer="wait=1"))
    await ringing(ami)
    assert (await waiting).error == (504, "pc_pickup_timeout")


async def test_a_phone_that_is_not_registered_is_unavailable(wire: Wire, ami: FakeAmi) -> None:
    """“`pc_sendcallto_unavailable` (not registered, unreachable)”."""
    ami.scripts["Originate"] = ami.originate_without_phone
    assert (await wire.barge_in(prefer="wait=10")).error == (409, "pc_sendcallto_unavailable")


async def test_without_the_link_it_is_503_at_once(wire: Wire, ami: FakeAmi, service: Service) -> None:
    """“The AMI link down or not yet in sync: 503 `service_unavailable` with `Retry-After`, at once; nothing
    is queued, nothing is sent later.”"""
    call_id = await wire.call_id()
    ami.drops_new_connections = True
    ami.drop()
    await service.until_link("DOWN")
    for prefer in (None, "wait=10"):
        began = time.monotonic()
        answer = await wire.barge_in(call_id, prefer=prefer)
        assert time.monotonic() - began < 1.0
        assert answer.error == (503, "service_unavailable")
        assert int(answer.headers["retry-after"]) > 0
    ami.drops_new_connections = False
    await service.until_link("READY")
    assert await wire.call_id() == call_id
    assert not ami.took("Originate")


async def test_not_yet_in_sync_it_is_503_at_once(wire: Wire, ami: FakeAmi, service: Service) -> None:
    """“The AMI link down or not yet in sync: 503 `service_unavailable`”."""
    call_id = await wire.call_id()
    held: list[ReceivedAction] = []
    ami.scripts["CoreShowChannels"] = held.append
    ami.drop()
    await until(lambda: held)
    answer = await wire.barge_in(call_id)
    assert answer.error == (503, "service_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    del ami.scripts["CoreShowChannels"]
    ami.list_channels(held[-1])
    await service.until_link("READY")
    assert not ami.took("Originate")


async def test_the_same_put_twice_rings_once(wire: Wire, ami: FakeAmi, service: Service) -> None:
    """“The same `sendCallTo` on the same call twice: the second PUT while the first rings or is joined does
    not ring again; it answers as the first.”"""
    first, second = await wire.barge_in(), await wire.barge_in()
    assert (first.status, second.status) == (202, 202)
    assert first.json == second.json
    uniqueid = await ringing(ami)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    await service.until_views("01", "02")
    assert (await wire.barge_in(prefer="wait=5")).status == 200
    assert (await wire.barge_in()).json == first.json
    assert len(ami.took("Originate")) == 1
