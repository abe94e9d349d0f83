"""What streams of events remember of lately."""

import pytest

from adapter.stream.replay_buffer import Entry, Kind, ReplayBuffer

HERE, THERE = frozenset({"0003*210"}), frozenset({"0003*211"})


def everything(_: Entry) -> bool:
    return True


def filled(limit: int = 10, count: int = 5) -> ReplayBuffer:
    log = ReplayBuffer(7, limit)
    for number in range(count):
        log.add(Kind.CALL, f"call {number}", HERE)
    return log


def test_ids_rise_within_a_process_and_from_one_to_the_next() -> None:
    """The first part is the process's, the second counts."""
    log = filled(count=2)
    assert log.last_id == "7-2"
    assert log.id_of(log.add(Kind.CALL, "x", HERE).number) == "7-3"


@pytest.mark.parametrize(("number", "keys"), [(5, []), (4, ["call 4"]), (3, ["call 3", "call 4"])])
def test_what_was_missed_is_what_came_after(number: int, keys: list[str]) -> None:
    """In its order."""
    missed = filled().since(f"7-{number}", everything)
    assert missed is not None
    assert [entry.key for entry in missed] == keys


def test_a_thing_that_changed_often_is_missed_once() -> None:
    """At its last change, with all whom any of them touched; a supervision is another thing than a call."""
    log = filled(count=1)
    log.add(Kind.CALL, "a", HERE)
    log.add(Kind.CALL, "b", HERE)
    log.add(Kind.SUPERVISION, "a", HERE)
    log.add(Kind.CALL, "a", THERE)
    missed = log.since("7-1", everything)
    assert missed is not None
    assert [(one.number, one.kind, one.key, one.touched) for one in missed] == [
        (3, Kind.CALL, "b", HERE),
        (4, Kind.SUPERVISION, "a", HERE),
        (5, Kind.CALL, "a", HERE | THERE),
    ]


def test_what_is_forgotten_is_known_to_be_missing() -> None:
    """Of five entries the last three are kept: who has the second knows all, who has the first does not."""
    log = filled(limit=3)
    assert len(log.since("7-2", everything) or ()) == 3
    assert log.since("7-1", everything) is None


@pytest.mark.parametrize("last", ["", "7", "7-", "-5", "6-5", "8-5", "7-6", "7-5-5", "7-x", "7-\u0665"])
def test_an_id_that_was_not_given_is_not_known(last: str) -> None:
    """Of another process, of the future, or none."""
    assert filled().since(last, everything) is None


def test_after_a_clear_only_what_comes_after_is_known() -> None:
    """Nobody who was there before can be told what was missed."""
    log = filled()
    number = log.clear()
    assert log.since("7-5", everything) is None
    assert log.since(log.id_of(number), everything) == []
    log.add(Kind.CALL, "x", HERE)
    assert [entry.key for entry in log.since(log.id_of(number), everything) or ()] == ["x"]


def test_what_does_not_concern_who_asks_is_not_missed() -> None:
    """Not even as a change of a thing that concerns it otherwise: that another's call goes on is no news."""
    log = filled(count=1)
    log.add(Kind.CALL, "a", HERE)
    log.add(Kind.CALL, "a", THERE)
    log.add(Kind.CALL, "b", THERE)
    missed = log.since("7-1", lambda entry: not entry.touched.isdisjoint(HERE))
    assert missed is not None
    assert [(one.number, one.key, one.touched) for one in missed] == [(2, "a", HERE)]
