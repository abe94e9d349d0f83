"""An aiohttp handler that answers a constant, in a process of its own.

`python -m tests.bench.constant HEAD BODY`. It has the adapter's event loop and writes, as the adapter does, a
line of access log for each request.
"""

import asyncio
import logging
import sys
from pathlib import Path

import uvloop
from aiohttp import web

LEFT_OUT = ("content-length", "content-type", "date", "server")


async def _serve(head: str, body: bytes) -> None:
    status = int(head.split(" ", 2)[1])
    pairs = [line.partition(": ")[::2] for line in head.split("\r\n")[1:] if line]
    headers = {name: value for name, value in pairs if name.lower() not in LEFT_OUT}

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(
            status=status, body=body, headers=headers, content_type="application/json" if body else None
        )

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    uvloop.run(_serve(Path(sys.argv[1]).read_text(encoding="ascii"), Path(sys.argv[2]).read_bytes()))
