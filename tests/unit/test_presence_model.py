"""The model of devices and queues: what each event makes of it."""

import itertools
from typing import get_args

import pytest

from adapter.asterisk.presence_events import (
    CallerAbandoned,
    CallerJoined,
    CallerLeft,
    DeviceChanged,
    DeviceState,
    ListedCaller,
    MemberBusied,
    MemberChanged,
    MemberRemoved,
    PresenceEvent,
    PresenceSnapshot,
    QueueMember,
)
from adapter.presence.changes import DeviceStateChanged, QueueChanged
from adapter.presence.extension import ExtensionState, extension_state
from adapter.presence.model import HANDLERS, Presence
from adapter.presence.queue import MemberState, member_state
from adapter.presence.state import QueueKnowledge

NOW = 1_800_000_000.0
DESK, MOBILE = "PJSIP/210", "PJSIP/210-mobile"
Q = "500"
MEMBER = QueueMember(Q, DESK, DESK, DeviceState.IDLE)
LISTED = PresenceSnapshot(devices=(), members=(MEMBER,))


def applied(*events: PresenceEvent, listed: PresenceSnapshot = LISTED) -> Presence:
    """A model after a login and these events."""
    presence = Presence()
    presence.reset(listed, NOW)
    for event in events:
        presence.apply(event)
    return presence


def member_of(presence: Presence) -> QueueMember:
    """The only member of the only queue."""
    assert presence.queues is not None
    return presence.queues[Q].members[DESK]


def waiting(presence: Presence) -> dict[str, float]:
    """Who waits in the queue, and since when."""
    assert presence.queues is not None
    queue = presence.queues.get(Q)
    return {} if queue is None else {one.uniqueid: one.since for one in queue.callers.values()}


def test_each_event_has_exactly_one_handler() -> None:
    """Every event that the parser makes is taken by one function of the model."""
    assert set(HANDLERS) == set(get_args(PresenceEvent))


# -- devices -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        (DeviceState.IDLE, ExtensionState.IDLE),
        (DeviceState.RINGING, ExtensionState.RINGING),
        (DeviceState.RINGING_IN_USE, ExtensionState.RINGING),
        (DeviceState.IN_USE, ExtensionState.BUSY),
        (DeviceState.BUSY, ExtensionState.BUSY),
        (DeviceState.ON_HOLD, ExtensionState.ON_HOLD),
        (DeviceState.UNAVAILABLE, ExtensionState.UNAVAILABLE),
        (DeviceState.INVALID, ExtensionState.UNAVAILABLE),
        (DeviceState.UNKNOWN, ExtensionState.UNKNOWN),
    ],
)
def test_the_state_of_an_extension_is_that_of_its_only_device(
    state: DeviceState, wanted: ExtensionState
) -> None:
    """Each of Asterisk's nine states has one of ours."""
    assert applied(DeviceChanged(NOW, DESK, state)).extension([DESK]) is wanted


def test_a_device_that_nobody_told_of_is_unknown() -> None:
    """Not idle: nobody may be sent a call because nothing is known. So is an extension without a device."""
    presence = applied(DeviceChanged(NOW, DESK, DeviceState.IDLE))
    assert presence.extension([MOBILE]) is ExtensionState.UNKNOWN
    assert presence.extension([]) is ExtensionState.UNKNOWN


ORDER = (
    DeviceState.RINGING,
    DeviceState.IN_USE,
    DeviceState.ON_HOLD,
    DeviceState.IDLE,
    DeviceState.UNKNOWN,
    DeviceState.UNAVAILABLE,
)


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(ORDER, 2)))
def test_of_two_devices_the_more_engaged_counts(first: DeviceState, second: DeviceState) -> None:
    """Ringing before busy, on hold, idle, unknown, unavailable; whichever is named first."""
    assert extension_state([first, second]) is extension_state([first])
    assert extension_state([second, first]) is extension_state([first])


def test_a_device_that_changes_is_published_once_and_one_that_does_not_is_not() -> None:
    """A repeated event is no change."""
    presence = applied()
    event = DeviceChanged(NOW, DESK, DeviceState.RINGING)
    assert presence.apply(event) == [DeviceStateChanged(DESK)]
    assert presence.apply(event) == []


def test_after_a_login_only_what_was_listed_is_known() -> None:
    """What was known before is out of date: a device that is gone is unknown again."""
    presence = applied(DeviceChanged(NOW, DESK, DeviceState.IN_USE))
    listed = PresenceSnapshot(devices=(DeviceChanged(0.0, MOBILE, DeviceState.IDLE),))
    assert set(presence.reset(listed, NOW)) == {
        DeviceStateChanged(DESK),
        DeviceStateChanged(MOBILE),
        QueueChanged(Q),
    }
    assert presence.extension([DESK]) is ExtensionState.UNKNOWN
    assert presence.extension([MOBILE]) is ExtensionState.IDLE


