"""Gathers the facts over one AMI session, with the adapter's own rights. It changes nothing on the PBX.

Every question has the deadline of an action. All questions together have a deadline, too.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from adapter.ami.errors import ActionRefused, ActionTimeout, LinkError, LoginRefused
from adapter.ami.probe import (
    Ask,
    allowed_actions,
    clock_offset,
    get_value,
    has_extension,
    knows_endpoint,
)
from adapter.ami.session import Session
from adapter.asterisk.actions import Action, ActionError
from adapter.asterisk.features import PARTS
from adapter.asterisk.message import Message
from adapter.directory import Extension
from adapter.tools.check.facts import MODULES, Facts, LoginResult, Terminal, Unavailable
from adapter.tools.check.snapshot import SnapshotReader

QUESTIONS_LIMIT_S = 60.0
SNAPSHOT_LIMIT_S = 20.0
LISTENED_FOR = "call"
"""The class of the events to wait for; `check` cannot cause an event of `reporting`."""

T = TypeVar("T")


class Gatherer:
    """Gathers the facts of one PBX. The session passes its events to `take`."""

    def __init__(self, address: str, username: str) -> None:
        self._address = address
        self._username = username
        self._seen: set[str] = set()
        self._heard = asyncio.Event()
        self._snapshot = SnapshotReader()

    def take(self, event: Message) -> None:
        """Note the classes of an event, and the channel that it lists."""
        self._snapshot.take(event)
        self._seen |= {name.strip() for name in event.get("Privilege", "").split(",")} - {"", "all"}
        if LISTENED_FOR in self._seen:
            self._heard.set()

    async def gather(
        self,
        session: Session,
        *,
        beside: Session,
        connect_s: float,
        action_s: float,
        phones: Iterable[Extension],
        listen_s: float = 0.0,
    ) -> Facts:
        """Open the session and gather the facts. If the session breaks, returns those found until then.

        `beside` is a second session, to see whether Asterisk accepts one. Waits up to `listen_s` seconds for
        an event of a call.
        """
        facts = Facts(LoginResult.NOT_AT_ALL, self._address, self._username)
        try:
            await session.open(connect_s)
        except LoginRefused as refused:
            return replace(facts, login=LoginResult.REFUSED, error=str(refused))
        except LinkError as unreachable:
            return replace(facts, error=str(unreachable))

        async def ask(action: Action) -> dict[str, str]:
            return await session.request(action, action_s)

        facts = replace(
            facts, login=LoginResult.LOGGED_IN, takes_second=await _read(_takes_second(beside, connect_s))
        )
        try:
            async with asyncio.timeout(QUESTIONS_LIMIT_S):
                facts = await self._ask_all(facts, ask, phones)
        except TimeoutError:
            broken = f"Asterisk did not answer everything within {QUESTIONS_LIMIT_S:.0f} s"
            return replace(facts, login=LoginResult.BROKE, error=broken)
        if listen_s:
            await self._listen(session, listen_s)
        if session.lost.done():
            facts = replace(facts, login=LoginResult.BROKE, error="the connection broke during the check")
        return replace(facts, seen_classes=frozenset(self._seen))

    async def _ask_all(self, facts: Facts, ask: Ask, phones: Iterable[Extension]) -> Facts:
        actions = await _read(allowed_actions(ask))
        may_send = frozenset[str]() if isinstance(actions, Unavailable) else actions.keys()
        return replace(
            facts,
            actions=actions,
            version=await _read(_core_setting(ask, "AsteriskVersion")),
            system_name=await _read(_core_setting(ask, "SystemName")),
            clock_offset_s=await _read(_clock_offset(ask)),
            snapshot=await _read(self._snapshot.read(ask, SNAPSHOT_LIMIT_S)),
            manager_conf=await _manager_conf(ask, may_send, self._username),
            modules={module: await _read(_is_loaded(ask, may_send, module)) for module in MODULES},
            dialplan={
                f"{exten}@{context}": await _read(has_extension(ask, context, exten))
                for context, exten in PARTS
            },
            terminals={
                device_name(phone, device): await _read(_terminal(ask, device))
                for phone in phones
                for device in phone.devices
            },
        )

    async def _listen(self, session: Session, within_s: float) -> None:
        heard = asyncio.create_task(self._heard.wait(), name="events heard")
        try:
            ends: set[asyncio.Future[Any]] = {heard, session.lost}
            await asyncio.wait(ends, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            heard.cancel()


async def _read(answer: Awaitable[T]) -> T | Unavailable:
    try:
        return await answer
    except ActionRefused as refused:
        return Unavailable(f"Asterisk: {refused}")
    except (ActionTimeout, ActionError, Unreadable) as unread:
        return Unavailable(str(unread))
    except TimeoutError:
        return Unavailable("Asterisk's answer did not end")
    except LinkError:
        return Unavailable("the connection broke")


class Unreadable(Exception):  # noqa: N818 - a result, not an error
    """Asterisk's answer does not tell this fact."""


