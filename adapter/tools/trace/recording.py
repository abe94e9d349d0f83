"""Records a live link: a snapshot, then each AMI event that arrives."""

import asyncio
import functools
import os
import stat
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from adapter.ami.errors import ActionRefused, ActionTimeout, LinkDown
from adapter.ami.probe import clock_offset
from adapter.ami.session import Session
from adapter.asterisk.actions import Action, list_bridges, list_channels, ping
from adapter.asterisk.message import Message
from adapter.tools.trace.text import Headers, write_message

SNAPSHOT_LIMIT_S = 30.0
MODE = 0o600
"""Only the owner may read who calls whom."""

Masking = Callable[[Mapping[str, str]], Headers]


@dataclass(frozen=True, slots=True)
class Limits:
    """The time limits of a recording."""

    action_s: float
    ping_interval_s: float


class Recorder:
    """Writes each event to a file as it arrives."""

    def __init__(self, file: FileIO, masked: Masking) -> None:
        self.count = 0
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Gets an exception if the file can no longer be written."""
        self.snapshot_ended = asyncio.Event()
        self.clock_offset_s = 0.0
        """Asterisk's clock minus this machine's, in seconds."""
        self._file = file
        self._masked = masked

    def take(self, message: Message) -> None:
        """Write one message. An error ends the recording, not the link."""
        if self.failed.done():
            return
        headers = message.headers
        if "Timestamp" not in headers:
            # Asterisk puts no time into the items of a snapshot, and without `timestampevents` none into
            # events. A replay needs the time.
            headers = {**headers, "Timestamp": f"{time.time() + self.clock_offset_s:.6f}"}
        data = write_message(self._masked(headers)).encode()
        try:
            while data:
                data = data[self._file.write(data) or 0 :]
        except OSError as full:
            self.failed.set_exception(full)
            return
        self.count += 1
        if message.event == "CoreShowChannelsComplete":
            self.snapshot_ended.set()


def create_file(path: Path, *, force: bool) -> FileIO:
    """Create a file that only its owner can read.

    Raises FileExistsError if it exists, unless `force` empties it.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    descriptor = os.open(path, flags, MODE)
    if force and stat.S_ISREG(os.fstat(descriptor).st_mode):
        with suppress(AttributeError):  # Windows has no fchmod; there the folder decides
            os.fchmod(descriptor, MODE)
    # Unbuffered: everything recorded is in the file, even if this process dies.
    return FileIO(descriptor, "w", closefd=True)


async def record(
    session: Session, recorder: Recorder, limits: Limits, stopped: asyncio.Event, on_begun: Callable[[], None]
) -> None:
    """Record from an open session until `stopped`.

    Raises LinkError if the link breaks or Asterisk stops answering, and OSError if the file cannot be
    written.
    """
    stopping = asyncio.create_task(stopped.wait(), name="stopped")
    snapshot = asyncio.create_task(recorder.snapshot_ended.wait(), name="snapshot ended")
    ends: set[asyncio.Future[Any]] = {stopping, session.lost, recorder.failed}
    try:
        ask = functools.partial(_ask, session, within_s=limits.action_s)
        recorder.clock_offset_s = await clock_offset(ask) or 0.0
        with suppress(LinkDown):  # if Asterisk does not list bridges, it still lists channels
            await ask(list_bridges())
        await ask(list_channels())
        await asyncio.wait({snapshot, *ends}, timeout=SNAPSHOT_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        if snapshot.done():
            on_begun()
        elif not any(end.done() for end in ends):
            raise LinkDown(f"no snapshot within {SNAPSHOT_LIMIT_S} s")
        while not stopping.done():
            if recorder.failed.done():
                recorder.failed.result()
            await _ask(session, ping(), limits.ping_interval_s)
            await asyncio.wait(ends, timeout=limits.ping_interval_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        snapshot.cancel()
    if recorder.failed.done():
        recorder.failed.result()


async def _ask(session: Session, action: Action, within_s: float) -> dict[str, str]:
    try:
        return await session.request(action, within_s)
    except ActionTimeout as mute:
        raise LinkDown(f"the AMI peer is mute: {mute}") from None
    except ActionRefused as refused:
        raise LinkDown(f"Asterisk refused {action.name}: {refused}") from None
