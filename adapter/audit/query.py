"""What is looked for in the audit trail, and what was found as people and programs read it. Pure."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from adapter.printable import printable

Line = Mapping[str, object]
COLUMNS = (
    *("time", "event", "app", "account", "client", "method", "action", "supervisor", "extension", "call"),
    *("supervision", "mode", "follow", "spyee", "partners", "requested", "joined", "ended", "reason"),
    *("result", "status", "code", "sendCallTo", "phoneNumber", "phoneCallId", "address", "asked"),
    *("repeated", "lines"),
)
"""The columns of the CSV. JSON has whatever a line has."""
HEAD = ("time", "event", "supervisor", "extension", "call", "mode", "what")


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """All that is given has to be so of a line. Times are seconds since the epoch."""

    supervisor: str | None = None
    extension: str | None = None
    call: str | None = None
    since: float | None = None
    until: float | None = None
    limit: int = 1000
    """So many are wanted, the newest."""


def read_time(text: str, zone: tzinfo) -> float:
    """A day or a moment as an operator writes it, in that time zone unless it names another.

    Raises ValueError.
    """
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()


def as_csv(lines: Sequence[str]) -> Iterator[str]:
    """A head, and a row for each line."""
    yield ",".join(COLUMNS)
    for line in lines:
        row = io.StringIO()
        found = json.loads(line)
        csv.writer(row, lineterminator="").writerow([_cell(found.get(name)) for name in COLUMNS])
        yield row.getvalue()


def as_table(lines: Sequence[str], zone: tzinfo) -> Iterator[str]:
    """Lines of a table for people; times are of that zone."""
    rows = [HEAD, *(tuple(map(printable, _row(json.loads(line), zone))) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD) - 1)]
    for row in rows:
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=False))
        yield "  ".join((*cells, row[-1])).rstrip()


def _row(line: Line, zone: tzinfo) -> Sequence[str]:
    at = datetime.fromisoformat(str(line["time"])).replace(tzinfo=UTC).astimezone(zone)
    facts = [_text(line.get(name)) for name in ("event", "supervisor", "extension", "call", "mode")]
    return [at.strftime("%Y-%m-%d %H:%M:%S"), *facts, _what(line)]


def _what(line: Line) -> str:
    """What came of it, in a few words."""
    match line["event"]:
        case "request":
            code = f" {line['code']}" if "code" in line else ""
            return f"{line.get('method')} {line.get('status')}{code} by {line.get('app')}"
        case "supervision joined":
            return f"hears {', '.join([_text(line.get('spyee')), *_list(line.get('partners'))])}"
        case "supervision ended":
            return _text(line.get("reason"))
        case "lost":
            return f"{line.get('lines')} lines are missing here"
    return ""


def _list(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: a client may have written it."""
    text = " ".join(_list(value)) if isinstance(value, list) else _text(value)
    is_number = text[1:].isdecimal()
    return f"'{text}" if text[:1] in ("=", "@", "+", "-", "\t", "\r") and text[:1] and not is_number else text
