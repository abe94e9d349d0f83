"""The messages of a fake Asterisk, exactly as Asterisk 22 sent them for a trunk call and a barge-in."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

Header = tuple[str, str]


class FakeState(IntEnum):
    """The channel states that the fake uses, by Asterisk's numbers."""

    DOWN = 0
    RING = 4
    RINGING = 5
    UP = 6


@dataclass(frozen=True, slots=True)
class FakeChannel:
    """A channel of the fake: the values of its events and of a snapshot."""

    name: str
    uniqueid: str
    linkedid: str
    state: FakeState = FakeState.UP
    caller: tuple[str, str] = ("", "")
    """Name and number; `<unknown>` if there is none."""
    connected: tuple[str, str] = ("", "")
    context: str = "phones"
    exten: str = "s"
    application: str = ""
    data: str = ""
    began_at: float = 0.0
    bridge: str | None = None
    """The bridge that it was moved to, empty where it is in none; None where it is where it began."""

    @property
    def spyee(self) -> str:
        """The uniqueid that the channel's ChanSpy is told to spy on."""
        return self.data.partition(",")[0]


def message(*headers: Header) -> bytes:
    """One AMI message."""
    return "".join(f"{name}: {value}\r\n" for name, value in (*headers, ("", "")))[:-4].encode() + b"\r\n"


def event(name: str, at: float, *headers: Header, privilege: str = "call,all") -> bytes:
    """One AMI event."""
    return message(("Event", name), ("Privilege", privilege), ("Timestamp", f"{at:.6f}"), *headers)


def channel_event(name: str, at: float, channel: FakeChannel, *more: Header) -> bytes:
    """An event about one channel: Newchannel, Newstate, NewCallerid, NewConnectedLine, HangupRequest, ..."""
    return event(name, at, *channel_headers(channel), *more)


def channel_headers(channel: FakeChannel, role: str = "") -> list[Header]:
    """The headers that describe a channel, each beginning with `role` (`Dest`, `Spyer`, `Spyee` or none)."""
    return [
        (role + name, value)
        for name, value in (
            ("Channel", channel.name),
            ("ChannelState", str(int(channel.state))),
            ("ChannelStateDesc", channel.state.name.capitalize()),
            ("CallerIDNum", channel.caller[1] or "<unknown>"),
            ("CallerIDName", _escaped(channel.caller[0]) or "<unknown>"),
            ("ConnectedLineNum", channel.connected[1] or "<unknown>"),
            ("ConnectedLineName", _escaped(channel.connected[0]) or "<unknown>"),
            ("Language", "en"),
            ("AccountCode", ""),
            ("Context", channel.context),
            ("Exten", channel.exten),
            ("Priority", "1"),
            ("Uniqueid", channel.uniqueid),
            ("Linkedid", channel.linkedid),
        )
    ]


def _escaped(name: str) -> str:
    """Asterisk writes names as C would (its ast_escape_c)."""
    return re.sub(r"([\\'\"?])", r"\\\1", name)


def dial(name: str, at: float, dialing: FakeChannel | None, dialed: FakeChannel, *more: Header) -> bytes:
    """DialBegin, DialState or DialEnd; an Originate dials without a dialing channel."""
    source = [] if dialing is None else channel_headers(dialing)
    return event(name, at, *source, *channel_headers(dialed, "Dest"), *more)


def bridge_of(channel: FakeChannel) -> str:
    """The bridge that the channel's conversation is in: each has its own."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, channel.linkedid))


def bridge_now(channel: FakeChannel) -> str:
    """The bridge that the channel is in at this moment; empty where it is in none."""
    if channel.bridge is not None:
        return channel.bridge
    return bridge_of(channel) if channel.application in ("Dial", "AppDial") else ""


ORDINARY = ("basic", "simple_bridge")
"""The type and the technology of a call's bridge."""


def bridge_enter(
    at: float, channel: FakeChannel, bridge: str, members: int, kind: tuple[str, str] = ORDINARY
) -> bytes:
    """BridgeEnter: the channel joined a bridge that now has so many members."""
    return event("BridgeEnter", at, *_bridge(bridge, members, kind), *channel_headers(channel))


def bridge_leave(
    at: float, channel: FakeChannel, bridge: str, members: int, kind: tuple[str, str] = ORDINARY
) -> bytes:
    """BridgeLeave: the channel left a bridge that now has so many members."""
    return event("BridgeLeave", at, *_bridge(bridge, members, kind), *channel_headers(channel))


def _bridge(bridge: str, members: int, kind: tuple[str, str]) -> tuple[Header, ...]:
    return (
        ("BridgeUniqueid", bridge),
        ("BridgeType", kind[0]),
        ("BridgeTechnology", kind[1]),
        ("BridgeCreator", "<unknown>"),
        ("BridgeName", "<unknown>"),
        ("BridgeNumChannels", str(members)),
        ("BridgeVideoSourceMode", "none"),
    )


def listed_bridge(bridge: str, members: int, kind: tuple[str, str], action_id: str) -> bytes:
    """One bridge of a list."""
    return message(("Event", "BridgeListItem"), ("ActionID", action_id), *_bridge(bridge, members, kind))


