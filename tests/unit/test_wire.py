"""What is read of a message at one look: in Python and in C, to the letter."""

import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.ami.link import WANTED
from adapter.asterisk import message, wire
from adapter.asterisk.events import UNIQUEID_LIMIT, Channel, ChannelState

from .samples import TRACES

try:
    from adapter.asterisk import _wire as in_c
except ImportError:
    if shutil.which("cc") is not None:
        raise
    pytest.skip("no C compiler, and so no reader in C", allow_module_level=True)

WANTED_BYTES = {name.encode(): text.encode() for name, text in WANTED.items()}

CHANNEL = (
    "\r\nChannel: PJSIP/0003*210-00000001\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 0003*210"
    "\r\nCallerIDName: Agent\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: en"
    "\r\nAccountCode: \r\nContext: phones\r\nExten: 0003*211\r\nPriority: 1"
    "\r\nUniqueid: 1792.1\r\nLinkedid: 1792.1"
)
HANGUP = "Event: Hangup\r\nPrivilege: call,all\r\nTimestamp: 1792000000.250000" + CHANNEL + "\r\nCause: 16"
LISTED = "Event: CoreShowChannel\r\nActionID: 7" + CHANNEL + "\r\nApplication: Dial\r\nDuration: 00:00:07"

# What a message may be made of: Asterisk's own lines, whole or cut, in any order, with anything in between.
PARTS = st.sampled_from(
    [
        *(f"\r\n{line}" for line in HANGUP.split("\r\n")),
        HANGUP,
        LISTED,
        CHANNEL,
        CHANNEL.replace("\r\n", "\r\nDest"),
        "Event: ",
        "\nEvent: Hangup\r\nPrivilege: ",
        "\nResponse: ",
        "\r\nPrivilege: ",
        "\r\nActionID: ",
        "\r\nChanVariable: ",
        "\r\nUniqueid: ",
        "\r\nTimestamp: 1.000000",
        "\r\nTimestamp: 12345678901.000000",
        "\r\nTimestamp: 1.00000",
        "\r",
        "\n",
        "\r\n",
        " ",
        ":",
        "\0",
        "é",
        "€",
        "😀",
        "٣",
        "x" * (UNIQUEID_LIMIT - 6),
        "€" * (UNIQUEID_LIMIT - 6),
        "x",
    ]
)
TEXTS = st.lists(PARTS | st.text(max_size=3), max_size=8).map("".join)


@st.composite
def bent(draw: st.DrawFn) -> str:
    """A real message with a piece cut out or put in somewhere."""
    text = draw(st.sampled_from([HANGUP, LISTED]))
    start = draw(st.integers(0, len(text)))
    end = start + draw(st.integers(0, 3))
    return text[:start] + draw(PARTS | st.text(max_size=2)) + text[end:]


@given(TEXTS | bent())
@example(HANGUP)
@example(HANGUP.replace("Agent", "Zoë 😀"))
@example("Event: Hangup\r\nPrivilege: a\rb")
@example(HANGUP.replace("Timestamp: ", "Timestamp: 1"))
@example(HANGUP.replace("Linkedid: 1792.1", f"Linkedid: {'€' * UNIQUEID_LIMIT}"))
@example(HANGUP.replace("Linkedid: 1792.1", f"Linkedid: {'€' * UNIQUEID_LIMIT}1"))
@example(HANGUP.replace("Uniqueid: 1792.1", f"Uniqueid: {'x' * UNIQUEID_LIMIT}"))
@example(HANGUP.replace("Uniqueid: 1792.1", f"Uniqueid: {'x' * UNIQUEID_LIMIT}1"))
def test_a_message_begins_alike_for_both(text: str) -> None:
    """Whatever it is made of."""
    assert in_c.find_event_header(text) == wire.find_event_header(text)


