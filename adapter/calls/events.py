"""AMI events as frozen values.

`parse` turns the headers of one AMI message into an event, or into nothing when the message does not
bear on the live calls. Header names and meanings are Asterisk's own (its AMI event documentation).
Times are seconds since the epoch, from Asterisk's clock (`timestampevents`) where it tells them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

Headers = Mapping[str, str]
_N = TypeVar("_N", int, float)

OUR_PREFIX = "uapi-"
"""Begins the uniqueid of every channel that this adapter originates, and of no other."""


_NAMES_ONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,148}", re.ASCII)


def names_one_channel(uniqueid: str) -> bool:
    """Whether Asterisk takes this for exactly one channel, wherever a channel is asked for.

    Asterisk's own uniqueids look like this; a channel that somebody originates may be given any. A comma
    would begin another argument, nothing and the literal `all` mean every channel, a slash in front begins
    a regular expression, and one inside makes the name of a channel, which can be had again.
    """
    return _NAMES_ONE.fullmatch(uniqueid) is not None and uniqueid.lower() != "all"


class EventError(ValueError):
    """An AMI message has the name of an event we follow, but not its form."""


class ChannelState(IntEnum):
    """Asterisk's `ChannelState` (its include/asterisk/channelstate.h)."""

    DOWN = 0
    RESERVED = 1
    OFF_HOOK = 2
    DIALING = 3
    RING = 4
    RINGING = 5
    UP = 6
    BUSY = 7
    DIALING_OFF_HOOK = 8
    PRE_RING = 9


@dataclass(frozen=True, slots=True)
class Party:
    """A name and number as Asterisk holds them; empty where it knows none."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Channel:
    """What one AMI message says of one channel."""

    uniqueid: str
    linkedid: str
    name: str
    state: ChannelState
    caller: Party
    connected: Party
    exten: str

    @property
    def is_ours(self) -> bool:
        """Whether this adapter originated the channel, in this process or an earlier one."""
        # The other half of a Local channel is named after ours: `uapi-...;2`.
        return self.uniqueid.startswith(OUR_PREFIX) and ";" not in self.uniqueid

    @property
    def is_for_ours(self) -> bool:
        """Whether it is one of ours or was made for one, like the phone behind a Local channel."""
        return self.is_ours or self.linkedid.startswith(OUR_PREFIX)


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A channel came into being."""

    at: float
    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelUpdate:
    """Something about a channel changed: its state, a name, a number, its place in the dialplan."""

    at: float
    channel: Channel


@dataclass(frozen=True, slots=True)
class DialBegin:
    """`dialing` (none for an Originate) began to call `dialed`."""

    at: float
    dialing: Channel | None
    dialed: Channel


@dataclass(frozen=True, slots=True)
class Hangup:
    """A channel ended; `cause` is a Q.850 cause, 0 where Asterisk has none."""

    at: float
    channel: Channel
    cause: int


@dataclass(frozen=True, slots=True)
class SpyStart:
    """The channel `spyer` began to spy on the channel `spyee` (ChanSpy's own words)."""

    at: float
    spyer: Channel
    spyee: Channel


@dataclass(frozen=True, slots=True)
class SpyStop:
    """The channel with uniqueid `spyer` stopped spying."""

    at: float
    spyer: str


@dataclass(frozen=True, slots=True)
class OriginateResponse:
    """An Originate of ours ended its dialing. Success says the phone was answered, not that it spies."""

    at: float
    uniqueid: str
    is_success: bool


@dataclass(frozen=True, slots=True)
class ListedChannel:
    """One line of a snapshot (CoreShowChannel): a channel and what it runs."""

    channel: Channel
    application: str
    application_data: str
    age_s: int

    @property
    def is_spying(self) -> bool:
        """Whether it runs ChanSpy, ours or somebody else's."""
        return self.application == "ChanSpy"

    @property
    def spyee(self) -> str | None:
        """What a running ChanSpy is told to spy on, for ours a uniqueid; nothing where there is none."""
        return self.application_data.partition(",")[0] or None if self.is_spying else None

    @property
    def is_dialed(self) -> bool:
        """Whether Dial or Queue rang the channel: they leave their mark on it for as long as it lives."""
        return self.application in ("AppDial", "AppQueue")


Event = NewChannel | ChannelUpdate | DialBegin | Hangup | SpyStart | SpyStop | OriginateResponse


