"""Finds the Asterisk to run, and the command that starts it."""

import functools
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adapter.lab.errors import LabError
from adapter.lab.rootfs import DEBIAN_RELEASES, DEFAULT_VERSION, ensure_root

ASTERISK_VARIABLE = "ADAPTER_LAB_ASTERISK"

# It takes a fiftieth of a second; the limit allows for a busy machine.
VERSION_DEADLINE_S = 10.0


@dataclass(frozen=True)
class Installation:
    """An Asterisk that can be run here.

    `command` starts it, without arguments. A folder is None if the compiled-in one is right.
    """

    command: tuple[str, ...]
    modules_folder: Path | None = None
    data_folder: Path | None = None

    @property
    def version(self) -> int:
        """Its major version, as it reports it. Raises LabError if it reports none."""
        return _version(self.command)


@functools.cache  # each lab runs it again; its version does not change
def _version(command: tuple[str, ...]) -> int:
    try:
        said = subprocess.run((*command, "-V"), capture_output=True, text=True, timeout=VERSION_DEADLINE_S)  # noqa: PLW1510 - its output counts, not its status
    except (OSError, subprocess.TimeoutExpired) as silent:
        raise LabError(f"{command[-1]} does not tell its version: {silent}") from None
    found = re.search(r"^Asterisk (?:GIT-|certified/)?(\d+)", said.stdout, re.MULTILINE)
    if found is None:
        raise LabError(f"{command[-1]} does not tell its version: {said.stdout}{said.stderr}")
    return int(found[1])


async def find_asterisk(say: Callable[[str], None], given: Path | None = None) -> Installation:
    """Return the Asterisk to run.

    In this order: the given one, a program or a Debian folder; the one that ADAPTER_LAB_ASTERISK names, which
    may also be a version, 16 or 22; the one on PATH; 22. For a version it is the one in the lab's own Debian
    folder, which is made if necessary. Raises LabError if the named one is no Asterisk, or if the folder
    cannot be made.
    """
    if given is None and (named := os.environ.get(ASTERISK_VARIABLE)):
        if named in DEBIAN_RELEASES:
            return describe_root(await ensure_root(say, named))
        given = Path(named)
    if given is not None:
        return _describe(given)
    if on_path := shutil.which("asterisk"):
        return Installation((on_path,))
    return describe_root(await ensure_root(say, DEFAULT_VERSION))


def _describe(given: Path) -> Installation:
    given = given.expanduser().absolute()
    if given.is_dir():
        return describe_root(given)
    if given.is_file() and os.access(given, os.X_OK):
        return Installation((str(given),))
    versions = ", ".join(DEBIAN_RELEASES)
    raise LabError(
        f"{given} is neither a Debian folder nor a program, nor a version that the lab makes ({versions})."
    )


def describe_root(root: Path) -> Installation:
    """Return the Asterisk inside a Debian folder, to run from outside: no chroot, no root rights.

    The folder's own dynamic loader starts it, with the libraries of the folder.
    Raises LabError if the folder has no Asterisk, or one for another kind of machine.
    """
    program = root / "usr/sbin/asterisk"
    # The folder of the libraries is named after the architecture: x86_64-linux-gnu, aarch64-linux-gnu. If
    # /lib is a separate folder, as in Debian bullseye, the loader and the C library are there and the others
    # under /usr.
    loaders = sorted(root.glob(f"lib/{platform.machine()}-*/ld-linux-*.so.*"))
    if not program.is_file() or not loaders:
        raise LabError(f"{root} holds no Asterisk for {platform.machine()}.")
    of_machine = loaders[0].parent.name
    libraries = [root / "lib" / of_machine, root / "usr/lib" / of_machine, root / "usr/lib"]
    modules = (root / "usr/lib" / of_machine / "asterisk/modules", root / "usr/lib/asterisk/modules")
    return Installation(
        command=(str(loaders[0]), "--library-path", ":".join(map(str, libraries)), str(program)),
        modules_folder=next((folder for folder in modules if folder.is_dir()), None),
        data_folder=root / "usr/share/asterisk",
    )
