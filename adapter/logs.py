"""Log lines: a fixed sentence, and its data beside it, for people (`name=value`) or for programs (JSON)."""

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from logging.handlers import QueueHandler
from queue import Empty, SimpleQueue
from typing import Literal

from aiohttp.http_exceptions import HttpProcessingError

LogFormat = Literal["console", "json"]

WAITING_LIMIT = 10_000
"""So many lines may wait to be read; beyond, they are lost."""
MOMENT_S = 0.01
CLOSE_LIMIT_S = 2.0

_STDERR = 2

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _data(record: logging.LogRecord) -> dict[str, object]:
    """What a line carries beside its sentence."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class ConsoleFormatter(logging.Formatter):
    """One line for people: time, level, logger, sentence, `name=value`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line; a value with a space or a line end in it is quoted, so that one line stays one line."""
        data = [f" {name}={_quoted(str(value))}" for name, value in _data(record).items()]
        return super().formatMessage(record) + "".join(data)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, a traceback inside it too."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; data of a name that every line has stands with an underscore behind it."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        for name, value in _data(record).items():
            line[name + "_" if name in line else name] = value
        return json.dumps(line, default=str)


FORMATTERS: dict[LogFormat, type[logging.Formatter]] = {"console": ConsoleFormatter, "json": JsonFormatter}


def _quoted(value: str) -> str:
    return value if value.isprintable() and value and " " not in value else repr(value)


def _is_ours_to_mend(record: logging.LogRecord) -> bool:
    """What is no HTTP is answered with 400; a stranger must not fill the log with its traceback."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


class _Lines(QueueHandler):
    """Lines wait here for the writer: whoever reads the log slowly holds up no call."""

    def __init__(self, waiting: "_Waiting") -> None:
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
    """Writes what waits, until there is None; past Python's own stream, whose lock would outlive the process.

    The lines of a moment are one write: to be woken for each would cost the event loop more than to write it.
    """

    def __init__(self, waiting: "_Waiting", formatter: logging.Formatter) -> None:
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


_Waiting = SimpleQueue[logging.LogRecord | None]


@contextlib.contextmanager
def writing(level: str, log_format: LogFormat = "console") -> Iterator[None]:
    """Log to standard error from `level` on; at the end of the block what waits is written."""
    waiting: _Waiting = SimpleQueue()
    logging.basicConfig(level=level, handlers=[_Lines(waiting)], force=True)
    logging.getLogger("aiohttp.server").addFilter(_is_ours_to_mend)
    writer = _Writer(waiting, FORMATTERS[log_format]())
    writer.start()
    try:
        yield
    finally:
        waiting.put(None)
        writer.join(CLOSE_LIMIT_S)


def _write(text: bytes) -> None:
    with contextlib.suppress(OSError):  # there is nobody any more who could read it
        while text:
            text = text[os.write(_STDERR, text) :]
