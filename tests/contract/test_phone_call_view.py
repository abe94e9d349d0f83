"""The contract's "PhoneCallView": the fields that a call of two parties has."""

from dataclasses import replace

import pytest

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.polling import until_seen
from tests.contract.client import Wire
from tests.contract.lines import DOWN, RING, RINGING, UP, Lines, local_call, outgoing_call
from tests.integration.harness import Service, until_taken

HERE = "@me/0003*211"
FOUNDING = 1340802530.0
FOUNDING_DATE = "2012-06-27T13:08:50+00:00"
IN_SOME_CALLS = {"onHold", "holder", "parked", "parkedPos", "parkedBy", "recording"}


async def joined(wire: Wire, ami: FakeAmi, count: int) -> str:
    """The supervisor's channel, joined after the originate of this number."""
    assert (await wire.barge_in()).status == 202
    uniqueid = (await until_taken(ami, "Originate", count))["ChannelId"]
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    await wire.view("@me/0003*210", {"source": ["0003*024"]})
    return uniqueid


async def test_view_ids_count_and_are_never_reused(wire: Wire, ami: FakeAmi, service: Service) -> None:
    """“`"01"`, `"02"`, in order of appearance, never reused within a call”."""
    for count, view_id in enumerate(("02", "03", "04"), 1):
        uniqueid = await joined(wire, ami, count)
        assert [view["id"] for view in (await wire.call())["phoneCallView"]] == ["01", view_id]
        ami.pbx.hang_up(uniqueid)
        await service.until_views("01")


async def test_extension_is_whose_perspective_it_is(wire: Wire, ami: FakeAmi) -> None:
    """“`extension` | extension number | no | whose perspective this is”."""
    local_call(ami)
    views = (await wire.call(HERE))["phoneCallView"]
    assert [(view["id"], view["extension"]) for view in views] == [("01", "0003*210"), ("02", "0003*211")]


async def test_source_calls_and_destination_is_called(wire: Wire, ami: FakeAmi) -> None:
    """“`source`, `destination` | array of numbers | no | who calls, who is called”."""
    local_call(ami)
    for view in (await wire.call(HERE))["phoneCallView"]:
        assert (view["source"], view["destination"]) == (["0003*210"], ["0003*211"])


async def test_status_off_hook_trying_and_on_call(wire: Wire, ami: FakeAmi) -> None:
    """“`0` unknown, `1` off hook, `2` trying, … `5` on call”."""
    lines = Lines(ami)
    calling = lines.begin("0003*211", number="777888", state=DOWN)
    await wire.view(HERE, {"status": "1"})
    for state, status in ((RING, "2"), (UP, "5")):
        lines.become(calling, state)
        await wire.view(HERE, {"status": status})
    lines.become(replace(calling, state=RING), RING)
    await wire.view(HERE, {"status": "2"})


async def test_status_ringing_and_other_side_ringing(wire: Wire, ami: FakeAmi) -> None:
    """“`3` ringing, `4` other side ringing”."""
    lines = Lines(ami)
    calling = lines.begin("0003*211", number="0003*210", state=RING)
    dialed = lines.dial(calling, "0003*026", ("", "0003*026"))
    await wire.view(HERE, {"extension": "0003*026", "status": "2"})
    lines.become(dialed, RINGING)
    await wire.view(HERE, {"extension": "0003*026", "status": "3"})
    await wire.view(HERE, {"extension": "0003*211", "status": "4"})


async def test_status_unknown(wire: Wire, ami: FakeAmi) -> None:
    """“`status` | string digit | no | `0` unknown”."""
    busy = Lines(ami).begin("0003*211", number="777888", state=UP)
    assert busy.state is UP
    told = say.channel_event("Newstate", FOUNDING, busy).replace(b"ChannelState: 6", b"ChannelState: 7")
    ami.emit(told)  # Asterisk's AST_STATE_BUSY, which UAPI has no word for
    await wire.view(HERE, {"status": "0"})


@pytest.mark.parametrize(("story", "flow"), [("local", "2"), ("outgoing", "4"), ("inbound", "8")])
async def test_flow_is_local_outgoing_or_incoming(wire: Wire, ami: FakeAmi, story: str, flow: str) -> None:
    """“`2` local, `4` outgoing public, `8` incoming public”."""
    if story == "inbound":
        ami.pbx.begin_trunk_call("0003*211")
    else:
        (local_call if story == "local" else outgoing_call)(ami)
    views = (await wire.call(HERE))["phoneCallView"]
    assert {view["flow"] for view in views} == {flow}


async def test_caller_id_is_what_the_called_party_is_shown(wire: Wire, ami: FakeAmi) -> None:
    """“`callerId` | `Name <number>` | yes | as shown to the called party”."""
    assert (await wire.call())["phoneCallView"][0]["callerId"] == "Customer <777888>"
    local_call(ami)
    views = (await wire.call(HERE))["phoneCallView"]
    assert {view["callerId"] for view in views} == {"Agent <0003*210>"}


