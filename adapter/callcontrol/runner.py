"""Carries out what operations say: sends, keeps their time, and tells them what came of it."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from adapter.ami.errors import LinkError
from adapter.asterisk.actions import Action
from adapter.callcontrol.operation import (
    After,
    Answered,
    Begin,
    Came,
    Cancel,
    Effect,
    Expired,
    Log,
    Operation,
    Publish,
    Send,
    Stopping,
)
from adapter.callcontrol.world import World

log = logging.getLogger(__name__)

CLOSE_LIMIT_S = 2.0
"""Limit for Asterisk to answer what was sent last."""

_START = object()


@dataclass(eq=False)
class _Running:
    operation: Operation
    parent: "_Running | None" = None
    """Which began it, where an operation did."""
    timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    waiting: list[tuple[object, "asyncio.Future[bool]"]] = field(default_factory=list)
    """Who waits, and for which milestone."""


class Runner:
    """The operations that run, by what they do."""

    def __init__(
        self,
        look: Callable[[], World],
        send: Callable[[Action], Awaitable[Mapping[str, str]]],
        publish: Callable[[Publish], None],
    ) -> None:
        self.look = look
        self._send = send
        self._publish = publish
        self._running: dict[str, _Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: deque[tuple[_Running, object]] = deque()
        """What operations are still to be told: one at a time, each to its end."""
        self._is_telling = False
        self.is_closed = False

    def begin(self, operation: Operation) -> None:
        """Start it; where one runs that does the same, that one is started anew instead."""
        self._begin(operation, None)

    def tell(self, operation_id: str, what: object) -> None:
        """Tell one, if it runs, of what somebody asks of it."""
        running = self._running.get(operation_id)
        if running is not None:
            self._tell(running, what)

    def on_change(self, change: object) -> None:
        """Tell all of a change."""
        for running in list(self._running.values()):
            self._tell(running, change)

    async def settled(self, operation_id: str, within_s: float) -> StrEnum | None:
        """What comes of it, if that is known in time."""
        running = self._running.get(operation_id)
        if running is None:
            return None
        await self.reached(operation_id, None, within_s)
        return running.operation.outcome

    async def reached(self, operation_id: str, milestone: object, within_s: float | None) -> bool:
        """Wait until it has come so far, or is over; whether that was in time."""
        running = self._running.get(operation_id)
        if running is None or running.operation.has_reached(milestone, self.look()):
            return True
        if self.is_closed:
            return False
        come: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        waiting = (milestone, come)
        running.waiting.append(waiting)
        try:
            async with asyncio.timeout(within_s):
                return await come
        except TimeoutError:
            return False
        finally:
            running.waiting = [one for one in running.waiting if one is not waiting]

    async def close(self) -> None:
        """Let each stop what has to be stopped; then wait for nothing any more."""
        self.on_change(Stopping())
        self.is_closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_LIMIT_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for running in self._running.values():
            self._cancel(running, list(running.timers))
            _wake([reached for _, reached in running.waiting], in_time=False)
        self._running.clear()

    # -- one thing at a time ---------------------------------------------------------------------------

    def _begin(self, operation: Operation, parent: _Running | None) -> None:
        self._tell(self._running.setdefault(operation.id, _Running(operation, parent)), _START)

    def _tell(self, running: _Running, what: object) -> None:
        self._told.append((running, what))
        if self._is_telling:
            return
        self._is_telling = True
        try:
            while self._told:
                meant, this = self._told.popleft()
                if self._running.get(meant.operation.id) is meant:
                    self._carry_out(meant, self._effects(meant.operation, this))
        finally:
            self._is_telling = False

    def _effects(self, operation: Operation, what: object) -> Iterable[Effect]:
        world = self.look()
        return operation.start(world) if what is _START else operation.on(what, world)

    def _carry_out(self, running: _Running, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(action, tag):
                    task = asyncio.create_task(self._ask(running, action, tag))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                case After(seconds, timer):
                    self._cancel(running, [timer])
                    loop = asyncio.get_running_loop()
                    running.timers[timer] = loop.call_later(seconds, self._expire, running, timer)
                case Cancel(timer):
                    self._cancel(running, [timer])
                case Log(level, message, facts):
                    log.log(level, message, extra=dict(facts))
                case Publish():
                    self._publish(effect)
                case Begin(operation):
                    self._begin(operation, running)
        self._look_who_waits(running)
        if running.operation.is_over and self._running.get(running.operation.id) is running:
            del self._running[running.operation.id]
            self._cancel(running, list(running.timers))
            if running.parent is not None:
                self._tell(running.parent, Came(running.operation))

    def _look_who_waits(self, running: _Running) -> None:
        if not running.waiting:
            return
        operation, world = running.operation, self.look()
        come = [one for one in running.waiting if operation.is_over or operation.has_reached(one[0], world)]
        _wake([reached for _, reached in come], in_time=True)

    async def _ask(self, running: _Running, action: Action, tag: str) -> None:
        failure: LinkError | None = None
        answer: Mapping[str, str] = {}
        try:
            answer = await self._send(action)
        except LinkError as failed:
            failure = failed
        self._tell(running, Answered(tag, failure, answer))

    def _expire(self, running: _Running, timer: str) -> None:
        del running.timers[timer]
        self._tell(running, Expired(timer))

    @staticmethod
    def _cancel(running: _Running, timers: Iterable[str]) -> None:
        for timer in timers:
            handle = running.timers.pop(timer, None)
            if handle is not None:
                handle.cancel()


def _wake(reached: Iterable["asyncio.Future[bool]"], *, in_time: bool) -> None:
    for one in reached:
        if not one.done():
            one.set_result(in_time)
