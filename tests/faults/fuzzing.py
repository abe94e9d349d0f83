"""Inputs that no Asterisk sends, made of what one has said, and the adapter's ears in one process.

Every input is derived from a seed and a number, so that each can be made again.
"""

import functools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import msgspec

from adapter.ami.link import WANTED
from adapter.ami.reader import FramingError, Reader
from adapter.asterisk.events import Hangup, ListedChannel
from adapter.asterisk.message import Message
from adapter.asterisk.parsing import EventError, parse, parse_listed
from adapter.calls.model import Calls
from adapter.uapi.rendering import Renderer
from tests.unit.invariants import check, remembered
from tests.unit.samples import TRACES, directory, empty_calls, seen

END = b"\r\n\r\n"
LONG = b"x" * 1_000_000
NASTY = (
    b"",
    b" ",
    b"0",
    b"-1",
    b"nan",
    b"inf",
    b"-inf",
    b"1e400",
    b"1e18",
    b"99999999999999999999",
    b"9" * 5000,
    b"\xd9\xa1\xd9\xa2",
    b"<unknown>",
    b"all",
    b"uapi-0123456789abcdef0123",
    b"\x00",
    b"\xff\xfe\xfd",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x92",
    "Ștefăniță 🦊".encode(),
    b"Jos\xe9",
    b"a\nb: c",
    b"a\rb: c",
    b"\\",
    b"\\\\\\",
    b"%s%n{0}",
    b"a,b,c",
    b"1:2:3:4:5",
    b"-1:-1:-1",
    b"PJSIP/",
    b"Local/;1",
    b"x" * 3000,
)
GARBAGE = (
    b"",
    b"\r\n",
    b"\n\n",
    b"\r\r",
    b": ",
    b"\x00" * 50,
    b"Event: ",
    b"Response: Success",
    b"\xff" * 40,
)


@functools.cache
def recorded() -> tuple[bytes, ...]:
    """Every message of every recorded trace."""
    found: dict[bytes, None] = {}
    for path in sorted(TRACES.glob("*.ami")):
        stream = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        found.update(dict.fromkeys(stream.split(END)))
    return tuple(message for message in found if message.startswith(b"Event: "))


@functools.cache
def values() -> tuple[bytes, ...]:
    """What stands in some header of some message."""
    held = {line.partition(b": ")[2] for message in recorded() for line in message.split(b"\r\n")}
    return tuple(sorted(held))


def make_input(chance: random.Random) -> bytes:
    """One to four recorded messages, most of them spoilt."""
    spoilt = [_spoil(chance, chance.choice(recorded())) for _ in range(chance.randint(1, 4))]
    return b"".join(spoilt)


def _spoil(chance: random.Random, message: bytes) -> bytes:
    for _ in range(chance.choice((0, 1, 1, 2, 3, 6))):
        message = chance.choice(_WAYS)(chance, message)
    return message + (END if chance.random() < 0.97 else chance.choice(GARBAGE))


def _flip(chance: random.Random, message: bytes) -> bytes:
    spoilt = bytearray(message or b"x")
    spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return bytes(spoilt)


def _truncate(chance: random.Random, message: bytes) -> bytes:
    return message[: chance.randint(0, len(message))]


def _without_line(chance: random.Random, message: bytes) -> bytes:
    lines = message.split(b"\r\n")
    del lines[chance.randrange(len(lines))]
    return b"\r\n".join(lines)


def _line_twice(chance: random.Random, message: bytes) -> bytes:
    lines = message.split(b"\r\n")
    name = chance.choice(lines).partition(b": ")[0]
    lines.insert(chance.randint(0, len(lines)), name + b": " + chance.choice(values()))
    return b"\r\n".join(lines)


def _another_value(chance: random.Random, message: bytes) -> bytes:
    lines = message.split(b"\r\n")
    at = chance.randrange(len(lines))
    value = chance.choice(NASTY if chance.random() < 0.5 else values())
    lines[at] = lines[at].partition(b": ")[0] + b": " + value
    return b"\r\n".join(lines)


