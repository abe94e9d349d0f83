"""ConfBridge: one call of as many as are in it."""

import pytest

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


async def test_a_barge_in_on_a_conference_of_three(stage: Stage) -> None:
    """The supervisor joins by way of one of the members: that member's call gains the view."""
    async with stage.tell("conference-barge-in") as story:
        first = await story.dialing("0003*210", "0003*600")
        await first.answered()
        second = await story.dialing("0003*211", "0003*600")
        await second.answered()
        customer = await story.customer("0003*600")
        await customer.answered()
        await story.step("three", [FIRST], [SECOND])
        supervisor = await story.barge_in("0003*211")
        await story.step("joined", [FIRST], [SECOND, view("02", "0003*211", "5", "0003*024", "0003*211")])
        if supervisor:
            await story.hang_up(supervisor)
        await story.step("left", [FIRST], [SECOND])
        for phone in (customer, first, second):
            await story.hang_up(phone)