def parse(headers: Headers, received_at: float) -> Event | None:
    """The event in an AMI message; nothing if it is not one that bears on the calls.

    Raises EventError where a header that the event needs is missing or malformed.
    """
    make = _MAKERS.get(headers.get("Event", ""))
    if make is None:
        return None
    stamp = headers.get("Timestamp")
    return make(headers, received_at if stamp is None else _number(stamp, float))


def parse_listed(headers: Headers) -> ListedChannel:
    """One channel of a snapshot. Raises EventError as `parse` does."""
    return ListedChannel(
        channel=_channel(headers),
        application=headers.get("Application", ""),
        application_data=headers.get("ApplicationData", ""),
        age_s=_seconds(headers.get("Duration", "0")),
    )


def _number(text: str, kind: Callable[[str], _N]) -> _N:
    try:
        return kind(text)
    except ValueError:
        raise EventError(f"not a number: {text!r}") from None


def _seconds(duration: str) -> int:
    """Seconds in a Duration, which Asterisk writes `hh:mm:ss` with as many digits of hours as it needs."""
    seconds = 0
    for part in duration.split(":"):
        seconds = seconds * 60 + _number(part, int)
    return seconds


# Asterisk writes names into AMI as C would (its ast_escape_c): O\'Neil, \"Ace\", a backslash doubled.
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _known(value: str) -> str:
    """`<unknown>` is Asterisk's word for a name or number that it does not have."""
    return "" if value == "<unknown>" else value


def _unescaped(name: str) -> str:
    if "\\" not in name:
        return name
    return _ESCAPED.sub(lambda escaped: _CONTROLS.get(escaped[1], escaped[1]), name)


def _party(headers: Headers, role: str) -> Party:
    return Party(
        name=_unescaped(_known(headers.get(role + "Name", ""))), number=_known(headers.get(role + "Num", ""))
    )


def _channel(headers: Headers, role: str = "") -> Channel:
    """The channel that the headers beginning with `role` describe (`Dest...`, `Spyer...`, or none)."""
    try:
        return Channel(
            uniqueid=headers[role + "Uniqueid"],
            linkedid=headers[role + "Linkedid"],
            name=headers[role + "Channel"],
            state=ChannelState(int(headers[role + "ChannelState"])),
            caller=_party(headers, role + "CallerID"),
            connected=_party(headers, role + "ConnectedLine"),
            exten=headers.get(role + "Exten", ""),
        )
    except KeyError as missing:
        raise EventError(f"no header {missing}") from None
    except ValueError as malformed:
        raise EventError(str(malformed)) from None


def _new_channel(headers: Headers, at: float) -> Event:
    return NewChannel(at, _channel(headers))


def _update(headers: Headers, at: float) -> Event:
    return ChannelUpdate(at, _channel(headers))


def _dial_begin(headers: Headers, at: float) -> Event:
    # An Originate dials too, and then there is no dialing channel.
    dialing = _channel(headers) if "Uniqueid" in headers else None
    return DialBegin(at, dialing, _channel(headers, "Dest"))


def _hangup(headers: Headers, at: float) -> Event:
    return Hangup(at, _channel(headers), _number(headers.get("Cause", "0"), int))


def _spy_start(headers: Headers, at: float) -> Event:
    return SpyStart(at, _channel(headers, "Spyer"), _channel(headers, "Spyee"))


def _spy_stop(headers: Headers, at: float) -> Event:
    # The spyee may be missing here: it can be gone before its spy stops.
    return SpyStop(at, _channel(headers, "Spyer").uniqueid)


def _originate_response(headers: Headers, at: float) -> Event:
    uniqueid = headers.get("Uniqueid", "")
    if not uniqueid.startswith(OUR_PREFIX):
        # Asterisk 16 has `<null>` here where there was no channel; our ActionID is the ChannelId.
        uniqueid = headers.get("ActionID", uniqueid)
    return OriginateResponse(at, uniqueid, headers.get("Response") == "Success")


_MAKERS: dict[str, Callable[[Headers, float], Event]] = {
    "Newchannel": _new_channel,
    "Newstate": _update,
    "NewCallerid": _update,
    "NewConnectedLine": _update,
    "BridgeEnter": _update,
    "BridgeLeave": _update,
    "DialBegin": _dial_begin,
    "Hangup": _hangup,
    "ChanSpyStart": _spy_start,
    "ChanSpyStop": _spy_stop,
    "OriginateResponse": _originate_response,
}
