"""Which columns of other programs' tables are read: none of them holds a secret. Pure."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

ROWS_LIMIT = 200_000
TEXT_LIMIT = 300
"""So many letters of a value are read: a row may hold whole texts in place of a name."""

COLUMNS = {
    "mysql": "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()",
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = ANY (current_schemas(false))",
    "sqlite": "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c",
}
"""The columns of all tables, of those that the user may read: by the name of the database's engine."""

Quote = Callable[[str], str]
"""How the database writes the name of a table or a column."""


@dataclass(frozen=True, slots=True)
class Table:
    """The part of a table that is read."""

    name: str
    columns: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    """Columns that not every version has; empty texts stand for them."""
    equal: tuple[str, str] | None = None
    """A column, and what it must be, where not all rows are read."""
    is_needed: bool = True

    def without(self, missing: Collection[str]) -> "Table":
        """The same without the optional columns that are missing."""
        columns = tuple(name for name in self.columns if name not in missing or name not in self.optional)
        return Table(self.name, columns, self.optional, self.equal, self.is_needed)


def select_rows(table: Table, dialect: str, quote: Quote) -> str:
    """The statement that reads the rows, each value as a text of bounded length, or NULL."""
    values = ", ".join(_text(quote(name), dialect, TEXT_LIMIT) for name in table.columns)
    return f"SELECT {values} {_rest(table, quote)} LIMIT {ROWS_LIMIT + 1}"


def select_fingerprint(table: Table, dialect: str, quote: Quote) -> str | None:
    """The statement that says in one row whether anything is otherwise; None where the database cannot."""
    if dialect == "sqlite":
        return None
    texts = (f"COALESCE({_text(quote(name), dialect, None)}, '~')" for name in table.columns)
    joined = f"CONCAT_WS('|', {', '.join(texts)})"
    each = f"CRC32({joined})" if dialect == "mysql" else f"hashtext({joined})"
    return f"SELECT COUNT(*), SUM({each}) {_rest(table, quote)}"


def _rest(table: Table, quote: Quote) -> str:
    where = "" if table.equal is None else f" WHERE {quote(table.equal[0])} = '{table.equal[1]}'"
    return f"FROM {quote(table.name)}{where}"


def _text(column: str, dialect: str, limit: int | None) -> str:
    text = f"CAST({column} AS {'CHAR' if dialect == 'mysql' else 'TEXT'})"
    if limit is not None:
        text = f"SUBSTR({text}, 1, {limit})"
    # SQLite keeps any bytes as a text, and one that is not UTF-8 would fail the whole statement.
    return f"CAST({text} AS BLOB)" if dialect == "sqlite" else text
