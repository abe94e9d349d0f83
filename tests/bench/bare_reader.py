"""A reader that does nothing with what it reads: the floor under what a reader of AMI costs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from adapter.lab import LabError, Pbx
from adapter.lab.processes import die_with_parent, end_process

SOURCE = Path(__file__).with_name("bare_reader.c")
LOGIN_LIMIT_S = 5.0


@contextlib.asynccontextmanager
async def running_bare_reader(pbx: Pbx, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Compile it, have it log in as the adapter does, and end it with the block. Raises LabError."""
    program = folder / "bare-reader"
    compiler = await asyncio.create_subprocess_exec("cc", "-O2", "-o", str(program), str(SOURCE))
    if await compiler.wait():
        raise LabError("the bare reader does not compile")
    process = await asyncio.create_subprocess_exec(
        *die_with_parent((str(program), pbx.ami_host, str(pbx.ami_port), pbx.ami_username)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(f"{pbx.ami_secret}\n".encode())
        async with asyncio.timeout(LOGIN_LIMIT_S):
            if b"logged in" not in await process.stdout.readline():
                raise LabError("the bare reader was not let in")
        yield process
    finally:
        await end_process(process, grace_s=0.0)
