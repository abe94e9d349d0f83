"""Statements of SQLAlchemy, made into the text that a driver takes, once."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.engine import Dialect

from adapter.store.address import Kind

DIALECTS: Mapping[Kind, Callable[[], Dialect]] = {
    "sqlite": sqlite.dialect,
    "postgresql": asyncpg_dialect,
}
_INSERTS: Mapping[Kind, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""Both have the same methods, and no type in common that has them."""


class Statement(NamedTuple):
    """SQL as the driver takes it, and the names of its values in their order."""

    sql: str
    names: tuple[str, ...] = ()
    constants: Mapping[str, object] = {}
    """The values that stand in the statement as it was written."""

    def arguments(self, values: Mapping[str, object]) -> tuple[object, ...]:
        """The values in the order in which the driver takes them."""
        every = {**self.constants, **values}
        return tuple(every[name] for name in self.names)


def compiled(statement: ClauseElement, kind: Kind) -> Statement:
    """The statement for this database; its values stay open, by the names of their columns or parameters."""
    made: Any = statement.compile(dialect=DIALECTS[kind]())
    constants = {name: value for name, value in made.params.items() if value is not None}
    return Statement(str(made), tuple(made.positiontup or ()), constants)


def insert_once(table: Table, kind: Kind) -> Statement:
    """Add a row; where there is one with its key, that one stays. So the same may be said twice."""
    return compiled(_INSERTS[kind](table).on_conflict_do_nothing(), kind)


def insert_or_replace(table: Table, kind: Kind) -> Statement:
    """Add a row; where there is one with its key, it becomes this one."""
    adding = _INSERTS[kind](table)
    key = list(table.primary_key.columns)
    rest = {column.name: adding.excluded[column.name] for column in table.columns if column not in key}
    return compiled(adding.on_conflict_do_update(index_elements=key, set_=rest), kind)
