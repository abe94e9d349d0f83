"""One thread that does one thing after the other, for whoever awaits it.

It is a daemon: a disk that hangs for ever holds up no end of the process.
"""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Threaded:
    """The thread, until `end`."""

    def __init__(self, name: str) -> None:
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def do(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Have `work` done in the thread; what it returns or raises."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(setter: Callable[[Any], None], value: object) -> None:
            if not done.done():
                setter(value)

        def run() -> None:
            try:
                value = work()
            except Exception as failed:  # noqa: BLE001 - whoever awaits it gets it
                outcome: tuple[Callable[[Any], None], object] = (done.set_exception, failed)
            else:
                outcome = (done.set_result, value)
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, *outcome)

        self._waiting.put(run)
        return done

    def end(self) -> None:
        """Have the thread end once it has done what waits."""
        self._waiting.put(None)

    def _run(self) -> None:
        while (work := self._waiting.get()) is not None:
            work()
