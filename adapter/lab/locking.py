"""One process at a time does what all of them need."""

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from adapter.lab.errors import LabError
from adapter.lab.polling import poll_until


def cache_folder() -> Path:
    """Where the lab keeps what it made once."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "uapi-adapter"


@contextlib.asynccontextmanager
async def only_one(lock: Path, what: str, within_s: float, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Hold the lock for as long as the block runs; `what` it is for is said where another process has it.

    Raises LabError where that goes on for more than `within_s`.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        if not _try_lock(held.fileno()):
            say(f"Another process is {what}; waiting for it ...")
            if not await poll_until(lambda: _try_lock(held.fileno()) or None, within_s):
                raise LabError(f"Another process has held {lock} for {within_s:.0f} s.")
        # Closing the file gives the lock back.
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
