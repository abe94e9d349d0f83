"""Ways to a phone: picked up elsewhere, forwarded, behind Local channels, out through the trunk."""

import pytest

from .story import ANY, Stage, between, view

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_call_picked_up_by_another_phone_is_that_phones(stage: Stage) -> None:
    """The customer calls 0003*210, 0003*211 dials *8 and that number and talks; a supervisor barges in."""
    async with stage.tell("directed-pickup") as story:
        agent = await story.phone("0003*210")
        customer = await story.customer("0003*210")
        await agent.ringing()
        await story.step("ringing", [view("01", "0003*210", "3", "777888", "0003*210")])
        colleague = await story.dialing("0003*211", "*80003*210")
        await colleague.answered()
        await customer.answered()
        await agent.ended()
        talking = view(ANY, "0003*211", "5", "777888", "0003*211")
        await story.step("talking", [talking])
        await story.visit("0003*211", ANY, [talking], customer, colleague)
        await story.hang_up(customer, colleague)


async def test_a_local_call_picked_up_by_another_phone(stage: Stage) -> None:
    """0003*025 calls 0003*210, and 0003*211 takes the call; a barge-in."""
    async with stage.tell("directed-pickup-local") as story:
        agent = await story.phone("0003*210")
        caller = await story.dialing("0003*025", "0003*210")
        await agent.ringing()
        await story.step(
            "ringing",
            between("0003*025", "0003*210", statuses=("4", "3")),
        )
        colleague = await story.dialing("0003*211", "*80003*210")
        await colleague.answered()
        await caller.answered()
        await agent.ended()
        talking = [
            view("01", "0003*025", "5", "0003*025", "0003*211"),
            view(ANY, "0003*211", "5", "0003*025", "0003*211"),
        ]
        await story.step("talking", talking)
        await story.visit("0003*211", ANY, talking, caller, colleague)
        await story.hang_up(caller, colleague)


async def test_a_forwarded_call_is_that_of_who_is_rung(stage: Stage) -> None:
    """The customer calls 0003*230, which forwards to 0003*211 through Local channels; a barge-in."""
    async with stage.tell("forward") as story:
        agent = await story.phone("0003*211")
        customer = await story.customer("0003*230")
        ringing, talking = (view("01", "0003*211", status, "777888", "0003*211") for status in "35")
        await story.begin(agent, customer, ringing=[ringing], talking=[talking])
        await story.visit("0003*211", "02", [talking], customer, agent)
        await story.hang_up(agent, customer)


@pytest.mark.parametrize(("number", "name"), [("0003*232", "local-optimised"), ("0003*233", "local")])
async def test_local_channels_on_the_way_are_not_seen(stage: Stage, number: str, name: str) -> None:
    """0003*211 reaches 0003*210 through Local channels, which step aside or stay; a barge-in on each."""
    async with stage.tell(name) as story:
        agent = await story.phone("0003*210")
        caller = await story.dialing("0003*211", number)
        await agent.ringing()
        await story.step(
            "ringing",
            between("0003*211", "0003*210", statuses=("4", "3")),
        )
        await story.answer(agent, caller)
        if name == "local-optimised":
            assert await story.hears("LocalOptimizationEnd")
        talking = between("0003*211", "0003*210")
        await story.step("talking", talking)
        await story.visit("0003*210", "03", talking, caller, agent)
        await story.hang_up(agent, caller)


@pytest.mark.parametrize(("number", "name"), [("00888777", "outgoing"), ("0003*231", "forward-public")])
async def test_a_call_to_the_public_network(stage: Stage, number: str, name: str) -> None:
    """0003*210 calls 00888777, or 0003*231, which forwards there: one view, the caller's.

    The carrier is a peer that does not register. A barge-in on the caller is heard outside.
    """
    async with stage.tell(name) as story:
        outside = await story.lab.phones.callee("00888777", name="outside", carrier=True)
        caller = await story.dialing("0003*210", number)
        ringing, talking = (view("01", "0003*210", status, "0003*210", "00888777") for status in "45")
        await story.begin(outside, caller, ringing=[ringing], talking=[talking])
        await story.visit("0003*210", "02", [talking], caller, outside)
        await story.hang_up(outside, caller)


