"""The directory's file: read at start, read again on request."""

import logging
from pathlib import Path

from adapter.directory import Directory, DirectoryError, load_directory

log = logging.getLogger(__name__)


class DirectoryFile:
    """The directory that is in force, and the file that it comes from."""

    def __init__(self, path: Path) -> None:
        """Read `path`. Raises OSError where it cannot be read, DirectoryError where it is no directory."""
        self._path = path
        self.current = self._read()

    def reload(self) -> bool:
        """Read the file again; a bad one is logged, line by line, and leaves the directory as it was."""
        try:
            self.current = self._read()
        except (DirectoryError, OSError) as bad:
            for problem in bad.problems if isinstance(bad, DirectoryError) else (str(bad),):
                log.error("the directory was not reloaded", extra={"problem": problem})  # noqa: TRY400 - the operator's file, no bug to trace
            return False
        log.info("the directory was reloaded", extra={"extensions": len(self.current.extensions)})
        return True

    def _read(self) -> Directory:
        try:
            text = self._path.read_text(encoding="utf-8")
        except UnicodeDecodeError as no_text:
            raise DirectoryError([f"{self._path}: {no_text}"]) from None
        return load_directory(text)
