"""From Asterisk's event to the change in the answer of a GET, against the same event on a raw AMI socket."""

import asyncio
import itertools
import tempfile
import time
from pathlib import Path

from adapter.calls.legs import call_id_of
from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel, FakeState
from tests.bench.figures import Figure, percentile
from tests.bench.service import Client, fake_with_calls, running_service, written
from tests.bench.traces import number, passing_events

CALLS = 500
SAMPLES = 200
EVENTS_PER_S = 2_000
BATCH_S = 0.005
PAUSE_S = 0.02
SEEN_LIMIT_S = 5.0


class RawSocket(asyncio.Protocol):
    """A second AMI client that looks for one thing in what it is sent."""

    def __init__(self, ami: FakeAmi) -> None:
        self._ami = ami
        self._mark = b""
        self._met: asyncio.Future[float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        login = f"Action: Login\r\nUsername: {self._ami.username}\r\nSecret: {self._ami.secret}\r\n\r\n"
        transport.write(login.encode())  # type: ignore[attr-defined]

    def await_mark(self, mark: bytes) -> "asyncio.Future[float]":
        self._mark, self._met = mark, asyncio.get_running_loop().create_future()
        return self._met

    def data_received(self, data: bytes) -> None:
        if self._met is not None and not self._met.done() and self._mark in data:
            self._met.set_result(time.perf_counter())


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


async def _measure(ami: FakeAmi, port: int, token: str, samples: int) -> tuple[list[float], list[float]]:
    loop = asyncio.get_running_loop()
    transport, raw = await loop.create_connection(lambda: RawSocket(ami), ami.host, ami.port)
    client = await Client.open(port)
    seen_after, raw_after = [], []
    try:
        for index in range(samples):
            uniqueid = f"1900000000.{index}"
            channel = FakeChannel(f"PJSIP/{number(index)}-{index:08x}", uniqueid, uniqueid, FakeState.RING)
            path = f"/uapi/phoneCalls/@me/@self/{call_id_of(uniqueid)}"
            request = written(path, port, Authorization=f"Bearer {token}")
            met = raw.await_mark(uniqueid.encode() + b"\r\n")
            began = time.perf_counter()
            ami.emit(say.channel_event("Newchannel", time.time(), channel))
            async with asyncio.timeout(SEEN_LIMIT_S):
                while not (await client.ask(request))[0].startswith(b"HTTP/1.1 200"):
                    pass
                seen_after.append(time.perf_counter() - began)
                raw_after.append(await met - began)
            ami.emit(say.hangup(time.time(), channel, 16))
            await asyncio.sleep(PAUSE_S)
    finally:
        client.close()
        transport.close()
    return seen_after, raw_after


async def _run(folder: Path, calls: int, samples: int, per_s: int) -> list[Figure]:
    async with fake_with_calls(calls) as ami, running_service(ami, folder) as adapter:
        token = await adapter.token("wallboard")
        messages = passing_events(10 * per_s)
        flood = asyncio.create_task(_flood(ami, messages, per_s))
        try:
            port = int(adapter.url.rpartition(":")[2])
            seen, raw = await _measure(ami, port, token, samples)
        finally:
            flood.cancel()
            await asyncio.wait({flood})
    extra = [(one - other) * 1e3 for one, other in zip(seen, raw, strict=True)]
    return [
        Figure(
            f"event to GET at {per_s:,} events/s, p99",
            "the same event on a raw AMI socket",
            percentile(seen, 0.99) * 1e3,
            percentile(raw, 0.99) * 1e3,
            "ms",
            percentile(extra, 0.99),
            (min(extra), max(extra)),
            10.0,
            is_floor=False,
            value_unit="ms",
            note=f"n = {samples}, median {percentile(extra, 0.5):.2f} ms, {calls} calls up",
        )
    ]


def run(calls: int = CALLS, samples: int = SAMPLES, per_s: int = EVENTS_PER_S) -> list[Figure]:
    """A call begins: when does a client that asks without pause see it?"""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(Path(folder), calls, samples, per_s))
