"""Attended transfers: a phone with a party on hold consults another one, and connects the two or does not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import pytest

from adapter.lab import Phone
from tests.acceptance.stories.story import Stage, Story, View, between, supervising, view

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGENT = "0003*210"


async def customer_calls(story: Story) -> tuple[Phone, Phone]:
    """The agent's phone and the customer's, talking."""
    return await story.talk(AGENT)


async def agent_calls(story: Story) -> tuple[Phone, Phone]:
    """The agent's phone and that of 0003*211, talking."""
    called = await story.phone("0003*211")
    agent = await story.dialing(AGENT, "0003*211")
    await story.answer(called, agent)
    return agent, called


@dataclass(frozen=True)
class Side:
    """On which side of the first call the agent is, and what the list shows of it by then."""

    name: str
    talk: Callable[[Story], Awaitable[tuple[Phone, Phone]]]
    """The first call: the agent's phone, and the one that it holds while it consults."""
    consulted: str
    talking: list[View]
    held: list[View]
    supervised: str
    """Whom a supervisor joins before the agent consults."""
    stays: bool
    """Whether the supervisor stays when the agent leaves: it was not the agent's."""


BY_CALLEE = Side(
    "by-callee",
    customer_calls,
    "0003*211",
    [view("01", AGENT, "5", "777888", AGENT)],
    [view("01", AGENT, "5", "777888", AGENT, onHold=True, holder="1")],
    supervised=AGENT,
    stays=False,
)
BY_CALLER = Side(
    "by-caller",
    agent_calls,
    "0003*21",
    between(AGENT, "0003*211"),
    [
        view("01", AGENT, "5", AGENT, "0003*211", onHold=True, holder="1"),
        view("02", "0003*211", "5", AGENT, "0003*211", onHold=True),
    ],
    supervised="0003*211",
    stays=True,
)


class End(StrEnum):
    """How the consultation ends."""

    CONNECTED = ""
    """The agent connects the two, who talk."""
    RINGING = "-ringing"
    """It connects them while the consulted phone rings, which rings on."""
    ABANDONED = "-abandoned"
    """It gives the consultation up and takes the other one back."""


@pytest.mark.parametrize("is_supervised", [False, True], ids=["", "barge-in"])
@pytest.mark.parametrize("end", End, ids=lambda end: end.name.lower())
@pytest.mark.parametrize("side", [BY_CALLEE, BY_CALLER], ids=lambda side: side.name)
async def test_an_attended_transfer(stage: Stage, side: Side, end: End, *, is_supervised: bool) -> None:
    """Two calls become the older one, of those two; where the agent gives it up, the first is as it was.

    A supervisor is with whom it was asked for, and goes when that one leaves.
    """
    name = f"attended-transfer-{side.name}{end}{'-barge-in' if is_supervised else ''}"
    async with stage.tell(name) as story:
        other = await story.phone(side.consulted)
        agent, held = await side.talk(story)
        supervisors, joined = [], []
        if is_supervised:
            supervisor = await story.barge_in(side.supervised)
            assert supervisor is not None
            supervisors = [supervisor]
            joined = [supervising(side.supervised, f"{len(side.talking) + 1:02}")]
            await story.step("joined", [*side.talking, *joined])
        await agent.hold()
        second = await story.dialing(AGENT, side.consulted)
        if end is End.RINGING:
            await other.ringing()
            await second.rings_there()
        else:
            await story.answer(other, second)
        statuses = ("4", "3") if end is End.RINGING else ("5", "5")
        consulting = between(AGENT, side.consulted, statuses=statuses)
        await story.step("consulting", [*side.held, *joined], consulting)
        if end is End.ABANDONED:
            await story.hang_up(second, other)
            await story.step("alone", [*side.held, *joined])
            await agent.unhold()
            await story.step("taken back", [*side.talking, *joined])
            await story.until_all_heard(agent, held, *supervisors)
            await story.hang_up(agent, held, *supervisors)
            return
        await agent.transfer_to(second)
        gone = [agent] if end is End.RINGING else [agent, second]
        if not side.stays:
            gone, supervisors = gone + supervisors, []
        for line in gone:
            await line.ended()
        await story.step("transferred", connected(side, joined, statuses))
        if end is End.RINGING:
            await story.answer(other)
            await story.step("talking", connected(side, joined, ("5", "5")))
        await story.until_all_heard(held, other, *supervisors)
        await story.hang_up(other, held, *supervisors)


def connected(side: Side, joined: list[View], statuses: tuple[str, str]) -> list[View]:
    """The call of who was held with who was consulted; its views are counted on."""
    caller, callee = statuses
    new = f"{len(side.talking) + len(joined) + 1:02}"
    if not side.stays:
        return [view(new, side.consulted, callee, "777888", side.consulted)]
    return [
        view("02", side.supervised, caller, side.supervised, side.consulted),
        *joined,
        view(new, side.consulted, callee, side.supervised, side.consulted),
    ]
