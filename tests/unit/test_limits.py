from adapter.http import limits
from adapter.http.limits import RateLimit


def test_a_burst_may_be_done_at_once_and_then_one_at_a_time() -> None:
    """Three at once, then two a second; what had to wait took nothing."""
    limit = RateLimit(rate=2, burst=3)
    assert [limit.take("a", 100.0) for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
    assert limit.take("a", 100.25) == 0.25
    assert limit.take("a", 100.5) == 0
    assert limit.take("a", 100.5) == 0.5


def test_a_pause_gives_no_more_than_a_burst() -> None:
    """A day of silence does not add up."""
    limit = RateLimit(rate=2, burst=3)
    limit.take("a", 0.0)
    assert [limit.take("a", 86400.0) for _ in range(4)] == [0, 0, 0, 0.5]


def test_one_clients_haste_is_not_anothers_wait() -> None:
    """Each key has a burst of its own."""
    limit = RateLimit(rate=1, burst=1)
    assert [limit.take("a", 0.0), limit.take("a", 0.0), limit.take("b", 0.0)] == [0, 1, 0]


def test_asking_what_is_missing_takes_nothing() -> None:
    """However often."""
    limit = RateLimit(rate=1, burst=1)
    assert [limit.missing("a", 0.0) for _ in range(3)] == [0, 0, 0]
    assert limit.take("a", 0.0) == 0
    assert [limit.missing("a", 0.0) for _ in range(3)] == [1, 1, 1]


def test_the_client_not_heard_of_for_longest_is_forgotten_first() -> None:
    """Memory has an end, and whoever keeps asking is not forgotten by it."""
    limit = RateLimit(rate=1, burst=1)
    limit.take("old", 0.0)
    limit.take("busy", 0.0)
    for number in range(limits.KEYS_LIMIT - 1):
        limit.missing("busy", 0.0)
        limit.take(str(number), 0.0)
    assert limit.missing("busy", 0.0) == 1
    assert limit.missing("old", 0.0) == 0


def test_who_did_something_lately_is_not_the_one_forgotten() -> None:
    """However long ago it was first heard of: by asking from many places nobody gets another burst."""
    limit = RateLimit(rate=1, burst=1)
    limit.take("first", 0.0)
    limit.take("second", 0.0)
    limit.take("first", 10.0)
    for number in range(limits.KEYS_LIMIT - 1):
        limit.take(str(number), 10.0)
    assert (limit.missing("first", 10.0), limit.missing("second", 0.0)) == (1, 0)


def test_a_costly_thing_takes_more_and_the_costliest_all_that_there_is() -> None:
    """One that counts as more than a burst may be done after a pause, and nothing else beside it."""
    limit = RateLimit(rate=2, burst=4)
    assert [limit.take("a", 0.0, 3), limit.take("a", 0.0, 3), limit.take("a", 0.0)] == [0, 1, 0]
    assert [limit.take("b", 0.0, 250), limit.take("b", 0.0), limit.take("b", 1.0, 250)] == [0, 0.5, 1]
