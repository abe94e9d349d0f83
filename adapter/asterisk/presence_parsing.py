"""AMI messages to events of devices and of queues. Pure.

The rules of `wire.py` hold here: a message in which a header stands twice, or whose second header is not
Asterisk's, is refused. The channel of a caller is read by all of its lines in their order, and a member of a
queue by as many of its lines: a caller's number, of 80 bytes at most, cannot hold them. An event of a device
is short. It must end with Asterisk's two lines, and have a Timestamp where the others have one: then it is
longer than a number, too.
"""

import re
from collections.abc import Callable

from adapter.asterisk.message import Message
from adapter.asterisk.parsing import (
    EventError,
    Headers,
    channel_and,
    check_headers,
    read_number,
    read_time,
    required,
)
from adapter.asterisk.presence_events import (
    CallerAbandoned,
    CallerLeft,
    DeviceChanged,
    DeviceState,
    ListedCaller,
    MemberBusied,
    MemberChanged,
    MemberRemoved,
    PresenceEvent,
    QueueMember,
)

DEVICE_CHANGE = "DeviceStateChange"
"""Names an event, and an item of the list of devices."""

NAME_LIMIT = 255
"""Asterisk's names of queues and of devices are shorter."""

_STATES = {state.value: state for state in DeviceState}
_BY_NUMBER = dict(enumerate(("UNKNOWN", "NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE")))
_BY_NUMBER |= {6: "RINGING", 7: "RINGINUSE", 8: "ONHOLD"}
_NO_DEVICE = re.compile(r"[A-Za-z]+:")
"""What is no phone: `Queue:500_avail`, `Custom:x`, `Agent:1001`."""


def parse_presence(headers: Headers, received_at: float, *, is_stamped: bool = False) -> PresenceEvent | None:
    """The event in an AMI message; nothing if it is of neither a device nor a queue.

    `is_stamped`: Asterisk writes a Timestamp into each event. Raises EventError where a header that the event
    needs is missing or malformed, or the message is not in Asterisk's form.
    """
    name = headers.event if isinstance(headers, Message) else headers.get("Event", "")
    read = _EVENTS.get(name)
    if read is None:
        return None
    if isinstance(headers, Message) and (headers.event_header is None or headers.event_header[4] is not None):
        check_headers(headers)
        raise EventError("the second header is not Privilege")
    stamp = headers.get("Timestamp")
    if stamp is None and is_stamped:
        raise EventError("no Timestamp")
    return read(headers, received_at if stamp is None else read_time(stamp))


def parse_listed_device(headers: Headers) -> DeviceChanged | None:
    """One device of a list, at time 0; nothing where it is no phone's. Raises EventError as above."""
    _check_item(headers)
    return _device_changed(headers, 0.0)


def parse_listed_member(headers: Headers) -> QueueMember:
    """One member of a list. Raises EventError as above."""
    _check_item(headers)
    return _member(headers, "Location")


def parse_listed_caller(headers: Headers) -> ListedCaller:
    """One caller of a list. Raises EventError as above."""
    _check_item(headers)
    waited_s = read_number(required(headers.get("Wait"), "Wait"))
    return ListedCaller(_name(headers, "Queue"), _name(headers, "Uniqueid"), max(0, waited_s))


def _check_item(headers: Headers) -> None:
    if isinstance(headers, Message) and headers.event_header is None:
        check_headers(headers)


def _device_changed(headers: Headers, at: float) -> DeviceChanged | None:
    device = _name(headers, "Device")
    if _NO_DEVICE.match(device):
        return None
    word = required(headers.get("State"), "State")
    state = _STATES.get(word)
    if state is None:
        raise EventError(f"no device state: {word[:30]!r}")
    if isinstance(headers, Message) and not headers.text.endswith(f"\r\nDevice: {device}\r\nState: {word}"):
        raise EventError("it does not end with its state")
    return DeviceChanged(at, device, state)


_OF_MEMBER = ("StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall", "InCall", "Paused")
"""What Asterisk 16 to 22 say of every member."""


def _member(headers: Headers, interface: str) -> QueueMember:
    for header in _OF_MEMBER:
        required(headers.get(header), header)
    number = read_number(required(headers.get("Status"), "Status"))
    if number not in _BY_NUMBER:
        raise EventError(f"no device state: {number}")
    last_call_at = read_time(headers.get("LastCall", "0"))
    return QueueMember(
        queue=_name(headers, "Queue"),
        interface=_name(headers, interface),
        device=_name(headers, "StateInterface"),
        state=_STATES[_BY_NUMBER[number]],
        is_paused=headers.get("Paused") == "1",
        pause_reason=headers.get("PausedReason", "")[:NAME_LIMIT],
        is_in_call=headers.get("InCall") == "1",
        last_call_at=last_call_at or None,
        wrapup_s=max(0, read_number(headers.get("Wrapuptime", "0"))),
    )


def _name(headers: Headers, header: str) -> str:
    value = required(headers.get(header), header)
    if not value or len(value) > NAME_LIMIT:
        raise EventError(f"not a {header}: {value[:30]!r}")
    return value


def _member_changed(headers: Headers, at: float) -> PresenceEvent:
    return MemberChanged(at, _member(headers, "Interface"))


def _member_removed(headers: Headers, at: float) -> PresenceEvent:
    member = _member(headers, "Interface")
    return MemberRemoved(at, member.queue, member.interface)


def _member_connected(headers: Headers, at: float) -> PresenceEvent:
    return _member_busied(headers, at, is_in_call=True)


def _member_completed(headers: Headers, at: float) -> PresenceEvent:
    return _member_busied(headers, at, is_in_call=False)


def _member_busied(headers: Headers, at: float, *, is_in_call: bool) -> PresenceEvent:
    channel_and(headers, ())
    return MemberBusied(at, _name(headers, "Queue"), _name(headers, "Interface"), is_in_call=is_in_call)


def _caller_abandoned(headers: Headers, at: float) -> PresenceEvent:
    uniqueid, queue = _caller(headers)
    return CallerAbandoned(at, queue, uniqueid)


def _caller_left(headers: Headers, at: float) -> PresenceEvent:
    uniqueid, queue = _caller(headers)
    return CallerLeft(at, queue, uniqueid)


def _caller(headers: Headers) -> tuple[str, str]:
    channel, (queue,) = channel_and(headers, ("Queue",))
    return channel.uniqueid, required(queue, "Queue")


_EVENTS: dict[str, Callable[[Headers, float], PresenceEvent | None]] = {
    DEVICE_CHANGE: _device_changed,
    "QueueMemberAdded": _member_changed,
    "QueueMemberStatus": _member_changed,
    "QueueMemberPause": _member_changed,
    "QueueMemberRemoved": _member_removed,
    "AgentConnect": _member_connected,
    "AgentComplete": _member_completed,
    "QueueCallerAbandon": _caller_abandoned,
    "QueueCallerLeave": _caller_left,
}

PRESENCE_NAMES = frozenset(_EVENTS)
"""The AMI events that bear on devices and on queues; that a caller joined a queue bears on its call."""

OF_PRESENCE_LIST = frozenset({"QueueMember", "QueueEntry"})
"""The items of the lists, apart from the devices', which have the name of an event."""
