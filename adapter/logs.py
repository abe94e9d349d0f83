"""Log lines: a fixed sentence, and its data beside it as `name=value`."""

import logging
import sys

from aiohttp.http_exceptions import HttpProcessingError

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Formatter(logging.Formatter):
    """Writes whatever data a line carries after its sentence."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line; a value with a space or a line end in it is quoted, so that one line stays one line."""
        if record.name == "aiohttp.access":  # says all of its data in the sentence already
            return super().formatMessage(record)
        data = [
            f" {name}={_quoted(str(value))}" for name, value in vars(record).items() if name not in _STANDARD
        ]
        return super().formatMessage(record) + "".join(data)


def _quoted(value: str) -> str:
    return value if value.isprintable() and value and " " not in value else repr(value)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Whoever watches the service asks for its health every few seconds: that is no news."""
    return " /health " not in record.getMessage()


def _is_ours_to_mend(record: logging.LogRecord) -> bool:
    """What is no HTTP is answered with 400; a stranger must not fill the log with its traceback."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def set_up(level: str) -> None:
    """Log to standard error from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("aiohttp.access").addFilter(_is_worth_a_line)
    logging.getLogger("aiohttp.server").addFilter(_is_ours_to_mend)
