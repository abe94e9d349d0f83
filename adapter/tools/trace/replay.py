"""`uapi-adapter replay FILE`: the calls and views of a trace, as they change."""

from pathlib import Path

from adapter.directory.file import DirectoryFile
from adapter.tools.trace.playing import any_extension, clock_time, play
from adapter.tools.trace.record import Say
from adapter.tools.trace.text import Problem, read_messages

NO_TIME = "--:--:--.---"


def run_replay(path: Path, directory: Path | None, say: Say, complain: Say) -> int:
    """Play the trace; 0 even where some of it could not be read, which is complained of.

    Without a directory every channel named like an extension is one. Raises OSError, DirectoryError.
    """
    extension_of = any_extension
    if directory is not None:
        extension_of = DirectoryFile(directory).current.extension_of_channel
    with path.open("rb") as file:
        for told in play(read_messages(file), extension_of):
            if isinstance(told, Problem):
                complain(f"{path}: {told}")
                continue
            first, *rest = told.text
            # A snapshot of an older recording does not say when it was.
            say(f"{clock_time(told.at) if told.at else NO_TIME}  {first}")
            for line in rest:
                say(f"{'':{len(NO_TIME)}}  {line}")
    return 0
