"""An application (ARI) that takes a customer's call, rings an agent, and mixes both: a call as any other.

What a bridge of an application is for, Asterisk tells as a channel enters it, and in a list: what is shown,
and who may supervise, is the same before and after a restart of the adapter.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from adapter.lab import Phone, running_asterisk
from adapter.lab.adapter_process import running_adapter
from adapter.lab.asterisk import Pbx
from tests.acceptance.harness import code_of, views_of

from .ari import Ari, running_ari
from .story import Stage, Story, view

RINGING = view("01", "0003*210", "3", "777888", "0003*210")
TALKING = view("01", "0003*210", "5", "777888", "0003*210")


@dataclass
class Restarts:
    """The adapter beside the PBX, which can be started anew in the middle of a story."""

    pbx: Pbx
    folder: Path
    _running: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    _count: int = 0

    async def stage(self, *, is_recording: bool) -> Stage:
        """The stage with a new adapter."""
        await self.end()
        self._count += 1
        adapter = await self._running.enter_async_context(
            running_adapter(self.pbx, self.folder / f"adapter-{self._count}")
        )
        return Stage(self.pbx, adapter, await adapter.token("wallboard"), self.folder, is_recording)

    async def restart(self, story: Story) -> None:
        """Go on with the story beside a new adapter."""
        stage = await self.stage(is_recording=False)
        story.lab = replace(story.lab, adapter=stage.adapter, token=stage.token)

    async def end(self) -> None:
        """End the adapter."""
        await self._running.aclose()


@pytest.fixture
async def restarts(tmp_path: Path) -> AsyncIterator[Restarts]:
    async with running_asterisk(tmp_path / "asterisk", has_ari=True) as pbx:
        restarts = Restarts(pbx, tmp_path)
        try:
            yield restarts
        finally:
            await restarts.end()


async def _both_waiting(story: Story, ari: Ari) -> tuple[Phone, Phone, tuple[str, str]]:
    """A customer has called, and an agent was rung: neither is in a bridge yet."""
    customer = await story.customer("0003*520")
    await customer.answered()
    caller = await ari.arrival()
    agent = await story.phone("0003*210")
    rung = await ari.ring("0003*210", "777888")
    await agent.ringing()
    await story.step("ringing", [RINGING])
    agent.pick_up()
    await agent.answered()
    assert await ari.arrival() == rung
    return agent, customer, (rung, caller)


async def test_an_applications_bridge_with_two_is_a_call_before_and_after_a_restart(
    restarts: Restarts, request: pytest.FixtureRequest
) -> None:
    """The customer calls the agent, who enters first; a barge-in joins, and all hear all."""
    stage = await restarts.stage(is_recording=bool(request.config.getoption("--record-traces")))
    async with running_ari(restarts.pbx) as ari, stage.tell("ari-mixing") as story:
        agent, customer, channels = await _both_waiting(story, ari)
        await ari.bridge("mixing", *channels)
        await story.step("talking", [TALKING])
        await story.visit("0003*210", "02", [TALKING], agent, customer)
        await restarts.restart(story)
        await story.step("restarted", [TALKING])
        supervisor = await story.barge_in("0003*210", "0003*025")
        assert supervisor is not None
        await story.until_all_heard(agent, customer, supervisor)
        await story.hang_up(supervisor)
        await story.hang_up(agent)
        await story.hang_up(customer)


async def test_who_waits_in_an_applications_bridge_cannot_be_supervised(
    restarts: Restarts, request: pytest.FixtureRequest
) -> None:
    """It is off hook, before and after a restart; and on call as soon as the application mixes it."""
    stage = await restarts.stage(is_recording=bool(request.config.getoption("--record-traces")))
    async with running_ari(restarts.pbx) as ari, stage.tell("ari-holding") as story:
        agent, customer, channels = await _both_waiting(story, ari)
        await ari.bridge("holding", *channels)
        waiting = view("01", "0003*210", "1", "0003*210", "")
        for name in ("waiting", "restarted"):
            await story.step(name, [waiting])
            [call] = await story.lab.calls("@me/0003*210")
            refused = await story.lab.barge_in(str(call["id"]), "0003*210")
            assert (refused.status, code_of(refused)) == (400, "pc_phonecallview_invalid")
            if name == "waiting":
                await restarts.restart(story)
        await ari.bridge("mixing", *channels)
        await story.step("talking", [TALKING])
        await story.hang_up(agent)
        await story.hang_up(customer)


async def test_who_waits_by_bridgewait_cannot_be_supervised(
    restarts: Restarts, request: pytest.FixtureRequest
) -> None:
    """Two who wait in one bridge hear nobody: neither is on call, before and after a restart."""
    stage = await restarts.stage(is_recording=bool(request.config.getoption("--record-traces")))
    async with stage.tell("bridge-wait") as story:
        numbers = ("0003*210", "0003*211")
        waiting = [await story.dialing(number, "*13") for number in numbers]
        for phone in waiting:
            await phone.answered()
        await story.step("waiting", *[[view("01", number, "1", number, "*13")] for number in numbers])
        await restarts.restart(story)
        for number in numbers:
            [call] = await story.lab.calls(f"@me/{number}")
            assert views_of(call)["01"]["status"] == "1"
            refused = await story.lab.barge_in(str(call["id"]), number)
            assert (refused.status, code_of(refused)) == (400, "pc_phonecallview_invalid")
        for phone in waiting:
            await story.hang_up(phone)