def test_a_list_that_is_refused_while_the_link_is_up_changes_nothing() -> None:
    """Only a list tells what is not so any more."""
    presence = applied(DeviceChanged(NOW, DESK, DeviceState.IN_USE), CallerJoined(NOW, Q, "1.1"))
    assert presence.reconcile(PresenceSnapshot(), NOW) == []
    assert presence.extension([DESK]) is ExtensionState.BUSY
    assert waiting(presence) == {"1.1": NOW}


# -- members -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "wanted"),
    [
        (MEMBER, MemberState.READY),
        (QueueMember(Q, DESK, DESK, DeviceState.UNKNOWN), MemberState.READY),
        (QueueMember(Q, DESK, DESK, DeviceState.RINGING), MemberState.RINGING),
        (QueueMember(Q, DESK, DESK, DeviceState.IN_USE), MemberState.BUSY),
        (QueueMember(Q, DESK, DESK, DeviceState.ON_HOLD), MemberState.BUSY),
        (QueueMember(Q, DESK, DESK, DeviceState.UNAVAILABLE), MemberState.UNAVAILABLE),
        (QueueMember(Q, DESK, DESK, DeviceState.IDLE, is_paused=True), MemberState.PAUSED),
        (QueueMember(Q, DESK, DESK, DeviceState.UNAVAILABLE, is_paused=True), MemberState.PAUSED),
        (QueueMember(Q, DESK, DESK, DeviceState.IN_USE, is_in_call=True), MemberState.IN_CALL),
        (
            QueueMember(Q, DESK, DESK, DeviceState.IN_USE, is_paused=True, is_in_call=True),
            MemberState.IN_CALL,
        ),
        (
            QueueMember(Q, DESK, DESK, DeviceState.IDLE, last_call_at=NOW - 9, wrapup_s=10),
            MemberState.WRAP_UP,
        ),
        (QueueMember(Q, DESK, DESK, DeviceState.IDLE, last_call_at=NOW - 10, wrapup_s=10), MemberState.READY),
    ],
)
def test_what_a_member_does(member: QueueMember, wanted: MemberState) -> None:
    """In a call of the queue, else paused, else in wrap-up, else what its device does."""
    assert member_state(member, NOW) is wanted


def test_a_member_logs_in_changes_and_logs_out() -> None:
    """Each is a change of its queue; a repeated event is none; the last one takes the queue with it."""
    presence = applied(listed=PresenceSnapshot(members=()))
    assert presence.apply(MemberChanged(NOW, MEMBER)) == [QueueChanged(Q)]
    assert presence.apply(MemberChanged(NOW, MEMBER)) == []
    assert member_of(presence) == MEMBER
    assert presence.apply(MemberRemoved(NOW, Q, DESK)) == [QueueChanged(Q)]
    assert presence.apply(MemberRemoved(NOW, Q, DESK)) == []
    assert presence.queues == {}


def test_a_member_is_in_a_call_from_connect_to_complete() -> None:
    """No event of its state says so; one that was sent late, of the device before the call, ends nothing."""
    presence = applied(MemberBusied(NOW, Q, DESK, is_in_call=True))
    presence.apply(MemberChanged(NOW, QueueMember(Q, DESK, DESK, DeviceState.IN_USE)))
    assert member_state(member_of(presence), NOW) is MemberState.IN_CALL
    presence.apply(MemberBusied(NOW + 5, Q, DESK, is_in_call=False))
    assert member_of(presence).last_call_at == NOW + 5
    assert member_state(member_of(presence), NOW + 5) is MemberState.BUSY


def test_a_member_whose_phone_is_idle_is_in_no_call() -> None:
    """The end of a call may be lost; an idle phone is the end."""
    presence = applied(MemberBusied(NOW, Q, DESK, is_in_call=True), MemberChanged(NOW, MEMBER))
    assert member_state(member_of(presence), NOW) is MemberState.READY


def test_an_event_of_a_member_who_is_not_known_makes_none() -> None:
    """What a member is only its own events and the list tell."""
    presence = applied(
        MemberBusied(NOW, "501", "PJSIP/211", is_in_call=True), MemberRemoved(NOW, "502", DESK)
    )
    assert presence.queues is not None
    assert set(presence.queues) == {Q}


# -- callers -------------------------------------------------------------------------------------------


def test_a_caller_waits_until_it_leaves() -> None:
    """Since it joined; a repeated event makes it wait no shorter."""
    presence = applied(CallerJoined(NOW, Q, "1.1"))
    assert presence.apply(CallerJoined(NOW + 5, Q, "1.1")) == []
    assert waiting(presence) == {"1.1": NOW}
    assert presence.apply(CallerLeft(NOW + 9, Q, "1.1")) == [QueueChanged(Q)]
    assert waiting(presence) == {}
    assert presence.apply(CallerLeft(NOW + 9, Q, "1.1")) == []


