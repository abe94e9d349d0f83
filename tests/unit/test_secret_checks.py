import asyncio
from collections.abc import Awaitable

import pytest

from adapter.auth.secret_checks import TooBusyError, Turns
from adapter.lab.polling import until


class Asking:
    """Who asks for a turn, and who got one, in order."""

    def __init__(self, at_once: int, waiting_limit: int) -> None:
        self.turns = Turns(at_once, waiting_limit)
        self.asked: list[str] = []
        self.served: list[str] = []
        self.may_end = asyncio.Semaphore(0)

    def ask(self, name: str, *, is_suspect: bool = False) -> "asyncio.Task[None]":
        async def take() -> None:
            self.asked.append(name)
            async with self.turns.turn(is_suspect=is_suspect):
                self.served.append(name)
                await self.may_end.acquire()

        return asyncio.create_task(take())


async def settled(task: Awaitable[None]) -> str:
    try:
        async with asyncio.timeout(5.0):
            await task
    except TooBusyError:
        return "busy"
    return "served"


async def test_whoever_failed_before_comes_last() -> None:
    """An App with the right secret does not wait for those who guess."""
    asking = Asking(at_once=1, waiting_limit=10)
    tasks = [asking.ask("first")]
    await until(lambda: asking.served == ["first"])
    tasks += [
        asking.ask("guess 1", is_suspect=True),
        asking.ask("guess 2", is_suspect=True),
        asking.ask("app"),
    ]
    await until(lambda: len(asking.asked) == len(tasks))
    for _ in tasks:
        asking.may_end.release()
    assert [await settled(task) for task in tasks] == ["served"] * 4
    assert asking.served == ["first", "app", "guess 1", "guess 2"]


async def test_few_wait_and_a_guess_gives_way() -> None:
    """Who comes when too many wait is refused at once; one without failures takes the place of a guess."""
    asking = Asking(at_once=1, waiting_limit=2)
    tasks = [asking.ask("first")]
    await until(lambda: asking.served == ["first"])
    for name, is_suspect in (("guess 1", True), ("guess 2", True), ("guess 3", True), ("app 1", False)):
        tasks.append(asking.ask(name, is_suspect=is_suspect))
        await until(lambda: asking.asked[-1] == name)  # noqa: B023 - it is called at once
    tasks += [asking.ask("app 2"), asking.ask("app 3")]
    await until(lambda: len(asking.asked) == len(tasks))
    for _ in tasks:
        asking.may_end.release()
    outcomes = [await settled(task) for task in tasks]
    assert outcomes == ["served", "busy", "busy", "busy", "served", "served", "busy"]


@pytest.mark.parametrize("when", ["while it waits", "as its turn comes"])
async def test_who_goes_away_keeps_nobody_waiting(when: str) -> None:
    """Its turn is another's."""
    asking = Asking(at_once=1, waiting_limit=2)
    first = asking.ask("first")
    await until(lambda: asking.served == ["first"])
    gone, last = asking.ask("gone"), asking.ask("last")
    await until(lambda: len(asking.asked) == 3)
    if when == "while it waits":
        gone.cancel()
        asking.may_end.release()
    else:
        asking.may_end.release()
        await first
        gone.cancel()
    asking.may_end.release()
    assert await settled(last) == "served"
    await asyncio.wait({gone})
    assert gone.cancelled()
    again = asking.ask("again")
    asking.may_end.release()
    assert await settled(again) == "served"
