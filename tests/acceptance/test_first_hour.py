"""From an Asterisk that knows nothing of the adapter to the first barge-in, as README tells it."""

import asyncio
import itertools
import os
import re
import sys
import time
from pathlib import Path

from adapter.lab import Pbx, Phones, running_asterisk, wait_until_heard
from adapter.lab.adapter_process import running_adapter
from adapter.lab.ordinary import ORDINARY
from adapter.lab.processes import Ended, run_process
from tests.acceptance.harness import Lab

DEADLINE_S = 60.0
FIVE_MINUTES_S = 300.0
ETC = "/etc/asterisk"


async def init(folder: Path, *more: str) -> Ended:
    """The command as it is typed, with nothing in its environment and nobody at a terminal."""
    command = (sys.executable, "-m", "adapter", "init", "--folder", str(folder), *more)
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    return await run_process(*command, within=DEADLINE_S, environment=environment)


async def reload(pbx: Pbx, *modules: str) -> None:
    """What `asterisk -rx 'manager reload'` does, or `core reload`; the lab's Asterisk has no console."""
    reader, writer = await asyncio.open_connection(pbx.ami_host, pbx.ami_port)
    try:
        async with asyncio.timeout(DEADLINE_S):
            login = f"Action: Login\r\nUsername: lab\r\nSecret: {pbx.ami_secret}\r\nEvents: off\r\n\r\n"
            writer.write(login.encode())
            await reader.readuntil(b"\r\n\r\n")
            for header in [f"Module: {module}\r\n" for module in modules] or [""]:
                writer.write(f"Action: Reload\r\n{header}\r\n".encode())
                assert b"Success" in await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()
        await writer.wait_closed()


async def forget_the_adapter(pbx: Pbx) -> None:
    """As the PBX was before anybody thought of an adapter."""
    etc = pbx.folder / "etc"
    for file in ("manager", "extensions"):
        own = etc / f"{file}_custom.conf"
        own.write_text(re.sub(r"(?m)^#include uapi-.*$", "", own.read_text()))
    for file in ("uapi-adapter.conf", "uapi-dialplan.conf"):
        (etc / file).unlink()
    await reload(pbx, "manager", "pbx_config.so")


async def type_what_was_said(pbx: Pbx, printed: str) -> None:
    """Run each line that is to be typed, in this PBX's folder for /etc/asterisk; it is a FreePBX."""
    lines = [line.strip() for line in printed.splitlines() if line.startswith("  ")]
    typed = [line for line in lines if not line.startswith("asterisk -rx ")]
    assert len(typed) == 5
    assert {line for line in lines if line not in typed} == {
        "asterisk -rx 'manager reload'",
        "asterisk -rx 'dialplan reload'",
    }
    for line in typed:
        said = re.sub(r"(\w+)\.conf   # FreePBX: (\w+)\.conf", r"\2.conf", line).replace(
            ETC, f"{pbx.folder}/etc"
        )
        ended = await run_process("sh", "-c", said, within=DEADLINE_S)
        assert ended.status == 0, ended
    await reload(pbx, "manager", "pbx_config.so")


async def test_from_nothing_to_the_first_barge_in_in_five_minutes(tmp_path: Path) -> None:
    """`init`, what it says to type, `init`, `serve`, a PUT; all six pairs hear each other."""
    folder = tmp_path / "uapi-adapter"
    async with running_asterisk(tmp_path / "asterisk", layout=ORDINARY) as pbx:
        await forget_the_adapter(pbx)
        began = time.monotonic()
        first = await init(folder, "--ami-port", str(pbx.ami_port))
        assert (first.status, "Authentication failed" in first.err) == (1, True), first
        await type_what_was_said(pbx, first.out)
        second = await init(folder)
        assert (second.status, second.err) == (0, ""), second
        assert "extensions: 300" in second.out
        async with (
            running_adapter(pbx, tmp_path / "adapter", config=folder / "settings.toml") as adapter,
            Phones(pbx, tmp_path / "phones") as phones,
        ):
            page = await adapter.request("GET", "/docs")
            assert page.status == 200
            lab = Lab(pbx, adapter, phones, await adapter.token("wallboard"))
            # Asterisk 16 knows no tenants: there the second one's prefix comes before.
            [number] = {number for number in ("0001*210", "0002*210") if await is_seen(lab, number)}
            agent = await phones.callee("210", name="agent")
            customer = await phones.caller("777888", callee="210", name="customer", trunk=True)
            await agent.ringing()
            agent.pick_up()
            await customer.answered()
            [call] = await lab.until_calls(lambda calls: len(calls) == 1, f"@me/{number}")
            supervisor = await phones.callee("024", name="supervisor")
            answer = await lab.barge_in(
                str(call["id"]), number, supervisor=number.replace("210", "024"), callerId=None
            )
            assert answer.status == 202, answer.text
            await supervisor.ringing()
            supervisor.pick_up()
            everyone = (customer, agent, supervisor)
            names = [phone.name for phone in everyone]
            await wait_until_heard(everyone, set(itertools.permutations(names, 2)))
        assert time.monotonic() - began < FIVE_MINUTES_S


async def is_seen(lab: Lab, number: str) -> bool:
    """Whether the App may see the extension's calls."""
    answer = await lab.adapter.request("GET", f"/uapi/phoneCalls/@me/{number}", token=lab.token)
    return answer.status == 200
