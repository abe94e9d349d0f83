"""Asks an Asterisk for its phones, with the adapter's own rights; nothing there changes.

Never asked for is what comes with secrets: `PJSIPShowEndpoint`, `DBGetTree AMPUSER`.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from adapter.ami.errors import ActionRefused
from adapter.ami.lists import ListForm, Lists
from adapter.ami.probe import get_value
from adapter.ami.session import Session
from adapter.asterisk.actions import Action
from adapter.asterisk.inventory import (
    Endpoint,
    FreePbxDevice,
    Hint,
    Inventory,
    Mailbox,
    Queue,
    endpoint_name,
    split_hint,
)
from adapter.asterisk.message import Message

HINTS = ListForm("ExtensionStateList", frozenset({"ExtensionStatus"}), "ExtensionStateListComplete")
DEVICES = ListForm("DeviceStateList", frozenset({"DeviceStateChange"}), "DeviceStateListComplete")
MAILBOXES = ListForm("VoicemailUsersList", frozenset({"VoicemailUserEntry"}), "VoicemailUserEntryComplete")
QUEUES = ListForm("QueueStatus", frozenset({"QueueParams", "QueueMember"}), "QueueStatusComplete")
FAMILY = ListForm("DBGetTree", frozenset({"DBGetTreeResponse"}), "DBGetTreeComplete", is_counted=False)
KEY = ListForm("DBGet", frozenset({"DBGetResponse"}), "DBGetComplete", is_counted=False)

LIST_LIMIT_S = 20.0
AT_ONCE = 64
"""So many questions are under way together: Asterisk answers one after the other, and never waits for us."""

SETTINGS = {
    "caller_id": "callerid",
    "context": "context",
    "tenant": "tenantid",
    "mailboxes": "mailboxes",
    "outbound_auth": "outbound_auth",
    "identify_by": "identify_by",
}
"""What is asked of an endpoint, as its settings are called."""

_UNKNOWN = "invalid/unknown command"

T = TypeVar("T")
Q = TypeVar("Q")


@dataclass(frozen=True, slots=True)
class Asker:
    """One session, and how long it waits for an answer."""

    session: Session
    lists: Lists
    action_s: float

    async def ask(self, action: Action) -> dict[str, str]:
        """The headers of the answer. Raises as `Session.request` does."""
        return await self.session.request(action, self.action_s)

    async def read(self, form: ListForm, *headers: tuple[str, str]) -> list[Message]:
        """The items of a list. Raises as `Lists.read` does."""
        return await self.lists.read(
            self.session, form, headers, action_s=self.action_s, within_s=LIST_LIMIT_S
        )


async def read_inventory(asker: Asker) -> Inventory:
    """All that is told. What a module is missing for stands in `untold`.

    Raises ActionRefused where the AMI user may not ask, LinkError where an answer did not come whole.
    """
    untold: list[str] = []

    async def read(form: ListForm, missing: str, *headers: tuple[str, str]) -> list[Message]:
        try:
            return await asker.read(form, *headers)
        except ActionRefused as refused:
            if not str(refused).lower().startswith(_UNKNOWN):
                raise
            untold.append(missing)
            return []

    hints = tuple(map(_hint, await asker.read(HINTS)))
    states = await read(DEVICES, "devices without a hint: res_manager_devicestate is not loaded")
    mailboxes = await read(MAILBOXES, "names of mailboxes: app_voicemail is not loaded")
    queues = await read(QUEUES, "queues: app_queue is not loaded")
    tree = await read(
        FAMILY, "FreePBX's devices: DBGetTree needs Asterisk 16.28 or newer", ("Family", "DEVICE")
    )
    devices = tuple(each.get("Device", "") for each in states)
    freepbx = tuple(_freepbx_devices(tree))
    named = itertools.chain(devices, *(hint.devices for hint in hints), (each.dial for each in freepbx))
    names = sorted({name for device in named if (name := endpoint_name(device))})
    settings = dict(zip(names, await _for_each(names, asker, _endpoint), strict=True))
    users = sorted({each.user for each in freepbx if each.user.isdecimal()})
    inventory = Inventory(
        devices=devices,
        hints=hints,
        endpoints={f"PJSIP/{name}": endpoint for name, endpoint in settings.items()},
        mailboxes=tuple(map(_mailbox, mailboxes)),
        queues=tuple(_queues(queues)),
        freepbx=freepbx,
        freepbx_names=dict(zip(users, await _for_each(users, asker, _freepbx_name), strict=True)),
    )
    if names and not inventory.tells_of_endpoints:
        untold.append("what endpoints are set to: func_pjsip_endpoint is not loaded")
    return replace(inventory, untold=tuple(untold))


async def _for_each(
    questions: Iterable[Q], asker: Asker, answer: Callable[[Asker, Q], Awaitable[T]]
) -> list[T]:
    """The answer to each question, in order; the first that fails ends all."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(question: Q) -> T:
        async with free:
            return await answer(asker, question)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(question)) for question in questions]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


async def _endpoint(asker: Asker, name: str) -> Endpoint:
    try:
        values = {
            field: await get_value(asker.ask, f"PJSIP_ENDPOINT({name},{setting})")
            for field, setting in SETTINGS.items()
        }
    except ActionRefused:
        return Endpoint()  # a name that holds that of a function which could do harm
    return Endpoint(**values)


async def _freepbx_name(asker: Asker, extension: str) -> str:
    try:
        items = await asker.read(KEY, ("Family", "AMPUSER"), ("Key", f"{extension}/cidname"))
    except ActionRefused:
        return ""  # there is no such key
    return next((item.get("Val", "") for item in items), "")


def _hint(item: Message) -> Hint:
    return Hint(item.get("Exten", ""), item.get("Context", ""), split_hint(item.get("Hint", "")))


def _mailbox(item: Message) -> Mailbox:
    return Mailbox(item.get("VoiceMailbox", ""), item.get("VMContext", ""), item.get("Fullname", ""))


def _queues(items: Iterable[Message]) -> Iterator[Queue]:
    members = defaultdict[str, list[str]](list)
    for item in items:
        own = members[item.get("Queue", "")]
        if item.event == "QueueMember":
            own.append(item.get("StateInterface", "") or item.get("Location", ""))
    for name, devices in members.items():
        yield Queue(name, tuple(devices))


def _freepbx_devices(items: Iterable[Message]) -> Iterator[FreePbxDevice]:
    """Of the keys `/DEVICE/<id>/<field>` those that say what is dialed and whose it is."""
    fields = defaultdict[str, dict[str, str]](dict)
    for item in items:
        _, _, key = item.get("Key", "").partition("/DEVICE/")
        identity, _, name = key.rpartition("/")
        if identity:
            fields[identity][name] = item.get("Val", "")
    for identity, own in fields.items():
        if own.get("dial"):
            yield FreePbxDevice(identity, own["dial"], own.get("user", ""))
