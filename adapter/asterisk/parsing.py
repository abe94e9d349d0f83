"""AMI messages to events.

`parse` turns the headers of one AMI message into an event, or into nothing when the message does not bear
on the live calls. Times come from Asterisk's clock (`timestampevents`) where it tells them.
"""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from adapter.asterisk.events import (
    UNIQUEID_LIMIT,
    BridgeEnter,
    BridgeKind,
    BridgeLeave,
    Channel,
    ChannelState,
    ChannelUpdate,
    DialBegin,
    DialEnd,
    DialProgress,
    Event,
    Hangup,
    HoldChanged,
    ListedChannel,
    NewChannel,
    OriginateResponse,
    Park,
    PickUp,
    QueueJoin,
    RecordingChanged,
    SpyStart,
    SpyStop,
    Transfer,
    Unpark,
)
from adapter.asterisk.message import Message, find_values
from adapter.asterisk.naming import OUR_PREFIX
from adapter.asterisk.wire import CHANNEL_LINES, stands_twice

LATEST_S = 253_402_214_400.0
"""The year 9999 less a day: a later time cannot be shown in every time zone."""

LONGEST_S = 3_000_000_000
"""Nothing in a PBX has lasted for a hundred years."""

Headers = Message | Mapping[str, str]
"""A message as it came, or the headers of one that was split already: a recorded one, say."""

_STATES = {str(state.value): state for state in ChannelState}


class EventError(ValueError):
    """An AMI message has the name of an event we follow, but not its form."""


def parse(headers: Headers, received_at: float, request: str = "") -> Event | None:
    """The event in an AMI message; nothing if it is not one that bears on the calls.

    `request` is the ActionID of our own request that an event may answer, instead of having just happened.
    Raises EventError where a header that the event needs is missing or malformed, or the message is not in
    Asterisk's form: a caller's number may have forged it.
    """
    header = headers.event_header if isinstance(headers, Message) else None
    if header is not None and (header[4] is None or header[4] == request):
        event, at, channel, _, _ = header
    else:
        event, at, channel = _named(headers, request), None, None
    of_one = _OF_ONE_CHANNEL.get(event)
    if of_one is None and event not in _OTHERS:
        return None
    if at is None:
        stamp = headers.get("Timestamp")
        at = received_at if stamp is None else read_time(stamp)
    if of_one is None:
        return _OTHERS[event](headers, at)
    return of_one(at, _channel(headers) if channel is None else channel)


def _named(headers: Headers, request: str) -> str:
    """The event's name, where its first lines are not those of one that has just happened.

    Raises EventError where it bears on the calls and is not in Asterisk's form.
    """
    if not isinstance(headers, Message):
        return headers.get("Event", "")
    if headers.event in EVENT_NAMES:
        check_headers(headers)
        # In a list of parked calls the ActionID comes last, and there is no Privilege.
        if not request or headers.headers.get("ActionID") != request:
            raise EventError("the second header is not Privilege")
    return headers.event


def check_headers(message: Message) -> None:
    """Make sure that no header stands twice. Raises EventError."""
    twice = stands_twice(message.text)
    if twice is not None:
        raise EventError(f"the header {twice[:30]!r} stands twice")


def parse_listed(headers: Headers, kinds: Mapping[str, BridgeKind] = MappingProxyType({})) -> ListedChannel:
    """One channel of a snapshot; `kinds` are those of the bridges. Raises EventError as `parse` does."""
    if isinstance(headers, Message) and headers.event_header is not None:
        _, _, listed, end, _ = headers.event_header
        values = find_values(headers.text, end, _RUNNING)
        if listed is not None and values is not None:
            application, data, duration, bridge = values
            kind = kinds.get(bridge)
            return ListedChannel(listed, application, data, _seconds(duration), bridge or None, None, kind)
    _check_item(headers)
    return _listed(headers, kinds)


def _listed(headers: Headers, kinds: Mapping[str, BridgeKind]) -> ListedChannel:
    channel, (application, data, duration, bridge) = channel_and(headers, _RUNNING)
    age_s = 0 if duration is None else _seconds(duration)
    kind = kinds.get(bridge) if bridge else None
    return ListedChannel(channel, application or "", data or "", age_s, bridge or None, kind=kind)


def parse_listed_bridge(headers: Headers) -> tuple[str, BridgeKind]:
    """The unique id of one bridge that is listed, and its kind. Raises EventError as `parse` does."""
    _check_item(headers)
    bridge, kind, technology = [required(headers.get(name), name) for name in _BRIDGE]
    return bridge, _bridge_kind(kind, technology)


