"""Supervisions on the fake Asterisk: begun, looked at, waited for."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from adapter.asterisk.naming import OTHER_HALF, read_channel_id
from adapter.lab import fake_ami_events as say
from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi, ReceivedAction, Script
from adapter.lab.fake_ami_events import FakeChannel, bridge_of, is_notice
from adapter.lab.polling import until, until_seen
from tests.integration.harness import Json, Service

AGENT, SECOND, SUPERVISOR, STRANGER = "0003*210", "0003*211", "0003*024", "0004*300"
BYSTANDER = "0003*21"
OPTIONS = {"Monitor": "quE", "Whisper": "quwE", "BargeIn": "quBE"}


def phones(ami: FakeAmi) -> list[ReceivedAction]:
    """The originates that rang a supervisor's phone."""
    return [action for action in ami.took("Originate") if not is_notice(action["ChannelId"])]


def notices(ami: FakeAmi) -> list[ReceivedAction]:
    """The originates that play a notice tone."""
    return [action for action in ami.took("Originate") if is_notice(action["ChannelId"])]


def runs(ami: FakeAmi, uniqueid: str) -> str:
    """The options that ChanSpy runs with on the supervisor's channel."""
    return ami.pbx.channels[uniqueid].data.partition(",")[2]


async def rung(ami: FakeAmi, count: int = 1) -> str:
    """The uniqueid of the newest phone that rings, once so many have been rung."""
    await until(lambda: len(phones(ami)) >= count)
    uniqueid = phones(ami)[-1]["ChannelId"]
    await until(lambda: uniqueid in ami.pbx.channels)
    return uniqueid


async def joined(service: Service, ami: FakeAmi, mode: str = "BargeIn", **more: Any) -> str:  # noqa: ANN401 - as barge_in takes them
    """Have a supervisor join; the uniqueid of its channel."""
    before = len(phones(ami))
    waiting = asyncio.create_task(service.barge_in(action=mode, wait_s=10, **more))
    uniqueid = await rung(ami, before + 1)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    answer = await waiting
    assert answer.status == 200, answer
    return uniqueid


def put_phone_behind(ami: FakeAmi, uniqueid: str) -> None:
    """The phone stands behind the supervisor's Local channel, as where the include has rung it."""
    first = ami.pbx.channels[uniqueid]
    phone = FakeChannel(f"PJSIP/{SUPERVISOR}-000000ee", f"{uniqueid[:9]}.1", uniqueid)
    other = FakeChannel(first.name.replace(";1", ";2"), uniqueid + OTHER_HALF, uniqueid)
    for channel in (other, phone):
        ami.pbx.channels[channel.uniqueid] = channel
        ami.emit(say.channel_event("Newchannel", ami.pbx.clock(), channel))
        ami.pbx.enter(channel.uniqueid, f"bridge-{uniqueid}")


def hang_up_phone(ami: FakeAmi, uniqueid: str) -> None:
    """The phone that was put there hangs up, and both halves of the Local channel with it."""
    for one in (f"{uniqueid[:9]}.1", uniqueid + OTHER_HALF, uniqueid):
        ami.pbx.hang_up(one)


async def leaving(service: Service, ami: FakeAmi, uniqueid: str) -> None:
    """The supervisor hangs up; returns while the channel is there yet, and the adapter knows."""
    ami.pbx.leave_spy(uniqueid)
    ami.pbx.begin_trunk_call(BYSTANDER)
    await until_seen(lambda: service.calls(f"@me/{BYSTANDER}"), bool)  # it was told later


async def in_hand(service: Service, *puts: Coroutine[Any, Any, Answer]) -> list["asyncio.Task[Answer]"]:
    """Send these requests; returns once the adapter has read all of them, and has turned to others."""
    server = service.runner.server
    assert server is not None
    before = server.requests_count
    tasks = [asyncio.create_task(put) for put in puts]
    await until(lambda: server.requests_count >= before + len(tasks))
    await service.link()
    return tasks


async def said(service: Service, uniqueid: str) -> Json:
    """The supervision as the administrator's App sees it."""
    address = f"/uapi/supervision/{supervision_of(uniqueid)}"
    answer = await service.request("GET", address, client="operator")
    assert answer.status == 200, answer
    return dict(answer.json)


async def until_said(service: Service, uniqueid: str, **fields: str) -> Json:
    """The supervision once it says all of these."""
    return await until_seen(lambda: said(service, uniqueid), lambda body: fields.items() <= body.items())


async def until_ended(service: Service, uniqueid: str) -> object:
    """Why the supervision ended, once it has."""
    return (await until_said(service, uniqueid, state="ended"))["reason"]["code"]


async def until_hung_up(ami: FakeAmi, uniqueid: str) -> None:
    """Return once the adapter has asked for the end of the channel, and it is gone."""
    await until(lambda: any(action["Channel"] == uniqueid for action in ami.took("Hangup")))
    await until(lambda: uniqueid not in ami.pbx.channels)


def once(ami: FakeAmi, name: str, script: Script) -> None:
    """Do this on the next action of the name only."""

    def run(action: ReceivedAction) -> None:
        del ami.scripts[name]
        script(action)

    ami.scripts[name] = run


def holding(ami: FakeAmi, name: str) -> list[ReceivedAction]:
    """Keep actions of the name unanswered, in this list."""
    held: list[ReceivedAction] = []
    ami.scripts[name] = held.append
    return held


def make_internal(ami: FakeAmi, agent: FakeChannel, number: str = SECOND) -> str:
    """Have an extension stand for the customer that the agent talks with; the uniqueid of its channel."""
    customer = ami.pbx.channels[agent.linkedid]
    name = f"PJSIP/{number}-000000aa"
    ami.pbx.channels[agent.linkedid] = replace(customer, name=name, caller=("", number))
    return agent.linkedid


def come_in(ami: FakeAmi, agent: FakeChannel, number: str = SECOND, *, kind: str = "basic") -> FakeChannel:
    """Another extension comes into the agent's conversation, from a call of its own; its channel."""
    came = ami.pbx.begin_trunk_call(number)
    ami.pbx.leave(came.uniqueid)
    ami.pbx.enter(came.uniqueid, bridge_of(agent), kind=kind)
    return came


def supervision_of(uniqueid: str) -> str:
    """The id of the supervision whose supervisor's channel this is."""
    ours = read_channel_id(uniqueid)
    assert ours is not None
    return ours.id


def earlier_spy(spyee: str, options: str = "quBE") -> FakeChannel:
    """A supervisor's channel that an earlier adapter has joined to this one."""
    return FakeChannel(
        name=f"PJSIP/{SUPERVISOR}-000000dd",
        uniqueid="uapi-" + "e" * 20,
        linkedid="uapi-" + "e" * 20,
        caller=("John Doe", "42420042"),
        application="ChanSpy",
        data=f"{spyee},{options}",
    )
