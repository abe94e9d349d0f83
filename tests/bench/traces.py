"""Many calls at once, made of one that was recorded: each with ids of its own, all told in turn."""

import functools
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi

RECORDED = Path(__file__).parents[1] / "traces" / "inbound-barge-in.ami"
EXTENSIONS = 1000
UP_AT_ONCE = 50
"""So many calls are told in turn, a message of each."""

_END = b"\r\n\r\n"
_UNIQUEID = re.compile(rb"1795405388\.(\d+)|uapi-[0-9A-Za-z-]+")
_SUFFIX = re.compile(rb"(PJSIP/[0-9a-z*]+-)([0-9a-f]{8})")
_BRIDGE = re.compile(rb"[0-9a-f]{8}(?=(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
NOISE_AT = 1795405388.297303
_VARIABLES = (
    (
        "RTPAUDIOQOS",
        "ssrc=137;themssrc=922;lp=0;rxjitter=0.0001;rxcount=402;txjitter=0.02;txcount=401;rtt=0.0",
    ),
    ("DIALSTATUS", "ANSWER"),
    ("DIALEDPEERNUMBER", "0003*210"),
    ("CDR(userfield)", "queue=sales;skill=german"),
    ("MACRO_DEPTH", "1"),
    ("BRIDGEPEER", "PJSIP/trunk-00000000"),
)
_DIALPLAN_STEP = (("Extension", "0003*210"), ("Application", "Set"), ("AppData", "__QUEUE_POSITION=1"))
_RTP_PORT = (
    ("Type", "StateChange"),
    ("State", "RTP_PORT_ALLOCATED"),
    ("AppFile", "res_rtp_asterisk.c"),
    ("AppFunction", "rtp_allocate_transport"),
    ("AppLine", "4179"),
    ("Port", "20148"),
)
_RTCP = (
    ("SSRC", "0x5a1c7f3e"),
    ("PT", "200(SR)"),
    ("ReportCount", "1"),
    ("From", "127.0.0.1:20149"),
    ("RTT", "0.0010"),
    ("SentNTP", "1795405388.297303"),
    ("SentRTP", "64320"),
    ("SentPackets", "402"),
    ("SentOctets", "64320"),
    ("Report0SourceSSRC", "0x2f8a11c4"),
    ("Report0FractionLost", "0"),
    ("Report0CumulativeLost", "0"),
    ("Report0HighestSequence", "30211"),
    ("Report0SequenceNumberCycles", "0"),
    ("Report0IAJitter", "2"),
    ("Report0LSR", "2293761"),
    ("Report0DLSR", "0.0420"),
)


def messages_of_a_call() -> list[bytes]:
    """The recorded call's messages, as on the wire."""
    return list(_recorded())


@functools.cache
def _recorded() -> tuple[bytes, ...]:
    stream = RECORDED.read_bytes().replace(b"\n", b"\r\n").rstrip(b"\r\n") + _END
    return tuple(_split(stream))


def renamed_call(number: int, begin: int = 0, end: int | None = None) -> bytes:
    """A part of the recorded call's messages, as those of another call."""
    return _renamed(messages_of_a_call()[begin:end], number)


def snapshot(channels: int, action_id: str) -> bytes:
    """The items of a CoreShowChannels on a PBX with so many channels, two to a call and to a bridge."""
    pbx = FakeAmi().pbx
    for index in range(channels // 2):
        pbx.add_trunk_call(number(index), ("Customer", f"7778{index:05}"))
    lines = [
        _BRIDGE.sub(b"%08x" % (index // 2), say.listed(pbx.clock(), channel, action_id))
        for index, channel in enumerate(pbx.channels.values())
    ]
    end = (("Event", "CoreShowChannelsComplete"), ("ActionID", action_id), ("EventList", "Complete"))
    return b"".join([*lines, say.message(*end, ("ListItems", str(channels)))])


def number(index: int) -> str:
    """One of a thousand extensions."""
    return f"0003*{1000 + index % EXTENSIONS}"


def plain_trace(calls: int) -> bytes:
    """So many calls, as the recording PBX told them (a fifth of it TestEvents)."""
    return b"".join(_in_turn([_split(renamed_call(number)) for number in range(calls)]))


def noisy_trace(calls: int, noise: int = 12) -> bytes:
    """The same from a PBX that filters nothing: `noise` more for each message about a channel."""
    messages = list(_with_noise(messages_of_a_call(), noise))
    told = [_split(_renamed(messages, number)) for number in range(calls)]
    return b"".join(_in_turn(told))


def chunks(stream: bytes, sizes: tuple[int, ...]) -> list[bytes]:
    """The stream as TCP may deliver it, in pieces of these sizes in turn."""
    pieces: list[bytes] = []
    at = 0
    for size in itertools.cycle(sizes):
        if at >= len(stream):
            return pieces
        pieces.append(stream[at : at + size])
        at += size
    return pieces


def _renamed(messages: list[bytes], number: int) -> bytes:
    """The messages of another call: channels, uniqueids and bridges of its own."""

    def uniqueid(found: re.Match[bytes]) -> bytes:
        if found[1] is None:
            return b"uapi-%020x" % number
        return b"1795405388.%d" % (number * 10 + int(found[1]))

    def suffix(found: re.Match[bytes]) -> bytes:
        return b"%s%08x" % (found[1], number * 10 + int(found[2], 16))

    bridge = b"%08x" % (number + 0x10000000)
    return _BRIDGE.sub(bridge, _SUFFIX.sub(suffix, _UNIQUEID.sub(uniqueid, b"".join(messages))))


def _split(stream: bytes) -> list[bytes]:
    return [message + _END for message in stream.split(_END)[:-1]]


def _in_turn(calls: list[list[bytes]]) -> Iterator[bytes]:
    """A message of each of the calls that are up; where one ends the next begins."""
    waiting = iter(calls)
    up = [iter(call) for call in itertools.islice(waiting, UP_AT_ONCE)]
    while up:
        for call in list(up):
            message = next(call, None)
            if message is not None:
                yield message
                continue
            up.remove(call)
            up.extend(iter(one) for one in itertools.islice(waiting, 1))


def _with_noise(messages: list[bytes], noise: int) -> Iterator[bytes]:
    """Between the messages, what a dialplan and RTP make Asterisk say of the same channel."""
    for message in messages:
        yield message
        block = re.search(rb"\r\n(Channel: .*?\r\nLinkedid: [^\r]*)\r\n", message, re.DOTALL)
        if block is None:
            continue
        lines = [line.partition(": ") for line in block[1].decode().split("\r\n")]
        channel = [(name, value) for name, _, value in lines]
        for number in range(noise):
            yield _noise(number, channel)


def _noise(number: int, channel: list[say.Header]) -> bytes:
    match number % 8:
        case 3 | 6:
            return say.event("Newexten", NOISE_AT, *channel, *_DIALPLAN_STEP, privilege="dialplan,all")
        case 7:
            return say.event("RTCPReceived", NOISE_AT, *channel, *_RTCP, privilege="reporting,all")
        case 5:
            return say.event("TestEvent", NOISE_AT, *_RTP_PORT, privilege="reporting,all")
    name, value = _VARIABLES[number % len(_VARIABLES)]
    told = (("Variable", name), ("Value", value))
    return say.event("VarSet", NOISE_AT, *channel, *told, privilege="dialplan,all")


def passing_events(count: int) -> list[bytes]:
    """At least so many messages of calls that come and go, some up at once."""
    calls = count // len(messages_of_a_call()) + 1
    # Somebody else's spies: for channels of ours that nobody asked for the adapter would have to be busy.
    told = [renamed_call(100_000 + index).replace(b"uapi-", b"other-") for index in range(calls)]
    return list(_in_turn([_split(call) for call in told]))
