"""What a message says in the lines that Asterisk writes together: read at one look. Pure.

To split a message of twenty lines into headers takes longer than all that is done with it afterwards, and
most of them are never asked for. Asterisk describes a channel by the same fourteen lines, in the same
order, in every event: one regular expression finds what matters of them.

`_wire.c` has the same functions; where it was compiled, `message.py` takes them from there.
"""

import functools
import itertools
import re
from collections.abc import Callable

from adapter.asterisk.events import UNIQUEID_LIMIT, Channel, ChannelState

EventHeader = tuple[str, float | None, Channel | None, int]
"""How an event begins: its name, its time, the channel that it is about, and where in the text that ends."""

# Possessive (`*+`): a value ends where its line does, and there is nothing to try again.
_KEPT, _LEFT, _END = "([^\r]*+)", "[^\r]*+", "(?=\r\n|\\Z)"
_ID = f"([^\r]{{0,{UNIQUEID_LIMIT}}}+)"
_CHANNEL = (
    # Asterisk 16 to 22 (its ast_manager_build_channel_state_string_prefix).
    ("Channel", _KEPT),
    ("ChannelState", "([0-9])"),
    ("ChannelStateDesc", _LEFT),
    ("CallerIDNum", _KEPT),
    ("CallerIDName", _KEPT),
    ("ConnectedLineNum", _KEPT),
    ("ConnectedLineName", _KEPT),
    ("Language", _LEFT),
    ("AccountCode", _LEFT),
    ("Context", _LEFT),
    ("Exten", _KEPT),
    ("Priority", _LEFT),
    ("Uniqueid", _ID),
    ("Linkedid", _ID),
)
_STATES = {str(state.value): state for state in ChannelState}


def _channel_lines(role: str) -> str:
    return "".join(f"\r\n{role}{name}: {value}" for name, value in _CHANNEL) + _END


# How every event of Asterisk begins. Most go on with the channel that they are about.
_BEGINNING = re.compile(
    f"Event: {_KEPT}{_END}"
    f"(?:\r\n(?:Privilege|ActionID): {_LEFT}{_END})?"
    f"(?:\r\nTimestamp: ([0-9]{{1,10}})\\.([0-9]{{6}}){_END})?"
    f"(?:{_channel_lines('')})?"
)


@functools.cache
def _channel_of(role: str) -> "re.Pattern[str]":
    return re.compile(_channel_lines(re.escape(role)))


@functools.cache
def _values_of(names: tuple[str, ...]) -> "re.Pattern[str]":
    return re.compile("".join(f"\r\n{name}: {_KEPT}" for name in map(re.escape, names)) + _END)


SplitMessages = tuple[list[tuple[str, EventHeader | None]], int, int]
"""The messages of a piece of the stream, where in it the last one ends, and how many events were left out."""


def split_messages(data: bytes, wanted: frozenset[bytes] | None) -> SplitMessages:
    """Each whole message and how it begins, but for events of other names than these.

    What has no colon has no header: it is no message.
    """
    *complete, rest = data.split(b"\r\n\r\n")
    kept = complete if wanted is None else list(itertools.filterfalse(_unwanted(wanted), complete))
    texts = _decoded([message for message in kept if b":" in message])
    found = list(zip(texts, map(find_event_header, texts), strict=True))
    return found, len(data) - len(rest), len(complete) - len(kept)


@functools.cache
def _unwanted(wanted: frozenset[bytes]) -> Callable[[bytes], object]:
    """What finds events of other names: by the first line, which in every event of Asterisk is its name."""
    names = b"|".join(map(re.escape, wanted)) or b"(?!)"  # without a name, none is right
    return re.compile(b"Event: (?!(?:%s)(?:\r\n|\\Z))" % names).match


def _decoded(messages: list[bytes]) -> list[str]:
    # Only whole messages are decoded: a chunk may end within a letter. Asterisk passes names on as the
    # phones sent them, which is not always UTF-8; Latin-1 then loses nothing.
    try:
        return b"\r\n\r\n".join(messages).decode().split("\r\n\r\n") if messages else []
    except UnicodeDecodeError:
        return [_decoded_alone(message) for message in messages]


def _decoded_alone(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError:
        return message.decode("latin-1")


def find_event_header(text: str) -> EventHeader | None:
    """How the event begins; nothing where the text is no event, or not in Asterisk's words."""
    found = _BEGINNING.match(text)
    if found is None:
        return None
    event, seconds, micros, *fields = found.groups()
    at = None if seconds is None else int(seconds + micros) / 1e6  # exact, and in half the time of float()
    return event, at, None if fields[0] is None else _channel(fields), found.end()


def find_channel(text: str, start: int, role: str) -> Channel | None:
    """The first channel behind `start` whose lines begin with `role` (`Dest`, `Spyer`, ... or nothing)."""
    found = _channel_of(role).search(text, start)
    return None if found is None else _channel(found.groups())


def find_values(text: str, start: int, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """The values of the lines of these names, if they stand right there and in this order."""
    found = _values_of(names).match(text, start)
    return None if found is None else found.groups()


def _channel(fields: "list[str] | tuple[str, ...]") -> Channel:
    name, state, caller, caller_name, connected, connected_name, exten, uniqueid, linkedid = fields
    return Channel(
        name, _STATES[state], caller, caller_name, connected, connected_name, exten, uniqueid, linkedid
    )
