"""The adapter's processor time while Asterisk is under load, against Asterisk's own.

Twice: with calls that say nothing, and with as many that carry audio as this machine bears. Asterisk relays
what their callers say to who is called, who sends it back; it is relayed once more, to a socket of the bench.
"""

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapter.lab import LabError, Pbx, Phones, asterisk, running_asterisk
from adapter.lab.adapter_process import Adapter, running_adapter
from adapter.lab.asterisk import HOST
from adapter.lab.processes import die_with_parent, end_process, last_lines, start_process
from adapter.lab.tones import TONES_HZ, make_tone
from tests.bench.bare_reader import running_bare_reader
from tests.bench.figures import Figure
from tests.bench.service import HIGH, cpu_s

CALLS_PER_S = 50
UP = 500
AUDIBLE = (400, 200, 100, 50)
"""So many of the calls speak; where Asterisk or SIPp falls behind, the next of these."""
BORNE = 0.98
"""This part of the audio has to come back for the machine to bear it."""
ROUNDS = 3
SECONDS = 5.0
NUMBER = "0003*210"
FLOOR_TIMES = 6.0
"""The adapter is to take no more than so many times what reading alone takes."""
PORTS_OF_A_CALL = 4
RAMP_LIMIT_S = 40.0
PACKETS_PER_S = 50
"""Of one call in one direction: each packet is 20 ms."""
DRAIN_INTERVAL_S = 0.01
SPEAKING_CALLER = Path(__file__).with_name("speaking-caller.xml")


@dataclass(frozen=True, slots=True)
class Load:
    """Calls that come and go; `audible` of those that are up carry audio both ways."""

    per_s: int
    up: int
    audible: int = 0

    @property
    def lasts_ms(self) -> int:
        return 1000 * self.up // self.per_s

    @property
    def audible_per_s(self) -> int:
        return self.audible * self.per_s // self.up


@dataclass(frozen=True, slots=True)
class Taken:
    """What the rounds took, of a core, and how many packets came back each second; how many calls were up."""

    ours: list[float]
    theirs: list[float]
    floor: list[float]
    """What a reader takes that throws away what it reads."""
    heard_per_s: float
    up: int