def blind_transfer(at: float, transferer: FakeChannel, transferee: FakeChannel, exten: str) -> bytes:
    """BlindTransfer: the transferer transferred the other side of its conversation to another extension."""
    return event(
        "BlindTransfer",
        at,
        ("Result", "Success"),
        *channel_headers(transferer, "Transferer"),
        *channel_headers(transferee, "Transferee"),
        ("BridgeUniqueid", bridge_now(transferer)),
        ("IsExternal", "Yes"),
        ("Context", "phones"),
        ("Extension", exten),
    )


def attended_transfer(
    at: float,
    transferers: tuple[FakeChannel, FakeChannel],
    *,
    transferee: FakeChannel | None = None,
    target: FakeChannel | None = None,
    dest: tuple[str, ...] = (),
) -> bytes:
    """The transferer left both of its conversations, and whom it talked with in the first is in the second.

    Where it talked with nobody in one of them, but had an application run, the other goes there. `dest`: the
    kind of where they are then, and the application; a bridge or an application unless it is given.
    """
    channels = zip(
        ("OrigTransferer", "SecondTransferer", "Transferee", "TransferTarget"),
        (*transferers, transferee, target),
        strict=True,
    )
    told = [channel_headers(channel, role) for role, channel in channels if channel is not None]
    dest = dest or ("Bridge" if transferee is not None and target is not None else "App",)
    headers = [header for one in told for header in one]
    headers += zip(("DestType", "DestApp"), dest, strict=False)
    return event("AttendedTransfer", at, ("Result", "Success"), *headers)


def pickup(at: float, picker: FakeChannel, target: FakeChannel) -> bytes:
    """Pickup: the picker picked up the call that rang at the target's phone."""
    return event("Pickup", at, *channel_headers(picker), *channel_headers(target, "Target"))


def hangup(at: float, channel: FakeChannel, cause: int) -> bytes:
    """Hangup: the channel ended, with a Q.850 cause."""
    texts = {0: "Unknown", 1: "Unallocated (unassigned) number", 16: "Normal Clearing", 17: "User busy"}
    texts |= {19: "User alerting, no answer", 21: "Call Rejected"}
    return channel_event(
        "Hangup", at, channel, ("Cause", str(cause)), ("Cause-txt", texts.get(cause, "Unknown"))
    )


def spy(name: str, at: float, spyer: FakeChannel, spyee: FakeChannel | None) -> bytes:
    """ChanSpyStart or ChanSpyStop; a stop may lack the spyee."""
    spied = [] if spyee is None else channel_headers(spyee, "Spyee")
    return event(name, at, *channel_headers(spyer, "Spyer"), *spied)


def originate_response(
    at: float, action: Mapping[str, str], channel: FakeChannel | None, *, is_success: bool, reason: int
) -> bytes:
    """OriginateResponse: how the dialing of an Originate ended; without a channel if there never was one."""
    name, number = caller_id_of(action.get("CallerID", ""))
    return event(
        "OriginateResponse",
        at,
        ("ActionID", action.get("ActionID", "")),
        ("Response", "Success" if is_success else "Failure"),
        ("Channel", action["Channel"] if channel is None else channel.name),
        ("Application", action["Application"]),
        ("Data", action["Data"]),
        ("Reason", str(reason)),
        ("Uniqueid", action["ChannelId"]),
        ("CallerIDNum", number),
        ("CallerIDName", name),
    )


def with_application(headers: Sequence[Header]) -> dict[str, str]:
    """An Originate's headers, with the application that its dialplan extension would run, if it names one."""
    variables = dict(value.partition("=")[::2] for name, value in headers if name == "Variable")
    plain = dict(headers)
    if "Application" not in plain and "UAPI_SPYEE" in variables:
        plain["Application"] = "ChanSpy"
        plain["Data"] = f"{variables['UAPI_SPYEE']},{variables['UAPI_SPY_OPTIONS']}"
    return plain


def is_notice(uniqueid: str) -> bool:
    """Whether the channel is one that plays a notice tone, by its name alone."""
    return uniqueid.startswith("uapi-notice-")


def caller_id_of(text: str) -> tuple[str, str]:
    """Name and number of an Originate's CallerID, read as Asterisk does (its ast_callerid_parse)."""
    quoted = re.fullmatch(r'\s*"((?:[^"\\]|\\.)*)"\s*<([^<>]*)>\s*', text, re.DOTALL)
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL), quoted[2]
    name, bracket, number = text.rpartition("<")
    return (name.strip(), number.removesuffix(">").strip()) if bracket else ("", text.strip())


def listed(at: float, channel: FakeChannel, action_id: str) -> bytes:
    """One line of a snapshot."""
    minutes, seconds = divmod(max(0, int(at - channel.began_at)), 60)
    hours, minutes = divmod(minutes, 60)
    return message(
        ("Event", "CoreShowChannel"),
        ("ActionID", action_id),
        *channel_headers(channel),
        ("Application", channel.application),
        ("ApplicationData", channel.data),
        ("Duration", f"{hours:02}:{minutes:02}:{seconds:02}"),
        ("BridgeId", bridge_now(channel)),
    )
