"""What PBXs in the field do: they join who both called, choose ids, ring a hundred phones at once."""

import pytest

from adapter.lab import wait_until_heard
from adapter.lab.polling import poll_until
from tests.acceptance.harness import views_of
from tests.acceptance.test_barge_in import pairs

from .ringing_phones import ringing_phones
from .story import Stage, between, view

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOCAL_CHANNELS, PHONES_OF_EACH = 11, 10
INCOMING = "8"
PUBLIC = "00888777"


async def test_of_two_who_both_called_the_older_calls_on_both_views(stage: Stage) -> None:
    """Two phones have called an announcement each, and AMI's Bridge joins them."""
    async with stage.tell("joined-by-bridge") as story:
        first = await story.dialing("0003*210", "0003*241")
        await first.answered()
        second = await story.dialing("0003*211", "0003*241")
        await second.answered()
        joined = [await story.channel(f"PJSIP/{number}-") for number in ("0003*210", "0003*211")]
        await story.ask("Bridge", Channel1=joined[1], Channel2=joined[0])
        await wait_until_heard((first, second), pairs(first, second))
        await story.step("joined", between("0003*210", "0003*211"))
        await story.visit("0003*211", "03", between("0003*210", "0003*211"), first, second)
        await story.hang_up(first)
        await story.hang_up(second)


@pytest.mark.parametrize(
    ("number", "name"),
    [("0003*241", "blind-transfer-to-announcement"), ("0003*503", "blind-transfer-to-queue")],
)
async def test_who_is_sent_on_to_what_dials_nobody_calls_that_number_at_once(
    stage: Stage, number: str, name: str
) -> None:
    """An announcement, a queue in which nobody can be reached."""
    async with stage.tell(name) as story:
        agent = await story.phone("0003*210")
        colleague = await story.dialing("0003*211", "0003*210")
        await story.answer(agent, colleague)
        await story.step("talking", between("0003*211", "0003*210"))
        await agent.transfer(number)
        await agent.ended()
        await story.step("sent on", [view("01", "0003*211", "5", "0003*211", number)])
        await story.hang_up(colleague)


async def test_a_public_party_who_was_called_and_sent_on_calls_in(stage: Stage) -> None:
    """`flow` is outgoing while the agent talks with it, and incoming for the colleague."""
    async with stage.tell("attended-transfer-of-public") as story:
        outside = await story.lab.phones.callee(PUBLIC, name="outside", carrier=True)
        colleague = await story.phone("0003*211")
        agent = await story.dialing("0003*210", PUBLIC)
        await story.answer(outside, agent)
        second = await story.dialing("0003*210", "0003*211")
        await story.answer(colleague, second)
        await agent.transfer_to(second)
        await agent.ended()
        await story.step("connected", [view("02", "0003*211", "5", PUBLIC, "0003*211")])
        [call] = await story.lab.calls()
        assert [one["flow"] for one in views_of(call).values()] == [INCOMING]
        await story.hang_up(outside, colleague)


async def test_a_call_of_a_chosen_channel_id_keeps_its_id(stage: Stage) -> None:
    """Click-to-dial that names its channel: one call, of one id from the first ring to the end."""
    async with stage.tell("chosen-channel-id") as story:
        agent, colleague = await story.phone("0003*210"), await story.phone("0003*211")
        await story.ask(
            "Originate",
            Channel="PJSIP/0003*210",
            ChannelId="click2call-42",
            Context="extensions",
            Exten="0003*211",
            Priority="1",
            CallerID="900",
            Async="true",
        )
        await agent.ringing()
        [ringing] = await story.lab.until_calls(lambda calls: len(calls) == 1)
        await story.answer(agent)
        await colleague.ringing()
        await story.step("ringing", between("0003*210", "0003*211", statuses=("4", "3")))
        await story.answer(colleague)
        await story.step("talking", between("0003*210", "0003*211"))
        await story.visit("0003*211", "03", between("0003*210", "0003*211"), agent, colleague)
        [talking] = await story.lab.calls()
        assert talking["id"] == ringing["id"]
        await story.hang_up(agent, colleague)


async def test_who_answers_first_of_more_than_a_hundred_phones_can_be_supervised(stage: Stage) -> None:
    """A hundred and ten ring before it, more than there are view ids."""
    async with stage.tell("hundred-phones", is_traced=False) as story, ringing_phones() as (others, port):
        agent = await story.phone("0003*211")
        one = f"PJSIP/0003*210/sip:lab@127.0.0.1:{port}"
        await story.ask("Setvar", Variable="RUNG", Value="&".join([one] * PHONES_OF_EACH))
        customer = await story.customer("0003*521")
        rung = LOCAL_CHANNELS * PHONES_OF_EACH
        assert await poll_until(lambda: len(others.invites) == rung or None, 10.0)
        await story.answer(agent, customer)
        await wait_until_heard((agent, customer), pairs(agent, customer))
        [call] = await story.lab.until_calls(lambda calls: len(calls) == 1, "@me/0003*211")
        shown = [one for one in views_of(call).values() if one["extension"] == "0003*211"]
        assert [(one["status"], one["source"]) for one in shown] == [("5", ["777888"])]
        supervisor = await story.barge_in("0003*211")
        assert supervisor is not None
        await story.until_all_heard(agent, customer, supervisor)
        await story.hang_up(supervisor)
        await story.hang_up(customer, agent)
