"""The AMI link is cut at any byte of a switch of mode: Setvar, Setvar, Redirect, and what Asterisk answers.

Whatever was cut off: nobody's phone rings, the client is answered, and after the resync the supervision
says the mode that Asterisk runs.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_cut import Cut
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until_seen
from tests.faults.extent import sampled
from tests.faults.figures import Tell
from tests.faults.one_call import SUPERVISOR, answer_phone, forget_the_past, ours, until_supervised
from tests.integration.harness import Json, Service, running_service, until_taken
from tests.integration.supervising import supervision_of

OPTIONS = {"BargeIn": "quBE", "Monitor": "quE"}
ANSWERED_WITHIN_S = 2.0
PART_HEARD, PART_SAID = 30, 50


@pytest.fixture
async def service(ami: FakeAmi, agent: FakeChannel, directory: Path) -> AsyncIterator[Service]:
    """The adapter beside an Asterisk with the dialplan include."""
    assert agent.uniqueid in ami.pbx.channels
    ami.has_include = True
    async with running_service(ami, directory, ami_reconnect_max_s=0.001) as running:
        await running.until_link("READY")
        yield running


async def until_runs(service: Service, ami: FakeAmi, supervision: str, mode: str | None = None) -> str:
    """The mode of the supervision once it is joined in the one that Asterisk runs; this mode."""

    async def look() -> str | None:
        said: Json = (await service.request("GET", supervision)).json
        [uniqueid] = ours(ami)
        runs = ami.pbx.channels[uniqueid].data.partition(",")[2]
        says = str(said["action"])
        is_so = said["state"] == "joined" and runs == OPTIONS[says] and mode in (None, says)
        return says if is_so else None

    return await until_seen(look)


async def switch(service: Service, ami: FakeAmi, call_id: str, mode: str, cut: Cut) -> tuple[int, float]:
    """Switch to the mode, the link being cut meanwhile: the status of the answer, how long it took."""
    connections = len(ami.connections)
    ami.cut = cut
    began = time.monotonic()
    put = asyncio.create_task(service.barge_in(call_id, action=mode, wait_s=5))
    await service.until_synced(ami, connections)
    answer = await put
    return answer.status, time.monotonic() - began


async def test_a_switch_cut_at_any_byte_is_whole_or_told(
    service: Service, ami: FakeAmi, figures: Tell
) -> None:
    """200 or 202 where it has the new mode, else 503; it never says one mode and runs another."""
    call_id = await service.call_id()
    began = asyncio.create_task(service.barge_in(call_id, wait_s=5))
    await until_taken(ami, "Originate")
    answer_phone(ami)
    assert (await began).status == 200
    [uniqueid] = ours(ami)
    supervision = f"/uapi/supervision/{supervision_of(uniqueid)}"
    heard, said = len(ami.connection.received), ami.connection.said_bytes
    assert (await service.barge_in(call_id, action="Monitor", wait_s=5)).status == 200
    assert await until_runs(service, ami, supervision) == "Monitor"
    heard, said = len(ami.connection.received) - heard, ami.connection.said_bytes - said

    forget_the_past(ami)
    cuts = [
        *sampled([Cut(heard=size) for size in range(1, heard + 1)], PART_HEARD),
        *sampled([Cut(said=size) for size in range(1, said + 1)], PART_SAID),
    ]
    statuses: list[int] = []
    longest_s = 0.0
    mode, came_after_all = "Monitor", 0
    for cut in cuts:
        mode = "BargeIn" if mode == "Monitor" else "Monitor"
        status, took_s = await switch(service, ami, call_id, mode, cut)
        assert status in (200, 202, 503), status
        runs = await until_runs(service, ami, supervision, None if status == 503 else mode)
        came_after_all += status == 503 and runs == mode
        mode = runs
        await until_supervised(service, [SUPERVISOR])
        statuses.append(status)
        assert not ami.took("Originate"), "somebody's phone rings"
        forget_the_past(ami)
        longest_s = max(longest_s, took_s)
    figures(
        f"{len(cuts)} cuts in {heard} + {said} bytes: "
        f"{len(cuts) - statuses.count(503)} answered 2xx, {statuses.count(503)} answered 503, "
        f"of which {came_after_all} have the new mode after the resync; "
        f"none later than {longest_s:.2f} s"
    )
    assert ours(ami) == [uniqueid]
    assert longest_s < ANSWERED_WITHIN_S