async def test_a_call_to_oneself(stage: Stage) -> None:
    """0003*210 calls its own number: it has a view as the caller and one as the called."""
    async with stage.tell("call-to-oneself") as story:
        phone = await story.phone("0003*210")
        caller = await story.dialing("0003*210", "0003*210")
        ringing, talking = (
            between("0003*210", "0003*210", statuses=("4", "3")),
            between("0003*210", "0003*210"),
        )
        await story.begin(phone, caller, ringing=ringing, talking=talking)
        await story.visit("0003*210", "03", talking, caller, phone)
        await story.hang_up(caller, phone)


async def test_two_calls_of_one_extension_are_two_calls(stage: Stage) -> None:
    """Two customers talk to 0003*210 at once; a barge-in joins one of the two, and ends with that one."""
    async with stage.tell("two-calls") as story:
        phone = await story.phone("0003*210")
        first = await story.customer("0003*210")
        await story.answer(phone, first)
        one = view("01", "0003*210", "5", "777888", "0003*210")
        await story.step("one", [one])
        second = await story.customer("0003*210", "777999")
        await phone.ringing()
        await story.step("second rings", [one], [view("01", "0003*210", "3", "777999", "0003*210")])
        await story.answer(phone, second)
        two = view("01", "0003*210", "5", "777999", "0003*210")
        await story.step("two", [one], [two])
        supervisor = await story.barge_in("0003*210")
        await story.step("joined", [one, view("02", "0003*210", "5", "0003*024", "0003*210")], [two])
        assert supervisor is not None
        await story.hang_up(first, supervisor)
        await story.step("one left", [two])
        await story.hang_up(second, phone)


async def test_two_phones_of_one_extension_ring_as_one_view(stage: Stage) -> None:
    """Both phones of 0003*210 ring, the second is picked up: the extension takes part once; a barge-in."""
    async with stage.tell("two-phones-of-one-extension") as story:
        desk = await story.lab.phones.callee("0003*210", name="desk")
        mobile = await story.lab.phones.callee("0003*210", name="mobile")
        customer = await story.customer("0003*210")
        await desk.ringing()
        await mobile.ringing()
        await story.step("ringing", [view(ANY, "0003*210", "3", "777888", "0003*210")])
        await story.answer(mobile, customer)
        await desk.ended()
        talking = view(ANY, "0003*210", "5", "777888", "0003*210")
        await story.step("talking", [talking])
        await story.visit("0003*210", ANY, [talking], customer, mobile)
        await story.hang_up(customer, mobile)


async def test_a_supervisor_all_of_whose_phones_ring(stage: Stage) -> None:
    """0003*026 is dialled as Local/0003*026@uapi-phones/n: both phones ring, one joins."""
    async with stage.tell("supervisor-with-two-phones") as story:
        agent, customer = await story.talk("0003*210")
        talking = view("01", "0003*210", "5", "777888", "0003*210")
        await story.step("talking", [talking])
        other = await story.lab.phones.callee("0003*026", name="other phone")
        [call] = await story.lab.calls("@me/0003*210")
        supervisor = await story.phone("0003*026")
        answer = await story.lab.barge_in(str(call["id"]), supervisor="0003*026")
        assert answer.status == 202
        await other.ringing()
        await supervisor.ringing()
        await story.step("supervisor rings", [talking])
        await story.answer(supervisor)
        await other.ended()
        await story.step("joined", [talking, view(ANY, "0003*210", "5", "0003*026", "0003*210")])
        await story.until_all_heard(customer, agent, supervisor)
        await story.hang_up(supervisor)
        await story.step("left", [talking])
        await story.hang_up(customer, agent)