async def _takes_second(session: Session, within_s: float) -> bool:
    """Whether Asterisk accepts a second session of the AMI user."""
    try:
        await session.open(within_s)
    except LoginRefused as refused:
        if refused.is_in_use:
            return False
        raise Unreadable(f"Asterisk: {refused}") from None
    finally:
        session.close()
    return True


async def _core_setting(ask: Ask, name: str) -> str:
    return (await ask(Action("CoreSettings"))).get(name, "")


async def _clock_offset(ask: Ask) -> float:
    offset_s = await clock_offset(ask)
    if offset_s is None:
        raise Unreadable("Asterisk does not tell its time")
    return offset_s


async def _manager_conf(ask: Ask, may_send: Iterable[str], username: str) -> dict[str, str] | Unavailable:
    """The AMI user's own lines of manager.conf. The answer holds this user's secret, and no other secret."""
    if "GetConfig" not in may_send:
        return Unavailable("not readable with these rights")
    answer = await _read(ask(Action("GetConfig", (("Filename", "manager.conf"), ("Category", username)))))
    if isinstance(answer, Unavailable):
        return answer
    lines = (value.partition("=") for name, value in answer.items() if name.startswith("Line-"))
    return {name.strip(): value.strip() for name, _, value in lines if name.strip() != "secret"}


async def _is_loaded(ask: Ask, may_send: Iterable[str], module: str) -> bool:
    if "ModuleCheck" in may_send:
        try:
            await ask(Action("ModuleCheck", (("Module", module),)))
        except ActionRefused as refused:
            if "not loaded" in str(refused):
                return False
            raise
        return True
    # The function answers 1 or 0. Without func_module the answer is empty.
    value = await get_value(ask, f"IFMODULE({module}.so)")
    if value not in ("0", "1"):
        raise Unreadable("not readable with these rights and modules")
    return value == "1"


async def _terminal(ask: Ask, device: str) -> Terminal:
    technology, _, endpoint = device.partition("/")
    if technology != "PJSIP":
        return _BY_STATE.get(await get_value(ask, f"DEVICE_STATE({device})"), Terminal.REGISTERED)
    # The answer is empty if no phone is registered, and if there is no such endpoint. Asterisk refuses this
    # question for a name that contains the name of a dangerous function.
    try:
        if await get_value(ask, f"PJSIP_DIAL_CONTACTS({endpoint})"):
            return Terminal.REGISTERED
    except ActionRefused:
        pass
    return Terminal.ABSENT if await knows_endpoint(ask, endpoint) else Terminal.UNKNOWN


_BY_STATE = {
    "INVALID": Terminal.UNKNOWN,
    "UNAVAILABLE": Terminal.ABSENT,
    # Asterisk does not know the state. The value is empty if func_devstate is not loaded.
    "UNKNOWN": Terminal.UNTOLD,
    "": Terminal.UNTOLD,
}
"""The states that are no registered phone; every other state means that the phone is there."""


def device_name(phone: Extension, device: str) -> str:
    """The name of a device in a finding: the extension's number, and the device if there are several."""
    return phone.number if len(phone.devices) == 1 else f"{phone.number} {device}"
