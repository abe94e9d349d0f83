"""AMI messages of devices and queues, and what is refused among them."""

from collections.abc import Callable

import pytest

from adapter.ami.reader import Reader
from adapter.asterisk.events import QueueJoin
from adapter.asterisk.message import Message, read_headers
from adapter.asterisk.parsing import EventError, parse
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
from adapter.asterisk.presence_parsing import (
    parse_listed_caller,
    parse_listed_device,
    parse_listed_member,
    parse_presence,
)
from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.fake_ami_presence import FakeMember, FakePresence

AT = 1_796_076_080.5
CALLER = FakeChannel("PJSIP/trunk-0000002a", "1796076080.7", "1796076080.7", caller=("John Doe", "777888"))
Q, DESK = "0003*500", "PJSIP/0003*210"
MEMBER = QueueMember(Q, DESK, DESK, DeviceState.RINGING, is_paused=True, last_call_at=9.0, wrapup_s=5)
FAKE = FakeMember(Q, DESK, "RINGING", is_paused=True, last_call=9, wrapup_s=5)


def messages(data: bytes) -> list[Message]:
    """What a connection makes of these bytes."""
    return Reader().feed(data)


def said(*does: Callable[[FakePresence], None]) -> list[Message]:
    """What Asterisk says when these happen."""
    heard: list[bytes] = []
    presence = FakePresence(lambda *events: heard.extend(events), lambda: AT)
    for do in does:
        do(presence)
    return messages(b"".join(heard))


@pytest.mark.parametrize(
    ("does", "wanted"),
    [
        (lambda pbx: pbx.change(DESK, "INUSE"), [DeviceChanged(AT, DESK, DeviceState.IN_USE)]),
        (lambda pbx: pbx.change("Queue:0003*500_avail", "INUSE"), [None]),
        (lambda pbx: pbx.change("Custom:night", "INUSE"), [None]),
        (lambda pbx: pbx.change_member(FAKE, "QueueMemberAdded"), [MemberChanged(AT, MEMBER)]),
        (lambda pbx: pbx.change_member(FAKE, "QueueMemberStatus"), [MemberChanged(AT, MEMBER)]),
        (lambda pbx: pbx.change_member(FAKE, "QueueMemberPause"), [MemberChanged(AT, MEMBER)]),
        (lambda pbx: pbx.change_member(FAKE, "QueueMemberRemoved"), [MemberRemoved(AT, Q, DESK)]),
        (lambda pbx: pbx.connect(CALLER, FAKE), [MemberBusied(AT, Q, DESK, is_in_call=True)]),
        (
            lambda pbx: pbx.connect(CALLER, FAKE, "AgentComplete"),
            [MemberBusied(AT, Q, DESK, is_in_call=False)],
        ),
        (lambda pbx: pbx.leave(CALLER, Q), [CallerLeft(AT, Q, CALLER.uniqueid)]),
        (
            lambda pbx: pbx.leave(CALLER, Q, abandons=True),
            [CallerAbandoned(AT, Q, CALLER.uniqueid), CallerLeft(AT, Q, CALLER.uniqueid)],
        ),
        (lambda pbx: pbx.change_member(FAKE, "QueueMemberRinginuse"), [None]),
    ],
)
def test_each_event(does: Callable[[FakePresence], None], wanted: list[PresenceEvent | None]) -> None:
    """From a connection, and from a recorded trace, whose headers were split already."""
    told = said(does)
    assert [parse_presence(message, 0.0) for message in told] == wanted
    assert [parse_presence(read_headers(message.text), 0.0) for message in told] == wanted


def test_a_caller_who_joins_a_queue_is_an_event_of_its_call() -> None:
    """It names the channel by all of its lines, and the queue behind them."""
    [message] = said(lambda pbx: pbx.join(CALLER, Q))
    event = parse(message, 0.0)
    assert isinstance(event, QueueJoin)
    assert (event.channel.uniqueid, event.queue, event.at) == (CALLER.uniqueid, Q, AT)
    assert parse_presence(message, 0.0) is None


