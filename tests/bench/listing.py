"""The list of 20 out of many live calls, and its 304, against an aiohttp handler that returns a constant."""

import asyncio
import re
import tempfile
from pathlib import Path

from tests.bench.figures import Figure, ratio
from tests.bench.service import (
    Client,
    cpu_s,
    fake_with_calls,
    requests_per_s,
    running_module,
    running_service,
    written,
)

CALLS = 10_000
ROUNDS = 5
SECONDS = 1.0
PATH = "/uapi/phoneCalls/@me/@self"


async def _run(folder: Path, calls: int, rounds: int, seconds: float) -> list[Figure]:
    async with fake_with_calls(calls) as ami, running_service(ami, folder) as adapter:
        token = await adapter.token("wallboard")
        port = int(adapter.url.rpartition(":")[2])
        plain = written(PATH, port, Authorization=f"Bearer {token}")
        first = await Client.open(port)
        head, body = await first.ask(plain)
        tag = re.search(rb'ETag: ("[^"]+")', head)
        if not head.startswith(b"HTTP/1.1 200") or tag is None or body.count(b'"phoneCallView"') != 20:
            raise AssertionError(f"no list of 20: {head!r} {body[:200]!r}")
        known = written(PATH, port, Authorization=f"Bearer {token}", If_None_Match=tag[1].decode())
        head_304, nothing = await first.ask(known)
        if not head_304.startswith(b"HTTP/1.1 304"):
            raise AssertionError(f"no 304: {head_304!r}")
        first.close()
        figures = []
        for name, request, answer in (
            (f"list of 20 out of {calls:,} calls", plain, (head, body)),
            (f"304, {calls:,} calls", known, (head_304, nothing)),
        ):
            (folder / "head").write_bytes(answer[0])
            (folder / "body").write_bytes(answer[1])
            arguments = (str(folder / "head"), str(folder / "body"))
            async with running_module("tests.bench.constant", folder / "constant", *arguments) as (
                peer,
                peer_port,
            ):
                timed, cost = [], []
                for _ in range(rounds + 1):
                    before = cpu_s(adapter.process.pid), cpu_s(peer)
                    ours = await requests_per_s(port, request, seconds)
                    theirs = await requests_per_s(peer_port, request, seconds)
                    took = cpu_s(adapter.process.pid) - before[0], cpu_s(peer) - before[1]
                    timed.append((ours, theirs))
                    cost.append((took[0] / ours / seconds * 1e6, took[1] / theirs / seconds * 1e6))
            (folder / "constant" / "output").unlink()
            ours_us, theirs_us = cost[-1]
            figures.append(
                ratio(
                    name,
                    "aiohttp handler, a constant of the same size, access log on",
                    timed[1:],
                    unit="requests/s",
                    goal=0.5,
                    more_is_better=True,
                    note=f"{len(answer[1])} bytes, keep-alive, 4 clients, {rounds} rounds;"
                    f" CPU {ours_us:.0f} against {theirs_us:.0f} us/request",
                )
            )
        return figures


def run(calls: int = CALLS, rounds: int = ROUNDS, seconds: float = SECONDS) -> list[Figure]:
    """Both servers in processes of their own, asked in turn by the same client."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(Path(folder), calls, rounds, seconds))
