"""Presence and queues, as a real Asterisk tells of them: what phones do, who waits, who is paused."""

import re

import pytest

from adapter.lab.polling import until_seen
from tests.acceptance.harness import Json, views_of

from .story import Stage, Story, between, view

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOT_REGISTERED = [{"registration": "-1"}]
SOON_S = 3.0


async def presence(story: Story, number: str) -> Json:
    """The Presence of this extension."""
    lab = story.lab
    answer = await lab.adapter.request("GET", f"/uapi/extensions/@me/{number}/presence", token=lab.token)
    assert answer.status == 200, answer
    entry = answer.json["entry"]
    assert isinstance(entry, list)
    [found] = entry
    assert isinstance(found, dict)
    return found


async def until_status(story: Story, number: str, status: str) -> Json:
    """The Presence of this extension once it has this status."""
    return await until_seen(
        lambda: presence(story, number),
        lambda found: found["status"] == status,
        within=SOON_S,
        log=lambda: story.lab.adapter.log,
    )


async def until_metric(story: Story, name: str, value: int) -> None:
    """Return once the metric has this value."""

    async def read() -> str:
        text = (await story.lab.adapter.request("GET", "/metrics")).text
        return text if isinstance(text, str) else ""

    wanted = re.compile(rf"^{re.escape(name)} {value}\.0$", re.MULTILINE)
    await until_seen(read, lambda text: wanted.search(text) is not None, within=SOON_S)


async def test_a_phone_is_idle_rings_is_busy_is_held_and_is_gone(stage: Stage) -> None:
    """Unknown before it registers and after it has taken that back; online, ringing, busy meanwhile."""
    async with stage.tell("presence-of-a-phone") as story:
        assert await presence(story, "0003*210") == {
            "extension": "0003*210",
            "status": "0",
            "registration": NOT_REGISTERED,
        }
        agent = await story.phone("0003*210")
        idle = await until_status(story, "0003*210", "1")
        phones = idle["registration"]
        assert isinstance(phones, list)
        assert [sorted(phone) for phone in phones] == [["expire", "registration"]]
        assert phones[0]["registration"] == "1"
        await story.recorder.snapshot("idle")
        caller = await story.dialing("0003*211", "0003*210")
        await agent.ringing()
        await until_status(story, "0003*210", "2")
        await until_status(story, "0003*211", "3")
        await story.step("ringing", between("0003*211", "0003*210", statuses=("4", "3")))
        await story.answer(agent, caller)
        await until_status(story, "0003*210", "3")
        await story.step("busy", between("0003*211", "0003*210"))
        await caller.hold()
        assert await story.hears("Hold")
        await until_status(story, "0003*210", "3")
        await story.recorder.snapshot("held")
        await caller.unhold()
        await story.hang_up(caller, agent)
        await until_status(story, "0003*210", "1")
        await story.recorder.snapshot("idle again")
    async with stage.tell("presence-gone", is_traced=False) as story:
        gone = await until_status(story, "0003*210", "0")
        assert gone["registration"] == NOT_REGISTERED


async def test_a_caller_waits_in_a_queue_whose_only_member_is_paused(stage: Stage) -> None:
    """The caller waits until the pause ends, and the agent's view says by which queue the call came."""
    async with stage.tell("queue-paused-agent") as story:
        agent = await story.phone("0003*210")
        await until_status(story, "0003*210", "1")
        paused = {"Interface": "PJSIP/0003*210", "Queue": "0003*501", "Paused": "true", "Reason": "lunch"}
        await story.ask("QueuePause", **paused)
        await until_metric(story, 'uapi_queue_members{state="paused"}', 1)
        customer = await story.customer("0003*501")
        await customer.answered()
        await until_metric(story, "uapi_queue_callers_waiting", 1)
        health = (await story.lab.adapter.request("GET", "/ready")).json
        assert (health["devices"], health["queues"]) == ("known", "known")
        await story.step("waiting")
        await story.ask("QueuePause", **{**paused, "Paused": "false"})
        await story.answer(agent, customer)
        await until_metric(story, "uapi_queue_callers_waiting", 0)
        await until_metric(story, 'uapi_queue_members{state="in call"}', 1)
        await until_metric(story, 'uapi_queue_members{state="paused"}', 0)
        await story.step("talking", [view("01", "0003*210", "5", "777888", "0003*210")])
        [call] = await story.lab.calls()
        assert [shown["queue"] for shown in views_of(call).values()] == ["0003*501"]
        await story.hang_up(customer, agent)
        await until_metric(story, 'uapi_queue_members{state="in call"}', 0)
