"""The directory's file: read at start, read again on request."""

import asyncio
import gc
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapter.directory import Directory, DirectoryError, load_directory
from adapter.regular_file import open_regular

log = logging.getLogger(__name__)

LIMIT_BYTES = 64 * 1024 * 1024
"""More than a directory of 500,000 extensions takes."""


class DirectoryFile:
    """The directory that is in force, and the file that it comes from."""

    def __init__(self, path: Path) -> None:
        """Read `path`. Raises OSError where it cannot be read, DirectoryError where it is no directory."""
        self._path = path
        self.current = _read(path)

    async def reload(self) -> bool:
        """Read the file again; a bad one is logged, line by line, and leaves the directory as it was.

        It is read in a thread, and in force at once when the whole of it is found good.
        """
        try:
            self.current = await asyncio.to_thread(_read, self._path)
        except (DirectoryError, OSError) as bad:
            for problem in bad.problems if isinstance(bad, DirectoryError) else (str(bad),):
                log.error("the directory was not reloaded", extra={"problem": problem})  # noqa: TRY400 - the operator's file, no bug to trace
            return False
        log.info("the directory was reloaded", extra={"extensions": len(self.current.extensions)})
        return True


def _read(path: Path) -> Directory:
    with open(open_regular(path, os.O_RDONLY), encoding="utf-8") as file:  # noqa: PTH123 - it is open already
        try:
            text = file.read(LIMIT_BYTES)
        except UnicodeDecodeError as no_text:
            raise DirectoryError([f"{path}: {no_text}"]) from None
    if len(text) == LIMIT_BYTES:
        raise DirectoryError([f"{path}: the file is larger than {LIMIT_BYTES} characters"])
    with collecting_no_garbage():
        return load_directory(text)


@contextmanager
def collecting_no_garbage() -> Iterator[None]:
    """Have no garbage looked for meanwhile: what is made is no garbage, and each look stops all threads."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
