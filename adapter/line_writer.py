"""Lines are written in a thread of their own: who has one to write waits for no disk and for no reader."""

import contextlib
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

WAITING_LIMIT = 10_000
"""So many lines may wait to be written; beyond, they are lost."""

T = TypeVar("T")


class LineWriter(Generic[T]):
    """Has `write` write the lines that wait, all of them at once, until it is closed."""

    def __init__(self, name: str, write: Callable[[list[T]], None], moment_s: float = 0.0) -> None:
        """`name` is the thread's. The lines of one moment are written together."""
        self._write = write
        self._moment_s = moment_s
        self._waiting: SimpleQueue[T | None] = SimpleQueue()
        self._is_open = True
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, line: T) -> bool:
        """Have the line written soon. False if too many wait: then it is not written."""
        if self._waiting.qsize() >= WAITING_LIMIT:
            return False
        self._waiting.put(line)
        return True

    def wake(self) -> None:
        """Have `write` called soon, with no line if none waits."""
        self._waiting.put(None)

    def close(self, within_s: float) -> bool:
        """Write what waits, and end. Blocks until then, but no longer than this; whether it has ended."""
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
