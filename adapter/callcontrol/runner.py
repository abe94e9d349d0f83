"""Carries out what operations say: sends, keeps their time, and tells them what came of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from adapter.ami.errors import LinkError
from adapter.asterisk.actions import Action
from adapter.callcontrol.operation import (
    After,
    Answered,
    Cancel,
    Effect,
    Expired,
    Input,
    Log,
    Operation,
    Send,
)
from adapter.calls.changes import Change
from adapter.calls.model import Calls

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Running:
    operation: Operation
    timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    settled: asyncio.Event = field(default_factory=asyncio.Event)


class Runner:
    """The operations that run, by what they do."""

    def __init__(
        self,
        calls: Calls,
        send: Callable[[Action], Awaitable[object]],
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"],
    ) -> None:
        self._calls = calls
        self._send = send
        self._spawn = spawn
        self._running: dict[str, _Running] = {}

    def begin(self, operation: Operation) -> None:
        """Start it; where one runs that does the same, that one is started anew instead."""
        running = self._running.setdefault(operation.id, _Running(operation))
        self._carry_out(running, running.operation.start(self._calls))

    def on_change(self, change: Change) -> None:
        """Tell all of a change of the live calls."""
        for running in list(self._running.values()):
            self._tell(running, change)

    async def settled(self, operation_id: str, within_s: float) -> StrEnum | None:
        """What comes of it, if that is known in time."""
        running = self._running.get(operation_id)
        if running is None:
            return None
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await running.settled.wait()
        return running.operation.outcome

    def close(self) -> None:
        """Wait for nothing any more."""
        for running in self._running.values():
            self._cancel(running, list(running.timers))
        self._running.clear()

    def _tell(self, running: _Running, what: Input) -> None:
        self._carry_out(running, running.operation.on(what, self._calls))

    def _carry_out(self, running: _Running, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(action, tag):
                    self._spawn(self._ask(running, action, tag))
                case After(seconds, timer):
                    self._cancel(running, [timer])
                    loop = asyncio.get_running_loop()
                    running.timers[timer] = loop.call_later(seconds, self._expire, running, timer)
                case Cancel(timer):
                    self._cancel(running, [timer])
                case Log(level, message, facts):
                    log.log(level, message, extra=dict(facts))
        operation = running.operation
        if operation.outcome is None:
            running.settled.clear()  # it was started anew
        else:
            running.settled.set()
        if operation.is_over and self._running.get(operation.id) is running:
            del self._running[operation.id]
            self._cancel(running, list(running.timers))

    async def _ask(self, running: _Running, action: Action, tag: str) -> None:
        failure: LinkError | None = None
        try:
            await self._send(action)
        except LinkError as failed:
            failure = failed
        self._tell(running, Answered(tag, failure))

    def _expire(self, running: _Running, timer: str) -> None:
        del running.timers[timer]
        self._tell(running, Expired(timer))

    @staticmethod
    def _cancel(running: _Running, timers: Iterable[str]) -> None:
        for timer in timers:
            handle = running.timers.pop(timer, None)
            if handle is not None:
                handle.cancel()
