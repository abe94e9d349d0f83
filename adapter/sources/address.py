"""Where a source is, as the setting says it: `freepbx+mysql://reader:secret@host/asterisk`. Pure."""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVERS = {"mysql": "mysql+asyncmy", "postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
KINDS = ("freepbx", "realtime")

FORM = "must be like freepbx+mysql://user:password@host/asterisk or realtime+postgresql://..."


@dataclass(frozen=True, slots=True)
class Address:
    """A kind of tables, and the database that they stand in."""

    kind: str
    engine: str
    url: URL = field(repr=False)
    """As SQLAlchemy wants it. It holds the password."""

    @property
    def file(self) -> Path | None:
        """SQLite's file; None for a server."""
        return Path((self.url.database or "").removeprefix("file:")) if self.engine == "sqlite" else None

    @property
    def shown(self) -> str:
        """For people and logs: without user, password and options."""
        host = f"{self.url.host or ''}{f':{self.url.port}' if self.url.port else ''}"
        database = (self.url.database or "").removeprefix("file:")
        return f"{self.kind}+{self.engine}://{host}/{database}"


def read_address(text: str) -> Address:
    """The address. Raises ValueError, which does not repeat the text: a password may stand in it."""
    kind, _, rest = text.partition("+")
    engine = rest.partition(":")[0]
    if kind not in KINDS or engine not in DRIVERS:
        raise ValueError(FORM)
    try:
        url = make_url(rest)
    except (ArgumentError, ValueError):
        raise ValueError(FORM) from None
    if not url.database:
        raise ValueError(FORM)
    if engine == "sqlite":
        # Never made where it is missing, and never written.
        url = url.set(database=f"file:{url.database}", query={"mode": "ro", "uri": "true"})
    elif engine == "mysql":
        url = url.update_query_dict({"charset": "utf8mb4"})
    return Address(kind, engine, url.set(drivername=DRIVERS[engine]))
