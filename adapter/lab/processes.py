"""Starting a process, and ending it by its own pid."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KILL_DEADLINE_S = 5.0


async def start_process(
    command: Sequence[str], folder: Path, output: Path, environment: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start `command` in `folder`, in the lab's environment or another; its words go to `output`.

    The process gets a session of its own: Ctrl-C in a terminal reaches only the lab, which then ends its
    processes in order.
    """
    with output.open("ab") as sink:
        return await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it wrote."""

    status: int
    out: str
    err: str


async def run_process(
    *command: str, within: float, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Ended:
    """Run a command to its end. Raises TimeoutError if it takes more than so many seconds."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(within):
            out, err = await process.communicate()
    finally:
        await end_process(process)
    return Ended(await process.wait(), out.decode(errors="replace"), err.decode(errors="replace"))


async def end_process(process: asyncio.subprocess.Process, grace_s: float = 2.0) -> None:
    """Ask the process to end, and kill it after `grace_s` seconds, or at once when cancelled meanwhile."""
    if process.returncode is not None:
        return
    try:
        _send_signal(process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await process.wait()
    finally:
        await kill_process(process)


async def kill_process(process: asyncio.subprocess.Process) -> None:
    """End the process without asking, and wait until it is gone."""
    if process.returncode is not None:
        return
    _send_signal(process, signal.SIGKILL)
    async with asyncio.timeout(KILL_DEADLINE_S):
        await process.wait()


def _send_signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    # Not by the process's own methods: they also collect its exit status, and if the process has just ended,
    # another task that waits for the status would miss it.
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)


def die_with_parent(command: Sequence[str]) -> tuple[str, ...]:
    """Wrap `command` so that it is killed if the lab dies without ending it."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return tuple(command)
    return (setpriv, "--pdeathsig", "KILL", *command)


def last_lines(path: Path, count: int = 15) -> str:
    """Return the last lines of a log, for an error's message; nothing if there is no such file."""
    if not path.is_file():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