def test_the_items_of_the_lists() -> None:
    """A device that is no phone is none of ours; of a caller nothing is kept that it may choose."""
    presence = FakePresence(lambda *_: None, lambda: AT)
    presence.devices = {DESK: "ONHOLD", "Queue:0003*500": "RINGING"}
    presence.members, presence.callers = [FAKE], [(Q, CALLER, 12)]
    devices = messages(b"".join(presence.listed_devices("list-1")))
    assert [parse_listed_device(one) for one in devices] == [
        DeviceChanged(0.0, DESK, DeviceState.ON_HOLD),
        None,
    ]
    member, caller = messages(b"".join(presence.listed_queues("list-1")))
    assert parse_listed_member(member) == MEMBER
    assert parse_listed_caller(caller) == ListedCaller(Q, CALLER.uniqueid, 12)


LONGEST = 80
"""Asterisk takes no longer number."""


@pytest.mark.parametrize(
    "number",
    [
        "1\r\nQueue: 0004*500",
        "1\r\nUniqueid: 1.1",
        "1\r\n\r\nEvent: QueueCallerLeave\r\nPrivilege: a\r\nQueue: 5\r\nUniqueid: 1.1",
        "1\r\n\r\nEvent: QueueMemberRemoved\r\nPrivilege: a\r\nQueue: 5\r\nInterface: P/1",
        "\r\n\r\nEvent: AgentConnect\r\nPrivilege: a\r\nQueue: 5\r\nInterface: P/1\r\n\r\n",
        "1\r\n\r\nEvent: DeviceStateChange\r\nDevice: PJSIP/1\r\nState: BUSY\r\n\r\n",
        "\r\n\r\nEvent: DeviceStateChange\r\nPrivilege: a\r\nDevice: PJSIP/1\r\nState: BUSY",
        "\r\n\r\nEvent: DeviceStateChange\r\nPrivilege: a\r\nDevice: PJSIP/1\r\nState: BUSY\r\n\r\n",
        "\r\n\r\nEvent: DeviceStateChange\r\nActionID: list-1\r\nDevice: P/1\r\nState: BUSY\r\n\r\n",
    ],
)
def test_what_a_callers_number_forges_is_refused(number: str) -> None:
    """It may break the event in which it stands, and what is left of it; none of the pieces says anything."""
    assert len(number) <= LONGEST
    forger = FakeChannel("PJSIP/trunk-0000002a", "1.7", "1.7", caller=("", "NUMBER"))
    heard: list[bytes] = []
    FakePresence(lambda *events: heard.extend(events), lambda: AT).leave(forger, Q)
    told = [_read(message) for message in messages(b"".join(heard).replace(b"NUMBER", number.encode()))]
    assert set(told) <= {None, CallerLeft(AT, Q, "1.7")}


def _read(message: Message) -> PresenceEvent | None:
    try:
        return parse_presence(message, 0.0, is_stamped=True)
    except EventError:
        return None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"State: INUSE", b"State: DREAMING"),
        (b"State: INUSE", b"Nothing: here"),
        (b"Device: PJSIP/0003*210", b"Device: "),
        (b"Device: PJSIP/0003*210", b"Device: PJSIP/" + b"1" * 300),
        (b"Timestamp: 1796076080.500000", b"Timestamp: soon"),
        (b"Privilege: call,all\r\n", b""),
    ],
)
def test_a_malformed_event_is_an_error(old: bytes, new: bytes) -> None:
    """And changes nothing: its name is right, its form is not."""
    whole = say.event("DeviceStateChange", AT, ("Device", DESK), ("State", "INUSE"))
    assert old in whole
    [message] = messages(whole.replace(old, new))
    with pytest.raises(EventError):
        parse_presence(message, 0.0)


@pytest.mark.parametrize("status", ["9", "-1", "x", ""])
def test_a_member_in_no_known_state_is_an_error(status: str) -> None:
    """Nobody is taken for ready because Asterisk says something new."""
    [message] = said(lambda pbx: pbx.change_member(FAKE))
    text = message.text.replace("\r\nStatus: 6", f"\r\nStatus: {status}")
    [changed] = messages(f"{text}\r\n\r\n".encode())
    with pytest.raises(EventError):
        parse_presence(changed, 0.0)
