"""Files that are there whole or not at all, and never in the place of one that somebody wrote."""

import contextlib
import os
import tempfile
from pathlib import Path

FOLDER_MODE = 0o700


class InitError(Exception):
    """The first hour cannot go on. The message says why in one line, and what to do."""


def make_folder(folder: Path) -> None:
    """Make the folder where it is missing. Raises InitError where it cannot be written."""
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as failed:
        raise InitError(f"{folder} cannot be written: {failed.strerror}; {ANOTHER}") from None


ANOTHER = "--folder names another"


def create_file(path: Path, text: str) -> None:
    """Write a file that only its owner may read. Raises InitError where it is there already, or cannot be.

    Whenever this process ends, the file is there with all of the text, or is not there.
    """
    try:
        fd, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        written = Path(name)
        try:
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            _name(written, path)
        finally:
            with contextlib.suppress(OSError):
                written.unlink()
    except FileExistsError:
        raise InitError(f"{path} is there already") from None
    except OSError as failed:
        raise InitError(f"{path} cannot be written: {failed.strerror}; {ANOTHER}") from None


def _name(written: Path, path: Path) -> None:
    """Give the file its name. Raises FileExistsError where another has it."""
    try:
        path.hardlink_to(written)  # unlike a renaming it replaces nothing
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError from None
        written.rename(path)
