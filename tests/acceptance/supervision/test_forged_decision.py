"""The adapter takes a channel for another's, as forged or lost events would have it: nobody is heard."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapter.lab import Pbx, running_asterisk
from adapter.lab.adapter_process import running_adapter
from tests.acceptance.stories.story import Stage
from tests.acceptance.supervision.asking import address_of, reason_of_end
from tests.acceptance.supervision.test_modes import ACCEPTED
from tests.acceptance.supervision.test_nobody_else import assert_deaf
from tests.acceptance.transfers.pbx_changes import reconfigure

pytestmark = pytest.mark.asyncio(loop_scope="module")

VICTIM, TAKEN_FOR = "0004*300", "0003*210"
"""An extension of another organization, and the one whose phone the adapter takes its phone for."""


@contextlib.asynccontextmanager
async def lying(pbx: Pbx) -> AsyncIterator[int]:
    """A port that passes AMI on, but in each event the victim's channels have the names of another's."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, lies: bool) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                message = await (reader.readuntil(b"\r\n\r\n") if lies else reader.read(4096))
                if not message:
                    break
                if message.startswith(b"Event: "):
                    message = message.replace(f"PJSIP/{VICTIM}-".encode(), f"PJSIP/{TAKEN_FOR}-".encode())
                writer.write(message)
                await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_asterisk, to_asterisk = await asyncio.open_connection(pbx.ami_host, pbx.ami_port)
        writer.write(await from_asterisk.readline())  # the banner
        await asyncio.gather(
            pass_on(reader, to_asterisk, lies=False), pass_on(from_asterisk, writer, lies=True)
        )

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["include", "no include"])
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """With the include, which compares the names, and without it, where Asterisk is asked beforehand."""
    folder = tmp_path_factory.mktemp("forged-decision")
    async with running_asterisk(folder / "asterisk") as pbx, lying(pbx) as port:
        if request.param == "no include":
            await reconfigure(pbx, {"extensions.conf": ("#include uapi-dialplan.conf", "")})
        ami = {"ADAPTER_AMI_HOST": "127.0.0.1", "ADAPTER_AMI_PORT": str(port)}
        async with running_adapter(pbx, folder / "adapter", settings=ami) as adapter:
            yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False)


async def test_who_is_taken_for_another_is_heard_by_nobody(stage: Stage) -> None:
    """To the adapter it is the organization's own call; the PBX itself knows better."""
    async with stage.tell("forged-decision", is_traced=False) as story:
        victim, customer = await story.talk(VICTIM)
        [call] = await story.lab.until_calls(
            lambda calls: len(calls) == 1 and "answered" in calls[0], f"@me/{TAKEN_FOR}"
        )
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(str(call["id"]), action="Monitor")
        assert accepted.status == ACCEPTED, accepted.text
        if (await story.lab.adapter.request("GET", "/ready")).json["dialplanInclude"] == "present":
            await supervisor.ringing()
            supervisor.pick_up()
            await supervisor.ended()
            assert_deaf(supervisor, (victim, customer), 0)
        assert await reason_of_end(story.lab, address_of(accepted)) in ("not_joined", "supervisor_left")
        assert story.told("ChanSpyStart") == 0
        await story.hang_up(customer, victim)
