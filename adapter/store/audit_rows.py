"""Writes the lines of the audit trail into a table (`adapter/audit/log.py`). Lines are only ever added."""

import itertools
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from adapter.store.address import Kind
from adapter.store.statements import insert_once
from adapter.store.store import Store
from adapter.store.tables import AUDIT

_LOOKED_FOR = ("app", "supervisor", "extension", "call")


class AuditRows:
    """The table; a line that is said twice, since nobody knows what became of it, stands there once."""

    def __init__(self, store: Store, kind: Kind) -> None:
        self._store = store
        self._insert = insert_once(AUDIT, kind)
        self._process = secrets.token_hex(5)
        self._numbers = itertools.count()
        self._lost = 0

    @property
    def error(self) -> str | None:
        """Why lines are not written at present."""
        return self._store.error

    def write(self, at: float, facts: Mapping[str, object], line: str) -> None:
        """Have the line written soon; first, how many before it were lost."""
        if self._lost and self._add(at, {"event": "lost"}, _line_of_loss(at, self._lost)):
            self._lost = 0
        if not self._add(at, facts, line):
            self._lost += 1

    def _add(self, at: float, facts: Mapping[str, object], line: str) -> bool:
        at_ms = int(at * 1000)
        columns = {name: _text(facts.get(name)) for name in _LOOKED_FOR}
        # Ids of one moment are in the order in which their lines were written.
        row_id = f"{at_ms:013x}-{self._process}-{next(self._numbers):07x}"
        row = {"id": row_id, "at": at_ms, "event": str(facts["event"]), **columns, "line": line}
        return self._store.later(self._insert, row)


def _text(value: object) -> str | None:
    """What a column holds: no zero byte and no half of a character, which PostgreSQL refuses."""
    if not isinstance(value, str):
        return None
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def _line_of_loss(at: float, count: int) -> str:
    time = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": time, "event": "lost", "lines": count})
