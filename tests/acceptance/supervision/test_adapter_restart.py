"""The adapter's own end, asked for or not: who is joined stays joined, and is found again by the next one."""

import asyncio
import contextlib
import itertools
import secrets
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from adapter.lab import Pbx, Step, running_asterisk
from adapter.lab.adapter_process import running_adapter
from tests.acceptance.harness import Json
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.supervision.asking import address_of, reason_of_end, supervision, until_joined
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_modes import ACCEPTED, MODES, OK, talking

pytestmark = pytest.mark.asyncio(loop_scope="module")

END_WITHIN_S = 5.0


class Cut:
    """A wire to Asterisk's AMI that can be cut at an action: just before it is passed on, or just after."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._at = b""
        self._is_passed_on = False
        self._cut: Callable[[], None] | None = None
        self._wires: set[asyncio.Task[None]] = set()

    def at(self, action: str, cut: Callable[[], None], *, is_passed_on: bool) -> None:
        """Call `cut` when the adapter next asks for this action."""
        self._at, self._cut, self._is_passed_on = f"Action: {action}\r\n".encode(), cut, is_passed_on

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """The port that the adapter is to be told."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]
            for wire in self._wires:
                wire.cancel()
            await asyncio.gather(*self._wires, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._wires.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            there = await asyncio.open_connection(self._pbx.ami_host, self._pbx.ami_port)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pass(reader, there[1]))
                    both.create_task(self._pass(there[0], writer))
            finally:
                for end in (writer, there[1]):
                    end.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                if self._cut is not None and self._at in data:
                    cut, self._cut = self._cut, None
                    if self._is_passed_on:
                        writer.write(data)
                        await writer.drain()
                    cut()
                    return
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator["Place"]:
    folder = tmp_path_factory.mktemp("restart")
    async with running_asterisk(folder / "asterisk") as pbx:
        cut = Cut(pbx)
        async with cut.listening() as port:
            yield Place(pbx, folder, cut, port)


class Place:
    """A PBX at which adapters come and go, all with the same key."""

    def __init__(self, pbx: Pbx, folder: Path, cut: Cut, port: int) -> None:
        self._pbx = pbx
        self._folder = folder
        self.cut = cut
        self._port = port
        self._key = secrets.token_hex(32)
        self._token = ""
        self._count = itertools.count()

    @contextlib.asynccontextmanager
    async def adapter(self) -> AsyncIterator[Stage]:
        """Another adapter."""
        folder = self._folder / f"adapter-{next(self._count)}"
        settings = {"ADAPTER_TOKEN_KEY": self._key, "ADAPTER_AMI_PORT": str(self._port)}
        async with running_adapter(self._pbx, folder, settings=settings) as adapter:
            self._token = self._token or await adapter.token("wallboard")
            yield Stage(self._pbx, adapter, self._token, self._folder, is_recording=False)


def beside(story: Story, stage: Stage) -> Story:
    """The same story with another adapter."""
    return replace(story, lab=replace(story.lab, adapter=stage.adapter))


async def gone(stage: Stage) -> int:
    """The exit status of its adapter, once it has ended."""
    async with asyncio.timeout(END_WITHIN_S):
        return await stage.adapter.process.wait()


def told_of(shown: Json) -> dict[str, object]:
    """What a restart leaves as it was."""
    return {
        name: shown.get(name)
        for name in ("id", "state", "action", "private", "phoneCallId", "supervisor", "extension")
    }


