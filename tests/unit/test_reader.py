from pathlib import Path
from typing import Final, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from adapter.ami.reader import MESSAGE_LIMIT_BYTES, FramingError, Reader
from adapter.asterisk.parsing import parse

from .samples import TRACES, recorded

NO_SURROGATES: Final[tuple[Literal["Cs"]]] = ("Cs",)
LETTERS = st.text(
    st.characters(exclude_categories=NO_SURROGATES, exclude_characters="\r\n:"), min_size=1, max_size=12
)
VALUES = st.text(st.characters(exclude_categories=NO_SURROGATES, exclude_characters="\r\n"), max_size=12)
MESSAGES = st.lists(st.dictionaries(LETTERS, VALUES, min_size=1, max_size=5), max_size=6)


def _written(messages: list[dict[str, str]]) -> bytes:
    return b"".join(
        "".join(f"{name}: {value}\r\n" for name, value in message.items()).encode() + b"\r\n"
        for message in messages
    )


def _fed(chunks: list[bytes]) -> list[dict[str, str]]:
    reader = Reader()
    return [message.headers for chunk in chunks for message in reader.feed(chunk)]


@given(MESSAGES, st.data())
def test_any_chunking_gives_the_same_messages(messages: list[dict[str, str]], data: st.DataObject) -> None:
    """However TCP cuts the stream, within a letter, a name or a line end."""
    stream = _written(messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert _fed(chunks) == messages


@given(st.binary(max_size=200), st.integers(1, 7))
def test_any_bytes_mean_the_same_in_any_chunks(stream: bytes, size: int) -> None:
    """Also bytes that are no AMI: nothing raises, nothing depends on the chunks."""
    stream = stream.replace(b"\x00", b"\r\n")
    assert _fed([stream[at : at + size] for at in range(0, len(stream), size)]) == _fed([stream])


def test_a_recorded_stream_byte_by_byte_gives_the_recorded_messages() -> None:
    """A real Asterisk's messages, one byte at a time."""
    stream = _written(recorded("inbound-barge-in.ami"))
    assert len(recorded("inbound-barge-in.ami")) > 30
    assert _fed([bytes([byte]) for byte in stream]) == recorded("inbound-barge-in.ami")


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_letter_cut_by_a_chunk_border_survives(cut: int) -> None:
    """UTF-8 letters of two, three and four bytes."""
    stream = "CallerIDName: Zoë €uro 😀 Ωμ\r\n\r\n".encode()
    assert _fed([stream[:cut], stream[cut:]]) == [{"CallerIDName": "Zoë €uro 😀 Ωμ"}]


def test_latin_1_survives() -> None:
    """A name that is not UTF-8 is read as Latin-1 and loses nothing; its neighbours stay UTF-8."""
    assert _fed([b"CallerIDName: Zo\xeb\r\n\r\nCallerIDName: Zo\xc3\xab\r\n\r\n"]) == [
        {"CallerIDName": "Zoë"},
        {"CallerIDName": "Zoë"},
    ]


def test_of_a_header_that_stands_twice_the_first_counts() -> None:
    """A TestEvent has two `State`s; whoever appends a header changes nothing."""
    assert _fed([b"State: first\r\nUniqueid: 1\r\nState: second\r\n\r\n"]) == [
        {"State": "first", "Uniqueid": "1"}
    ]


def test_the_banner_is_no_header() -> None:
    """The greeting stands before the first answer, without a colon and without a blank line."""
    assert _fed([b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\n\r\n"]) == [{"Response": "Success"}]


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        (b"AccountCode: ", {"AccountCode": ""}),
        (b"AccountCode:", {"AccountCode": ""}),
        (b"From: 127.0.0.1:20149", {"From": "127.0.0.1:20149"}),
        (b"Name:  two spaces ", {"Name": " two spaces "}),
        (b"no colon", {}),
        (b"Name: a\nb: c", {"Name": "a\nb: c"}),
    ],
)
def test_a_value_is_all_after_the_first_colon_and_space(line: bytes, headers: dict[str, str]) -> None:
    """A line feed alone ends no line; a colon in a value is the value's."""
    assert _fed([line + b"\r\nA: 1\r\n\r\n"]) == [{**headers, "A": "1"}]


@pytest.mark.parametrize("chunk", [1000, MESSAGE_LIMIT_BYTES + 1])
def test_more_than_256_kib_without_a_blank_line_is_a_framing_error(chunk: int) -> None:
    """Whatever speaks there, it is no AMI; memory is not filled with it."""
    reader = Reader()
    data = b"Name: value\r\n" * (chunk // 13 + 1)
    sent = 0
    with pytest.raises(FramingError):  # noqa: PT012 - the bound is the truth
        while sent <= MESSAGE_LIMIT_BYTES + 2 * len(data):
            sent += len(data)
            reader.feed(data)
    assert sent > MESSAGE_LIMIT_BYTES


def test_256_kib_without_a_blank_line_are_waited_for() -> None:
    """The limit itself is not beyond the limit."""
    reader = Reader()
    assert MESSAGE_LIMIT_BYTES == 262_144
    assert reader.feed(b"x: " + b"y" * (MESSAGE_LIMIT_BYTES - 3)) == []
    assert len(reader.feed(b"\r\n\r\n")) == 1


def test_one_byte_more_is_a_framing_error() -> None:
    """Exactly one, and in one chunk."""
    with pytest.raises(FramingError):
        Reader().feed(b"x: " + b"y" * (MESSAGE_LIMIT_BYTES - 2))


def test_blank_lines_alone_are_no_messages() -> None:
    """At the start, between messages and in any number; what follows is read at once."""
    reader = Reader()
    assert reader.feed(b"\r\n\r\n") == []
    told = reader.feed(b"\r\n\r\n\r\nA: 1\r\n\r\n\r\n\r\nB: 2\r\n\r\n")
    assert [message.headers for message in told] == [{"A": "1"}, {"B": "2"}]


def test_many_messages_in_one_chunk_are_no_framing_error() -> None:
    """A flood of small messages may come at once: only one without an end is refused."""
    stream = b"Event: FullyBooted\r\n\r\n" * 20_000
    assert len(stream) > MESSAGE_LIMIT_BYTES
    assert len(_fed([stream])) == 20_000


def test_unwanted_events_are_left_out_and_counted() -> None:
    """By the whole name in the first line: one that begins another is another."""
    stream = b"".join(
        b"Event: %s\r\nPrivilege: call,all\r\n\r\n" % name
        for name in (b"Newchannel", b"VarSet", b"Hangup", b"HangupRequest", b"Hang", b"hangup")
    )
    reader = Reader({"Newchannel": "", "Hangup": ""})
    assert [message.event for message in reader.feed(stream)] == ["Newchannel", "Hangup"]
    assert reader.dropped == 4


def test_of_a_name_only_events_that_have_a_text_are_given_out() -> None:
    """The others are counted with those of other names."""
    reader = Reader({"DialState": "uapi-", "Hangup": ""})
    stream = b"".join(
        b"Event: %s\r\nPrivilege: call,all\r\nDestUniqueid: %s\r\n\r\n" % named
        for named in ((b"DialState", b"1792.1"), (b"DialState", b"uapi-1"), (b"Hangup", b"1792.1"))
    )
    assert [message["DestUniqueid"] for message in reader.feed(stream)] == ["uapi-1", "1792.1"]
    assert reader.dropped == 1


@pytest.mark.parametrize(
    "message",
    [
        b"Response: Success\r\nActionID: 1",
        b"Privilege: call,all\r\nEvent: VarSet",
        b"event: VarSet",
        b"Asterisk Call Manager/11.0.0\r\nResponse: Success",
        b"Event: Hangup",
    ],
)
def test_what_does_not_begin_as_an_unwanted_event_is_given_out(message: bytes) -> None:
    """Answers, and whatever another than Asterisk may write."""
    reader = Reader({"Hangup": ""})
    assert len(reader.feed(message + b"\r\n\r\n")) == 1
    assert reader.dropped == 0


@given(MESSAGES, st.sampled_from(["A", "Event", "Uniqueid"]))
def test_a_header_is_found_as_if_the_message_was_split(messages: list[dict[str, str]], name: str) -> None:
    """What is looked up in the text and what is split into headers are the same."""
    for headers in messages:
        told = {"Event": "Newstate", **headers, "Uniqueid": "1.1"}
        [message] = Reader().feed(_written([told]))
        for wanted in (name, *told):
            assert message.get(wanted, "nothing") == told.get(wanted, "nothing")
        assert message.get("Uniqueid") == message["Uniqueid"] == "1.1"
        assert message.headers == told
        with pytest.raises(KeyError):
            message["no such header"]


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.ami")), ids=lambda path: path.stem)
def test_a_channels_fields_are_those_of_its_headers(path: Path) -> None:
    """In every recorded message, for every channel in it."""
    names = ["Channel", "ChannelState", "CallerIDNum", "CallerIDName"]
    names += ["ConnectedLineNum", "ConnectedLineName", "Exten", "Uniqueid", "Linkedid"]
    met = 0
    for message in Reader().feed(path.read_bytes().replace(b"\n", b"\r\n")):
        for role in ("", "Dest", "Spyer", "Spyee", "Transferer", "OrigTransferer", "Parkee"):
            channel = message.channel(role)
            is_there = all(f"{role}{name}" in message.headers for name in (*names, "Language"))
            assert (channel is not None) is is_there
            if channel is not None:
                told = [message.headers[role + name] for name in names]
                assert [str(value) for value in astuple(channel)] == told
                met += 1
    assert met or b"Newchannel" not in path.read_bytes()


def test_a_channel_in_another_order_is_left_to_its_headers() -> None:
    """Nothing is guessed where the lines are not Asterisk's."""
    [message] = Reader().feed(b"Event: Newstate\r\nUniqueid: 1.1\r\nChannel: PJSIP/1-1\r\n\r\n")
    assert message.channel() is None
    assert message["Channel"] == "PJSIP/1-1"


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.ami")), ids=lambda path: path.stem)
def test_the_quick_way_and_the_headers_give_the_same_events(path: Path) -> None:
    """A message as it came, and a plain dictionary of its headers."""
    for message in Reader().feed(path.read_bytes().replace(b"\n", b"\r\n")):
        assert parse(message, 0.0) == parse(message.headers, 0.0)
