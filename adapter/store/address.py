"""Where the store is: `sqlite:///FILE` or `postgresql://USER@HOST/DATABASE`. Pure."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

SQLITE = "sqlite:///"
Kind = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """Where the store is, in parts. Its text shows no password."""

    kind: Kind
    url: str = field(repr=False)
    """As it was set, with a password if one was."""
    path: Path = Path()
    """SQLite's file."""

    def __str__(self) -> str:
        """The address as a log or an error may show it."""
        if self.kind == "sqlite":
            return f"{SQLITE}{self.path}"
        parts = urlsplit(self.url)
        user, password, at = parts.username, parts.password, parts.netloc.rpartition("@")[2]
        # libpq takes a password from the query as well.
        name = f"{user}{':***' if password else ''}@" if user else ""
        return f"postgresql://{name}{at}{parts.path}"


def read_address(url: str) -> StoreAddress:
    """The parts of a setting that `settings.py` has accepted."""
    if url.startswith(SQLITE):
        return StoreAddress("sqlite", url, Path(url.removeprefix(SQLITE)))
    return StoreAddress("postgresql", url)
