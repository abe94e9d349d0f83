"""Writes the log from a thread of its own, so that whoever reads it slowly holds up no call."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from logging.handlers import QueueHandler
from queue import Empty, SimpleQueue

WAITING_LIMIT = 10_000
"""So many lines may wait to be read; beyond, they are lost."""
MOMENT_S = 0.01
CLOSE_LIMIT_S = 2.0

Waiting = SimpleQueue[logging.LogRecord | None]
"""Lines to write; None is the end."""

_STDERR = 2


class Lines(QueueHandler):
    """Where lines wait for the writer."""

    def __init__(self, waiting: Waiting) -> None:
        super().__init__(waiting)
        self._waiting = waiting
        self._lost = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """The line as it is: it goes to no other process."""
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Have the line written soon. Where too many wait it is lost, and how many were is told."""
        if self._waiting.qsize() >= WAITING_LIMIT:
            self._lost += 1
            return
        if self._lost:
            told = {"levelno": logging.WARNING, "levelname": "WARNING", "name": __name__, "lines": self._lost}
            self._waiting.put(logging.makeLogRecord({**told, "msg": "nobody read the log: lines are lost"}))
            self._lost = 0
        self._waiting.put(record)


class _Writer(threading.Thread):
    """Writes what waits; past Python's own stream, at whose lock an ending process would wait for a reader.

    The lines of a moment are one write: to be woken for each would cost the event loop more than to write it.
    """

    def __init__(self, waiting: Waiting, formatter: logging.Formatter) -> None:
        super().__init__(name="log", daemon=True)
        self._waiting = waiting
        self._formatter = formatter

    def run(self) -> None:
        """Wait for lines, and for as long as nobody reads them."""
        is_open = True
        while is_open:
            records = [self._waiting.get()]
            time.sleep(MOMENT_S)
            with contextlib.suppress(Empty):
                while True:
                    records.append(self._waiting.get_nowait())
            is_open = None not in records
            text = "".join([f"{self._format(record)}\n" for record in records if record is not None])
            _write(text.encode(errors="backslashreplace"))

    def _format(self, record: logging.LogRecord) -> str:
        try:
            return self._formatter.format(record)
        except Exception as failed:  # noqa: BLE001 - whatever somebody else's line is, it ends no log
            return f"{record.levelname} {record.name}: a line could not be written: {failed!r}"


@contextlib.contextmanager
def lines_to_stderr(formatter: logging.Formatter) -> Iterator[logging.Handler]:
    """A handler whose lines are written until the block ends, and then what still waits."""
    waiting: Waiting = SimpleQueue()
    writer = _Writer(waiting, formatter)
    writer.start()
    try:
        yield Lines(waiting)
    finally:
        waiting.put(None)
        writer.join(CLOSE_LIMIT_S)


def _write(text: bytes) -> None:
    with contextlib.suppress(OSError):  # there is nobody any more who could read it
        while text:
            text = text[os.write(_STDERR, text) :]
