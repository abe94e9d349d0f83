"""Findings as a table for people. Pure."""

from collections.abc import Iterator, Sequence

from adapter.printable import printable
from adapter.tools.check.findings import Finding

HEAD = ("what", "", "found", "to do")


def table(findings: Sequence[Finding]) -> Iterator[str]:
    """The lines of the table; each column is as wide as its longest text."""
    cells_of = ((each.name, each.verdict.value, each.found, each.advice) for each in findings)
    rows = [HEAD, *(tuple(map(printable, cells)) for cells in cells_of)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD) - 1)]
    for row in rows:
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=False))
        yield "  ".join((*cells, row[-1])).rstrip()
