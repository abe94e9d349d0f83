"""Writes the log to standard error in a thread, so that a slow reader does not delay calls."""

import contextlib
import logging
import os
from collections.abc import Iterator

from adapter.line_writer import LineWriter

MOMENT_S = 0.01
"""The lines of this time are written together: waking the thread for each line costs more than the write."""
CLOSE_LIMIT_S = 2.0

_STDERR = 2


class LogLines(logging.Handler):
    """Passes each record to the thread.

    If too many wait, it drops the record, and later logs how many it dropped.
    """

    def __init__(self, writer: LineWriter[logging.LogRecord]) -> None:
        super().__init__()
        self._writer = writer
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the record. The thread formats and writes it."""
        if self._lost and self._writer.put(_record_of_loss(self._lost)):
            self._lost = 0
        if not self._writer.put(record):
            self._lost += 1


@contextlib.contextmanager
def lines_to_stderr(formatter: logging.Formatter) -> Iterator[logging.Handler]:
    """A handler that writes until the block ends, and then writes what still waits."""

    def write(records: list[logging.LogRecord]) -> None:
        text = "".join([f"{_line(formatter, record)}\n" for record in records])
        _write(text.encode(errors="backslashreplace"))

    writer = LineWriter("log", write, MOMENT_S)
    try:
        yield LogLines(writer)
    finally:
        writer.close(CLOSE_LIMIT_S)


def _line(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    try:
        return formatter.format(record)
    except Exception as failed:  # noqa: BLE001 - a record that cannot be formatted must not end the log
        return f"{record.levelname} {record.name}: a line could not be written: {failed!r}"


def _write(text: bytes) -> None:
    # Not through Python's own stream: at exit the process would wait at its lock for a reader.
    with contextlib.suppress(OSError):  # nobody can read the log any more
        while text:
            text = text[os.write(_STDERR, text) :]


def _record_of_loss(count: int) -> logging.LogRecord:
    told = {"levelno": logging.WARNING, "levelname": "WARNING", "name": __name__, "lines": count}
    return logging.makeLogRecord({**told, "msg": "nobody read the log: lines are lost"})