async def test_a_leg_began_to_ring_and_was_answered(wire: Wire, ami: FakeAmi) -> None:
    """“`ringing`, `answered` | date | yes | when this leg began to ring, was answered”."""
    lines, callee = Lines(ami), {"extension": "0003*026"}
    ami.pbx.clock = lambda: FOUNDING
    calling = lines.begin("0003*211", number="0003*026", state=RING)
    dialed = lines.dial(calling, "0003*026", ("", "0003*026"))
    view = await wire.view(HERE, callee)
    assert {"ringing", "answered"}.isdisjoint(view)
    ami.pbx.clock = lambda: FOUNDING + 2
    dialed = lines.become(dialed, RINGING)
    view = await wire.view(HERE, callee | {"status": "3"})
    assert view["ringing"] == "2012-06-27T13:08:52+00:00"
    assert "answered" not in view
    ami.pbx.clock = lambda: FOUNDING + 5
    lines.become(dialed, UP)
    view = await wire.view(HERE, callee | {"status": "5"})
    assert (view["ringing"], view["answered"]) == (
        "2012-06-27T13:08:52+00:00",
        "2012-06-27T13:08:55+00:00",
    )


async def test_digits_are_strings(wire: Wire) -> None:
    """“`status`, `flow` and the like are strings, as in the founding document's sample”."""
    [view] = (await wire.call())["phoneCallView"]
    assert (view["id"], view["status"], view["flow"]) == ("01", "5", "8")


async def test_a_call_is_one_linkedid_without_its_spies(wire: Wire, ami: FakeAmi) -> None:
    """“One PhoneCall per connected conversation in the PBX (Asterisk's linkedid), spy legs excluded.”"""
    before = await wire.call()
    await joined(wire, ami, 1)
    assert len(ami.pbx.channels) == 3
    listed = await wire.get("@me/@self")
    assert listed.ids == [before["id"]]
    assert {view["extension"] for view in listed.json["entry"][0]["phoneCallView"]} == {"0003*210"}
    assert (await wire.get("@me/0003*024")).ids == [], "the supervisor has no call of its own"


async def test_the_public_network_has_no_view(wire: Wire, ami: FakeAmi) -> None:
    """“a leg to the public network has no view of its own and appears only as `source` or `destination`”."""
    outgoing_call(ami)
    [view] = (await wire.call(HERE))["phoneCallView"]
    assert (view["extension"], view["source"]) == ("0003*211", ["0003*211"])
    assert view["destination"] == ["777888"]


async def test_an_inbound_call_is_the_founding_sample(wire: Wire) -> None:
    """“an inbound call from `777888` to `0003*210` has one view `01` (source `777888`, destination
    `0003*210`), exactly the founding sample”."""
    [view] = (await wire.call())["phoneCallView"]
    told = ("id", "extension", "status", "source", "destination")
    assert [view[name] for name in told] == ["01", "0003*210", "5", ["777888"], ["0003*210"]]


async def test_a_local_call_has_a_view_for_each(wire: Wire, ami: FakeAmi) -> None:
    """“One view for each directory extension that takes part, … a local call `0003*210` to `0003*211` has
    `01` for the caller and `02` for the callee”."""
    local_call(ami)
    views = (await wire.call(HERE))["phoneCallView"]
    assert [(view["id"], view["extension"]) for view in views] == [("01", "0003*210"), ("02", "0003*211")]


async def test_the_losers_of_a_queue_vanish(wire: Wire, ami: FakeAmi) -> None:
    """“a queue ringing three agents has a view for each ringing agent, and those that lose vanish”."""
    lines = Lines(ami)
    customer = lines.begin("trunk", number="0003*500", state=UP, caller=("Customer", "777888"))
    agents = [lines.dial(customer, number, ("", number)) for number in ("0003*211", "0003*21", "0003*026")]
    agents = [lines.become(agent, RINGING) for agent in agents]

    async def views(count: int) -> list[tuple[str, str]] | None:
        found = (await wire.call(HERE))["phoneCallView"]
        rows = [(view["id"], view["extension"]) for view in found if view["status"] == "3"]
        return rows if len(rows) == count else None

    assert await until_seen(lambda: views(3)) == [("01", "0003*211"), ("02", "0003*21"), ("03", "0003*026")]
    lines.become(agents[0], UP)
    for loser in agents[1:]:
        ami.pbx.hang_up(loser.uniqueid, 26)
    await wire.view(HERE, {"status": "5"})
    assert await until_seen(lambda: views(0)) == []
    assert [view["id"] for view in (await wire.call(HERE))["phoneCallView"]] == ["01"]


