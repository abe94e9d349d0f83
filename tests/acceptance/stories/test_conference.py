"""ConfBridge: one call of as many as are in it."""

import itertools

import pytest

from adapter.lab import wait_until_heard
from tests.acceptance.harness import code_of

from .story import Stage, view

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST = view("01", "0003*210", "5", "0003*210", "0003*600")
SECOND = view("01", "0003*211", "5", "0003*211", "0003*600")


async def test_each_extension_in_a_conference_has_its_call(stage: Stage) -> None:
    """Two phones and a customer dial 0003*600 one after the other, and leave in the same order.

    Asterisk does not link the channels of a conference: each keeps the call it came with, and its id.
    """
    async with stage.tell("conference") as story:
        first = await story.dialing("0003*210", "0003*600")
        await first.answered()
        await story.step("one", [FIRST])
        second = await story.dialing("0003*211", "0003*600")
        await second.answered()
        await story.step("two", [FIRST], [SECOND])
        customer = await story.customer("0003*600")
        await customer.answered()
        await story.step("three", [FIRST], [SECOND])
        await story.hang_up(first)
        await story.step("first left", [SECOND])
        await story.hang_up(second)
        await story.step("second left")
        await story.hang_up(customer)


async def test_a_conference_can_be_listened_to_but_not_barged_in_on(stage: Stage) -> None:
    """ChanSpy would let only one member hear the supervisor: refused. Who only listens hears all three."""
    async with stage.tell("conference-monitor") as story:
        first = await story.dialing("0003*210", "0003*600")
        await first.answered()
        second = await story.dialing("0003*211", "0003*600")
        await second.answered()
        customer = await story.customer("0003*600")
        # A call is answered before it is in the conference.
        assert await story.hears("ConfbridgeJoin", 3)
        await story.step("three", [FIRST], [SECOND])
        [_, call] = await story.lab.calls()
        refused = await story.lab.barge_in(str(call["id"]), "0003*211")
        assert (refused.status, code_of(refused)) == (409, "pc_conference_unavailable")
        supervisor = await story.barge_in("0003*211", action="Monitor")
        await story.step("joined", [FIRST], [SECOND, view("02", "0003*211", "5", "0003*024", "0003*211")])
        if supervisor:
            members = (first, second, customer)
            among = set(itertools.permutations([phone.name for phone in members], 2))
            heard = {(supervisor.name, phone.name) for phone in members}
            await wait_until_heard((*members, supervisor), among | heard)
            await story.hang_up(supervisor)
        await story.step("left", [FIRST], [SECOND])
        for phone in (customer, first, second):
            await story.hang_up(phone)
