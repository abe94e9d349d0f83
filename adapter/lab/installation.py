"""Which Asterisk to run, and with which words."""

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

# It takes a fiftieth of a second; this is for a machine that is busy with something else.
VERSION_DEADLINE_S = 10.0


@dataclass(frozen=True)
class Installation:
    """An Asterisk that can be run here.

    `command` starts it, without arguments. The folders are None where its compiled-in ones are right.
    """

    command: tuple[str, ...]
    modules_folder: Path | None = None
    data_folder: Path | None = None

    @property
    def version(self) -> int:
        """Its major version, by its own word. Raises LabError where it says none."""
        return _version(self.command)


@functools.cache  # it is run for each lab anew, and stays what it is
def _version(command: tuple[str, ...]) -> int:
    try:
        said = subprocess.run((*command, "-V"), capture_output=True, text=True, timeout=VERSION_DEADLINE_S)  # noqa: PLW1510 - what it says counts, not its status
    except (OSError, subprocess.TimeoutExpired) as silent:
        raise LabError(f"{command[-1]} does not tell its version: {silent}") from None
    found = re.search(r"^Asterisk (?:GIT-|certified/)?(\d+)", said.stdout, re.MULTILINE)
    if found is None:
        raise LabError(f"{command[-1]} does not tell its version: {said.stdout}{said.stderr}")
    return int(found[1])


async def find_asterisk(say: Callable[[str], None], given: Path | None = None) -> Installation:
    """Return the Asterisk to run.

    In this order: the one given, a program or a Debian folder; the one that ADAPTER_LAB_ASTERISK names,
    which may also be a version, 16 or 22; the one on PATH; 22. For a version the lab's own Debian folder
    is taken, and made if need be.
    Raises LabError if what is named is no Asterisk, or if the folder cannot be made.
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
    """Return the Asterisk inside a Debian folder, run from outside: no chroot, no root rights.

    The folder's own dynamic loader is told to take the libraries from the folder too.
    Raises LabError if the folder has no Asterisk, or one for another kind of machine.
    """
    program = root / "usr/sbin/asterisk"
    # The libraries stand in a folder named after the kind of machine: x86_64-linux-gnu, aarch64-linux-gnu.
    # Where /lib is a folder of its own, as in a root of Debian bullseye, the loader and the C library are
    # in there and the others under /usr.
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
