"""What a message says in the lines that Asterisk writes together: read at one look. Pure.

To split a message of twenty lines into headers takes longer than all that is done with it afterwards, and
most of them are never asked for. Asterisk describes a channel by the same fourteen lines, in the same
order, in every event: one regular expression finds what matters of them.

Asterisk writes callers' numbers as they came, and a number may hold line ends: what follows a line end in it
looks like Asterisk's own lines. Three rules keep such texts out of the live calls. An event's second header
is `Privilege`, or the `ActionID` of the request that it answers. No header stands twice: a forged one stands
before Asterisk's own. And a channel is described by all of its lines in their order (`parsing.py`): they are
longer than any number.

`_wire.c` has the same functions; where it was compiled, `message.py` takes them from there.
"""

import codecs
import functools
import re

from adapter.asterisk.events import UNIQUEID_LIMIT, Channel, ChannelState

EventHeader = tuple[str, float | None, Channel | None, int, str | None]
"""How an event begins: its name, its time, the channel that it is about, where in the text that ends, and the
ActionID of the request that it answers; None where it answers none, but has a `Privilege`."""

CHANNEL_LINES = (
    *("Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum"),
    *("ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid"),
)
"""The lines by which Asterisk 16 to 22 describe a channel (ast_manager_build_channel_state_string_prefix)."""

HEADERS_LIMIT = 500
"""Asterisk's longest events have about a hundred headers."""

_MAY_STAND_TWICE = "Variable"
"""Part of the names of headers for the variables of a channel (`channelvars`): one line for each of them."""

# Possessive (`*+`): a value ends where its line does, and there is nothing to try again.
_KEPT, _LEFT, _END = "([^\r]*+)", "[^\r]*+", "(?=\r\n|\\Z)"
_ID = f"([^\r]{{0,{UNIQUEID_LIMIT}}}+)"
_OTHERS = {
    "ChannelState": "([0-9])",
    **dict.fromkeys(("ChannelStateDesc", "Language", "AccountCode", "Context", "Priority"), _LEFT),
    **dict.fromkeys(("Uniqueid", "Linkedid"), _ID),
}
_CHANNEL = tuple((name, _OTHERS.get(name, _KEPT)) for name in CHANNEL_LINES)
_STATES = {str(state.value): state for state in ChannelState}


def _channel_lines(role: str) -> str:
    return "".join(f"\r\n{role}{name}: {value}" for name, value in _CHANNEL) + _END


# How every event of Asterisk begins. Most go on with the channel that they are about.
_BEGINNING = re.compile(
    f"Event: ([^\r\n]*+){_END}"
    f"\r\n(?:Privilege: {_LEFT}|ActionID: {_KEPT}){_END}"
    f"(?:\r\nTimestamp: ([0-9]{{1,10}})\\.([0-9]{{6}}){_END})?"
    f"(?:{_channel_lines('')})?"
)


_HEADER = re.compile("(?:^|\r\n)([^\r:]*+):")


@functools.cache
def _channel_of(role: str) -> "re.Pattern[str]":
    return re.compile(_channel_lines(re.escape(role)))


@functools.cache
def _values_of(names: tuple[str, ...]) -> "re.Pattern[str]":
    return re.compile("".join(f"\r\n{name}: {_KEPT}" for name in map(re.escape, names)) + _END)


SplitMessages = tuple[list[tuple[str, EventHeader | None]], int, int]
"""The messages of a piece of the stream, where in it the last one ends, and how many events were left out."""


Wanted = dict[bytes, bytes]
"""The names of events, and what has to stand in those of each name."""


def split_messages(data: bytes, wanted: Wanted | None) -> SplitMessages:
    """Each whole message and how it begins, but for events that are not wanted.

    What has no colon has no header: it is no message. A message ends at a blank line, and also where another
    begins behind a bare LF: some modules end an event so, and the next one would be lost with it.
    """
    *stretches, rest = data.split(b"\r\n\r\n")
    complete = [piece.strip(b"\r\n") for stretch in stretches for piece in _BEHIND_BARE_LF.split(stretch)]
    messages = [message for message in complete if b":" in message]
    kept = messages if wanted is None else [one for one in messages if _is_wanted(one, wanted)]
    texts = _decoded(kept)
    found = list(zip(texts, map(find_event_header, texts), strict=True))
    return found, len(data) - len(rest), len(messages) - len(kept)


_BEHIND_BARE_LF = re.compile(rb"(?<!\r)\n(?=Event: |Response: )")


_NAMED = re.compile(rb"Event: ([^\r\n]*)")


def _is_wanted(message: bytes, wanted: Wanted) -> bool:
    """By the first line, which in every event of Asterisk is its name."""
    named = _NAMED.match(message)
    text = b"" if named is None else wanted.get(named[1])
    return text is not None and text in message


def _decoded(messages: list[bytes]) -> list[str]:
    # Only whole messages are decoded: a chunk may end within a letter.
    try:
        return b"\r\n\r\n".join(messages).decode().split("\r\n\r\n") if messages else []
    except UnicodeDecodeError:
        return [_decoded_alone(message) for message in messages]


def _decoded_alone(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError:
        return "\r\n".join(map(decode_line, message.split(b"\r\n")))


def decode_line(line: bytes) -> str:
    r"""One line of a message as text.

    Asterisk passes names on as the phones sent them. What is no UTF-8 is read as Latin-1, which loses
    nothing. Asterisk and phones also cut names by bytes, inside a letter: then the rest of that letter is
    left out. A lone last byte behind nothing but ASCII may be either: one that begins a letter of three or
    four bytes is a small letter of Latin-1, which ends many names (`Jos\xe9`).
    """
    try:
        text, read = codecs.utf_8_decode(line, "strict", False)  # noqa: FBT003 - it knows no names
    except UnicodeDecodeError:
        return line.decode("latin-1")
    is_latin_1 = len(line) - read == 1 and line[-1] >= _BEGINS_THREE and text.isascii()
    return line.decode("latin-1") if is_latin_1 else text


_BEGINS_THREE = 0xE0
"""The least byte that begins a letter of three bytes in UTF-8."""


def find_event_header(text: str) -> EventHeader | None:
    """How the event begins; nothing where the text is no event, or not in Asterisk's words."""
    found = _BEGINNING.match(text)
    if found is None or stands_twice(text) is not None:
        return None
    event, action_id, seconds, micros, *fields = found.groups()
    at = None if seconds is None else int(seconds + micros) / 1e6  # exact, and in half the time of float()
    return event, at, None if fields[0] is None else _channel(fields), found.end(), action_id


def stands_twice(text: str) -> str | None:
    """The name of a header that may stand once and stands again, or that is one too many."""
    names = _HEADER.findall(text)
    if len(names) > HEADERS_LIMIT:
        return str(names[HEADERS_LIMIT])
    met: set[str] = set()
    if len(set(names)) < len(names):
        for name in names:
            if name in met and _MAY_STAND_TWICE not in name:
                return str(name)
            met.add(name)
    return None


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
