"""From Asterisk's event to the change in a GET and on `/events`, against the event on a raw AMI socket."""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from adapter.calls.ids import call_id_of
from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel, FakeState
from tests.bench.figures import Figure, percentile
from tests.bench.service import Client, fake_with_calls, running_service, written
from tests.bench.traces import number, passing_events

CALLS = 500
SAMPLES = 500
EVENTS_PER_S = 2_000
BATCH_S = 0.005
PAUSE_S = 0.02
SEEN_LIMIT_S = 5.0

Sees = Callable[[str], Awaitable[float]]
"""When the client is shown the call of this uniqueid: asked for before the event, awaited after it."""


class Listener(asyncio.Protocol):
    """A client that says one thing, then looks for one thing at a time in what it is sent."""

    def __init__(self, greeting: bytes) -> None:
        self._greeting = greeting
        self._before = b""
        self._mark = b""
        self._met: asyncio.Future[float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._greeting)  # type: ignore[attr-defined]

    def await_mark(self, mark: bytes) -> "asyncio.Future[float]":
        """When these bytes come."""
        self._mark, self._before = mark, b""
        self._met = asyncio.get_running_loop().create_future()
        return self._met

    def data_received(self, data: bytes) -> None:
        if self._met is None or self._met.done():
            return
        data = self._before + data  # it may come in two pieces
        if self._mark in data:
            self._met.set_result(time.perf_counter())
        self._before = data[-len(self._mark) :]


@dataclass(frozen=True, slots=True)
class Samples:
    """Seconds from the event to the client, and to a raw AMI socket."""

    seen: list[float]
    raw: list[float]


async def _flood(ami: FakeAmi, messages: list[bytes], per_s: int) -> None:
    """Events of calls that come and go, evenly, until cancelled."""
    events = itertools.cycle(messages)
    loop = asyncio.get_running_loop()
    began, sent = loop.time(), 0
    while True:
        await asyncio.sleep(BATCH_S)
        due = int((loop.time() - began) * per_s)
        ami.emit(*(next(events) for _ in range(due - sent)))
        sent = due


async def _measure(ami: FakeAmi, raw: Listener, sees: Sees, calls: range) -> Samples:
    """Begin one call after the other; the client is waiting for each."""
    taken = Samples([], [])
    for index in calls:
        uniqueid = f"1900000000.{index}"
        channel = FakeChannel(f"PJSIP/{number(index)}-{index:08x}", uniqueid, uniqueid, FakeState.RING)
        met = raw.await_mark(uniqueid.encode() + b"\r\n")
        seeing = sees(uniqueid)
        began = time.perf_counter()
        ami.emit(say.channel_event("Newchannel", time.time(), channel))
        async with asyncio.timeout(SEEN_LIMIT_S):
            taken.seen.append(await seeing - began)
            taken.raw.append(await met - began)
        ami.emit(say.hangup(time.time(), channel, 16))
        await asyncio.sleep(PAUSE_S)
    return taken


async def _measure_get(ami: FakeAmi, raw: Listener, port: int, token: str, samples: int) -> Samples:
    """A client that asks for the call without pause."""
    client = await Client.open(port)

    async def sees(uniqueid: str) -> float:
        path = f"/uapi/phoneCalls/@me/@self/{call_id_of(uniqueid)}"
        request = written(path, port, Authorization=f"Bearer {token}")
        while not (await client.ask(request))[0].startswith(b"HTTP/1.1 200"):
            pass
        return time.perf_counter()

    try:
        return await _measure(ami, raw, sees, range(samples))
    finally:
        client.close()


async def _measure_events(ami: FakeAmi, raw: Listener, port: int, token: str, samples: int) -> Samples:
    """A client that has all events of the organization streamed to it."""
    request = written("/uapi/events", port, Authorization=f"Bearer {token}")
    transport, stream = await _listen(request, "127.0.0.1", port)
    began = stream.await_mark(b"event: reset\n")

    def sees(uniqueid: str) -> Awaitable[float]:
        return stream.await_mark(f'"id":"{call_id_of(uniqueid)}"'.encode())

    try:
        async with asyncio.timeout(SEEN_LIMIT_S):
            await began
        return await _measure(ami, raw, sees, range(samples, 2 * samples))
    finally:
        transport.close()


async def _listen(greeting: bytes, host: str, port: int) -> tuple[asyncio.Transport, Listener]:
    return await asyncio.get_running_loop().create_connection(lambda: Listener(greeting), host, port)


async def _run(folder: Path, calls: int, samples: int, per_s: int) -> list[Figure]:
    async with fake_with_calls(calls) as ami, running_service(ami, folder) as adapter:
        token = await adapter.token("wallboard")
        port = int(adapter.url.rpartition(":")[2])
        login = f"Action: Login\r\nUsername: {ami.username}\r\nSecret: {ami.secret}\r\n\r\n"
        transport, raw = await _listen(login.encode(), ami.host, ami.port)
        flood = asyncio.create_task(_flood(ami, passing_events(10 * per_s), per_s))
        try:
            get = await _measure_get(ami, raw, port, token, samples)
            events = await _measure_events(ami, raw, port, token, samples)
        finally:
            flood.cancel()
            await asyncio.wait({flood})
            transport.close()
    up = f"{calls} calls up"
    return [_figure("GET", per_s, get, up), _figure("/events", per_s, events, f"{up}, all streamed")]


def _figure(where: str, per_s: int, taken: Samples, note: str) -> Figure:
    extra = [(one - other) * 1e3 for one, other in zip(taken.seen, taken.raw, strict=True)]
    return Figure(
        f"event to {where} at {per_s:,} events/s, p99",
        "the same event on a raw AMI socket",
        percentile(taken.seen, 0.99) * 1e3,
        percentile(taken.raw, 0.99) * 1e3,
        "ms",
        percentile(extra, 0.99),
        (min(extra), max(extra)),
        10.0,
        is_floor=False,
        value_unit="ms",
        note=f"n = {len(extra)}, median {percentile(extra, 0.5):.2f} ms, {note}",
    )


def run(calls: int = CALLS, samples: int = SAMPLES, per_s: int = EVENTS_PER_S) -> list[Figure]:
    """A call begins: when does a client see it that asks without pause, and one that is told?"""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(Path(folder), calls, samples, per_s))
