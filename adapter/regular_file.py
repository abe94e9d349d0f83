"""Opens only regular files, so that the adapter never waits for a named pipe or reads without end."""

import errno
import os
import stat
from pathlib import Path


def open_regular(path: Path, flags: int, mode: int = 0o600) -> int:
    """Open a regular file and return its descriptor. Raises OSError if it is something else.

    Opening a named pipe would wait, perhaps for ever, until somebody opens its other end.
    """
    fd = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), mode)
    kind = os.fstat(fd).st_mode
    if stat.S_ISREG(kind):
        return fd
    os.close(fd)
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "Is no regular file", str(path))
