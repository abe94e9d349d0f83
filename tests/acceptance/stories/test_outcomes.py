"""How calls end before they begin, early media, and recordings."""

import pytest

from .story import Stage, supervising, view

pytestmark = pytest.mark.asyncio(loop_scope="module")


def dialing(status: str, number: str, **also: object) -> dict[str, object]:
    """What 0003*211 sees of its call to this number."""
    return view("01", "0003*211", status, "0003*211", number, **also)


async def test_a_busy_phone(stage: Stage) -> None:
    """0003*211 calls 0003*210, which is busy: the caller is turned away, and nothing is left."""
    async with stage.tell("busy") as story:
        await story.lab.phones.refuser("0003*210", "486 Busy Here")
        caller = await story.dialing("0003*211", "0003*210")
        await caller.ended()
        await story.step("gone")


@pytest.mark.parametrize(
    ("name", "refusal", "disposition"),
    [
        ("attendant-busy", "486 Busy Here", "1"),
        ("attendant-failed", "503 Service Unavailable", "2"),
        ("attendant-declined", "603 Decline", "2"),
    ],
)
async def test_the_disposition_of_a_call_that_the_attendant_could_not_put_through(
    stage: Stage, name: str, refusal: str, disposition: str
) -> None:
    """The attendant 0003*238 answers, dials 0003*210 in vain and plays a tone: the caller's view says why."""
    async with stage.tell(name) as story:
        await story.lab.phones.refuser("0003*210", refusal)
        caller = await story.dialing("0003*211", "0003*238")
        await caller.answered()
        assert await story.hears("DialEnd")
        await story.step("tone", [dialing("5", "0003*238", disposition=disposition)])
        await caller.ended()


async def test_a_barge_in_on_who_hears_the_attendants_tone(stage: Stage) -> None:
    """The other phone was busy; supervisor and caller hear each other until the attendant hangs up."""
    async with stage.tell("attendant-busy-barge-in") as story:
        await story.lab.phones.refuser("0003*210", "486 Busy Here")
        caller = await story.dialing("0003*211", "0003*238")
        await caller.answered()
        assert await story.hears("DialEnd")
        shown = dialing("5", "0003*238", disposition="1")
        await story.step("tone", [shown])
        supervisor = await story.barge_in("0003*211")
        assert supervisor is not None
        await story.step("joined", [shown, supervising("0003*211", "03")])
        await story.until_all_heard(caller, supervisor)
        for phone in (caller, supervisor):
            await phone.ended()


async def test_the_disposition_of_a_call_that_the_attendant_found_nobody_for(stage: Stage) -> None:
    """The same with a phone that rings for a second."""
    async with stage.tell("attendant-no-answer") as story:
        agent = await story.phone("0003*210")
        caller = await story.dialing("0003*211", "0003*238")
        await agent.ringing()
        await story.step(
            "ringing", [dialing("4", "0003*210"), view("02", "0003*210", "3", "0003*211", "0003*210")]
        )
        await agent.ended()
        await story.step("tone", [dialing("5", "0003*238", disposition="3")])
        await caller.ended()


async def test_nobody_answers(stage: Stage) -> None:
    """0003*211 calls 0003*234, which rings 0003*210 for a second."""
    async with stage.tell("no-answer") as story:
        agent = await story.phone("0003*210")
        caller = await story.dialing("0003*211", "0003*234")
        await agent.ringing()
        await story.step(
            "ringing", [dialing("4", "0003*210"), view("02", "0003*210", "3", "0003*211", "0003*210")]
        )
        await agent.ended()
        await caller.ended()
        await story.step("gone")


async def test_congestion(stage: Stage) -> None:
    """0003*211 calls 0003*235, to which there is no way."""
    async with stage.tell("congestion") as story:
        caller = await story.dialing("0003*211", "0003*235")
        await caller.ended()
        await story.step("gone")


async def test_cancelled_by_the_caller(stage: Stage) -> None:
    """0003*211 gives up while 0003*210 rings."""
    async with stage.tell("cancelled") as story:
        agent = await story.phone("0003*210")
        caller = await story.dialing("0003*211", "0003*210")
        await agent.ringing()
        await story.step(
            "ringing", [dialing("4", "0003*210"), view("02", "0003*210", "3", "0003*211", "0003*210")]
        )
        await story.hang_up(caller, agent)
        await story.step("gone")


async def test_early_media(stage: Stage) -> None:
    """0003*236 plays a tone before it rings 0003*210: the caller is trying, then the other side rings.

    A barge-in once they talk.
    """
    async with stage.tell("early-media") as story:
        agent = await story.phone("0003*210")
        caller = await story.dialing("0003*211", "0003*236")
        await story.step("tone", [dialing("2", "0003*236")])
        await agent.ringing()
        await story.step(
            "ringing", [dialing("4", "0003*210"), view("02", "0003*210", "3", "0003*211", "0003*210")]
        )
        await story.answer(agent, caller)
        talking = [dialing("5", "0003*210"), view("02", "0003*210", "5", "0003*211", "0003*210")]
        await story.step("talking", talking)
        await story.visit("0003*210", "03", talking, caller, agent)
        await story.hang_up(agent, caller)


async def test_a_recording_started_and_stopped(stage: Stage) -> None:
    """Somebody has the agent's channel recorded and stops it, a barge-in between: the view says so."""
    async with stage.tell("recording") as story:
        agent, customer = await story.talk("0003*210")
        quiet = view("01", "0003*210", "5", "777888", "0003*210")
        await story.step("talking", [quiet])
        channel = await story.channel("PJSIP/0003*210")
        await story.ask("MixMonitor", Channel=channel, File="story.wav", Options="b")
        recorded = {**quiet, "recording": True}
        await story.step("recording", [recorded])
        supervisor = await story.barge_in("0003*210")
        joined = view("02", "0003*210", "5", "0003*024", "0003*210")
        await story.step("joined", [recorded, joined])
        await story.ask("StopMixMonitor", Channel=channel)
        await story.step("stopped", [quiet, joined])
        if supervisor:
            await story.hang_up(supervisor)
        await story.hang_up(customer, agent)


async def test_a_recording_that_the_dialplan_begins(stage: Stage) -> None:
    """0003*237 records the customer's channel: the conversation of 0003*210 is recorded; a barge-in."""
    async with stage.tell("recording-by-dialplan") as story:
        agent = await story.phone("0003*210")
        customer = await story.customer("0003*237")
        await agent.ringing()
        await story.answer(agent, customer)
        talking = view("01", "0003*210", "5", "777888", "0003*210", recording=True)
        await story.step("talking", [talking])
        await story.visit("0003*210", "02", [talking], customer, agent)
        await story.hang_up(customer, agent)
