"""AMI messages to events.

`parse` turns the headers of one AMI message into an event, or into nothing when the message does not bear
on the live calls. Times come from Asterisk's clock (`timestampevents`) where it tells them.
"""

import functools
import re
from collections.abc import Callable, Mapping, Sequence

from adapter.calls.events import (
    OUR_PREFIX,
    BridgeEnter,
    BridgeLeave,
    Channel,
    ChannelState,
    ChannelUpdate,
    DialBegin,
    DialEnd,
    Event,
    Hangup,
    HoldChanged,
    ListedChannel,
    NewChannel,
    OriginateResponse,
    Park,
    Party,
    RecordingChanged,
    SpyStart,
    SpyStop,
    Transfer,
    Unpark,
)
from adapter.calls.message import ChannelFields, Message

UNIQUEID_LIMIT = 150
"""Asterisk's own are shorter. Their numbers are compared, and that of a longer one may be too large."""

LATEST_S = 253_402_214_400.0
"""The year 9999 less a day: a later time cannot be shown in every time zone."""

LONGEST_S = 3_000_000_000
"""Nothing in a PBX has lasted for a hundred years."""

Headers = Mapping[str, str]

_STATES = {str(state.value): state for state in ChannelState}


class EventError(ValueError):
    """An AMI message has the name of an event we follow, but not its form."""


def parse(headers: Headers, received_at: float) -> Event | None:
    """The event in an AMI message; nothing if it is not one that bears on the calls.

    Raises EventError where a header that the event needs is missing or malformed.
    """
    name = stamp = None
    if isinstance(headers, Message):  # most often the beginning has told already
        name, stamp = headers.event, headers.stamp
    make = _MAKERS.get(name or headers.get("Event", ""))
    if make is None:
        return None
    stamp = stamp or headers.get("Timestamp")
    return make(headers, received_at if stamp is None else _time(stamp))


def parse_listed(headers: Headers) -> ListedChannel:
    """One channel of a snapshot. Raises EventError as `parse` does."""
    application, data, duration, bridge = _RUNNING.read(headers)
    age_s = 0 if duration is None else _seconds(duration)
    return ListedChannel(_channel(headers), application or "", data or "", age_s, bridge or None)