def _shuffle(chance: random.Random, message: bytes) -> bytes:
    first, *lines = message.split(b"\r\n")
    chance.shuffle(lines)
    return b"\r\n".join([first, *lines])


def _another_case(chance: random.Random, message: bytes) -> bytes:
    return message.upper() if chance.random() < 0.5 else message.lower()


def _garbage(chance: random.Random, message: bytes) -> bytes:
    at = chance.randint(0, len(message))
    return message[:at] + chance.choice(GARBAGE) + message[at:]


def _listed(chance: random.Random, message: bytes) -> bytes:
    """As an item of a snapshot, which comes when nobody asked for one."""
    rest = message.partition(b"\r\n")[2]
    more = b"Application: %s\r\nApplicationData: %s\r\nDuration: %s" % (
        chance.choice((b"ChanSpy", b"AppDial", b"Dial", b"")),
        chance.choice((*values(), *NASTY)),
        chance.choice((b"00:00:05", b"99:59:59", *NASTY)),
    )
    return b"\r\n".join((b"Event: CoreShowChannel", rest, more))


def _line_ends(chance: random.Random, message: bytes) -> bytes:
    return message.replace(b"\r\n", chance.choice((b"\n", b"\r", b"\r\n\n")), chance.randint(1, 20))


def _very_long(chance: random.Random, message: bytes) -> bytes:
    if chance.random() < 0.98:
        return message
    name = chance.choice((b"CallerIDName: ", b"Event: ", b"X"))
    return message + b"\r\n" + name + LONG


_WAYS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _flip,
    _truncate,
    _without_line,
    _line_twice,
    _another_value,
    _another_value,
    _another_value,
    _shuffle,
    _another_case,
    _garbage,
    _listed,
    _line_ends,
    _very_long,
)


def chunks(chance: random.Random, data: bytes) -> list[bytes]:
    """The bytes as TCP may deliver them."""
    cuts = sorted(chance.randint(0, len(data)) for _ in range(chance.choice((0, 0, 1, 3))))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@dataclass
class Ears:
    """Reader, parse, model and the calls as JSON, as the link and the list put them together."""

    calls: Calls = field(default_factory=empty_calls)
    reader: Reader = field(default_factory=lambda: Reader(WANTED))
    listed: list[ListedChannel] = field(default_factory=list)
    taken: int = 0
    malformed: int = 0
    broken: int = 0
    """How often the connection would have been ended."""

    def hear(self, data: bytes) -> None:
        """Take some bytes; whatever raises is a bug, but for what the link expects."""
        try:
            messages = self.reader.feed(data)
        except FramingError:
            self.reader = Reader(WANTED)
            self.broken += 1
            return
        for message in messages:
            try:
                self._take(message)
            except EventError:
                self.malformed += 1

    def _take(self, message: Message) -> None:
        name = message.get("Event")
        if name == "CoreShowChannel":
            self.listed.append(parse_listed(message))
            return
        event = parse(message, time.time())
        if event is not None:
            self.taken += 1
            self.calls.apply(event)

    def take_snapshot(self) -> None:
        """Make the model what the items say that came since the last one."""
        self.calls.reset(self.listed, time.time())
        self.listed = []

    def look(self) -> None:
        """The model stands in order, and every call of it can be shown."""
        check(self.calls)
        renderer = Renderer(directory(), ZoneInfo("UTC"), lambda call: call.id)
        for call in seen(self.calls):
            msgspec.json.encode(renderer.phone_call(call))

    def end_all(self) -> None:
        """Every channel hangs up: nothing may stay."""
        for uniqueid in list(self.calls._state.legs):  # noqa: SLF001 - whatever it knows
            leg = self.calls.leg(uniqueid)
            if leg is not None:
                self.calls.apply(Hangup(0.0, leg.channel, 16))
        assert not remembered(self.calls)
