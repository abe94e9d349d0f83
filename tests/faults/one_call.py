"""The one call of a fake Asterisk, and who supervises it."""

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeState
from adapter.lab.polling import until_seen
from tests.integration.harness import Json, Service

SUPERVISOR = "0003*024"
SUPERVISIONS_PER_CALL = 40
"""A call's views have two digits, never used again, and each supervision takes one."""


def ours(ami: FakeAmi) -> list[str]:
    return [uniqueid for uniqueid in ami.pbx.channels if uniqueid.startswith("uapi-")]


def forget_the_past(ami: FakeAmi) -> None:
    """Forget the actions that were taken and the connections that are gone: thousands would slow it down."""
    ami.actions.clear()
    del ami.connections[:-1]


def answer_phone(ami: FakeAmi) -> None:
    """The supervisor picks up, unless that has happened, and is joined."""
    [uniqueid] = ours(ami)
    if ami.pbx.channels[uniqueid].state is FakeState.RINGING:
        ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)


async def until_supervised(service: Service, supervisors: list[str]) -> None:
    """Return once the one call is listed, with a view for each of these supervisors and no other."""

    async def sources() -> list[list[str]]:
        [call] = await service.calls("@me/0003*210")
        return [view["source"] for view in call["phoneCallView"]]

    await until_seen(sources, lambda seen: seen == [["777888"], *([one] for one in supervisors)])


async def end_supervision(ami: FakeAmi, service: Service) -> None:
    for uniqueid in ours(ami):
        ami.pbx.hang_up(uniqueid)
    await until_supervised(service, [])


async def another_call(ami: FakeAmi, service: Service) -> str:
    """The one call ends and another begins; its id."""
    for uniqueid in list(ami.pbx.channels):
        ami.pbx.hang_up(uniqueid)
    ami.pbx.begin_trunk_call()
    await until_seen(lambda: service.calls("@me/0003*210"), is_one_talk)
    return await service.call_id()


def is_one_talk(calls: list[Json]) -> bool:
    """Whether there is one call, and its extension is on it."""
    return [view["status"] for call in calls for view in call["phoneCallView"]] == ["5"]
