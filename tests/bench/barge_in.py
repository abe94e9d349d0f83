"""From the PUT to the INVITE at the supervisor's phone, against a bare AMI Originate to the same phone."""

import asyncio
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from adapter.asterisk.actions import Spying, SupervisorDevices, originate_spy, originate_spy_by_include
from adapter.asterisk.caller_id import CallerId
from adapter.lab import Pbx, Phones, running_asterisk
from adapter.lab.adapter_process import running_adapter
from tests.acceptance.harness import Lab
from tests.bench.figures import Figure, percentile
from tests.bench.service import HIGH, Client

SAMPLES = 200
SUPERVISOR = "0003*024"
DEVICE = f"PJSIP/{SUPERVISOR}"
INVITE_LIMIT_S = 2.0
QUIET_S = 0.03
"""Between two rings, for the first to be over everywhere."""


class BusyPhone(asyncio.DatagramProtocol):
    """A phone that notes when an INVITE comes and says that it is busy."""

    def __init__(self) -> None:
        self.rings: asyncio.Queue[float] = asyncio.Queue()
        self._calls: set[bytes] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        at = time.perf_counter()
        method = data.partition(b" ")[0]
        if method not in (b"INVITE", b"OPTIONS", b"CANCEL"):
            return
        headers = dict(re.findall(rb"(?m)^(Via|From|To|Call-ID|CSeq): ([^\r\n]*)", data))
        if method == b"INVITE":
            if headers[b"Call-ID"] not in self._calls:
                self._calls.add(headers[b"Call-ID"])
                self.rings.put_nowait(at)
            status = b"486 Busy Here"
        else:
            status = b"200 OK"
        headers[b"To"] += b";tag=bench"
        lines = [b"SIP/2.0 " + status, *(name + b": " + value for name, value in headers.items())]
        self._transport.sendto(b"\r\n".join([*lines, b"Content-Length: 0", b"", b""]), addr)


class Ami:
    """A warm, bare AMI connection."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._count = 0

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._pbx.ami_host, self._pbx.ami_port)
        self._writer.write(
            f"Action: Login\r\nUsername: {self._pbx.ami_username}\r\nSecret: {self._pbx.ami_secret}\r\n"
            "Events: off\r\n\r\n".encode()
        )
        await self._reader.readuntil(b"Response: Success\r\n")
        await self._reader.readuntil(b"\r\n\r\n")

    def originate(self, *, has_include: bool) -> float:
        """Ring the supervisor as the adapter does; when it was sent."""
        self._count += 1
        spying = Spying("1.1", "PJSIP/x-1", "quBE")
        channel_id, caller_id, pickup_ms = f"bench-{self._count}", CallerId("John Doe", "42420042"), 20_000
        if has_include:
            devices = SupervisorDevices(SUPERVISOR, (DEVICE,), (DEVICE,))
            action = originate_spy_by_include(
                phones=devices,
                spying=spying,
                channel_id=channel_id,
                caller_id=caller_id,
                pickup_ms=pickup_ms,
            )
        else:
            action = originate_spy(
                dial=DEVICE, spying=spying, channel_id=channel_id, caller_id=caller_id, pickup_ms=pickup_ms
            )
        text = action.text(action.id).encode()
        at = time.perf_counter()
        self._writer.write(text)
        return at

    async def answered(self) -> None:
        await self._reader.readuntil(b"\r\n\r\n")

    def close(self) -> None:
        self._writer.close()


async def _ring(phone: BusyPhone) -> float:
    async with asyncio.timeout(INVITE_LIMIT_S):
        return await phone.rings.get()


@dataclass(frozen=True, slots=True)
class Samples:
    """Seconds from asking to the INVITE, asked in turn."""

    ours: list[float]
    same: list[float]
    """A bare Originate of the dial string that the adapter uses where it has its dialplan include."""
    direct: list[float]
    """A bare Originate straight to the phone's endpoint."""


def put_words(port: int, token: str, call_id: str) -> bytes:
    """The request, as it goes over the socket."""
    body = (
        '{"action": "BargeIn", "sendCallTo": "0003*024", "callerId": "John Doe <42420042>",'
        ' "waitForPickup": "20", "phoneCallViewId": "01"}'
    )
    return (
        f"PUT /uapi/phoneCalls/@me/0003*210/{call_id} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def put_to_invite(http: Client, put: bytes, phone: BusyPhone) -> float:
    """Seconds from asking to the INVITE at the phone."""
    sent_at = time.perf_counter()
    (head, _), rang_at = await asyncio.gather(http.ask(put), _ring(phone))
    if not head.startswith(b"HTTP/1.1 202"):
        raise AssertionError(f"not taken: {head!r}")
    return rang_at - sent_at


async def _measure(lab: Lab, phone: BusyPhone, samples: int) -> Samples:
    talk = await lab.talk()
    port = int(lab.adapter.url.rpartition(":")[2])
    put = put_words(port, lab.token, talk.call_id)
    http, ami = await Client.open(port), Ami(lab.pbx)
    await ami.open()
    taken = Samples([], [], [])
    try:
        for _ in range(samples + 1):
            taken.ours.append(await put_to_invite(http, put, phone))
            await asyncio.sleep(QUIET_S)
            for bare, has_include in ((taken.same, True), (taken.direct, False)):
                sent_at = ami.originate(has_include=has_include)
                bare.append(await _ring(phone) - sent_at)
                await ami.answered()
                await asyncio.sleep(QUIET_S)
    finally:
        http.close()
        ami.close()
    return Samples(taken.ours[1:], taken.same[1:], taken.direct[1:])


async def _run(folder: Path, samples: int) -> list[Figure]:
    async with (
        running_asterisk(folder / "asterisk") as pbx,
        running_adapter(pbx, folder / "adapter", settings=HIGH) as adapter,
        Phones(pbx, folder / "phones") as phones,
    ):
        loop = asyncio.get_running_loop()
        transport, phone = await loop.create_datagram_endpoint(BusyPhone, local_addr=("127.0.0.1", 0))
        try:
            await phones.register(SUPERVISOR, f"127.0.0.1:{transport.get_extra_info('sockname')[1]}")
            lab = Lab(pbx, adapter, phones, await adapter.token("wallboard"))
            taken = await _measure(lab, phone, samples)
        finally:
            transport.close()
    figures = []
    for peer, bare in (("same dial string", taken.same), ("straight to the endpoint", taken.direct)):
        middle = percentile(bare, 0.5)
        for name, share, goal in (("median", 0.5, 2.0), ("p99", 0.99, 10.0)):
            mine, theirs = percentile(taken.ours, share), percentile(bare, share)
            figures.append(
                Figure(
                    f"PUT BargeIn to INVITE, {name} overhead",
                    f"a bare AMI Originate, warm socket, {peer}",
                    mine * 1e3,
                    theirs * 1e3,
                    "ms",
                    (mine - theirs) * 1e3,
                    ((min(taken.ours) - middle) * 1e3, (max(taken.ours) - middle) * 1e3),
                    goal,
                    is_floor=False,
                    value_unit="ms",
                    note=f"n = {len(bare)} each, in turn",
                )
            )
    return figures


def run(samples: int = SAMPLES) -> list[Figure]:
    """On a real Asterisk; the phone is a socket of the bench, which knows to 0.1 ms when it rings."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(Path(folder), samples))
