"""The example that watches, run as a reader would."""

import asyncio
import os
import sys
from pathlib import Path

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from tests.contract.client import Wire

WATCH = Path(__file__).parents[2] / "examples" / "watch.py"


async def watching(wire: Wire, secret: str) -> asyncio.subprocess.Process:
    """The example, beside the adapter."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, str(WATCH), wire.origin),
        env={"PATH": os.environ["PATH"], "UAPI_CLIENT_ID": "wallboard", "UAPI_CLIENT_SECRET": secret},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_says_what_happens(wire: Wire, ami: FakeAmi, agent: FakeChannel) -> None:
    """From the first line that tells to list, over a barge-in, to the call's end."""
    process = await watching(wire, "demo-secret")
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            assert await process.stdout.readline() == b"list the calls again: begin\n"
            call_id = await wire.call_id()
            assert (await wire.barge_in(call_id)).status == 202
            said: list[str] = []
            while not said or not said[-1].endswith("ringing"):
                said.append((await process.stdout.readline()).decode().rstrip())
            assert said[-1] == "BargeIn of 0003*210 by 0003*024: ringing"
            for one in [one for one in ami.pbx.channels.values() if one.linkedid == agent.linkedid]:
                ami.pbx.hang_up(one.uniqueid)
            ends = {f"call {call_id}: over", "BargeIn of 0003*210 by 0003*024: ended: The call ended."}
            while not ends <= set(said):
                said.append((await process.stdout.readline()).decode().rstrip())
    finally:
        process.kill()
        await process.communicate()


async def test_who_may_not_watch_is_told(wire: Wire) -> None:
    """One line, and 1."""
    process = await watching(wire, "wrong")
    async with asyncio.timeout(20):
        _, said = await process.communicate()
    assert (process.returncode, said.count(b"\n")) == (1, 1)
    assert said.startswith(b"watch.py: 401 ")
