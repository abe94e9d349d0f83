"""Files of the operator's that are files: nobody waits for a named pipe, or reads what never ends."""

import errno
import os
import stat
from pathlib import Path


def open_regular(path: Path, flags: int, mode: int = 0o600) -> int:
    """The descriptor of a regular file. Raises OSError where something else stands there.

    To open a named pipe would wait for somebody at its other end, perhaps for ever.
    """
    fd = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), mode)
    kind = os.fstat(fd).st_mode
    if stat.S_ISREG(kind):
        return fd
    os.close(fd)
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "Is no regular file", str(path))
