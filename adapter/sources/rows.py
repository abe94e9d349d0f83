"""Rows of other programs' tables: texts that anybody may have written. Pure."""

from collections.abc import Mapping, Sequence

from adapter.printable import printable

SHOWN_LETTERS = 40

Rows = Mapping[str, Sequence["Row"]]
"""By the name of the table; one that is missing is not there."""


class Row:
    """One row, by the names of its columns."""

    __slots__ = ("_values",)

    def __init__(self, columns: Sequence[str], values: Sequence[object]) -> None:
        self._values = dict(zip(columns, map(_text, values), strict=True))

    def text(self, column: str) -> str:
        """The value; empty where it is NULL, or of a column that this version of the tables lacks."""
        return self._values.get(column, "")

    @property
    def shown(self) -> str:
        """The row's first value, for people: what names it in its table."""
        first = printable(next(iter(self._values.values()), ""))
        return f"{first[:SHOWN_LETTERS]!r}" + ("..." if len(first) > SHOWN_LETTERS else "")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        # What is no UTF-8 keeps a letter that nothing of ours has: it is refused where it matters.
        return value.decode(errors="replace")
    return str(value)
