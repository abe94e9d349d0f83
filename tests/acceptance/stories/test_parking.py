"""Parking: who is parked where and by whom, who fetches, and what comes back."""

import pytest

from adapter.lab import Phone

from .story import ANY, Stage, Story, View, between, supervising, view

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def park(story: Story, parked: str, parker: str, timeout_s: float = 30.0) -> None:
    """Have `parker` park the channel it talks with, as UAPI's Park would."""
    await story.ask(
        "Park",
        Channel=await story.channel(parked),
        TimeoutChannel=await story.channel(parker),
        Timeout=str(round(timeout_s * 1000)),
        Parkinglot="default",
    )
    assert await story.hears("ParkedCall")


async def local_call(story: Story) -> tuple[Phone, Phone]:
    """0003*211 and 0003*210 talk; the first of them called."""
    agent = await story.phone("0003*210")
    colleague = await story.dialing("0003*211", "0003*210")
    await story.answer(agent, colleague)
    await story.step(
        "talking",
        between("0003*211", "0003*210"),
    )
    return colleague, agent


def parked(view_id: str, extension: str, source: str, destination: str, by: str) -> View:
    """The view of who waits at 701."""
    return view(view_id, extension, "5", source, destination, parked=True, parkedPos="701", parkedBy=by)


PARKED = parked("01", "0003*211", "0003*211", "0003*210", by="0003*210")


async def test_a_parked_call_is_fetched_by_another_phone(stage: Stage) -> None:
    """0003*210 parks 0003*211 at 701, 0003*025 fetches it, and a supervisor barges in.

    Who fetches a call is the one that is called in the end.
    """
    async with stage.tell("park-retrieve") as story:
        colleague, agent = await local_call(story)
        await park(story, "PJSIP/0003*211", "PJSIP/0003*210")
        await agent.ended()
        await story.step("parked", [PARKED])
        fetcher = await story.dialing("0003*025", "701")
        await fetcher.answered()
        fetched = between("0003*211", "0003*025", ids=("01", "03"))
        await story.step("fetched", fetched)
        await story.visit("0003*025", "04", fetched, colleague, fetcher)
        await story.hang_up(fetcher, colleague)


async def test_a_parked_call_that_nobody_fetches_comes_back(stage: Stage) -> None:
    """After the timeout the phone of who parked rings again, and the call goes on."""
    async with stage.tell("park-timeout") as story:
        colleague, agent = await local_call(story)
        await park(story, "PJSIP/0003*211", "PJSIP/0003*210", timeout_s=2)
        await agent.ended()
        await story.step("parked", [PARKED])
        await agent.ringing()
        await story.step(
            "back",
            between("0003*211", "0003*210", ids=("01", "02"), statuses=("4", "3")),
        )
        await story.answer(agent)
        await story.step(
            "talking again",
            between("0003*211", "0003*210", ids=("01", "02")),
        )
        await story.hang_up(agent, colleague)


async def test_a_parked_caller_who_gives_up_leaves_nothing(stage: Stage) -> None:
    """0003*211 hangs up while parked."""
    async with stage.tell("park-abandoned") as story:
        colleague, agent = await local_call(story)
        await park(story, "PJSIP/0003*211", "PJSIP/0003*210")
        await agent.ended()
        await story.step("parked", [PARKED])
        await story.hang_up(colleague)
        await story.step("gone")


async def test_a_customer_is_parked_and_fetched(stage: Stage) -> None:
    """Who parked the customer answers for the call until 0003*211 fetches it."""
    async with stage.tell("park-customer") as story:
        agent, customer = await story.talk("0003*210")
        await story.step("talking", [view("01", "0003*210", "5", "777888", "0003*210")])
        await park(story, "PJSIP/trunk", "PJSIP/0003*210")
        await agent.ended()
        await story.step("parked", [parked(ANY, "0003*210", "777888", "0003*210", by="0003*210")])
        fetcher = await story.dialing("0003*211", "701")
        await fetcher.answered()
        await story.step("fetched", [view(ANY, "0003*211", "5", "777888", "0003*211")])
        await story.hang_up(fetcher, customer)


async def test_a_phone_parks_itself(stage: Stage) -> None:
    """0003*211 dials 700 and waits at 701 until 0003*210 fetches it; a barge-in on who had waited."""
    async with stage.tell("park-itself") as story:
        waiting = await story.dialing("0003*211", "700")
        await waiting.answered()
        assert await story.hears("ParkedCall")
        await story.step("parked", [parked("01", "0003*211", "0003*211", "700", by="0003*211")])
        fetcher = await story.dialing("0003*210", "701")
        await fetcher.answered()
        fetched = [
            view("01", "0003*211", "5", "0003*211", "0003*210"),
            view(ANY, "0003*210", "5", "0003*211", "0003*210"),
        ]
        await story.step("fetched", fetched)
        await story.visit("0003*211", ANY, fetched, waiting, fetcher)
        await story.hang_up(fetcher, waiting)


