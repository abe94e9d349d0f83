"""The lab's PBX as another operator might have configured it."""

from collections.abc import Mapping

from adapter.lab import LabError, Pbx


async def reconfigure(pbx: Pbx, changes: Mapping[str, tuple[str, str]]) -> None:
    """Replace lines of its own copies of the configuration files, and start it again.

    `changes`: for each file what stands there and what shall. Raises LabError where it does not stand there.
    """
    await pbx.stop()
    for name, (old, new) in changes.items():
        path = pbx.folder / "etc" / name
        text = path.read_text()
        if old not in text:
            raise LabError(f"{name} has no {old!r}.")
        path.write_text(text.replace(old, new))
    await pbx.start()
