"""What is counted, and that a count costs next to nothing and never holds what a client chose."""

import pytest

from adapter.asterisk.events import Event, Hangup, SpyStop
from adapter.callcontrol.supervision.session import Reason, State
from adapter.calls.changes import CallChanged, CallEnded
from adapter.monitoring.counters import Distribution, EventCounters, RequestCounters, SupervisionCounters


class Clock:
    """Tells what it was set to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_counted_up_to_its_bound() -> None:
    """One that equals a bound is within it, one beyond all is in the last; the sum is exact."""
    distribution = Distribution((0.1, 1.0))
    for value in (0.0, 0.1, 0.5, 1.0, 7.0):
        distribution.add(value)
    assert distribution.counts == [2, 2, 1]
    assert distribution.total == pytest.approx(8.6)


def test_an_event_is_counted_by_kind_timed_and_handed_on() -> None:
    """In order, each once; the age is that of the last one's arrival."""
    clock, taken = Clock(), list[Event]()

    def take(event: Event) -> None:
        taken.append(event)
        clock.now += 0.002

    counters = EventCounters(clock)
    take_event = counters.counting(take)
    assert counters.last_age_s is None
    events = [SpyStop(1.0, "1.1"), SpyStop(2.0, "1.2")]
    for event in events:
        take_event(event)
    assert taken == events
    assert counters.kinds == {SpyStop: 2}
    assert Hangup not in counters.kinds
    assert sum(counters.apply_s.counts) == 2
    assert counters.apply_s.total == pytest.approx(0.004)
    clock.now += 5.0
    assert counters.last_age_s == pytest.approx(5.002)


def test_an_event_that_could_not_be_taken_is_counted_and_raises() -> None:
    """Counting hides no bug."""

    def fail(_: Event) -> None:
        raise RuntimeError("a bug")

    counters = EventCounters(Clock())
    with pytest.raises(RuntimeError):
        counters.counting(fail)(SpyStop(1.0, "1.1"))
    assert counters.kinds == {SpyStop: 1}


def test_only_a_calls_end_counts_as_one() -> None:
    """A call changes many times and ends once."""
    counters = EventCounters(Clock())
    counters.on_change(CallChanged("a"))
    counters.on_change(CallEnded("a"))
    assert counters.calls_ended == 1


def test_a_supervision_has_one_outcome() -> None:
    """Joined, however often it changes after that and however it ends; else why it never was."""
    counters = SupervisionCounters()
    for state in (State.REQUESTED, State.RINGING, State.ANSWERED, State.JOINED, State.JOINED):
        counters.note("a", "BargeIn", state, None)
    counters.note("a", "BargeIn", State.ENDED, Reason.SUPERVISOR_LEFT)
    counters.note("b", "BargeIn", State.RINGING, None)
    counters.note("b", "BargeIn", State.ENDED, Reason.BUSY)
    counters.note("c", "BargeIn", State.ENDED, Reason.SUPERVISOR_LEFT)
    assert counters.outcomes == {
        ("BargeIn", "joined"): 1,
        ("BargeIn", "busy"): 1,
        ("BargeIn", "supervisor_left"): 1,
    }


def test_ended_supervisions_are_not_remembered() -> None:
    """Else a process that runs for months would grow with each of them."""
    counters = SupervisionCounters()
    for number in range(1000):
        counters.note(str(number), "BargeIn", State.JOINED, None)
        counters.note(str(number), "BargeIn", State.ENDED, Reason.CALL_ENDED)
    assert counters._joined == set()  # noqa: SLF001 - what it remembers is the point
    assert counters.outcomes == {("BargeIn", "joined"): 1000}


def test_methods_that_clients_make_up_are_one() -> None:
    """The number of series does not depend on who asks."""
    counters = RequestCounters()
    for number in range(1000):
        counters.note(f"X{number}", "none", 404, 0.001)
    assert counters.statuses == {("other", "none", 404): 1000}
    assert list(counters.answer_s) == [("other", "none")]
