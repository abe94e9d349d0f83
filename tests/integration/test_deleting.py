"""DELETE of a supervisor: whose supervision it ends, and who is told when."""

from pathlib import Path

import pytest

from adapter.callcontrol import hang_up
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from tests.integration.harness import Service, code_of, running_service
from tests.integration.rewriting import reload, without_extension
from tests.integration.supervising import (
    AGENT,
    SECOND,
    SUPERVISOR,
    earlier_spy,
    holding,
    in_hand,
    joined,
    make_internal,
    said,
    until_ended,
)

OTHER_USERS = "0003*026"


@pytest.fixture
def has_include() -> bool:
    """The adapter stands beside an Asterisk with the dialplan include."""
    return True


async def joined_on(service: Service, ami: FakeAmi, number: str) -> str:
    """Have a supervisor join on the other side of the agent's call; the address of the agent's side."""
    [call] = await service.calls(f"@me/{AGENT}")
    [view_id] = [view["id"] for view in call["phoneCallView"] if view["extension"] == number]
    await joined(service, ami, call_id=call["id"], address=f"@me/{number}", phoneCallViewId=view_id)
    return f"/uapi/phoneCalls/@me/{AGENT}/{call['id']}?phoneNumber={SUPERVISOR}"


async def test_delete_ends_a_supervision_on_either_side_of_the_call(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """The address names the call by one of its extensions; `phoneNumber` names who leaves it."""
    make_internal(ami, agent, SECOND)
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        path = await joined_on(service, ami, SECOND)
        ended = await service.request("DELETE", path)
    assert (ended.status, ended.json["extension"]) == (200, SECOND)


async def test_delete_does_not_end_a_supervision_of_another_users_extension(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """It is of the same call: its supervisor is a party like any other, and none is hung up."""
    make_internal(ami, agent, OTHER_USERS)
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        path = await joined_on(service, ami, OTHER_USERS)
        refused = await service.request("DELETE", path, client="agent-desktop")
        assert (refused.status, code_of(refused)) == (501, "request_not_implemented")
        assert not ami.took("Hangup")


async def test_who_deletes_second_is_told_though_the_first_gave_up(
    service: Service, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for itself: 503 to the one whose time is over, 200 to the other once the channel is gone."""
    uniqueid = await joined(service, ami)
    path = f"/uapi/phoneCalls/@me/{AGENT}/{await service.call_id()}?phoneNumber={SUPERVISOR}"
    holding(ami, "Hangup")
    monkeypatch.setattr(hang_up, "LIMIT_S", 0.3)
    [first] = await in_hand(service, service.request("DELETE", path))
    monkeypatch.setattr(hang_up, "LIMIT_S", 3.0)
    [second] = await in_hand(service, service.request("DELETE", path))
    assert (await first).status == 503
    ami.pbx.hang_up(uniqueid)
    assert (await second).status == 200


async def test_what_an_earlier_adapter_began_ends_with_its_extension(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Nobody can be asked any more whether it may go on; and until its channel is gone nothing breaks."""
    make_internal(ami, agent)
    spy = earlier_spy(agent.uniqueid)
    ami.pbx.channels = {spy.uniqueid: spy, **ami.pbx.channels}
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert (await said(service, spy.uniqueid))["state"] == "joined"
        [call] = await service.calls(f"@me/{SECOND}")
        held = holding(ami, "Hangup")
        await reload(service, directory, without_extension(AGENT))
        assert await until_ended(service, spy.uniqueid) == "not_allowed"
        # Whose supervision that was nobody knows by now: who was not its App may not end it.
        address = f"/uapi/phoneCalls/@me/{SECOND}/{call['id']}?phoneNumber={SUPERVISOR}"
        refused = await service.request("DELETE", address, client="operator")
        assert (refused.status, code_of(refused)) == (403, "access_forbidden")
        assert held[0]["Channel"] == spy.uniqueid
