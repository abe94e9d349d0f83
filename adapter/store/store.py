"""The store while the service runs: what a request waits for, what is written later, and whether it is up.

    execute    one statement, at once; whoever asks waits, but not for longer than the deadline
    later      a statement that nobody waits for; it is kept until the database has taken it

The connections are looked at every few seconds, so that a database that is gone, or that takes what is sent
and never answers, is noticed before somebody needs it. While it is down `execute` says so at once.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from itertools import islice
from typing import Any, TypeVar

from adapter.monitoring.counters import StoreCounters
from adapter.store.driver import Driver, Work
from adapter.store.errors import Disconnected, Rejected
from adapter.store.statements import Statement
from adapter.storing import StoreDown, StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")

WAITING_LIMIT = 10_000
"""So many statements wait for a database that is down; what comes beyond is lost, and that is counted."""
BATCH = 100
"""So many are one transaction: in SQLite a request's own statement waits behind it."""
LOOK_S = 5.0
RETRY_S = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Pauses before the tries to connect anew; the last one from then on."""
CLOSE_LIMIT_S = 3.0
NOT_OPENED = "it is not opened yet"


class Store:
    """One database, by a connection for requests and another for what is written later."""

    def __init__(
        self,
        name: str,
        drivers: tuple[Driver, Driver],
        prepare: Callable[[Driver], Awaitable[None]],
        counters: StoreCounters,
    ) -> None:
        """`name` is for the log; `prepare` sees to the tables on a new connection.

        Both drivers may be the same one, where that puts what it is told in a row by itself.
        """
        self._name = name
        self._prompt, self._lazy = drivers
        self._prepare = prepare
        self._counters = counters
        self._counters.is_set_up = True
        self._counters.error = NOT_OPENED
        self._waiting: deque[Work] = deque()
        self._wake = asyncio.Event()
        self._in_use = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()
        self._listeners: list[Callable[[], Awaitable[None]]] = []

    @property
    def error(self) -> str | None:
        """Why it is down; None while it is up."""
        return self._counters.error

    @property
    def waiting(self) -> int:
        """How many statements wait to be written."""
        return len(self._waiting)

    def when_up(self, listener: Callable[[], Awaitable[None]]) -> None:
        """Have `listener` called each time the store comes up."""
        self._listeners.append(listener)

    async def open(self) -> None:
        """Connect; a database that is down is tried again later. Raises StoreError where it is no store."""
        try:
            await self._connect()
        except Disconnected as down:
            self._note_down(str(down))
        except BaseException:
            await self._disconnect()
            raise

    async def run(self) -> None:
        """Write what waits, look after the connections, and connect anew, until cancelled."""
        tries, looked_at = 0, time.monotonic()
        while True:
            if self.error is not None:
                await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries = 0 if await self._is_back() else tries + 1
                continue
            try:
                await self._write_waiting()
                if time.monotonic() >= looked_at + LOOK_S:
                    await self._to_its_end(self._look())
                    looked_at = time.monotonic()
            except Disconnected as down:
                self._note_down(str(down))
                continue
            self._wake.clear()
            if not self._waiting:
                await self._until_woken(LOOK_S)

    async def close(self) -> None:
        """Write what waits, if that takes no time to speak of, and disconnect."""
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                if self._running:
                    await asyncio.wait(self._running)
                if self.error is None:
                    await self._write_waiting()
        except (TimeoutError, Disconnected) as failed:
            log.error(  # noqa: TRY400 - the operator's to mend, no bug to trace
                "the store was closed before all was written",
                extra={"waiting": len(self._waiting), "error": str(failed)},
            )
        self._counters.error = "it is closed"
        await self._disconnect()

    async def execute(self, statement: Statement, values: Mapping[str, object]) -> list[tuple[object, ...]]:
        """Carry it out at once; its rows. Raises StoreDown: then it may be carried out all the same, or not.

        Whoever is cancelled while it waits does not stop it.
        """
        if self.error is not None:
            raise StoreDown(self.error)
        return await self._to_its_end(self._execute(statement.sql, statement.arguments(values)))

    def later(self, statement: Statement, values: Mapping[str, object]) -> bool:
        """Have it carried out soon, once or more than once; False if too much waits: then it is lost."""
        if len(self._waiting) >= WAITING_LIMIT:
            self._lose()
            return False
        self._waiting.append((statement.sql, statement.arguments(values)))
        self._counters.waiting = len(self._waiting)
        self._wake.set()
        return True

    # -- statements --------------------------------------------------------------------------------

    async def _execute(self, sql: str, arguments: tuple[object, ...]) -> list[tuple[object, ...]]:
        async with self._in_use:
            if self.error is not None:  # while it waited
                raise StoreDown(self.error)
            began_at = time.perf_counter()
            try:
                rows = await self._prompt.fetch(sql, arguments)
            except Disconnected as down:
                self._counters.statements["failed"] += 1
                self._note_down(str(down))
                raise StoreDown(str(down)) from down
            except Rejected as refused:
                self._counters.statements["failed"] += 1
                log.error("the store refuses a value", extra={"error": str(refused)})  # noqa: TRY400 - as above
                raise StoreDown("it refuses a value") from refused
            self._counters.statements["done"] += 1
            self._counters.took_s.add(time.perf_counter() - began_at)
            return rows

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for it. Whoever is cancelled meanwhile does not stop it, or nobody knew what came of it."""
        running = asyncio.create_task(work)
        self._running.add(running)
        running.add_done_callback(self._forget)
        return await asyncio.shield(running)

    def _forget(self, task: "asyncio.Task[Any]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked may have been cancelled, and nobody looks at it

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch = list(islice(self._waiting, BATCH))
            try:
                await self._to_its_end(self._lazy.write(batch))
            except Rejected:
                await self._write_singly(batch)
            else:
                self._counters.statements["done"] += len(batch)
            for _ in batch:
                self._waiting.popleft()
            self._counters.waiting = len(self._waiting)

    async def _write_singly(self, batch: list[Work]) -> None:
        """One of them is refused: the others are to be written."""
        for work in batch:
            try:
                await self._to_its_end(self._lazy.write([work]))
            except Rejected as refused:
                log.error("the store refuses a value", extra={"error": str(refused)})  # noqa: TRY400 - as above
                self._lose()
            else:
                self._counters.statements["done"] += 1

    def _lose(self) -> None:
        self._counters.statements["lost"] += 1

    # -- the connections ---------------------------------------------------------------------------

    def _drivers(self) -> list[Driver]:
        return [self._prompt] if self._lazy is self._prompt else [self._prompt, self._lazy]

    async def _connect(self) -> None:
        for driver in self._drivers():
            await driver.connect()
        await self._prepare(self._prompt)
        await self._prompt.look()
        self._counters.error = None
        for listener in self._listeners:
            await listener()

    async def _disconnect(self) -> None:
        for driver in self._drivers():
            await driver.close()

    async def _is_back(self) -> bool:
        try:
            await self._connect()
        except (Disconnected, StoreError) as down:
            self._counters.error = str(down)
            return False
        log.warning("the store is back", extra={"store": self._name, "waiting": len(self._waiting)})
        return True

    async def _look(self) -> None:
        async with self._in_use:
            await self._prompt.look()
        if self._lazy is not self._prompt:
            await self._lazy.look()

    async def _until_woken(self, within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                await self._wake.wait()
        except TimeoutError:
            return

    def _note_down(self, why: str) -> None:
        if self.error is None or self.error == NOT_OPENED:
            log.error("the store is down", extra={"store": self._name, "error": why})
        self._counters.error = why
        self._wake.set()