class _Lines:
    """Headers that Asterisk writes together, behind the beginning of a message: read at one look."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._pattern = re.compile("".join(f"\r\n{name}: ([^\r]*+)" for name in names) + "(?=\r\n|$)")

    def read(self, headers: Headers) -> Sequence[str | None]:
        """Their values; None for one that is missing."""
        found = headers.behind(self._pattern) if isinstance(headers, Message) else None
        return [headers.get(name) for name in self._names] if found is None else found.groups()


_RUNNING = _Lines("Application", "ApplicationData", "Duration", "BridgeId")
_BRIDGE = _Lines("BridgeUniqueid", "BridgeType", "BridgeTechnology")


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise EventError(f"not a number: {text[:30]!r}") from None


def _time(text: str) -> float:
    try:
        at = float(text)
    except ValueError:
        raise EventError(f"not a time: {text[:30]!r}") from None
    if not 0.0 <= at <= LATEST_S:  # nor is `nan`
        raise EventError(f"not a time: {text[:30]!r}")
    return at


def _required(headers: Headers, name: str) -> str:
    try:
        return headers[name]
    except KeyError:
        raise EventError(f"no header {name!r}") from None


def _seconds(duration: str) -> int:
    """Seconds in a Duration, which Asterisk writes `hh:mm:ss` with as many digits of hours as it needs."""
    seconds = 0
    try:
        for part in duration.split(":"):
            seconds = seconds * 60 + int(part)
    except ValueError:
        raise EventError(f"not a duration: {duration[:30]!r}") from None
    if not 0 <= seconds <= LONGEST_S:
        raise EventError(f"not a duration: {duration[:30]!r}")
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


@functools.lru_cache(maxsize=4096)  # the same few parties stand in every event of a call
def _party(name: str, number: str) -> Party:
    return Party(name=_unescaped(_known(name)), number=_known(number))


def _channel(headers: Headers, role: str = "") -> Channel:
    """The channel that the headers beginning with `role` describe (`Dest...`, `Spyer...`, or none)."""
    fields = headers.channel(role) if isinstance(headers, Message) else None
    if fields is None:
        fields = _channel_fields(headers, role)
    name, state, caller, caller_name, connected, connected_name, exten, uniqueid, linkedid = fields
    known_state = _STATES.get(state)
    if known_state is None:
        raise EventError(f"no channel state: {state!r}")
    if len(uniqueid) > UNIQUEID_LIMIT or len(linkedid) > UNIQUEID_LIMIT:
        raise EventError(f"no uniqueid: {max(uniqueid, linkedid, key=len)[:UNIQUEID_LIMIT]!r}...")
    return Channel(
        uniqueid,
        linkedid,
        name,
        known_state,
        _party(caller_name, caller),
        _party(connected_name, connected),
        exten,
    )


def _channel_fields(headers: Headers, role: str) -> ChannelFields:
    try:
        return (
            headers[role + "Channel"],
            headers[role + "ChannelState"],
            headers.get(role + "CallerIDNum", ""),
            headers.get(role + "CallerIDName", ""),
            headers.get(role + "ConnectedLineNum", ""),
            headers.get(role + "ConnectedLineName", ""),
            headers.get(role + "Exten", ""),
            headers[role + "Uniqueid"],
            headers[role + "Linkedid"],
        )
    except KeyError as missing:
        raise EventError(f"no header {missing}") from None


def _new_channel(headers: Headers, at: float) -> Event:
    return NewChannel(at, _channel(headers))


def _update(headers: Headers, at: float) -> Event:
    return ChannelUpdate(at, _channel(headers))


def _dial_begin(headers: Headers, at: float) -> Event:
    return DialBegin(at, _dialing(headers), _channel(headers, "Dest"))


def _dial_end(headers: Headers, at: float) -> Event:
    return DialEnd(at, _dialing(headers), _channel(headers, "Dest"), headers.get("DialStatus", ""))


def _dialing(headers: Headers) -> Channel | None:
    # An Originate dials too, and then there is no dialing channel.
    return None if headers.get("Uniqueid") is None else _channel(headers)


def _bridge_enter(headers: Headers, at: float) -> Event:
    bridge, kind, technology = _BRIDGE.read(headers)
    if bridge is None:
        raise EventError("no header 'BridgeUniqueid'")
    return BridgeEnter(
        at,
        _channel(headers),
        bridge,
        is_joining=kind is None or kind == "basic",
        is_holding=technology == "holding_bridge",
    )


def _bridge_leave(headers: Headers, at: float) -> Event:
    return BridgeLeave(at, _channel(headers), _required(headers, "BridgeUniqueid"))


def _hold(headers: Headers, at: float) -> Event:
    return HoldChanged(at, _channel(headers), is_on=headers["Event"] == "Hold")


def _recording(headers: Headers, at: float) -> Event:
    return RecordingChanged(at, _channel(headers), is_on=headers["Event"] == "MixMonitorStart")


def _park(headers: Headers, at: float) -> Event:
    return Park(
        at=at - _seconds(headers.get("ParkingDuration", "0")),
        channel=_channel(headers, "Parkee"),
        space=headers.get("ParkingSpace", ""),
        parker=headers.get("ParkerDialString", ""),
    )


def _unpark(headers: Headers, at: float) -> Event:
    retriever = _channel(headers, "Retriever") if "RetrieverUniqueid" in headers else None
    return Unpark(at, _channel(headers, "Parkee"), retriever)


def _blind_transfer(headers: Headers, at: float) -> Event | None:
    return _transfer(headers, at, ("Transferer",))


def _attended_transfer(headers: Headers, at: float) -> Event | None:
    return _transfer(headers, at, ("OrigTransferer", "SecondTransferer"))


def _transfer(headers: Headers, at: float, roles: tuple[str, ...]) -> Event | None:
    if headers.get("Result") != "Success":
        return None
    # Several may be sent on at once, and are not told then.
    transferee = _channel(headers, "Transferee") if "TransfereeUniqueid" in headers else None
    return Transfer(at, tuple(_channel(headers, role) for role in roles), transferee)


def _hangup(headers: Headers, at: float) -> Event:
    return Hangup(at, _channel(headers), _number(headers.get("Cause", "0")))


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


_MAKERS: dict[str, Callable[[Headers, float], Event | None]] = {
    "Newchannel": _new_channel,
    "Newstate": _update,
    "NewCallerid": _update,
    "NewConnectedLine": _update,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "Hold": _hold,
    "Unhold": _hold,
    "MixMonitorStart": _recording,
    "MixMonitorStop": _recording,
    "ParkedCall": _park,
    "UnParkedCall": _unpark,
    "ParkedCallTimeOut": _unpark,
    "ParkedCallGiveUp": _unpark,
    "BlindTransfer": _blind_transfer,
    "AttendedTransfer": _attended_transfer,
    "Hangup": _hangup,
    "ChanSpyStart": _spy_start,
    "ChanSpyStop": _spy_stop,
    "OriginateResponse": _originate_response,
}

EVENT_NAMES = frozenset(_MAKERS)
"""The AMI events that bear on the live calls; a reader may leave all others out."""
