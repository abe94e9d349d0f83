import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from adapter.lab.polling import until
from adapter.line_writer import WAITING_LIMIT, LineWriter
from adapter.process.log_lines import LogLines
from adapter.process.logs import ConsoleFormatter, JsonFormatter, writing


def _record(message: str = "the sentence", **data: object) -> logging.LogRecord:
    return logging.makeLogRecord(
        {
            "name": "adapter.test",
            "levelno": logging.INFO,
            "levelname": "INFO",
            "msg": message,
            "created": 0.0,
            **data,
        }
    )


def _line(message: str = "the sentence", **data: object) -> str:
    return ConsoleFormatter().format(_record(message, **data))


def _json(message: str = "the sentence", **data: object) -> dict[str, Any]:
    line = JsonFormatter().format(_record(message, **data))
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    found: dict[str, Any] = json.loads(line)
    return found


def test_data_stands_beside_the_sentence() -> None:
    """`name=value`, in the order in which it was given."""
    assert _line(call_id="b817", channels=3).endswith(
        " INFO adapter.test: the sentence call_id=b817 channels=3"
    )


@pytest.mark.parametrize(
    "end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\0", "\x1b"]
)
def test_a_value_with_a_line_end_stays_one_line(end: str) -> None:
    """Whoever chooses a value cannot write a line of their own into the log."""
    line = _line(reason=f"a{end}forged")
    assert len(line.splitlines()) == 1
    assert line.isprintable()


@pytest.mark.parametrize(
    ("value", "written"),
    [("two words", "x='two words'"), ("", "x=''"), ("plain", "x=plain"), (None, "x=None"), ("Zoë", "x=Zoë")],
)
def test_a_value_ends_where_it_ends(value: object, written: str) -> None:
    """Spaces and nothing are quoted; what needs no quotes has none."""
    assert _line(x=value).endswith("the sentence " + written)


def test_a_value_cannot_be_taken_for_another_name() -> None:
    """`reason=x state=joined` as one value stays one value."""
    assert _line(reason="x state=joined").endswith("reason='x state=joined'")


def test_a_json_line_has_its_data_as_fields() -> None:
    """Time in UTC, level, logger and sentence first, then what stands beside it, numbers as numbers."""
    assert list(_json(call_id="b817", channels=3).items()) == [
        ("time", "1970-01-01T00:00:00.000+00:00"),
        ("level", "INFO"),
        ("logger", "adapter.test"),
        ("message", "the sentence"),
        ("call_id", "b817"),
        ("channels", 3),
    ]


def test_a_json_lines_own_fields_cannot_be_overwritten() -> None:
    """Data named like one of them stands beside it."""
    line = _json(level="none", time="never")
    assert (line["level"], line["level_"]) == ("INFO", "none")
    assert (line["time_"], line["message"]) == ("never", "the sentence")


@pytest.mark.parametrize("value", ["a\nforged", "\x1b[31m", "\u2028", '"}', "Zoë", object(), None])
def test_any_value_leaves_a_json_line_one_object(value: object) -> None:
    """Line ends, quotes, and what JSON has no form for."""
    written = value if isinstance(value, str | None) else str(value)
    assert _json(reason=value)["reason"] == written


def test_a_json_line_holds_its_exception() -> None:
    """A traceback has no lines of its own there: one object stays one line."""
    line = _json(exc_info=(ValueError, ValueError("bad"), None), event="Hangup")
    assert line["exception"] == "ValueError: bad"
    assert line["event"] == "Hangup"


@pytest.mark.parametrize("harmful", ["\x1b[2J", "\x9b2J", "a\rforged", "\u202e"])
def test_a_sentence_or_an_exception_that_repeats_what_somebody_sent_is_escaped(harmful: str) -> None:
    """A library's sentence is one line; a traceback keeps its own lines and has no other."""
    line = _line(f"Error: {harmful}", exc_info=(ValueError, ValueError(harmful), None))
    first, second = line.split("\n")
    assert (first.isprintable(), second.isprintable()) == (True, True)


@pytest.fixture
def _logging_is_put_back() -> Iterator[None]:
    root, server = logging.getLogger(), logging.getLogger("aiohttp.server")
    handlers, level, filters = root.handlers[:], root.level, server.filters[:]
    yield
    root.handlers[:], server.filters[:] = handlers, filters
    root.setLevel(level)


@pytest.mark.usefixtures("_logging_is_put_back")
def test_the_log_goes_to_standard_error_from_its_level_on(capfd: pytest.CaptureFixture[str]) -> None:
    """In our form, whatever was set up before."""
    with writing("INFO"):
        logging.getLogger("adapter.test").debug("not this")
        logging.getLogger("adapter.test").info("this", extra={"call_id": "b817"})
    written = capfd.readouterr()
    assert written.out == ""
    [line] = written.err.splitlines()
    assert line.endswith(" INFO adapter.test: this call_id=b817")


@pytest.mark.usefixtures("_logging_is_put_back")
def test_the_log_is_json_where_that_is_set(capfd: pytest.CaptureFixture[str]) -> None:
    """`ADAPTER_LOG_FORMAT=json`."""
    with writing("INFO", "json"):
        logging.getLogger("adapter.test").info("this", extra={"call_id": "b817"})
    line = json.loads(capfd.readouterr().err)
    assert (line["message"], line["call_id"]) == ("this", "b817")


@pytest.mark.usefixtures("_logging_is_put_back")
def test_a_line_that_cannot_be_written_ends_no_log(capfd: pytest.CaptureFixture[str]) -> None:
    """As one of a library whose sentence has a place for a number, and gets a word."""
    with writing("INFO"):
        logging.getLogger("a.library").info("%d calls", "some")
        logging.getLogger("adapter.test").info("this")
    first, second = capfd.readouterr().err.splitlines()
    assert "a.library: a line could not be written" in first
    assert second.endswith(" INFO adapter.test: this")


async def test_lines_that_nobody_reads_are_lost_beyond_a_limit_and_counted() -> None:
    """As soon as there is room again, how many were lost is told, before what comes then."""
    is_asked, is_read = threading.Event(), threading.Event()
    written: list[logging.LogRecord] = []

    def write(records: list[logging.LogRecord]) -> None:
        is_asked.set()
        assert is_read.wait(5)
        written.extend(records)

    writer = LineWriter("test", write)
    lines = LogLines(writer)
    lines.handle(_record("first"))
    assert is_asked.wait(5)
    for _ in range(WAITING_LIMIT + 7):
        lines.handle(_record("early"))
    is_read.set()
    await until(lambda: len(written) == 1 + WAITING_LIMIT)
    lines.handle(_record("late"))
    assert writer.close(5)
    told, late = written[1 + WAITING_LIMIT :]
    assert (told.levelname, vars(told)["lines"], late.getMessage()) == ("WARNING", 7, "late")


def test_an_exception_is_told_after_the_line() -> None:
    """A bug's traceback is the one thing that has lines of its own."""
    error = ValueError("bad")
    line = _line(exc_info=(ValueError, error, None), event="Hangup")
    assert line.splitlines()[0].endswith("the sentence event=Hangup")
    assert line.splitlines()[-1] == "ValueError: bad"
