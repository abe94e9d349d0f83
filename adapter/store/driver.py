"""What the store needs of a database: one connection, on which statements follow each other."""

from collections.abc import Sequence
from typing import Protocol

Arguments = tuple[object, ...]
Work = tuple[str, Arguments]
"""SQL and its values."""


class Driver(Protocol):
    """One connection. Nothing is said on it twice at a time: whoever uses it sees to that.

    Every call ends within the driver's deadline. Each raises Disconnected where the database does not answer,
    and is not usable then until `connect`; Rejected where it refuses the values.
    """

    async def connect(self) -> None:
        """Connect, or connect anew."""

    async def fetch(self, sql: str, arguments: Arguments) -> list[tuple[object, ...]]:
        """Carry out one statement, and commit it; its rows."""

    async def write(self, work: Sequence[Work]) -> None:
        """Carry out all of it in one transaction."""

    async def look(self) -> None:
        """Find out whether it could write now."""

    async def close(self) -> None:
        """Give the connection up, whatever state it is in."""