@given(TEXTS | bent(), st.integers(-1, 400), st.sampled_from(["", "Dest", "€"]))
@example(HANGUP + CHANNEL.replace("\r\n", "\r\nDest"), 0, "Dest")
def test_a_channel_is_found_alike_by_both(text: str, start: int, role: str) -> None:
    """From any place on, for any role."""
    assert in_c.find_channel(text, start, role) == wire.find_channel(text, start, role)


@given(
    TEXTS | bent(),
    st.integers(-1, 400),
    st.sampled_from([(), ("Cause",), ("Channel", "ChannelState"), ("Application", "Duration"), ("€",)]),
)
@example(
    HANGUP.replace("Agent", "Zoë"), len(HANGUP.replace("Agent", "Zoë")) - len("\r\nCause: 16"), ("Cause",)
)
def test_values_are_found_alike_by_both(text: str, start: int, names: tuple[str, ...]) -> None:
    """At any place, of any names."""
    assert in_c.find_values(text, start, names) == wire.find_values(text, start, names)


@given(
    st.lists(TEXTS | bent(), max_size=4).map("\r\n\r\n".join),
    st.sampled_from(["utf-8", "utf-16", "latin-1"]),
    st.sampled_from(
        [None, dict[bytes, bytes](), {b"Hangup": b"", b"CoreShowChannel": b"1792.1"}, WANTED_BYTES]
    ),
)
@example("Event: \r\nA: b\r\n\r\n", "utf-8", {})
@example(HANGUP + "\r\n\r\n" + HANGUP.replace("Agent", "é") + "\r\n\r\n", "latin-1", None)
def test_a_stream_is_cut_alike_by_both(stream: str, encoding: str, wanted: wire.Wanted | None) -> None:
    """In any encoding, with any events left out."""
    data = stream.encode(encoding, "replace")
    assert in_c.split_messages(data, wanted) == wire.split_messages(data, wanted)


@given(st.binary(max_size=300))
def test_any_bytes_are_cut_alike_by_both(data: bytes) -> None:
    """Also what is no AMI."""
    data = data.replace(b"\x00", b"\r\n")
    assert in_c.split_messages(data, None) == wire.split_messages(data, None)


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.ami")), ids=lambda path: path.stem)
def test_recorded_messages_are_read_alike_by_both(path: Path) -> None:
    """Each of them, and all that is asked of them."""
    found, end, dropped = in_c.split_messages(
        stream := path.read_bytes().replace(b"\n", b"\r\n"), WANTED_BYTES
    )
    assert (found, end, dropped) == wire.split_messages(stream, WANTED_BYTES)
    assert any(beginning is not None for _, beginning in found)
    for text, beginning in found:
        for role in ("Dest", "Spyer", "Spyee", "Parkee"):
            start = 0 if beginning is None else beginning[3]
            assert in_c.find_channel(text, start, role) == wire.find_channel(text, start, role)


def test_the_reader_in_c_is_the_one_in_use() -> None:
    """Where it was compiled."""
    assert (message.split_messages, message.find_channel, message.find_values) == (
        in_c.split_messages,
        in_c.find_channel,
        in_c.find_values,
    )


@pytest.mark.parametrize("find", [wire.find_event_header, in_c.find_event_header])
def test_an_event_begins_with_its_name_its_time_and_its_channel(
    find: Callable[[str], wire.EventHeader | None],
) -> None:
    """And one sees where in the text that ends."""
    channel = Channel(
        "PJSIP/0003*210-00000001", ChannelState.UP, "0003*210", "Agent", "<unknown>", "<unknown>",
        "0003*211", "1792.1", "1792.1",
    )  # fmt: skip
    assert find(HANGUP) == ("Hangup", 1792000000.25, channel, len(HANGUP) - len("\r\nCause: 16"), None)
    assert find("Event: Hangup\r\nPrivilege: ") == ("Hangup", None, None, 26, None)
    assert find("Event: Hangup\r\nActionID: 7") == ("Hangup", None, None, 26, "7")
    assert find("Response: Success") is None