def _check_item(headers: Headers) -> None:
    if isinstance(headers, Message) and headers.event_header is None:
        check_headers(headers)
        raise EventError("the second header is not ActionID")


_RUNNING = ("Application", "ApplicationData", "Duration", "BridgeId")
_BRIDGE = ("BridgeUniqueid", "BridgeType", "BridgeTechnology")
_FOR_TWO = frozenset({"simple_bridge", "native_rtp"})
_CAUSE = ("Cause",)
_QUEUE = ("Queue",)


def channel_and(headers: Headers, names: tuple[str, ...]) -> tuple[Channel, Sequence[str | None]]:
    """The channel that the message is about, and the values of headers that Asterisk writes beside it.

    None for one that is missing. Raises EventError where the channel is not described.
    """
    if isinstance(headers, Message) and headers.event_header is not None:
        _, _, channel, end, _ = headers.event_header
        values = find_values(headers.text, end, names)
        if values is not None:
            return _channel(headers) if channel is None else channel, values
    return _channel(headers), [headers.get(name) for name in names]


def read_number(text: str) -> int:
    """A whole number. Raises EventError where it is none."""
    try:
        return int(text)
    except ValueError:
        raise EventError(f"not a number: {text[:30]!r}") from None


def read_time(text: str) -> float:
    """Seconds since the epoch. Raises EventError where it is no time."""
    try:
        at = float(text)
    except ValueError:
        raise EventError(f"not a time: {text[:30]!r}") from None
    if not 0.0 <= at <= LATEST_S:  # nor is `nan`
        raise EventError(f"not a time: {text[:30]!r}")
    return at


def required(value: str | None, name: str) -> str:
    """The value of the header. Raises EventError where there is none."""
    if value is None:
        raise EventError(f"no header {name!r}")
    return value


@functools.lru_cache(maxsize=4096)  # what began together has lasted as long
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


def _channel(headers: Headers, role: str = "") -> Channel:
    """The channel that the headers beginning with `role` describe (`Dest...`, `Spyer...`, or none)."""
    if isinstance(headers, Message):
        channel = headers.channel(role)
        if channel is not None:
            return channel
        _check_order(headers, role)
    return _channel_of(headers, role)


def _check_order(message: Message, role: str) -> None:
    """Make sure that all of Asterisk's lines of the channel are there, in their order.

    What stands between them is left alone: a caller's number may hold a line end and change nothing by it.
    But to make lines of somebody else's channel it would have to write all of those in front of the number
    or behind it, and they are longer than a number can be.
    """
    wanted = iter(CHANNEL_LINES)
    name = next(wanted)
    for line in message.lines:
        if line.startswith(f"{role}{name}: "):
            name = next(wanted, "")
            if not name:
                return
    raise EventError(f"no header {role + name!r} in its place")


def _state(text: str) -> ChannelState:
    try:
        return _STATES[text]
    except KeyError:
        raise EventError(f"no channel state: {text[:30]!r}") from None


