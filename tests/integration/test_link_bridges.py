"""What the bridges are for, asked for beside each snapshot: who waits in one is in no conversation."""

from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until_seen
from tests.integration.harness import REQUEST, Service, code_of, running_service

ON_CALL, OFF_HOOK = "5", "1"
BRIDGE = "0a4cbd3b-0001-4e6f-8f5e-27a3a0b9d2f1"


def _in_bridge(ami: FakeAmi, agent: FakeChannel, technology: str) -> None:
    """The agent and its customer are in a bridge that an application made."""
    for uniqueid in [one.uniqueid for one in ami.pbx.channels.values() if one.linkedid == agent.linkedid]:
        ami.pbx.leave(uniqueid)
        ami.pbx.enter(uniqueid, BRIDGE, kind="stasis", technology=technology)


async def _status(service: Service) -> str:
    [call] = await service.calls("@me/0003*210")
    [view] = call["phoneCallView"]
    return str(view["status"])


@pytest.mark.parametrize("is_known", [False, True], ids=["start", "reconnect"])
@pytest.mark.parametrize(
    ("technology", "status", "answer"),
    [
        ("holding_bridge", OFF_HOOK, (400, "pc_phonecallview_invalid")),
        ("simple_bridge", ON_CALL, (202, None)),
        ("softmix", ON_CALL, (409, "pc_conference_unavailable")),
    ],
)
async def test_a_supervision_is_let_in_by_what_the_listed_bridge_is_for(
    ami: FakeAmi,
    agent: FakeChannel,
    directory: Path,
    *,
    technology: str,
    status: str,
    answer: tuple[int, str | None],
    is_known: bool,
) -> None:
    """No phone rings for who waits in a holding bridge, nor for a barge-in on what is mixed for many."""
    if not is_known:
        _in_bridge(ami, agent, technology)
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        if is_known:
            _in_bridge(ami, agent, technology)
            await until_seen(lambda: _status(service), lambda now: now == status)
            connections = len(ami.connections)
            ami.drop()
            await service.until_synced(ami, connections)
        assert await _status(service) == status
        [call] = await service.calls("@me/0003*210")
        told = await service.request("PUT", f"/uapi/phoneCalls/@me/0003*210/{call['id']}", body=REQUEST)
        assert (told.status, code_of(told)) == answer
        assert len(ami.took("Originate")) == (told.status == 202)


async def test_an_entry_into_a_holding_bridge_that_was_lost_is_put_right(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """The comparison knows what the bridges are for as well."""
    async with running_service(ami, directory, ami_reconcile_interval_s=0.01) as service:
        await service.until_link("READY")
        assert await _status(service) == ON_CALL
        emit, ami.pbx._emit = ami.pbx._emit, lambda *_: None  # noqa: SLF001 - these events are lost
        _in_bridge(ami, agent, "holding_bridge")
        ami.pbx._emit = emit  # noqa: SLF001 - and others are not
        assert await until_seen(lambda: _status(service), lambda now: now == OFF_HOOK, within=10.0)
