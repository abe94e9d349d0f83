"""A thousand PUTs at once, a SIGTERM among a hundred that wait, five hundred clients that hardly speak."""

import asyncio
import os
import signal
import time
from collections import Counter
from pathlib import Path

from adapter.lab.adapter_process import Adapter
from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until
from tests.faults.beside import RawPut, adapter_beside, call_id_of
from tests.faults.figures import Tell
from tests.faults.one_call import answer_phone, ours
from tests.integration.harness import Service, until_taken

PUTS = 1000
WAITING = 100
SLOW = 500
AT_ONCE = 50
KINDS = ("silent", "byte by byte", "in mid body")
IDLE_S = 5.0


async def test_1000_puts_at_once_ring_the_phone_once_and_are_all_answered_alike(
    service: Service, ami: FakeAmi, figures: Tell
) -> None:
    """Half of them wait, half do not; Asterisk answers the Originate when all of them are there."""
    call_id = await service.call_id()
    held: list[ReceivedAction] = []
    ami.scripts["Originate"] = held.append
    began = time.monotonic()
    puts = [
        asyncio.create_task(service.barge_in(call_id, wait_s=15 if index % 2 else None))
        for index in range(PUTS)
    ]
    await until(lambda: held)
    await service.link()  # whoever could be read by now was read
    assert not any(put.done() for put in puts)
    ami.originate(held[0])
    answer_phone(ami)
    answers = await asyncio.gather(*puts)
    figures(f"{PUTS} PUTs answered in {time.monotonic() - began:.2f} s, {len(held)} Originate")
    statuses = Counter(answer.status for answer in answers)
    assert len(held) == 1
    assert len(ours(ami)) == 1
    # One that comes when the supervisor has joined need not wait any more.
    assert set(statuses) == {200, 202}
    assert {answer.status for answer in answers[1::2]} == {200}
    assert {answer.status for answer in answers[::2]} == {202}


async def test_sigterm_among_100_waiting_puts_answers_each(
    ami: FakeAmi, agent: FakeChannel, tmp_path: Path, figures: Tell
) -> None:
    """503 with Retry-After for all of them, the phone stops ringing, the process ends with 0."""
    assert agent
    async with adapter_beside(ami, tmp_path) as (adapter, token):
        call_id = await call_id_of(adapter, token)
        puts = [await RawPut.send(adapter, token, call_id, wait_s=20) for _ in range(WAITING)]
        await until_taken(ami, "Originate")
        await until(lambda: ours(ami))
        await until_read(adapter)
        began = time.monotonic()
        os.kill(adapter.process.pid, signal.SIGTERM)
        answers = await asyncio.gather(*(put.answer() for put in puts))
        answered_s = time.monotonic() - began
        async with asyncio.timeout(5):
            assert await adapter.process.wait() == 0
    figures(f"{WAITING} waiting PUTs answered in {answered_s:.2f} s after SIGTERM")
    assert {(answer[:13], b"\r\nRetry-After: " in answer) for answer in answers} == {(b"HTTP/1.1 503 ", True)}
    assert len(ami.took("Originate")) == 1
    assert not ours(ami)
    assert answered_s < 2.0


async def until_read(adapter: Adapter) -> None:
    """Return once the adapter has answered on a new connection: those that were made before it were read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(adapter.url.rpartition(":")[2]))
    writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_500_slow_clients_hold_nothing_up(
    ami: FakeAmi, agent: FakeChannel, tmp_path: Path, figures: Tell
) -> None:
    """A good client is answered as before, and a barge-in goes through, while they are there; they all go."""
    assert agent
    settings = {"idle_timeout_s": str(IDLE_S), "request_timeout_s": str(IDLE_S)}
    async with adapter_beside(ami, tmp_path, **settings) as (adapter, token):
        call_id = await call_id_of(adapter, token)
        slow = await connect_slow_clients(adapter, token, call_id)
        trickling = asyncio.create_task(trickle(slow))
        longest_s = 0.0
        try:
            began = time.monotonic()
            put = await RawPut.send(adapter, token, call_id, wait_s=5)
            await until_taken(ami, "Originate")
            answer_phone(ami)
            assert (await put.answer()).startswith(b"HTTP/1.1 200 ")
            barged_s = time.monotonic() - began
            assert sum(one.is_open for one in slow) == SLOW, "they are not there any more"
            while any(one.is_open for one in slow):
                began = time.monotonic()
                await adapter.list("@me/0003*210", token)
                longest_s = max(longest_s, time.monotonic() - began)
                left = Counter(one.kind for one in slow if one.is_open)
                assert time.monotonic() - slow[0].began < 10 * IDLE_S, f"they stay: {left}"
                await asyncio.sleep(0.02)
        finally:
            trickling.cancel()
            await asyncio.wait({trickling})
            for one in slow:
                one.close()
    figures(
        f"beside {SLOW} slow clients: barge-in {barged_s * 1e3:.0f} ms, slowest GET {longest_s * 1e3:.0f} ms"
    )
    assert barged_s < 1.0
    assert longest_s < 1.0


async def connect_slow_clients(adapter: Adapter, token: str, call_id: str) -> "list[SlowClient]":
    """Fewer at a time than wait to be accepted in the kernel: others would only believe to be there."""
    slow: list[SlowClient] = []
    while len(slow) < SLOW:
        kinds = (KINDS[(len(slow) + index) % len(KINDS)] for index in range(AT_ONCE))
        slow += await asyncio.gather(*(SlowClient.connect(adapter, token, call_id, kind) for kind in kinds))
        await until_read(adapter)
    return slow


class SlowClient(asyncio.Protocol):
    """A connection that says little."""

    def __init__(self, kind: str, sent: bytes, trickle: bytes) -> None:
        self.kind = kind
        self.began = time.monotonic()
        self.is_open = True
        self._sent = sent
        self._trickle = trickle
        self._transport: asyncio.Transport

    def close(self) -> None:
        """End it, should the service not have."""
        self._transport.abort()

    @classmethod
    async def connect(cls, adapter: Adapter, token: str, call_id: str, kind: str) -> "SlowClient":
        head = f"PUT /uapi/phoneCalls/@me/0003*210/{call_id} HTTP/1.1\r\nHost: x\r\n"
        body = "Content-Type: application/json\r\nContent-Length: 99\r\n\r\n"
        sent, more = {
            "silent": ("", ""),
            "byte by byte": (f"{head}X-Slow: ", "a"),
            "in mid body": (f"{head}Authorization: Bearer {token}\r\n{body}", " "),
        }[kind]
        port = int(adapter.url.rpartition(":")[2])
        loop = asyncio.get_running_loop()
        _, one = await loop.create_connection(
            lambda: cls(kind, sent.encode(), more.encode()), "127.0.0.1", port
        )
        return one

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._transport.write(self._sent)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.is_open = False

    def say_more(self) -> None:
        if self.is_open and self._trickle and not self._transport.is_closing():
            self._transport.write(self._trickle)


async def trickle(slow: list[SlowClient]) -> None:
    """A byte of each ten times in the idle limit, for as long as they are let."""
    while True:
        await asyncio.sleep(IDLE_S / 10)
        for one in slow:
            one.say_more()