def _channel_of(headers: Headers, role: str) -> Channel:
    try:
        channel = Channel(
            headers[role + "Channel"],
            _state(headers[role + "ChannelState"]),
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
    for uniqueid in (channel.uniqueid, channel.linkedid):
        if len(uniqueid) > UNIQUEID_LIMIT:
            raise EventError(f"no uniqueid: {uniqueid[:UNIQUEID_LIMIT]!r}...")
    return channel


def _dial_begin(headers: Headers, at: float) -> Event:
    return DialBegin(at, _dialing(headers), _channel(headers, "Dest"), headers.get("DialString", ""))


def _dial_end(headers: Headers, at: float) -> Event:
    return DialEnd(at, _dialing(headers), _channel(headers, "Dest"), headers.get("DialStatus", ""))


def _dialing(headers: Headers) -> Channel | None:
    # An Originate dials too, and then there is no dialing channel.
    return None if headers.get("Uniqueid") is None else _channel(headers)


def _bridge_enter(headers: Headers, at: float) -> Event:
    channel, (bridge, kind, technology) = channel_and(headers, _BRIDGE)
    return BridgeEnter(at, channel, required(bridge, _BRIDGE[0]), _bridge_kind(kind, technology))


@functools.lru_cache(maxsize=256)
def _bridge_kind(kind: str | None, technology: str | None) -> BridgeKind:
    return BridgeKind(
        is_joining=kind is None or kind == "basic",
        is_holding=technology == "holding_bridge",
        is_parking=kind == "parking",
        is_for_agents=kind == "agent_hold",
        is_for_two=kind == "stasis" and technology in _FOR_TWO,
    )


def _bridge_leave(headers: Headers, at: float) -> Event:
    channel, (bridge, *_) = channel_and(headers, _BRIDGE)
    return BridgeLeave(at, channel, required(bridge, _BRIDGE[0]))


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


def _queue_join(headers: Headers, at: float) -> Event:
    channel, (queue,) = channel_and(headers, _QUEUE)
    return QueueJoin(at, channel, required(queue, _QUEUE[0]))


def _pick_up(headers: Headers, at: float) -> Event:
    return PickUp(at, _channel(headers), _channel(headers, "Target"))


def _blind_transfer(headers: Headers, at: float) -> Event | None:
    return _transfer(headers, at, ("Transferer",))


def _attended_transfer(headers: Headers, at: float) -> Event | None:
    if headers.get("DestType") == "Threeway":
        # Nobody leaves: who consulted joins all three, and whoever it held hears them.
        is_done = headers.get("Result") == "Success"
        return HoldChanged(at, _channel(headers, "OrigTransferer"), is_on=False) if is_done else None
    return _transfer(headers, at, ("OrigTransferer", "SecondTransferer"))


def _transfer(headers: Headers, at: float, roles: tuple[str, ...]) -> Event | None:
    if headers.get("Result") != "Success":
        return None
    # Several may be sent on at once, and are not told then.
    transferee = _channel(headers, "Transferee") if "TransfereeUniqueid" in headers else None
    is_to_application = headers.get("DestType") == "App"
    has_target = is_to_application and "TransferTargetUniqueid" in headers
    return Transfer(
        at,
        tuple(_channel(headers, role) for role in roles),
        transferee,
        _channel(headers, "TransferTarget") if has_target else None,
        exten=headers.get("Extension", ""),
        is_to_application=is_to_application,
    )


def _hangup(headers: Headers, at: float) -> Event:
    channel, (cause,) = channel_and(headers, _CAUSE)
    # Asterisk 16 does not tell the SIP answer; 22 does, on the phone's own channel.
    told = _SIP_STATUS.match(headers.get("TechCause", "")) if channel.is_ours else None
    sip_status = None if told is None else int(told[0])
    return Hangup(at, channel, 0 if cause is None else read_number(cause), sip_status)


_SIP_STATUS = re.compile(r"[1-6][0-9]{2}$", re.ASCII)


def _dial_state(headers: Headers, at: float) -> Event | None:
    if headers.get("DialStatus") != "PROGRESS" or not headers.get("DestUniqueid", "").startswith(OUR_PREFIX):
        return None
    return DialProgress(at, _channel(headers, "Dest"))


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


_OF_ONE_CHANNEL: dict[str, Callable[[float, Channel], Event]] = {
    "Newchannel": NewChannel,
    "Newstate": ChannelUpdate,
    "NewCallerid": ChannelUpdate,
    "NewConnectedLine": ChannelUpdate,
    "Hold": functools.partial(HoldChanged, is_on=True),
    "Unhold": functools.partial(HoldChanged, is_on=False),
    "MixMonitorStart": functools.partial(RecordingChanged, is_on=True),
    "MixMonitorStop": functools.partial(RecordingChanged, is_on=False),
}
"""Events that say nothing but what one channel is now."""

_OTHERS: dict[str, Callable[[Headers, float], Event | None]] = {
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "DialState": _dial_state,
    "ParkedCall": _park,
    "UnParkedCall": _unpark,
    "ParkedCallTimeOut": _unpark,
    "ParkedCallGiveUp": _unpark,
    "Pickup": _pick_up,
    "QueueCallerJoin": _queue_join,
    "BlindTransfer": _blind_transfer,
    "AttendedTransfer": _attended_transfer,
    "Hangup": _hangup,
    "ChanSpyStart": _spy_start,
    "ChanSpyStop": _spy_stop,
    "OriginateResponse": _originate_response,
}

EVENT_NAMES = frozenset({*_OF_ONE_CHANNEL, *_OTHERS})
"""The AMI events that bear on the live calls; a reader may leave all others out."""

OF_SNAPSHOT = frozenset({"BridgeListItem", "CoreShowChannel", "CoreShowChannelsComplete", "Status"})
"""The events that answer a request for a snapshot, and what is asked beside it."""
