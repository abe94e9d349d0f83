"""The programs of PostgreSQL and MariaDB: those of the system, else Debian's packages unpacked into a folder.

Unpacked, not installed: no package's script runs, so no service of the system begins and no root is needed.
"""

import fcntl
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adapter.lab.errors import LabError
from adapter.lab.locking import cache_folder

FETCH_LIMIT_S = 600.0


@dataclass(frozen=True)
class Package:
    """What brings the programs of a server."""

    name: str
    debian: tuple[str, ...]
    folders: tuple[str, ...]
    """Where its programs stand, below the root of the file system, newest last."""
    server: str
    """The program that is the server."""


POSTGRESQL = Package("postgresql", ("postgresql",), ("usr/lib/postgresql/*/bin",), "postgres")
MARIADB = Package(
    "mariadb", ("mariadb-server-core", "mariadb-client-core"), ("usr/bin", "usr/sbin"), "mariadbd"
)


@dataclass(frozen=True)
class Programs:
    """The programs of one server, and what they need to run."""

    root: Path
    folders: tuple[Path, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def path(self, name: str) -> str:
        """The path of one of them."""
        return next(str(folder / name) for folder in self.folders if (folder / name).is_file())


def find_programs(package: Package) -> Programs:
    """The programs of the system, else those unpacked before, else unpacked now. Raises LabError."""
    found = _programs(package, Path("/"))
    if found is None:
        root = _unpacked_folder() / package.name
        with _only_one(root.with_suffix(".lock")):
            if not root.is_dir():
                _unpack(package, root)
        found = _programs(package, root)
    if found is None:
        raise LabError(f"{' '.join(package.debian)} unpacked, but {package.server} is not there.")
    return found


def _programs(package: Package, root: Path) -> Programs | None:
    folders = tuple(folder for pattern in package.folders for folder in sorted(root.glob(pattern)))[::-1]
    if not any((folder / package.server).is_file() for folder in folders):
        return None
    if root == Path("/"):
        return Programs(root, folders)
    libraries = sorted(root.glob(f"usr/lib/{platform.machine()}-*"))
    return Programs(root, folders, {"LD_LIBRARY_PATH": ":".join(map(str, libraries))})


def _unpacked_folder() -> Path:
    # Root's own cache is closed to the user that the servers run as.
    return Path("/var/cache/uapi-adapter") if os.geteuid() == 0 else cache_folder()


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # another worker of the run may be unpacking
        yield


def _unpack(package: Package, root: Path) -> None:
    wanted = " ".join(package.debian)
    if shutil.which("apt-get") is None:
        raise LabError(f"Missing: {package.server}. Install it (Debian calls it {wanted}).")
    with tempfile.TemporaryDirectory(dir=root.parent) as making:
        Path(making, "debs/partial").mkdir(parents=True)
        try:
            _fetch(package, Path(making, "debs"))
        except LabError:
            if os.geteuid() != 0:
                raise
            _run("apt-get", "update")  # a fresh machine has no lists of packages, or old ones
            _fetch(package, Path(making, "debs"))
        for deb in sorted(Path(making, "debs").glob("*.deb")):
            _run("dpkg", "-x", str(deb), str(Path(making, "root")))
        Path(making, "root").rename(root)
    root.chmod(0o755)


def _fetch(package: Package, folder: Path) -> None:
    """Have apt fetch the packages, and what of theirs the system lacks."""
    options = ("Debug::NoLocking=1", f"Dir::Cache::archives={folder}")
    given = [part for option in options for part in ("-o", option)]
    command = ("apt-get", "install", "--download-only", "-y", "--no-install-recommends")
    try:
        _run(*command, *given, *package.debian)
    except LabError as failed:
        hint = "Type: sudo apt-get update && sudo apt-get install -y --no-install-recommends"
        raise LabError(f"{failed}\n{hint} {' '.join(package.debian)}") from None


def _run(*command: str) -> None:
    done = subprocess.run(  # noqa: S603 - apt and dpkg, with arguments made here
        command, capture_output=True, text=True, check=False, timeout=FETCH_LIMIT_S
    )
    if done.returncode != 0:
        raise LabError(f"`{' '.join(command)}` failed ({done.returncode}):\n{done.stdout}{done.stderr}")
