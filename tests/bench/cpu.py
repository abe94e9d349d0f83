"""The adapter's processor time while Asterisk is under load, against Asterisk's own."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from adapter.lab import LabError, Pbx, Phones, asterisk, running_asterisk
from adapter.lab.adapter_process import Adapter, running_adapter
from adapter.lab.asterisk import HOST
from adapter.lab.processes import die_with_parent, end_process, last_lines, start_process
from tests.bench.figures import Figure
from tests.bench.service import HIGH, cpu_s

CALLS_PER_S = 50
UP = 500
ROUNDS = 3
SECONDS = 5.0
NUMBER = "0003*210"
PORTS_OF_A_CALL = 4
RAMP_LIMIT_S = 40.0


@contextlib.asynccontextmanager
async def _sipp(folder: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    folder.mkdir()  # noqa: ASYNC240 - local and small
    command = die_with_parent(("sipp", *arguments, "-nostdin", "-trace_err"))
    process = await start_process(
        command, folder, folder / "output", {"TERM": "dumb", "PATH": "/usr/bin:/bin"}
    )
    try:
        yield process
    finally:
        await end_process(process, grace_s=0.0)


async def _until_up(adapter: Adapter, token: str, calls: int, caller: asyncio.subprocess.Process) -> int:
    """Wait until so many calls are up, or as many as this machine bears."""
    up = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(RAMP_LIMIT_S):
            while up < calls:
                await asyncio.sleep(0.5)
                if caller.returncode is not None:
                    raise LabError("SIPp has ended")
                up = await _up(adapter, token)
    return up


async def _up(adapter: Adapter, token: str) -> int:
    answer = await adapter.request("GET", "/uapi/phoneCalls/@me/@self?count=1", token=token)
    return int(str(answer.json["totalResults"]))


async def _load(
    pbx: Pbx, adapter: Adapter, folder: Path, *, per_s: int, up: int, rounds: int
) -> list[Figure]:
    token = await adapter.token("wallboard")
    server = f"{pbx.sip_host}:{pbx.sip_port}"
    callee_port, caller_port = pbx.ports.take(HOST, 6), pbx.ports.take(pbx.trunk_ip, 6)
    callee = ("-sn", "uas", "-i", HOST, "-p", str(callee_port), "-mp", str(callee_port + 2))
    caller = (
        *("-sn", "uac", "-s", NUMBER, "-i", pbx.trunk_ip, "-p", str(caller_port)),
        *("-mp", str(caller_port + 2), "-r", str(per_s), "-d", str(1000 * up // per_s), server),
    )
    async with Phones(pbx, folder / "phones") as phones, _sipp(folder / "callee", *callee):
        await phones.register(NUMBER, f"{HOST}:{callee_port}")
        async with _sipp(folder / "caller", *caller) as process:
            try:
                reached = await _until_up(adapter, token, int(0.95 * up), process)
            except LabError:
                raise LabError(f"SIPp has ended:\n{last_lines(folder / 'caller' / 'output')}") from None
            shares, ours, theirs = [], [], []
            for _ in range(rounds):
                before = cpu_s(adapter.process.pid), cpu_s(pbx.pid or 0)
                await asyncio.sleep(SECONDS)
                took = cpu_s(adapter.process.pid) - before[0], cpu_s(pbx.pid or 0) - before[1]
                shares.append(took[0] / took[1] * 100)
                ours.append(took[0] / SECONDS * 100)
                theirs.append(took[1] / SECONDS * 100)
            reached = (reached + await _up(adapter, token)) // 2
    shares.sort()
    return [
        Figure(
            f"CPU at {per_s} calls/s, {up} up",
            "Asterisk's own in the same run",
            sum(ours) / rounds,
            sum(theirs) / rounds,
            "% of a core",
            shares[rounds // 2],
            (shares[0], shares[-1]),
            5.0,
            is_floor=False,
            value_unit="%",
            note=f"{reached} up on average; without audio; {rounds} rounds of {SECONDS:.0f} s",
        )
    ]


async def _run(folder: Path, per_s: int, up: int, rounds: int) -> list[Figure]:
    before, asterisk.RTP_PORTS = asterisk.RTP_PORTS, (up + up // 4) * PORTS_OF_A_CALL
    try:
        async with (
            running_asterisk(folder / "asterisk") as pbx,
            running_adapter(pbx, folder / "adapter", settings=HIGH) as adapter,
        ):
            return await _load(pbx, adapter, folder, per_s=per_s, up=up, rounds=rounds)
    finally:
        asterisk.RTP_PORTS = before


def run(per_s: int = CALLS_PER_S, up: int = UP, rounds: int = ROUNDS) -> list[Figure]:
    """SIPp calls and answers; Asterisk and the adapter are told apart by their process times."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(Path(folder), per_s, up, rounds))
