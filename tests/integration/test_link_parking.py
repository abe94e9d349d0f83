"""Who is parked when the link comes up: asked for beside the snapshot, which does not tell."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until_seen
from tests.integration.harness import Json, Service, running_service

PARKED_FOR_S = 42
LOT = "5f0c7c3e-0001-4e6f-8f5e-27a3a0b9d2f1"
"""The bridge of the parking lot."""


def parked_call(channel: FakeChannel, parked_for_s: int = PARKED_FOR_S) -> Callable[[ReceivedAction], None]:
    """A script: Asterisk lists this one parked call, as Asterisk 22 did, without a time of its own."""

    def answer(action: ReceivedAction) -> None:
        action.connection.answer(action, ("EventList", "start"), ("Message", "Parked calls will follow"))
        action.connection.send(
            say.message(
                ("Event", "ParkedCall"),
                *say.channel_headers(channel, "Parkee"),
                ("ParkerDialString", "PJSIP/0003*211"),
                ("Parkinglot", "default"),
                ("ParkingSpace", "701"),
                ("ParkingTimeout", "27"),
                ("ParkingDuration", str(parked_for_s)),
                ("ActionID", action["ActionID"]),
            )
        )
        action.connection.send(
            say.message(("Event", "ParkedCallsComplete"), ("ActionID", action["ActionID"]), ("Total", "1"))
        )

    return answer


async def view_of(service: Service) -> Json:
    [call] = await service.calls("@me/0003*210")
    [view] = call["phoneCallView"]
    return dict(view)


async def test_a_call_that_was_parked_before_we_came_shows_where_and_since_when(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """The list of parked calls has durations, no times; Asterisk's clock counts, an hour ahead of ours."""
    ami.pbx.clock = lambda: time.time() + 3600
    ami.scripts["ParkedCalls"] = parked_call(agent)
    ami.pbx.enter(agent.uniqueid, LOT, kind="parking", technology="holding_bridge")
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        view = await view_of(service)
    assert (view["parkedPos"], view["parkedBy"]) == ("701", "0003*211")
    since = datetime.fromisoformat(view["parked"]).timestamp()
    assert since == pytest.approx(time.time() + 3600 - PARKED_FOR_S, abs=2)


async def test_a_parked_call_is_still_parked_since_then_after_the_link_came_back(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """What was known stays; where it is parked no more, it is not shown to be."""
    ami.scripts["ParkedCalls"] = parked_call(agent)
    ami.pbx.enter(agent.uniqueid, LOT, kind="parking", technology="holding_bridge")
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        before = await view_of(service)
        ami.scripts["ParkedCalls"] = parked_call(agent, PARKED_FOR_S + 100)
        connections = len(ami.connections)
        ami.drop()
        await service.until_synced(ami, connections)
        assert await view_of(service) == before


async def test_an_asterisk_that_parks_nothing_is_no_obstacle(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """It knows no such action, and says so."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert ami.took("ParkedCalls")
        assert "parked" not in await view_of(service)
        assert await until_seen(lambda: service.calls("@me/0003*210"))
