"""A Debian folder with Asterisk in it, made once for each version and kept.

Debian's present stable releases have no Asterisk package. Its testing release has 22, and an older release
has 16. The folder is a small Debian, of which the lab runs only Asterisk: without a container, without root
rights, and without installing anything.
"""

import asyncio
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from adapter.lab.errors import LabError
from adapter.lab.locking import cache_folder, only_one
from adapter.lab.packages import MMDEBSTRAP, MMDEBSTRAP_WITHOUT_ROOT, install_missing
from adapter.lab.processes import end_process, last_lines, start_process

# Asterisk's major version -> the release of Debian that packages it.
DEBIAN_RELEASES = {"16": "bullseye", "22": "forky"}
DEFAULT_VERSION = "22"
# Half a minute with a good connection; the limit allows for a bad one.
MAKE_DEADLINE_S = 1_200.0


def root_folder(version: str = DEFAULT_VERSION) -> Path:
    """Return the path of the folder for this version, whether it exists or not."""
    return cache_folder() / f"asterisk-{version}"


async def ensure_root(
    say: Callable[[str], None], version: str = DEFAULT_VERSION, folder: Path | None = None
) -> Path:
    """Return the Debian folder with that version of Asterisk, made now if it is not there.

    The version is one of DEBIAN_RELEASES.
    Raises LabError if it cannot be made. An incomplete folder never has the final name.
    """
    folder = folder or root_folder(version)
    if folder.is_dir():
        return folder
    await install_missing(MMDEBSTRAP if os.geteuid() == 0 else MMDEBSTRAP_WITHOUT_ROOT, say)
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_suffix(".lock")
    async with only_one(lock, "making the Debian folder", MAKE_DEADLINE_S, say):
        # The process that held the lock before has made it.
        if not folder.is_dir():
            say(f"Making a Debian folder with Asterisk {version}: once, and for about a minute ...")
            await _make(folder, DEBIAN_RELEASES[version])
            say(f"Made {folder}.")
    return folder


async def _make(folder: Path, debian_release: str) -> None:
    making = folder.with_suffix(".making")
    log = folder.with_suffix(".log")
    log.unlink(missing_ok=True)
    _remove(making)
    # An Asterisk that runs chrooted there must resolve the host's name; otherwise every call waits for DNS.
    hosts = f"127.0.0.1 localhost {socket.gethostname()}"
    command = (
        "mmdebstrap",
        "--variant=apt",
        '--aptopt=Acquire::Check-Valid-Until "false"',
        "--include=asterisk",
        f'--customize-hook=echo "{hosts}" > "$1/etc/hosts"',
        debian_release,
        str(making),
    )
    process = await start_process(command, folder.parent, log)
    try:
        async with asyncio.timeout(MAKE_DEADLINE_S):
            status = await process.wait()
        if status != 0:
            raise LabError(f"mmdebstrap of Debian {debian_release} failed ({status}):\n{last_lines(log)}")
        making.rename(folder)
    except TimeoutError:
        raise LabError(f"mmdebstrap took more than {MAKE_DEADLINE_S:.0f} s:\n{last_lines(log)}") from None
    finally:
        # When it is ended, mmdebstrap unmounts its file systems; that may take a moment.
        await end_process(process, grace_s=20.0)
        _remove(making)


def _remove(folder: Path) -> None:
    # If an ordinary user made it, some files belong to mapped users and stay; mmdebstrap then says so.
    shutil.rmtree(folder, ignore_errors=True)
