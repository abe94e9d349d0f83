"""Channels of ours that this adapter did not begin: another adapter's, and those that are no spies."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from adapter.asterisk.naming import Kind, read_channel_id
from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel, FakeState
from tests.integration.harness import Service, running_service, until_taken
from tests.integration.supervising import SUPERVISOR, earlier_spy, until_hung_up

ID = "d" * 20
QUIET_S = 0.3


def ring(ami: FakeAmi, uniqueid: str) -> None:
    ami.pbx.ring(
        {
            "Channel": f"PJSIP/{SUPERVISOR}",
            "ChannelId": uniqueid,
            "Application": "ChanSpy",
            "Data": "1.1,quBE",
        }
    )


async def test_a_supervision_names_the_adapter_that_began_it(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Its channel's id says what for, and whose it is; the id of the supervision stands at its end."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, name="second") as service:
        await service.until_link("READY")
        answer = await service.barge_in()
        channel_id = read_channel_id((await until_taken(ami, "Originate"))["ChannelId"])
        assert channel_id is not None
        assert (channel_id.kind, channel_id.owner) == (Kind.SPY, "second")
        assert str(answer.json["link"]).count(f"/supervision/{channel_id.id}") == 1


@pytest.mark.parametrize(
    ("uniqueid", "is_hung_up"),
    [
        (f"uapi-{ID}", True),
        (f"uapi-spy-main-{ID}", True),
        (f"uapi-spy-second-{ID}", False),
        (f"uapi-call-main-{ID}", False),
    ],
)
async def test_a_stray_is_hung_up_by_the_adapter_that_it_belongs_to(
    service: Service, ami: FakeAmi, uniqueid: str, *, is_hung_up: bool
) -> None:
    """A phone rings that this process did not have rung: what another adapter asked for is left alone."""
    ring(ami, uniqueid)
    if is_hung_up:
        await until_hung_up(ami, uniqueid)
        return
    await asyncio.sleep(QUIET_S)
    await service.until_views("01")  # all of it was read
    assert not ami.took("Hangup")
    assert uniqueid in ami.pbx.channels


@pytest.mark.parametrize(("owner", "is_ours"), [("main", True), ("second", False)])
async def test_a_joined_supervisor_is_taken_over_by_the_adapter_that_it_belongs_to(
    ami: FakeAmi, agent: FakeChannel, directory: Path, owner: str, *, is_ours: bool
) -> None:
    """Both show its view; only its own adapter knows its supervision, and can end it."""
    uniqueid = f"uapi-spy-{owner}-{ID}"
    spy = replace(earlier_spy(agent.uniqueid), uniqueid=uniqueid, linkedid=uniqueid)
    ami.pbx.channels[uniqueid] = spy
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        await service.until_views("01", "02")
        found = await service.request("GET", f"/uapi/supervision/{ID}")
        assert found.status == (200 if is_ours else 404)
    assert not ami.took("Hangup")


async def test_a_call_that_we_begin_is_no_spy(ami: FakeAmi, agent: FakeChannel, directory: Path) -> None:
    """It is shown as a call, found after a restart and not hung up; nor is who picks it up."""
    assert agent.uniqueid in ami.pbx.channels
    uniqueid = f"uapi-call-main-{ID}"
    rings = FakeChannel(
        name=f"PJSIP/{SUPERVISOR}-000000dd", uniqueid=uniqueid, linkedid=uniqueid, state=FakeState.RINGING
    )
    ami.pbx.channels[uniqueid] = rings
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert len(await service.calls(f"@me/{SUPERVISOR}")) == 1
        taker = FakeChannel(
            name="PJSIP/0003*211-000000ee", uniqueid="1795405388.99", linkedid="1795405388.99"
        )
        ami.pbx.channels[taker.uniqueid] = taker
        ami.emit(say.pickup(ami.pbx.clock(), taker, rings))
        await asyncio.sleep(QUIET_S)
        await service.until_views("01")
    assert not ami.took("Hangup")
