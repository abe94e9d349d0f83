"""The last good copy: what a source said when it was last believed, in a file that outlives a restart."""

import contextlib
import logging
import os
import stat
import tempfile
import time
from pathlib import Path

import msgspec

from adapter.directory.source import Reading
from adapter.regular_file import open_regular

log = logging.getLogger(__name__)

FORM = 1
"""Raised whenever a copy of an older version could be misread."""
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Copy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file's content."""

    form: int
    source: str
    """Which source it is of, as `Source.shown`; another source's copy is not used."""
    read_at: float
    """Seconds since the epoch."""
    reading: Reading

    @property
    def shown_time(self) -> str:
        """When the source said it."""
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self.read_at))


class LastGood:
    """The file. A copy that cannot be written or used never stops the service: the log says so."""

    def __init__(self, path: Path, *, is_written: bool) -> None:
        """A command that only looks does not write it (`is_written`)."""
        self._path = path
        self._is_written = is_written

    def read(self, source: str) -> Copy | None:
        """The copy of this source; None if there is none that can be used."""
        try:
            with open(open_regular(self._path, os.O_RDONLY), "rb") as file:  # noqa: PTH123 - it is open already
                if os.fstat(file.fileno()).st_mode & OTHERS_MAY_WRITE:
                    raise ValueError("others may write it")  # noqa: TRY301 - said below as the other reasons are
                copy = msgspec.json.decode(file.read(), type=Copy)
            if copy.form != FORM:
                raise ValueError("another version wrote it")  # noqa: TRY301 - as above
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as unusable:  # msgspec's errors are ValueErrors
            self._warn("the last good copy of the directory's source cannot be used", unusable)
            return None
        return copy if copy.source == source else None

    def write(self, source: str, reading: Reading) -> None:
        """Replace the copy: whenever the process ends, the file has the old one or the new one, whole."""
        if not self._is_written:
            return
        content = msgspec.json.encode(Copy(FORM, source, time.time(), reading))
        try:
            # mkstemp makes it readable for its owner alone.
            fd, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
            try:
                with os.fdopen(fd, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as failed:
            self._warn("the last good copy of the directory's source was not written", failed)

    def _warn(self, what: str, why: Exception) -> None:
        log.warning(what, extra={"file": str(self._path), "problem": str(why)})
