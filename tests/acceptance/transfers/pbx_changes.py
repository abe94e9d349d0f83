"""The lab's PBX as another operator might have configured it."""

from collections.abc import Mapping

from adapter.lab import LabError, Pbx


async def reconfigure(pbx: Pbx, changes: Mapping[str, tuple[str, str]]) -> None:
    """Replace lines of its own copies of the configuration files, and start it again.

    `changes`: for each file what stands there, or in those it includes that are named after it, and what
    shall. Raises LabError where it does not stand there.
    """
    await pbx.stop()
    for name, (old, new) in changes.items():
        stem, _, ending = name.partition(".")
        paths = [path for path in (pbx.folder / "etc").glob(f"{stem}*.{ending}") if old in path.read_text()]
        if not paths:
            raise LabError(f"{name} has no {old!r}.")
        for path in paths:
            path.write_text(path.read_text().replace(old, new))
    await pbx.start()