@pytest.mark.parametrize("find", [wire.find_event_header, in_c.find_event_header])
@pytest.mark.parametrize(
    "text",
    [
        "Event: Hangup",
        "Event: Hangup\r\n",
        HANGUP.replace("Privilege: call,all\r\n", ""),
        HANGUP.replace("Privilege: ", "Privilege:"),
        HANGUP.replace("\r\nPrivilege", "\nPrivilege"),
        HANGUP.replace("Privilege", "privilege"),
        HANGUP.replace("Event: Hangup", "Event: Hangup\r\nX: "),
        *(
            HANGUP.replace("0003*210\r\n", f"1\r\n{name}: 1792.9\r\n", 1)
            + CHANNEL.replace("\r\n", "\r\nDest")
            for name in (
                *("Event", "Privilege", "Timestamp", *wire.CHANNEL_LINES),
                *("DestChannel", "DestUniqueid", "Cause"),
            )
        ),
        *(HANGUP + f"\r\n{name}: 1" for name in ("Event", "Privilege", "Timestamp", *wire.CHANNEL_LINES)),
        LISTED + "\r\nActionID: 8",
        LISTED + "\r\nApplication: Dial",
        HANGUP + "\r\nUniqueid:1792.1",
        HANGUP + "\r\n:a\r\n:b",
        HANGUP + "".join(f"\r\nA{number}: " for number in range(wire.HEADERS_LIMIT)),
    ],
)
def test_what_asterisk_would_not_write_is_no_beginning_of_an_event(
    find: Callable[[str], wire.EventHeader | None], text: str
) -> None:
    """The second header is Privilege or an ActionID, and no header stands twice."""
    assert find(text) is None


@pytest.mark.parametrize("find", [wire.find_event_header, in_c.find_event_header])
@pytest.mark.parametrize(
    "more",
    [
        "",
        "\r\nChanVariable: a=1\r\nChanVariable: b=2",
        "\r\nDestChanVariable(PJSIP/1): a=1\r\nDestChanVariable(PJSIP/1): b=2",
        CHANNEL.replace("\r\n", "\r\nDest"),
        "\r\nno colon\r\nno colon",
        "\r\na\rb: 1\r\na\rb: 2",
        "".join(f"\r\nA{number}: " for number in range(wire.HEADERS_LIMIT - 18)),
    ],
)
def test_what_asterisk_may_write_begins_an_event(
    find: Callable[[str], wire.EventHeader | None], more: str
) -> None:
    """The variables of a channel have a line each, of one name; another role is another name."""
    assert find(HANGUP + more) is not None


@pytest.mark.parametrize("cut", [wire.split_messages, in_c.split_messages])
@pytest.mark.parametrize("between", [b"\r\n\n", b"\n\n", b"\n", b"\r\n\n\n", b"\r\n\r\n\n", b"\r\n\r\n\r\n"])
@pytest.mark.parametrize("before", [b"Event: VarSet\r\nA: b", HANGUP.encode(), b"Response: Success", b""])
@pytest.mark.parametrize("name", [b"Event: Hangup", b"Response: Success"])
def test_a_message_behind_a_faulty_line_end_is_found(
    cut: Callable[[bytes, wire.Wanted | None], wire.SplitMessages],
    between: bytes,
    before: bytes,
    name: bytes,
) -> None:
    """Whatever ends the event in front of it, and whether that one is wanted or not."""
    message = name + b"\r\nPrivilege: call,all"
    stream = before + between + message + b"\r\n\r\n"
    found, end, dropped = cut(stream, WANTED_BYTES)
    expected = [one.decode() for one in (before, message) if one and b"VarSet" not in one]
    assert [text for text, _ in found] == expected
    assert (end, dropped) == (len(stream), int(b"VarSet" in before))


