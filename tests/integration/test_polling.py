"""What the tests wait with: it fails in time, and says with what."""

import itertools
import time

import pytest

from adapter.lab.errors import LabError
from adapter.lab.polling import until, until_seen


async def test_what_is_not_so_in_time_is_told_as_it_was_seen_last() -> None:
    """And with the log, as it is by then."""
    looks = itertools.count()

    async def look() -> int:
        return next(looks)

    with pytest.raises(LabError, match=r"still [1-9]\d*\nthe log after \d+ looks") as failed:
        await until_seen(look, lambda _: False, within=0.05, log=lambda: f"the log after {next(looks)} looks")
    assert str(failed.value).startswith("after 0.05 s")


async def test_nothing_is_never_so() -> None:
    """`None` stands for what cannot be looked at yet, whatever is asked of it."""
    seen: list[list[int] | None] = [None, [], [1]]

    async def look() -> list[int] | None:
        return seen.pop(0)

    assert await until_seen(look) == []
    assert await until_seen(look, bool) == [1]


async def test_who_was_held_up_beyond_the_deadline_looks_once_more() -> None:
    """What came about meanwhile is seen."""
    looks = itertools.count()

    async def look() -> int:
        if (count := next(looks)) == 0:
            time.sleep(0.1)  # noqa: ASYNC251 - nothing else runs meanwhile: that is the point
        return count

    assert await until_seen(look, bool, within=0.05) == 1


async def test_what_never_becomes_so_is_told_in_time() -> None:
    """With the log, as it is by then; what is so by a last look behind the deadline was in time."""
    looks = itertools.count()
    with pytest.raises(LabError, match=r"^after 0\.05 s it is still not so\nthe log after [1-9]\d* looks$"):
        await until(lambda: next(looks) < 0, within=0.05, log=lambda: f"the log after {next(looks)} looks")

    def is_so() -> bool:
        if (count := next(looks)) == first:
            time.sleep(0.1)
        return count > first

    first = next(looks) + 1
    await until(is_so, within=0.05)
