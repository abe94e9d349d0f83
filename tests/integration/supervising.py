"""Supervisions on the fake Asterisk: begun, looked at, waited for; and the directory changed under them."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapter.app import reload_directory
from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi, ReceivedAction, Script
from adapter.lab.fake_ami_events import FakeChannel, bridge_of, is_notice
from tests.integration.harness import Json, Service, until, until_seen

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


async def leaving(service: Service, ami: FakeAmi, uniqueid: str) -> None:
    """The supervisor hangs up; returns while the channel is there yet, and the adapter knows."""
    ami.pbx.leave_spy(uniqueid)
    ami.pbx.begin_trunk_call(BYSTANDER)

    async def look() -> list[Json] | None:
        return await service.calls(f"@me/{BYSTANDER}") or None

    await until_seen(look)  # it was told later


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
    address = f"/uapi/supervision/{uniqueid.removeprefix('uapi-')}"
    answer = await service.request("GET", address, client="operator")
    assert answer.status == 200, answer
    return dict(answer.json)


async def until_said(service: Service, uniqueid: str, **fields: str) -> Json:
    """The supervision once it says all of these."""

    async def look() -> Json | None:
        body = await said(service, uniqueid)
        return body if all(body.get(name) == value for name, value in fields.items()) else None

    return await until_seen(look)


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


def rewritten(directory: Path, change: Callable[[str], str]) -> None:
    """Write the directory's file anew."""
    before = directory.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    directory.write_text(after, encoding="utf-8")


def reload(service: Service, directory: Path, change: Callable[[str], str]) -> None:
    """Write the directory's file anew and have it read."""
    rewritten(directory, change)
    assert reload_directory(service.app)


def never(number: str) -> Callable[[str], str]:
    """The extension is never supervised any more."""
    return lambda text: text.replace(f'number: "{number}"', f'number: "{number}", never_supervised: true')


def without_extension(number: str) -> Callable[[str], str]:
    """The extension is in the directory no more."""
    return lambda text: "".join(
        line for line in text.splitlines(keepends=True) if f'{{number: "{number}"' not in line
    )


def with_type(number: str, kind: str) -> Callable[[str], str]:
    """The extension is of this type."""
    return lambda text: text.replace(
        f'number: "{number}", type: phone terminal', f'number: "{number}", type: {kind}'
    )


def group(name: str, members: str, extensions: str, modes: str) -> str:
    """One supervision group of the organization 3."""
    return (
        f'  - {{name: {name}, organization: "3", members: {{{members}}},'
        f" extensions: [{extensions}], modes: [{modes}]}}\n"
    )


def with_groups(*groups: str) -> Callable[[str], str]:
    """The organization has these supervision groups and no other."""
    return lambda text: (
        text.partition("\nsupervision_groups:")[0] + "\nsupervision_groups:\n" + "".join(groups)
    )


def with_tone(text: str) -> str:
    """The organization 3 wants a notice tone."""
    return text.replace('prefix: "0003"\n', 'prefix: "0003"\n    notice_tone: true\n')


def without_app(client_id: str) -> Callable[[str], str]:
    """The App is in the directory no more."""

    def change(text: str) -> str:
        head, mark, tail = text.partition(f"  - client_id: {client_id}\n")
        assert mark
        _, begins, rest = tail.partition("  - client_id: ")
        return head + begins + rest

    return change