class Ear:
    """A UDP port at which all that Asterisk sends to the callers ends; it counts the packets."""

    def __init__(self, ip: str) -> None:
        self.heard = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**22)
        self._socket.setblocking(False)  # noqa: FBT003 - the socket's signature
        self._socket.bind((ip, 0))

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Count until the block ends; in bursts, so that counting costs the machine little."""
        task = asyncio.create_task(self._keep_draining(), name="ear")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})
            self._socket.close()

    async def _keep_draining(self) -> None:
        packet = bytearray(2048)
        while True:
            await asyncio.sleep(DRAIN_INTERVAL_S)
            with contextlib.suppress(BlockingIOError):
                while self._socket.recv_into(packet):
                    self.heard += 1


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


@dataclass(frozen=True, slots=True)
class Callers:
    """The SIPp processes that call, and the folder with what they wrote."""

    folder: Path
    running: dict[str, asyncio.subprocess.Process]

    def require_running(self) -> None:
        """Raise LabError where one has ended."""
        for name, process in self.running.items():
            if process.returncode is not None:
                raise LabError(f"SIPp has ended:\n{last_lines(self.folder / name / 'output')}")


@contextlib.asynccontextmanager
async def _calling(pbx: Pbx, folder: Path, load: Load, ear: Ear) -> AsyncIterator[Callers]:
    """Have SIPp call as often as the load says, until the block ends."""
    talk, scenario = folder / "talk.ulaw", folder / "speaking-caller.xml"
    talk.write_bytes(make_tone(TONES_HZ[0]))
    scenario.write_text(SPEAKING_CALLER.read_text().replace('"talk_file,', f'"{talk},'))
    parts = {
        "silent": (load.per_s - load.audible_per_s, ("-sn", "uac")),
        "speaking": (load.audible_per_s, ("-sf", str(scenario), "-key", "ear", str(ear.port))),
    }
    callers = Callers(folder, {})
    async with contextlib.AsyncExitStack() as running:
        for name, (per_s, part) in parts.items():
            if per_s:
                port = pbx.ports.take(pbx.trunk_ip, 6)
                arguments = (
                    *(*part, "-s", NUMBER, "-r", str(per_s), "-d", str(load.lasts_ms)),
                    *("-i", pbx.trunk_ip, "-p", str(port), "-mi", pbx.trunk_ip, "-mp", str(port + 2)),
                    f"{pbx.sip_host}:{pbx.sip_port}",
                )
                process = await running.enter_async_context(_sipp(folder / name, *arguments))
                callers.running[name] = process
        yield callers


async def _until_up(adapter: Adapter, token: str, calls: int, callers: Callers) -> int:
    """Wait until so many calls are up, or as many as this machine bears."""
    up = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(RAMP_LIMIT_S):
            while up < calls:
                await asyncio.sleep(0.5)
                callers.require_running()
                up = await _up(adapter, token)
    return up


async def _up(adapter: Adapter, token: str) -> int:
    answer = await adapter.request("GET", "/uapi/phoneCalls/@me/@self?count=1", token=token)
    return int(str(answer.json["totalResults"]))


async def _measure(
    pbx: Pbx, adapter: Adapter, folder: Path, load: Load, *, rounds: int, seconds: float
) -> Taken:
    token, port, ear = await adapter.token("wallboard"), pbx.ports.take(HOST, 6), Ear(pbx.trunk_ip)
    callee = ("-sn", "uas", "-i", HOST, "-p", str(port), "-mi", HOST, "-mp", str(port + 2), "-rtp_echo")
    async with (
        ear.listening(),
        Phones(pbx, folder / "phones") as phones,
        _sipp(folder / "callee", *callee),
        running_bare_reader(pbx, folder) as bare,
    ):
        await phones.register(NUMBER, f"{HOST}:{port}")
        async with _calling(pbx, folder, load, ear) as callers:
            reached = await _until_up(adapter, token, int(0.95 * load.up), callers)
            pids, heard = (adapter.process.pid, pbx.pid or 0, bare.pid), ear.heard
            ours: list[float] = []
            theirs: list[float] = []
            floor: list[float] = []
            for _ in range(rounds):
                before = [cpu_s(pid) for pid in pids]
                await asyncio.sleep(seconds)
                for shares, pid, began in zip((ours, theirs, floor), pids, before, strict=True):
                    shares.append((cpu_s(pid) - began) / seconds * 100)
            callers.require_running()
            heard_per_s = (ear.heard - heard) / (rounds * seconds)
            return Taken(ours, theirs, floor, heard_per_s, (reached + await _up(adapter, token)) // 2)


async def _run(folder: Path, load: Load, *, rounds: int, seconds: float) -> Taken:
    before, asterisk.RTP_PORTS = asterisk.RTP_PORTS, (load.up + load.up // 4) * PORTS_OF_A_CALL
    try:
        async with (
            running_asterisk(folder / "asterisk") as pbx,
            running_adapter(pbx, folder / "adapter", settings=HIGH) as adapter,
        ):
            return await _measure(pbx, adapter, folder, load, rounds=rounds, seconds=seconds)
    finally:
        asterisk.RTP_PORTS = before


def _floor(load: Load, taken: Taken, seconds: float) -> Figure:
    """How much of ours is work, above what any reader takes for being woken."""
    times = sorted(one / other for one, other in zip(taken.ours, taken.floor, strict=True))
    return Figure(
        f"CPU at {load.per_s} calls/s against a bare reader",
        "C that reads and throws away, in the same run",
        sum(taken.ours) / len(taken.ours),
        sum(taken.floor) / len(taken.floor),
        "% of a core",
        times[len(times) // 2],
        (times[0], times[-1]),
        FLOOR_TIMES,
        is_floor=False,
        note=f"{len(times)} rounds of {seconds:.0f} s",
    )


def _figure(load: Load, taken: Taken, seconds: float) -> Figure:
    shares = sorted(one / other * 100 for one, other in zip(taken.ours, taken.theirs, strict=True))
    audio, relayed = "without audio", ""
    if load.audible:
        sent = load.audible * PACKETS_PER_S
        audio = f"{load.audible} with audio"
        relayed = f"; {taken.heard_per_s:,.0f} of {sent:,} packets/s came back, relayed twice"
    return Figure(
        f"CPU at {load.per_s} calls/s, {load.up} up, {audio}",
        "Asterisk's own in the same run",
        sum(taken.ours) / len(taken.ours),
        sum(taken.theirs) / len(taken.theirs),
        "% of a core",
        shares[len(shares) // 2],
        (shares[0], shares[-1]),
        5.0,
        is_floor=False,
        value_unit="%",
        note=f"{taken.up} up on average; {len(shares)} rounds of {seconds:.0f} s{relayed}",
    )


def take(load: Load, *, rounds: int, seconds: float) -> Taken:
    """Measure under this load, with an Asterisk of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(Path(folder), load, rounds=rounds, seconds=seconds))


def run(
    per_s: int = CALLS_PER_S,
    up: int = UP,
    audible: Sequence[int] = AUDIBLE,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
) -> list[Figure]:
    """SIPp calls and answers; Asterisk and the adapter are told apart by their process times."""
    silent = Load(per_s, up)
    taken = take(silent, rounds=rounds, seconds=seconds)
    figures = [_figure(silent, taken, seconds), _floor(silent, taken, seconds)]
    for calls in audible:
        speaking = Load(per_s, up, calls)
        taken = take(speaking, rounds=rounds, seconds=seconds)
        if taken.heard_per_s >= BORNE * calls * PACKETS_PER_S or calls == audible[-1]:
            return [*figures, _figure(speaking, taken, seconds)]
    return figures
