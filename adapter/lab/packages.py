"""Installs the programs that the lab needs from the system."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from adapter.lab.errors import LabError
from adapter.lab.locking import cache_folder, only_one
from adapter.lab.processes import end_process, last_lines, start_process

# Program -> its Debian package.
SIPP = {"sipp": "sip-tester"}
MMDEBSTRAP = {"mmdebstrap": "mmdebstrap"}
# An ordinary user makes the folder in a user namespace, which needs this too.
MMDEBSTRAP_WITHOUT_ROOT = {**MMDEBSTRAP, "newuidmap": "uidmap"}

INSTALL_DEADLINE_S = 600.0


def missing_packages(programs: dict[str, str]) -> tuple[str, ...]:
    """Return the packages of the programs that are not on PATH."""
    return tuple(package for program, package in programs.items() if shutil.which(program) is None)


async def install_missing(programs: dict[str, str], say: Callable[[str], None]) -> None:
    """Install the missing packages, if the user is root.

    Raises LabError with the line to type if the user is not root, if the system has no apt, or if apt fails.
    """
    packages = missing_packages(programs)
    if not packages:
        return
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise LabError(f"Missing: {', '.join(programs)}. Install them (Debian calls them {wanted}).")
    if os.geteuid() != 0:
        raise LabError(f"Missing: {wanted}. Type: sudo apt-get update && sudo apt-get install -y {wanted}")
    async with only_one(cache_folder() / "packages.lock", "installing packages", INSTALL_DEADLINE_S, say):
        packages = missing_packages(programs)  # the process that held the lock before has installed them
        if packages:
            say(f"Installing {wanted} ...")
            await _apt_get(["update"])
            await _apt_get(["install", "-y", "--no-install-recommends", *packages])
    still_missing = missing_packages(programs)
    if still_missing:
        raise LabError(f"{' '.join(still_missing)} installed, but its program is not on PATH.")


async def _apt_get(arguments: Iterable[str]) -> None:
    command = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *arguments)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "apt.log")
        process = await start_process(command, Path(folder), output)
        try:
            async with asyncio.timeout(INSTALL_DEADLINE_S):
                status = await process.wait()
        except TimeoutError:
            raise LabError(f"`{' '.join(command)}` took more than {INSTALL_DEADLINE_S:.0f} s.") from None
        finally:
            await end_process(process)
        if status != 0:
            raise LabError(f"`{' '.join(command)}` failed ({status}):\n{last_lines(output)}")
