"""Traces as text: what is written is read back, and nothing in a file stops the reading."""

from hypothesis import given
from hypothesis import strategies as st

from adapter.tools.trace.text import Problem, Recorded, read_messages, write_message
from tests.unit.samples import TRACES, recorded

HEADER_NAME = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-", min_size=1)
HEADER_VALUE = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"))


def lines(text: str) -> list[bytes]:
    return text.encode().splitlines(keepends=True)


def test_a_trace_reads_as_the_live_reader_reads_it() -> None:
    """The same headers in the same order, message for message."""
    with (TRACES / "inbound-barge-in.ami").open("rb") as file:
        messages = [message for message in read_messages(file) if isinstance(message, Recorded)]
    live = [dict(headers) for headers in recorded("inbound-barge-in.ami")]
    assert [list(message.headers.items()) for message in messages] == [list(each.items()) for each in live]


@given(st.lists(st.dictionaries(HEADER_NAME, HEADER_VALUE, min_size=1), max_size=4))
def test_what_is_written_is_read_back(messages: list[dict[str, str]]) -> None:
    """Any values but line ends."""
    text = "".join(map(write_message, messages))
    read = list(read_messages(text.encode().split(b"\n")))
    assert [message.headers for message in read if isinstance(message, Recorded)] == messages


def test_a_line_end_inside_a_value_begins_no_header() -> None:
    """On the wire a CR or LF alone ends no line; in the file it would."""
    text = write_message({"Event": "Hangup", "CallerIDName": "x\n\nEvent: Newchannel\rUniqueid: 1"})
    [message] = read_messages(lines(text))
    assert isinstance(message, Recorded)
    assert message.headers == {"Event": "Hangup", "CallerIDName": "x  Event: Newchannel Uniqueid: 1"}


def test_what_is_no_header_is_told_with_its_line() -> None:
    """And the rest of its message still counts."""
    text = "Event: Hangup\nnonsense\nUniqueid: 1\n\n\n\n: nameless\nEvent: Newstate\n"
    assert list(read_messages(lines(text))) == [
        Problem(2, "not a header: 'nonsense'"),
        Recorded(1, {"Event": "Hangup", "Uniqueid": "1"}),
        Problem(7, "not a header: ': nameless'"),
        Recorded(8, {"Event": "Newstate"}),
    ]


@given(st.binary())
def test_any_bytes_can_be_read(data: bytes) -> None:
    """An editor, a mail program, a broken disk: nothing raises."""
    for message in read_messages(data.splitlines(keepends=True)):
        assert isinstance(message, Problem) or message.headers
