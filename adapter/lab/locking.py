"""A lock for work that several processes need and one of them does."""

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from adapter.lab.errors import LabError
from adapter.lab.polling import poll_until


def cache_folder() -> Path:
    """The folder in which the lab keeps what it makes once."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "uapi-adapter"


@contextlib.asynccontextmanager
async def only_one(lock: Path, what: str, within_s: float, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Hold the lock while the block runs; if another process has it, print `what` it is for.

    Raises LabError if another process holds it for more than `within_s`.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        if not _try_lock(held.fileno()):
            say(f"Another process is {what}; waiting for it ...")
            if not await poll_until(lambda: _try_lock(held.fileno()) or None, within_s):
                raise LabError(f"Another process has held {lock} for {within_s:.0f} s.")
        # Closing the file releases the lock.
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