async def test_a_connected_barge_in_is_the_next_view(wire: Wire, ami: FakeAmi, service: Service) -> None:
    """“Once a barge-in is *connected* (not while the supervisor's phone rings) the call gains the next view:
    … It leaves when the supervisor leaves.”"""
    assert (await wire.barge_in()).status == 202
    uniqueid = (await until_taken(ami, "Originate"))["ChannelId"]
    await service.until_views("01")
    ami.pbx.pick_up(uniqueid)
    await service.until_views("01")
    ami.pbx.join(uniqueid)
    view = (await service.until_views("01", "02"))[1]
    assert view.pop("answered")
    assert view.pop("flow")
    assert view == {
        "id": "02",
        "extension": "0003*210",
        "source": ["0003*024"],
        "destination": ["0003*210"],
        "callerId": "John Doe <42420042>",
        "status": "5",
    }
    ami.pbx.hang_up(uniqueid)
    await service.until_views("01")


async def test_what_is_not_so_of_a_call_is_left_out(wire: Wire, ami: FakeAmi) -> None:
    """“Null fields are left out.” This one is neither held, parked nor recorded."""
    local_call(ami)
    for view in (await wire.call(HERE))["phoneCallView"]:
        assert IN_SOME_CALLS.isdisjoint(view)


async def test_on_hold_since_and_who_holds(wire: Wire, ami: FakeAmi) -> None:
    """“held since; `holder` is 1 on the view of the party that holds”."""
    calling, called = local_call(ami)
    for members, leg in enumerate((called, calling), 1):
        ami.emit(say.bridge_enter(FOUNDING, leg, "b", members))
    ami.emit(say.channel_event("Hold", FOUNDING, called))
    holding = await wire.view(HERE, {"extension": "0003*211", "holder": "1"})
    held = await wire.view(HERE, {"extension": "0003*210"})
    assert (holding["onHold"], held["onHold"]) == (FOUNDING_DATE, FOUNDING_DATE)
    assert "holder" not in held
    ami.emit(say.channel_event("Unhold", FOUNDING + 1, called))
    await until_gone(wire, "onHold", "holder")


async def test_parked_since_where_and_by_whom(wire: Wire, ami: FakeAmi) -> None:
    """“`parked`, `parkedPos`, `parkedBy` | date, string, extension | yes | parking”."""
    calling, _ = local_call(ami)
    parking = [
        *say.channel_headers(calling, "Parkee"),
        ("ParkerDialString", "PJSIP/0003*211"),
        ("Parkinglot", "default"),
        ("ParkingSpace", "701"),
        ("ParkingTimeout", "45"),
        ("ParkingDuration", "0"),
    ]
    ami.emit(say.event("ParkedCall", FOUNDING, *parking))
    view = await wire.view(HERE, {"extension": "0003*210", "parkedPos": "701"})
    assert (view["parked"], view["parkedBy"]) == (FOUNDING_DATE, "0003*211")
    ami.emit(say.event("UnParkedCall", FOUNDING, *parking))
    await until_gone(wire, "parked", "parkedPos", "parkedBy")


async def test_recording_since(wire: Wire, ami: FakeAmi) -> None:
    """“`recording` | date | yes | recording since”."""
    calling, _ = local_call(ami)
    ami.emit(say.channel_event("MixMonitorStart", FOUNDING, calling))
    view = await wire.view(HERE, {"extension": "0003*210", "recording": FOUNDING_DATE})
    assert view["status"] == "5"
    ami.emit(say.channel_event("MixMonitorStop", FOUNDING, calling))
    await until_gone(wire, "recording")


@pytest.mark.parametrize(
    ("dial_status", "digit"),
    [("BUSY", "1"), ("CONGESTION", "2"), ("CHANUNAVAIL", "2"), ("NOANSWER", "3"), ("INVALIDARGS", "4"),
     ("DONTCALL", "5")],
)  # fmt: skip
async def test_disposition_is_how_the_dialing_ended(
    wire: Wire, ami: FakeAmi, dial_status: str, digit: str
) -> None:
    """“`1` busy, `2` failed, `3` no answer, `4` unknown, `5` not allowed”: who called hears that now."""
    lines = Lines(ami)
    calling = lines.begin("0003*211", number="0003*21", state=RING)
    called = lines.dial(calling, "0003*21", ("Third Agent", "0003*21"))
    ami.emit(say.dial("DialEnd", FOUNDING, calling, called, ("DialStatus", dial_status)))
    await wire.view(HERE, {"extension": "0003*211", "disposition": digit})


async def test_disposition_0_is_answered(wire: Wire, ami: FakeAmi) -> None:
    """“`disposition` | string digit | yes | `0` answered”."""
    calling, called = local_call(ami)
    ami.emit(say.dial("DialEnd", FOUNDING, calling, called, ("DialStatus", "ANSWER")))
    for members, leg in enumerate((called, calling), 1):
        ami.emit(say.bridge_enter(FOUNDING, leg, "b", members))
    for number in ("0003*210", "0003*211"):
        await wire.view(HERE, {"extension": number, "disposition": "0"})


async def until_gone(wire: Wire, *names: str) -> None:
    """No view of the call has these fields any more."""

    async def look() -> bool | None:
        views = (await wire.call(HERE))["phoneCallView"]
        return True if all(set(names).isdisjoint(view) for view in views) else None

    await until_seen(look)
