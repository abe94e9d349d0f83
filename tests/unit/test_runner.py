"""The runner of operations: sends, keeps time, and tells who waits."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum

from adapter.ami.errors import LinkDown
from adapter.asterisk.actions import Action, hang_up
from adapter.callcontrol.operation import (
    After,
    Answered,
    Begin,
    Came,
    Cancel,
    Effect,
    Expired,
    Publish,
    Send,
    Stopping,
)
from adapter.callcontrol.runner import Runner
from adapter.callcontrol.world import World
from adapter.calls.changes import CallEnded
from adapter.lab.polling import until

from .machine_bench import Bench
from .samples import world

ENDED = CallEnded("e" * 20)


class Done(StrEnum):
    """The outcome of the operation here."""

    WELL = "well"


class Noting:
    """Begins with these effects, notes what it is told, and is over when told of `last`."""

    id = "noting"

    def __init__(self, *effects: Effect, last: object = ENDED) -> None:
        self._effects = effects
        self._last = last
        self.told: list[object] = []
        self.starts = 0

    @property
    def outcome(self) -> StrEnum | None:
        return Done.WELL if self._last in self.told else None

    @property
    def is_over(self) -> bool:
        return self.outcome is not None

    def has_reached(self, milestone: object, world: World) -> bool:
        assert world.calls is not None
        return self.outcome is not None if milestone is None else milestone in self.told

    def start(self, world: World) -> Sequence[Effect]:
        assert world.calls is not None
        self.starts += 1
        return self._effects

    def on(self, what: object, world: World) -> Sequence[Effect]:
        assert world.calls is not None
        self.told.append(what)
        return [Cancel("other")] if what == Expired("first") else []


class Line:
    """Takes actions, or fails with this."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.sent: list[Action] = []
        self._failure = failure

    async def send(self, action: Action) -> dict[str, str]:
        self.sent.append(action)
        if self._failure is not None:
            raise self._failure
        return {"Value": "told"}


def runner(line: Line) -> Runner:
    return Runner(world, line.send, lambda _: None)


async def told(operation: Noting) -> None:
    """Wait until it is told something."""
    await until(lambda: operation.told)


async def test_what_is_sent_is_answered_under_its_tag_the_links_failure_too() -> None:
    """A failure is an answer, and none that anybody has to catch."""
    for failure in (None, LinkDown("it is down")):
        line, operation = Line(failure), Noting(Send(hang_up("1.1"), "tag"))
        runner(line).begin(operation)
        await told(operation)
        assert operation.told == [Answered("tag", failure, {"Value": "told"} if failure is None else {})]
        assert line.sent == [hang_up("1.1")]


async def test_a_timer_is_told_once_and_not_where_it_was_cancelled() -> None:
    """Set anew it begins anew."""
    operation = Noting(After(60, "first"), After(0.01, "first"), After(0.02, "other"), After(0.04, "last"))
    here = runner(Line())
    here.begin(operation)
    await until(lambda: Expired("last") in operation.told)
    assert operation.told == [Expired("first"), Expired("last")]
    await here.close()


async def test_who_waits_is_told_the_outcome_and_of_what_is_over_nothing_is_told_any_more() -> None:
    """It is over with the change that ends it."""
    here, operation = runner(Line()), Noting(After(0.01, "first"))
    here.begin(operation)
    waiting = asyncio.create_task(here.settled("noting", 5))
    await asyncio.sleep(0)
    here.on_change(ENDED)
    here.on_change(ENDED)
    assert await waiting is Done.WELL
    await asyncio.sleep(0.03)  # nothing comes
    assert operation.told == [ENDED]
    assert await here.settled("noting", 5) is None


async def test_who_waits_in_vain_is_told_nothing() -> None:
    """After the time that it gave."""
    here = runner(Line())
    here.begin(Noting())
    assert await here.settled("noting", 0.01) is None


async def test_what_runs_already_is_started_anew() -> None:
    """There is one that does the same at a time."""
    here, first, second = runner(Line()), Noting(), Noting()
    here.begin(first)
    here.begin(second)
    assert (first.starts, second.starts) == (2, 0)


async def test_a_runner_that_is_closed_tells_nothing() -> None:
    """No timer outlives it."""
    here, operation = runner(Line()), Noting(After(0.01, "first"))
    here.begin(operation)
    await here.close()
    await asyncio.sleep(0.03)  # nothing comes
    assert operation.told == [Stopping()]


async def test_who_waits_for_a_milestone_is_told_when_it_is_reached_or_can_be_no_more() -> None:
    """At once where it is reached, and of one that does not run."""
    here, operation = runner(Line()), Noting(last="the end")
    here.begin(operation)
    waiting = asyncio.create_task(here.reached("noting", "a milestone", 5))
    in_vain = asyncio.create_task(here.reached("noting", "another", 5))
    await asyncio.sleep(0)
    here.tell("noting", "a milestone")
    assert await waiting
    assert await here.reached("noting", "a milestone", 0)
    assert not await here.reached("noting", "another", 0.01)
    assert not in_vain.done()
    here.tell("noting", "the end")
    assert await in_vain
    assert await here.reached("noting", "another", 5)


async def test_a_milestone_that_is_passed_at_once_was_reached_all_the_same() -> None:
    """Who waits looks later, when all may be otherwise again."""
    here, operation = runner(Line()), Noting(last="the end")
    here.begin(operation)
    waiting = asyncio.create_task(here.reached("noting", "a milestone", 5))
    await asyncio.sleep(0)
    here.tell("noting", "a milestone")
    operation.told.clear()
    assert await waiting


async def test_nobody_waits_for_a_runner_that_is_closed() -> None:
    """Whoever waits is told that it did not come about."""
    here = runner(Line())
    here.begin(Noting(last="the end"))
    waiting = asyncio.create_task(here.reached("noting", "a milestone", None))
    await asyncio.sleep(0)
    await here.close()
    assert not await waiting


class AtOnce(Noting):
    """Is over as soon as it is begun."""

    id = "at once"

    @property
    def is_over(self) -> bool:
        return True


async def test_what_an_operation_began_is_told_to_it_when_that_is_over_and_not_in_between() -> None:
    """All that it wants done is done first."""
    published: list[Publish] = []
    child = AtOnce()

    class Parent(Noting):
        id = "parent"

        def on(self, what: object, world: World) -> Sequence[Effect]:
            super().on(what, world)
            return [] if isinstance(what, Came) else [Begin(child), Publish("next", one)]

    one = Bench().supervision
    parent = Parent(last="the end")

    def publish(told: Publish) -> None:
        assert parent.told == ["begin"]
        published.append(told)

    here = Runner(world, Line().send, publish)
    here.begin(parent)
    here.tell("parent", "begin")
    assert (parent.told, child.starts) == (["begin", Came(child)], 1)
    assert [told.what for told in published] == ["next"]