@pytest.mark.parametrize("cut", [wire.split_messages, in_c.split_messages])
def test_a_line_feed_in_a_value_begins_no_message(
    cut: Callable[[bytes, wire.Wanted | None], wire.SplitMessages],
) -> None:
    """Unless an event or an answer begins behind it."""
    for value in (b"a\nb: c", b"a\nEvents: c", b"a\nevent: c", b"a\n Event: c", b"a\r\n Event: c"):
        [(text, _)], _, _ = cut(b"Event: Hangup\r\nA: " + value + b"\r\n\r\n", None)
        assert text == "Event: Hangup\r\nA: " + value.decode()


@pytest.mark.parametrize("cut", [wire.split_messages, in_c.split_messages])
def test_a_wanted_event_whose_lines_end_with_lf_is_given_out(
    cut: Callable[[bytes, wire.Wanted | None], wire.SplitMessages],
) -> None:
    """It is malformed, and that is to be known: it may have been a hangup."""
    found, _, dropped = cut(b"Event: Hangup\nPrivilege: call,all\nUniqueid: 1\n\r\n\r\n", WANTED_BYTES)
    assert ([beginning for _, beginning in found], dropped) == ([None], 0)


@pytest.mark.parametrize("cut", [wire.split_messages, in_c.split_messages])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"Zo\xc3\xab", "Zoë"),
        (b"Zo\xeb", "Zoë"),
        (b"Jos\xe9", "José"),
        (b"Jos\xc3", "Jos"),
        ("é".encode() * 39 + b"\xc3", "é" * 39),
        (b"\xce\xa9\xe2\x82", "Ω"),
        (b"100 \xe2\x82", "100 "),
        (b"\xf0\x9f\x98", ""),
        (b"\xce\xa9\xe2", "Ω"),
        (b"\xc3\xab\xeb\xeb", "Ã«ëë"),
        (b"M\xfcller", "Müller"),
        (b"\xe9t\xe9", "été"),
    ],
)
def test_each_value_is_decoded_by_itself(
    cut: Callable[[bytes, wire.Wanted | None], wire.SplitMessages], value: bytes, text: str
) -> None:
    """UTF-8 that is cut inside a letter loses that letter, what is no UTF-8 is Latin-1, others stay UTF-8."""
    stream = b"A: " + value + b"\r\nName: Zo\xc3\xab \xe2\x82\xac\r\n\r\n"
    [(found, _)], _, _ = cut(stream, None)
    assert found == f"A: {text}\r\nName: Zoë €"


def test_what_is_no_text_is_refused() -> None:
    """With Python's own error, and nothing is read."""
    for call in (
        lambda: in_c.find_event_header(b"Event: x"),  # type: ignore[arg-type]
        lambda: in_c.find_channel(b"", 0, ""),  # type: ignore[arg-type]
        lambda: in_c.find_values("", 0, ["a"]),  # type: ignore[arg-type]
        lambda: in_c.find_values("\r\n", 0, (b"",)),  # type: ignore[arg-type]
        lambda: in_c.split_messages("", None),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError):
            call()


def test_nothing_is_kept_of_what_was_read() -> None:
    """After ten thousand messages of every kind, those left out, malformed and in Latin-1 too."""
    odd = HANGUP.replace("1792.1", "€" * 200)
    texts = [HANGUP, LISTED, odd, "Event: VarSet\r\nA: b", "Asterisk Call Manager", ""]
    data = "\r\n\r\n".join([*texts, ""]).encode() + b"Event: Hangup\r\nName: \xe9\r\n\r\n"

    def read() -> None:
        for _ in range(1000):
            for text, beginning in in_c.split_messages(data, WANTED_BYTES)[0]:
                in_c.find_channel(text, 0, "Dest")
                in_c.find_values(text, 0 if beginning is None else beginning[3], ("Application", "None"))

    read()
    tracemalloc.start()
    try:
        read()
        before, _ = tracemalloc.get_traced_memory()
        read()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 10_000
