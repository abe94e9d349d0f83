"""A private server of PostgreSQL or MariaDB: files in a folder of its own, a free port of 127.0.0.1.

It runs as a user without rights, is ended by its own pid, and dies with whoever started it. The service of
the system is left alone.
"""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from adapter.lab.errors import LabError
from adapter.lab.ports import Ports
from adapter.lab.processes import die_with_parent, last_lines
from tests.databases.programs import MARIADB, POSTGRESQL, Package, find_programs

HOST = "127.0.0.1"
UNPRIVILEGED = "nobody"
COMMAND_LIMIT_S = 60.0
START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
_POLL_S = 0.02


@dataclass(frozen=True)
class Database:
    """A database of its own, and who may do everything in it."""

    url: str
    """As SQLAlchemy reads it, without a driver: `postgresql://...`, `mysql://...`, `sqlite:///...`."""
    name: str
    server: "Server | None" = None
    """None for a file of SQLite."""

    def run(self, sql: str) -> str:
        """What the server's own client says to these statements, as its administrator. Raises LabError."""
        assert self.server is not None, "SQLite has no server"
        return self.server.run(sql, self.name)


class Server:
    """One server; `start` and `stop` may follow each other, the files stay until `remove`."""

    package: ClassVar[Package]
    dialect: ClassVar[str]
    administrator: ClassVar[str]
    own_database: ClassVar[str]
    """One that is always there, to make others from."""

    def __init__(self) -> None:
        self.programs = find_programs(self.package)
        self.folder = Path(tempfile.mkdtemp(prefix=f"uapi-{self.package.name}-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, UNPRIVILEGED)
        self.port = Ports().take(HOST)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._command(*self._making())

    def start(self) -> None:
        """Start it, and return once it answers. Raises LabError."""
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(  # noqa: S603 - the server, with arguments made here
                die_with_parent(self._unprivileged(self._serving())),
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                self.run("SELECT 1")
            except LabError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise LabError(
                        f"{self.package.server} does not start:\n{last_lines(self.folder / 'log')}"
                    ) from None
                time.sleep(_POLL_S)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: by default connections are closed; SIGKILL is a crash."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(self._ending.get(how, how))
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_LIMIT_S)
        self._process = None

    _ending: ClassVar[dict[signal.Signals, signal.Signals]] = {}

    def remove(self) -> None:
        """End it and delete its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def create_database(self) -> Database:
        """A new database with nothing in it."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return Database(f"{self.dialect}://{self.administrator}@{HOST}:{self.port}/{name}", name, self)

    def run(self, sql: str, database: str | None = None) -> str:
        """What the server's own client says to these statements, as its administrator. Raises LabError."""
        return self._command(*self._client(database or self.own_database), given=sql)

    def _making(self) -> Sequence[str]:
        raise NotImplementedError

    def _serving(self) -> Sequence[str]:
        raise NotImplementedError

    def _client(self, database: str) -> Sequence[str]:
        raise NotImplementedError

    def _command(self, *command: str, given: str = "") -> str:
        done = subprocess.run(  # noqa: S603 - the server's own programs
            self._unprivileged(command),
            cwd=self.folder,
            env=self._environment(),
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_LIMIT_S,
        )
        if done.returncode != 0:
            raise LabError(f"`{' '.join(command)}` failed ({done.returncode}):\n{done.stdout}{done.stderr}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **self.programs.environment}

    def _unprivileged(self, command: Sequence[str]) -> tuple[str, ...]:
        if os.geteuid() != 0:
            return tuple(command)
        group = pwd.getpwnam(UNPRIVILEGED).pw_gid
        return ("setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={group}", "--clear-groups", *command)


class PostgreSql(Server):
    """PostgreSQL. Without fsync: a crash of the server loses nothing by it, only one of the machine would."""

    package = POSTGRESQL
    dialect = "postgresql"
    administrator = "postgres"
    own_database = "postgres"

    def __init__(self, *, fsync: bool = False) -> None:
        self._fsync = "on" if fsync else "off"
        super().__init__()

    def _making(self) -> Sequence[str]:
        options = ("-A", "trust", "-U", self.administrator, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        return (self.programs.path("initdb"), "-D", str(self.folder / "data"), *options)

    def _serving(self) -> Sequence[str]:
        options = (f"listen_addresses={HOST}", f"fsync={self._fsync}", "jit=off", "max_connections=50")
        given = [part for option in options for part in ("-c", option)]
        where = ("-D", str(self.folder / "data"), "-k", str(self.folder), "-p", str(self.port))
        return (self.programs.path("postgres"), *where, *given)

    def _client(self, database: str) -> Sequence[str]:
        options = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1")
        where = ("-h", str(self.folder), "-p", str(self.port), "-U", self.administrator, "-d", database)
        return (self.programs.path("psql"), *options, *where)


class MariaDb(Server):
    """MariaDB, which FreePBX's tables stand in."""

    package = MARIADB
    dialect = "mysql"
    administrator = "root"
    own_database = "mysql"
    _ending: ClassVar = {signal.SIGINT: signal.SIGTERM}  # it takes no notice of SIGINT

    def _making(self) -> Sequence[str]:
        return (
            self.programs.path("mariadb-install-db"),
            "--no-defaults",
            f"--basedir={self.programs.root / 'usr'}",
            f"--datadir={self.folder / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )

    def _serving(self) -> Sequence[str]:
        return (
            self.programs.path("mariadbd"),
            "--no-defaults",
            f"--basedir={self.programs.root / 'usr'}",
            f"--datadir={self.folder / 'data'}",
            f"--socket={self.folder / 'socket'}",
            f"--bind-address={HOST}",
            f"--port={self.port}",
            f"--pid-file={self.folder / 'pid'}",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=16M",
        )

    def _client(self, database: str) -> Sequence[str]:
        options = ("--no-defaults", "--skip-column-names", "--batch")
        where = (f"--socket={self.folder / 'socket'}", f"--user={self.administrator}", database)
        return (self.programs.path("mariadb"), *options, *where)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server until the block ends; its files are gone then."""
    try:
        server.start()
        yield server
    finally:
        server.remove()
