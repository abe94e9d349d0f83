import logging
from collections.abc import Iterator

import pytest

from adapter.logs import Formatter, set_up


def _line(message: str = "the sentence", **data: object) -> str:
    record = logging.makeLogRecord(
        {
            "name": "adapter.test",
            "levelno": logging.INFO,
            "levelname": "INFO",
            "msg": message,
            "created": 0.0,
            **data,
        }
    )
    return Formatter().format(record)


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


def test_an_access_line_says_its_data_once() -> None:
    """aiohttp's own line has all of it in the sentence."""
    assert _line(name="aiohttp.access", remote_address="::1").endswith(" INFO aiohttp.access: the sentence")


@pytest.fixture
def _logging_is_put_back() -> Iterator[None]:
    root, access = logging.getLogger(), logging.getLogger("aiohttp.access")
    handlers, level, filters = root.handlers[:], root.level, access.filters[:]
    yield
    root.handlers[:], access.filters[:] = handlers, filters
    root.setLevel(level)


@pytest.mark.usefixtures("_logging_is_put_back")
def test_the_log_goes_to_standard_error_from_its_level_on(capsys: pytest.CaptureFixture[str]) -> None:
    """In our form, whatever was set up before; requests for the health are no news."""
    set_up("INFO")
    logging.getLogger("adapter.test").debug("not this")
    logging.getLogger("adapter.test").info("this", extra={"call_id": "b817"})
    logging.getLogger("aiohttp.access").info('"GET /health HTTP/1.1" 200')
    logging.getLogger("aiohttp.access").info('"GET /uapi/phoneCalls HTTP/1.1" 200')
    written = capsys.readouterr()
    assert written.out == ""
    ends = [line.partition(" INFO ")[2] for line in written.err.splitlines()]
    assert ends == [
        "adapter.test: this call_id=b817",
        'aiohttp.access: "GET /uapi/phoneCalls HTTP/1.1" 200',
    ]


def test_an_exception_is_told_after_the_line() -> None:
    """A bug's traceback is the one thing that has lines of its own."""
    error = ValueError("bad")
    line = _line(exc_info=(ValueError, error, None), event="Hangup")
    assert line.splitlines()[0].endswith("the sentence event=Hangup")
    assert line.splitlines()[-1] == "ValueError: bad"
