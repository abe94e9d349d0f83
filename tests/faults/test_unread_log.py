"""Nobody reads the log: its pipe is full, and the service answers as before."""

import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path

import aiohttp

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.polling import until_seen
from adapter.lab.ports import Ports
from adapter.lab.processes import end_process
from tests.faults.figures import Tell

REQUESTS = 2_000
"""Each has a line of some 150 bytes: twice and more what a pipe holds."""
SLOWEST_S = 1.0
ENDS_WITHIN_S = 10.0


async def test_a_log_that_nobody_reads_holds_up_no_request(
    ami: FakeAmi, directory: Path, figures: Tell
) -> None:
    """Its lines wait for a reader, and those beyond a limit are lost."""
    port = Ports().take("127.0.0.1")
    settings = {
        "ADAPTER_DIRECTORY": str(directory),
        "ADAPTER_TOKEN_KEY": "k" * 32,
        "ADAPTER_AMI_PORT": str(ami.port),
        "ADAPTER_AMI_SECRET": ami.secret,
        "ADAPTER_LISTEN_PORT": str(port),
    }
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapter", "serve"), env={**os.environ, **settings}, stderr=writing
    )
    os.close(writing)
    slowest_s = 0.0
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:

            async def is_ready() -> bool:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with http.get("/ready") as answer:
                        return answer.status in (200, 503)
                return False

            await until_seen(is_ready, bool, within=20)
            for _ in range(REQUESTS):
                began = time.monotonic()
                async with asyncio.timeout(5), http.get("/uapi/phoneCalls/@me/@self") as answer:
                    assert answer.status == 401
                slowest_s = max(slowest_s, time.monotonic() - began)
        figures(f"{REQUESTS:,} requests, nobody reads the log: the slowest took {slowest_s:.3f} s")
        assert slowest_s < SLOWEST_S
    finally:
        await end_process(process, grace_s=ENDS_WITHIN_S)
        os.close(reading)
    assert process.returncode == 0