async def test_a_call_that_is_parked_and_fetched_under_a_supervisor(stage: Stage) -> None:
    """The supervisor is joined to 0003*211 when 0003*210 parks it, and still is when 0003*025 fetches it."""
    async with stage.tell("park-under-supervisor") as story:
        colleague, agent = await local_call(story)
        supervisor = await story.barge_in("0003*211")
        joined = view("03", "0003*211", "5", "0003*024", "0003*211")
        await story.step(
            "joined",
            [
                view("01", "0003*211", "5", "0003*211", "0003*210"),
                view("02", "0003*210", "5", "0003*211", "0003*210"),
                joined,
            ],
        )
        if supervisor:
            # Once ChanSpy has reached the far party, Asterisk keeps that channel when its phone has gone.
            await story.until_all_heard(colleague, agent, supervisor)
        await park(story, "PJSIP/0003*211", "PJSIP/0003*210")
        await agent.ended()
        await story.step("parked", [PARKED, joined])
        fetcher = await story.dialing("0003*025", "701")
        await fetcher.answered()
        await story.step(
            "fetched",
            [
                view("01", "0003*211", "5", "0003*211", "0003*025"),
                view(ANY, "0003*025", "5", "0003*211", "0003*025"),
                joined,
            ],
        )
        if supervisor:
            await story.until_all_heard(colleague, fetcher, supervisor)
        await story.hang_up(fetcher, colleague)


async def test_a_supervisor_waits_with_a_parked_call_until_it_comes_back(stage: Stage) -> None:
    """Nobody fetches 0003*211; when 0003*210 answers again, all three hear each other."""
    async with stage.tell("park-timeout-barge-in") as story:
        colleague, agent = await local_call(story)
        supervisor = await story.barge_in("0003*211")
        assert supervisor is not None
        joined = supervising("0003*211", "03")
        await story.step("joined", [*between("0003*211", "0003*210"), joined])
        await story.until_all_heard(colleague, agent, supervisor)  # as above
        await park(story, "PJSIP/0003*211", "PJSIP/0003*210", timeout_s=2)
        await agent.ended()
        await story.step("parked", [PARKED, joined])
        await agent.ringing()
        back = between("0003*211", "0003*210", ids=("01", "02"), statuses=("4", "3"))
        await story.step("back", [*back, joined])
        await story.answer(agent)
        await story.step("talking again", [*between("0003*211", "0003*210", ids=("01", "02")), joined])
        await story.until_all_heard(colleague, agent, supervisor)
        await story.hang_up(agent, colleague, supervisor)


async def test_a_supervisor_leaves_with_a_parked_caller_who_gives_up(stage: Stage) -> None:
    """0003*211 hangs up while parked, and nobody is left to be with."""
    async with stage.tell("park-abandoned-barge-in") as story:
        colleague, agent = await local_call(story)
        supervisor = await story.barge_in("0003*211")
        assert supervisor is not None
        joined = supervising("0003*211", "03")
        await story.step("joined", [*between("0003*211", "0003*210"), joined])
        await story.until_all_heard(colleague, agent, supervisor)  # as above
        await park(story, "PJSIP/0003*211", "PJSIP/0003*210")
        await agent.ended()
        await story.step("parked", [PARKED, joined])
        await story.hang_up(colleague, supervisor)
        await story.step("gone")


async def test_a_supervisor_of_who_parks_a_customer_leaves_and_may_join_who_fetches(stage: Stage) -> None:
    """The supervision is of the agent's conversation, which is over; that of 0003*211 is another."""
    async with stage.tell("park-customer-barge-in") as story:
        agent, customer = await story.talk("0003*210")
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        talking = view("01", "0003*210", "5", "777888", "0003*210")
        await story.step("joined", [talking, supervising("0003*210", "02")])
        await park(story, "PJSIP/trunk", "PJSIP/0003*210")
        for phone in (agent, supervisor):
            await phone.ended()
        await story.step(
            "parked", [{**talking, "id": ANY, "parked": True, "parkedPos": "701", "parkedBy": "0003*210"}]
        )
        fetcher = await story.dialing("0003*211", "701")
        await fetcher.answered()
        fetched = view(ANY, "0003*211", "5", "777888", "0003*211")
        await story.step("fetched", [fetched])
        again = await story.barge_in("0003*211", "0003*025")
        assert again is not None
        await story.step("joined again", [fetched, view(ANY, "0003*211", "5", "0003*025", "0003*211")])
        await story.until_all_heard(customer, fetcher, again)
        await story.hang_up(fetcher, customer, again)