@pytest.mark.parametrize("mode", ["PrivateWhisper", "BargeIn"])
async def test_a_supervision_outlives_the_adapter_and_is_found_by_the_next(place: Place, mode: str) -> None:
    """SIGTERM: same id, same mode, and it can be switched and ended."""
    async with (
        place.adapter() as first,
        contextlib.AsyncExitStack() as later,
        first.tell(f"restart-{mode.lower()}", is_traced=False) as story,
    ):
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id, **MODES[mode])
        assert accepted.status == ACCEPTED, accepted.text
        await story.answer(supervisor)
        before = await until_joined(story.lab, address_of(accepted))
        everyone = (agent, customer, supervisor)
        wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
        first.adapter.process.send_signal(signal.SIGTERM)
        assert await gone(first) == 0
        await until_right(everyone, wanted, time.time())
        second = await later.enter_async_context(place.adapter())
        story.lab = beside(story, second).lab
        address = address_of(accepted).replace(first.adapter.url, second.adapter.url)
        assert told_of(await until_joined(story.lab, address)) == told_of(before)
        await until_right(everyone, wanted, time.time())
        await story.lab.until_views(call_id, {"01", "02"})
        after = "Whisper" if mode == "BargeIn" else "BargeIn"
        switched = await story.lab.barge_in(call_id, wait_s=5, **MODES[after])
        assert switched.status == OK, switched.text
        wanted = heard(after, supervisor=supervisor, agent=agent, other=customer)
        await until_right(everyone, wanted, time.time())
        assert [entry.step for entry in supervisor.journal].count(Step.RINGING) == 1
        ended = await story.lab.adapter.request(
            "DELETE",
            f"/uapi/phoneCalls/@me/0003*210/{call_id}?phoneNumber=0003*024",
            token=story.lab.token,
        )
        assert ended.status == OK, ended.text
        assert await reason_of_end(story.lab, address) == "ended_by_request"
        await supervisor.ended()
        await until_right((agent, customer), {("0003*210", "777888"), ("777888", "0003*210")}, time.time())
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("moment", ["before the Redirect", "after the Redirect"])
async def test_an_adapter_that_is_killed_while_it_re_attaches_leaves_no_half_barge_in(
    place: Place, moment: str
) -> None:
    """SIGKILL at the Redirect, which Asterisk gets or does not get: the next adapter puts it right."""
    async with (
        place.adapter() as first,
        contextlib.AsyncExitStack() as later,
        first.tell(f"killed-{moment}", is_traced=False) as story,
    ):
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id)
        await story.answer(supervisor)
        before = await until_joined(story.lab, address_of(accepted))
        place.cut.at("Redirect", first.adapter.process.kill, is_passed_on=moment.startswith("after"))
        other = await story.phone("0003*211")
        await customer.transfer("0003*211")
        await story.answer(other)
        await customer.ended()
        assert await gone(first) == -signal.SIGKILL
        second = await later.enter_async_context(place.adapter())
        story.lab = beside(story, second).lab
        address = address_of(accepted).replace(first.adapter.url, second.adapter.url)
        assert (await until_joined(story.lab, address))["id"] == before["id"]
        wanted = heard("BargeIn", supervisor=supervisor, agent=agent, other=other)
        await until_right((agent, other, supervisor), wanted, time.time())
        assert [entry.step for entry in supervisor.journal].count(Step.RINGING) == 1
        await story.hang_up(supervisor)
        await story.hang_up(other, agent)


async def test_an_adapter_that_is_killed_in_mid_switch_is_followed_by_one_that_tells_the_truth(
    place: Place,
) -> None:
    """The new mode was set and never begun: the next adapter shows the one that Asterisk runs."""
    async with (
        place.adapter() as first,
        contextlib.AsyncExitStack() as later,
        first.tell("killed-switch", is_traced=False) as story,
    ):
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id, action="Monitor")
        await story.answer(supervisor)
        await until_joined(story.lab, address_of(accepted))
        place.cut.at("Redirect", first.adapter.process.kill, is_passed_on=False)
        with contextlib.suppress(OSError):
            await story.lab.barge_in(call_id)
        assert await gone(first) == -signal.SIGKILL
        second = await later.enter_async_context(place.adapter())
        story.lab = beside(story, second).lab
        address = address_of(accepted).replace(first.adapter.url, second.adapter.url)
        assert (await supervision(story.lab, address))["action"] == "Monitor"
        everyone = (agent, customer, supervisor)
        wanted = heard("Monitor", supervisor=supervisor, agent=agent, other=customer)
        await until_right(everyone, wanted, time.time())
        assert (await story.lab.barge_in(call_id, wait_s=5)).status == OK
        wanted = heard("BargeIn", supervisor=supervisor, agent=agent, other=customer)
        await until_right(everyone, wanted, time.time())
        await story.hang_up(customer, agent, supervisor)