def test_a_caller_who_hangs_up_is_known_to_have_abandoned_until_it_leaves() -> None:
    """Asterisk tells both, one after the other."""
    presence = applied(CallerJoined(NOW, Q, "1.1"))
    assert presence.apply(CallerAbandoned(NOW + 3, Q, "1.1")) == [QueueChanged(Q)]
    assert presence.queues is not None
    assert [one.has_abandoned for one in presence.queues[Q].callers.values()] == [True]
    presence.apply(CallerLeft(NOW + 3, Q, "1.1"))
    assert waiting(presence) == {}


def test_a_caller_waits_in_the_one_queue_and_not_in_the_other() -> None:
    """One who left a queue for another is not taken out of that."""
    presence = applied(
        CallerJoined(NOW, Q, "1.1"), CallerLeft(NOW, Q, "1.1"), CallerJoined(NOW, "501", "1.1")
    )
    presence.apply(CallerLeft(NOW, Q, "1.1"))
    assert presence.queues is not None
    assert list(presence.queues["501"].callers) == ["1.1"]


def test_a_listed_caller_has_waited_for_so_long_unless_more_is_known() -> None:
    """A list tells whole seconds; what an event told is exact."""
    listed = PresenceSnapshot(
        members=(MEMBER,), callers=(ListedCaller(Q, "1.1", 7), ListedCaller(Q, "1.2", 3))
    )
    presence = applied(CallerJoined(NOW - 3.4, Q, "1.2"))
    presence.reconcile(listed, NOW)
    assert waiting(presence) == {"1.1": NOW - 7, "1.2": NOW - 3.4}


def test_a_list_forgets_whoever_is_not_in_it() -> None:
    """An event of their leaving was lost."""
    presence = applied(CallerJoined(NOW, Q, "1.1"))
    assert presence.reconcile(LISTED, NOW) == [QueueChanged(Q)]
    assert waiting(presence) == {}


# -- whether Asterisk tells of queues ------------------------------------------------------------------


def test_queues_are_unknown_where_asterisk_refuses_the_list() -> None:
    """Not empty: that would be a claim."""
    presence = applied(listed=PresenceSnapshot(devices=()))
    assert presence.knowledge is QueueKnowledge.UNKNOWN
    assert presence.queues is None


@pytest.mark.parametrize(
    "event",
    [
        MemberChanged(NOW, MEMBER),
        MemberRemoved(NOW, Q, DESK),
        MemberBusied(NOW, Q, DESK, is_in_call=True),
        CallerJoined(NOW, Q, "1.1"),
        CallerLeft(NOW, Q, "1.1"),
        CallerAbandoned(NOW, Q, "1.1"),
    ],
)
def test_any_event_of_a_queue_confirms_that_asterisk_tells(event: PresenceEvent) -> None:
    """After a login nothing shows that it does until one comes."""
    assert applied().knowledge is QueueKnowledge.UNCONFIRMED
    assert applied(event).knowledge is QueueKnowledge.KNOWN


def test_queues_are_unknown_once_a_members_device_changes_and_nothing_comes_of_it() -> None:
    """As where the AMI user may not read `agent`: the list would be out of date, and nobody would know."""
    first, second = (
        DeviceChanged(NOW, DESK, DeviceState.IN_USE),
        DeviceChanged(NOW + 6, DESK, DeviceState.RINGING),
    )
    assert applied(first).knowledge is QueueKnowledge.UNCONFIRMED
    presence = applied(first, second)
    assert presence.knowledge is QueueKnowledge.UNKNOWN
    assert presence.queues is None
    presence.reconcile(LISTED, NOW + 7)
    assert presence.queues is None, "another list would be out of date as soon"


def test_a_member_that_is_told_of_in_time_confirms() -> None:
    """Devices may change before the first event of a queue comes."""
    presence = applied(
        DeviceChanged(NOW, DESK, DeviceState.IN_USE),
        MemberChanged(NOW, QueueMember(Q, DESK, DESK, DeviceState.IN_USE)),
        DeviceChanged(NOW + 60, DESK, DeviceState.IDLE),
    )
    assert presence.knowledge is QueueKnowledge.KNOWN


def test_a_device_of_no_member_says_nothing_of_queues() -> None:
    """However long nothing comes."""
    presence = applied(
        DeviceChanged(NOW, MOBILE, DeviceState.IN_USE), DeviceChanged(NOW + 60, MOBILE, DeviceState.IDLE)
    )
    assert presence.knowledge is QueueKnowledge.UNCONFIRMED


def test_callers_and_members_are_counted() -> None:
    """As `/metrics` shows them; nothing where nothing is known."""
    presence = applied(CallerJoined(NOW, Q, "1.1"), CallerJoined(NOW, "501", "1.2"))
    assert presence.count(NOW) == (2, {MemberState.READY: 1})
    assert Presence().count(NOW) == (0, {})
