"""`uapi-adapter replay FILE`: prints the calls and views of a trace as they change."""

from pathlib import Path

from adapter.directory.file import DirectoryFile
from adapter.tools.trace.playing import any_extension, clock_time, play
from adapter.tools.trace.record import Say
from adapter.tools.trace.text import Problem, read_messages

NO_TIME = "--:--:--.---"
OF_ANY = "an extension that is named like 0003*210; --directory says which devices are extensions"
OF_DIRECTORY = "an extension of the directory; a masked recording has other numbers: leave --directory out"


def run_replay(path: Path, directory: Path | None, say: Say, complain: Say) -> int:
    """Play the trace. Reports lines that cannot be read and returns 0 nevertheless.

    Without a directory, every peer named like an extension is one. If the trace has no call of an extension,
    reports that and returns 1. Raises OSError, DirectoryError.
    """
    has_told = False
    extension_of = any_extension
    if directory is not None:
        extension_of = DirectoryFile(directory).current.extension_of_channel
    with path.open("rb") as file:
        for told in play(read_messages(file), extension_of):
            if isinstance(told, Problem):
                complain(f"{path}: {told}")
                continue
            has_told = True
            first, *rest = told.text
            # The snapshot of an older recording has no time.
            say(f"{clock_time(told.at) if told.at else NO_TIME}  {first}")
            for line in rest:
                say(f"{'':{len(NO_TIME)}}  {line}")
    if not has_told:
        complain(f"{path}: no call of {OF_ANY if directory is None else OF_DIRECTORY}")
    return int(not has_told)
