"""Writes lines in a thread, so that the event loop waits neither for a disk nor for a reader."""

import contextlib
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

WAITING_LIMIT = 10_000
"""How many lines may wait; further lines are dropped."""

T = TypeVar("T")


class LineWriter(Generic[T]):
    """Calls `write` with all waiting lines at once, in a thread, until it is closed."""

    def __init__(self, name: str, write: Callable[[list[T]], None], moment_s: float = 0.0) -> None:
        """`name` is the thread's. The lines of one moment are written together."""
        self._write = write
        self._moment_s = moment_s
        self._waiting: SimpleQueue[T | None] = SimpleQueue()
        self._is_open = True
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, line: T) -> bool:
        """Queue the line. Returns False, and drops the line, if too many wait."""
        if self._waiting.qsize() >= WAITING_LIMIT:
            return False
        self._waiting.put(line)
        return True

    def wake(self) -> None:
        """Make the thread call `write` soon, even if no line waits."""
        self._waiting.put(None)

    def close(self, within_s: float) -> bool:
        """Write what waits, and end the thread.

        Blocks for at most this time; returns whether the thread has ended.
        """
        self._is_open = False
        self.wake()
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while self._is_open or not self._waiting.empty():
            taken = [self._waiting.get()]
            time.sleep(self._moment_s)
            with contextlib.suppress(Empty):
                while True:
                    taken.append(self._waiting.get_nowait())
            self._write([line for line in taken if line is not None])
