"""An append-only file of lines. A thread writes it, so that a slow disk delays nothing else.

If the file has grown too large, it gets the time behind its name, and a new file begins; nothing is deleted.
If somebody has moved the file away (logrotate), a new one begins with the next line, and at once on `reopen`.
Lines that cannot be written are counted, and their number is written once lines can be written again.
"""

import contextlib
import json
import logging
import os
import threading
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from adapter.line_writer import LineWriter
from adapter.regular_file import open_regular

log = logging.getLogger(__name__)

MODE = 0o600
CLOSE_LIMIT_S = 5.0


class AuditFile:
    """The audit file. Call `write` from one thread only; the event loop may be that thread."""

    def __init__(self, path: Path, max_bytes: int = 0) -> None:
        """Open the file. Raises OSError."""
        self._path = path
        self._max_bytes = max_bytes
        self._lost = 0
        self._counting = threading.Lock()
        self._fd = self._open()
        self._is_line_whole = True
        self.error: str | None = None
        """Why lines cannot be written at present; empty if they can."""
        self._writer = LineWriter("audit file", self._write_all)

    def write(self, line: str) -> None:
        """Queue a line."""
        if not self._writer.put(line):
            self._lose(1, "the disk is too slow")

    def reopen(self) -> None:
        """Begin a new file if the old one was moved away."""
        self._writer.wake()

    def close(self) -> None:
        """Write what waits, and end. Blocks for a moment."""
        if self._writer.close(CLOSE_LIMIT_S):
            self._close()

    # -- in the thread -----------------------------------------------------------------------------

    def _write_all(self, lines: list[str]) -> None:
        """Write the lines, into a new file if the old one was moved away."""
        left = deque(lines)
        try:
            if not self._is_in_place():
                self._close()
                self._fd = self._open()
            if left:
                self._append(left)
        except OSError as failed:
            self._lose(len(left), str(failed))

    def _append(self, lines: deque[str]) -> None:
        """Write first how many lines were lost, then the lines. Upon OSError the remaining lines are lost.

        Lines that the disk has taken but not confirmed count as lost, too: the trail must tell of each line
        that may be missing.
        """
        if self._max_bytes and os.fstat(self._fd).st_size >= self._max_bytes:
            self._rotate()
        with self._counting:
            lost = self._lost
        if lost:
            self._write_line(_line_of_loss(lost))
            with self._counting:
                self._lost -= lost
        unconfirmed = list(lines)
        while lines:
            self._write_line(lines[0])
            lines.popleft()
        try:
            os.fsync(self._fd)
        except OSError:
            lines.extend(unconfirmed)
            with self._counting:
                self._lost += lost
            raise
        if self.error is not None:
            log.warning("the audit trail is written again", extra={"lost": lost})
            self.error = None

    def _write_line(self, line: str) -> None:
        data = f"{line}\n".encode()
        if not self._is_line_whole:
            data = b"\n" + data  # the last line is incomplete, because the disk is full
        while data:
            written = os.write(self._fd, data)
            self._is_line_whole = data[written - 1 : written] == b"\n"
            data = data[written:]

    def _lose(self, count: int, why: str) -> None:
        """Count lines that are not written; log that once."""
        with self._counting:
            self._lost += count
        if self.error is None:
            log.error("the audit trail is not written", extra={"path": str(self._path), "error": why})
        self.error = why

    def _rotate(self) -> None:
        """Add the time to the file's name; never overwrite another file.

        If the file cannot be renamed, it goes on growing: lines matter more than its size.
        """
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        target, count = self._path.with_name(f"{self._path.name}.{stamp}"), 1
        while target.exists():
            count += 1
            target = self._path.with_name(f"{self._path.name}.{stamp}-{count}")
        try:
            self._path.rename(target)
        except OSError as failed:
            self._max_bytes = 0
            log.error(  # noqa: TRY400 - the operator has to mend this; it is no bug
                "the audit trail cannot be renamed and goes on growing",
                extra={"path": str(self._path), "error": str(failed)},
            )
            return
        self._close()
        self._fd = self._open()

    def _is_in_place(self) -> bool:
        """Whether the path still names the open file."""
        try:
            there, here = self._path.lstat(), os.fstat(self._fd)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)

    def _open(self) -> int:
        # Otherwise anybody who may write into the folder could redirect the lines to any file, or block them
        # by a pipe.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        fd = open_regular(self._path, flags, MODE)
        self._is_line_whole = True
        return fd

    def _close(self) -> None:
        with contextlib.suppress(OSError):  # already closed, if the next file could not be opened
            os.close(self._fd)
        self._fd = -1


def _line_of_loss(count: int) -> str:
    at = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": at, "event": "lost", "lines": count})
