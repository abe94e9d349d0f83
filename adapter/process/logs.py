"""Log lines: a fixed sentence, and its data beside it, for people (`name=value`) or for programs (JSON)."""

import contextlib
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

from adapter.printable import printable
from adapter.process.log_lines import lines_to_stderr

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
LogFormat = Literal["console", "json"]

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
        # A library's sentence may repeat what somebody sent.
        return printable(super().formatMessage(record)) + "".join(data)

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - as above
        """The traceback; what the exception repeats of what somebody sent is escaped in its lines."""
        return "\n".join(map(printable, super().formatException(ei).split("\n")))


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


@contextlib.contextmanager
def writing(level: str, log_format: LogFormat = "console") -> Iterator[None]:
    """Log to standard error from `level` on; at the end of the block what waits is written."""
    # No line says where in the code, or in which thread, it was written: that takes as long as all the rest.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - as the standard library's documentation says
    with lines_to_stderr(FORMATTERS[log_format]()) as lines:
        logging.basicConfig(level=level, handlers=[lines], force=True)
        yield
