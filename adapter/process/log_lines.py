"""The log goes to standard error in a thread of its own, so that whoever reads it slowly holds up no call."""

import contextlib
import logging
import os
from collections.abc import Iterator

from adapter.line_writer import LineWriter

MOMENT_S = 0.01
"""The lines of a moment are one write: waking the thread for each line would cost more than the write."""
CLOSE_LIMIT_S = 2.0

_STDERR = 2


class LogLines(logging.Handler):
    """Has each record written. If too many wait, it loses the record, and tells later how many it lost."""

    def __init__(self, writer: LineWriter[logging.LogRecord]) -> None:
        super().__init__()
        self._writer = writer
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Have the record written soon; the thread formats it, too."""
        if self._lost and self._writer.put(_record_of_loss(self._lost)):
            self._lost = 0
        if not self._writer.put(record):
            self._lost += 1


@contextlib.contextmanager
def lines_to_stderr(formatter: logging.Formatter) -> Iterator[logging.Handler]:
    """A handler whose lines are written until the block ends, and then what still waits."""

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
    except Exception as failed:  # noqa: BLE001 - whatever somebody else's line is, it ends no log
        return f"{record.levelname} {record.name}: a line could not be written: {failed!r}"


def _write(text: bytes) -> None:
    # Past Python's own stream, at whose lock an ending process would wait for a reader.
    with contextlib.suppress(OSError):  # there is nobody any more who could read it
        while text:
            text = text[os.write(_STDERR, text) :]


def _record_of_loss(count: int) -> logging.LogRecord:
    told = {"levelno": logging.WARNING, "levelname": "WARNING", "name": __name__, "lines": count}
    return logging.makeLogRecord({**told, "msg": "nobody read the log: lines are lost"})
