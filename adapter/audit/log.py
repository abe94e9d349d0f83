"""What the audit trail says: who asked for which supervision, who was heard by whom and when, how it ended.

    request               an App asked to act on a call, and what it was answered
    supervision joined    a supervisor joined a conversation, or it has another mode or other parties now
    supervision ended     with all of its times, and why

No token, no secret and no body is written; of what a client sends, only a few fields, each cut short. They
keep the client's names for them (`sendCallTo`, `phoneNumber`, `phoneCallId`); `supervisor`, `extension` and
`call` are what those turned out to mean, and are missing where they meant nothing.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from adapter.audit.file import AuditFile
from adapter.callcontrol.supervision.session import State
from adapter.callcontrol.supervision.supervision import Supervision

TEXT_LIMIT = 128
"""What a client writes goes into the trail up to so many characters."""


class AuditTable(Protocol):
    """Where the lines can be looked up by who takes part in them."""

    @property
    def error(self) -> str | None:
        """Why lines are not written at present."""

    def write(self, at: float, facts: Mapping[str, object], line: str) -> None:
        """Have the line written soon; `facts` are what stands in it, `at` is its time."""


class AuditLog:
    """Writes the lines into a file, a table, or both; into neither where the operator wants none."""

    def __init__(
        self, file: AuditFile | None, clock: Callable[[], float], table: AuditTable | None = None
    ) -> None:
        self._file = file
        self._table = table
        self._clock = clock
        self._joined_at: dict[str, float] = {}
        self._told: dict[str, Mapping[str, object]] = {}
        """The last line of each supervision that is joined."""

    @property
    def is_on(self) -> bool:
        """Whether lines are written anywhere."""
        return self._file is not None or self._table is not None

    def is_written(self) -> bool | None:
        """Whether all lines are written at present; None where none are to be."""
        places = [place for place in (self._file, self._table) if place is not None]
        return all(place.error is None for place in places) if places else None

    def reopen(self) -> None:
        """Begin the file anew if it was moved away."""
        if self._file is not None:
            self._file.reopen()

    def close(self) -> None:
        """Write what waits. Blocks for a moment."""
        if self._file is not None:
            self._file.close()

    def note_request(self, facts: Mapping[str, object]) -> None:
        """A request was answered."""
        self._write("request", facts)

    def on_supervision(self, supervision: Supervision) -> None:
        """A supervision moved: a line where others are heard now, and one at its end."""
        if not self.is_on:
            return
        if supervision.state is State.ENDED:
            self._note_end(supervision)
        elif supervision.state is State.JOINED:
            self._joined_at.setdefault(supervision.id, supervision.since)
            if supervision.parties:
                self._note_parties(supervision)

    def _note_parties(self, supervision: Supervision) -> None:
        spyee, *partners = supervision.parties
        facts = {**_describe(supervision), "spyee": spyee, "partners": partners}
        if self._told.get(supervision.id) != facts:
            self._told[supervision.id] = facts
            self._write("supervision joined", facts)

    def _note_end(self, supervision: Supervision) -> None:
        joined_at, reason = self._joined_at.pop(supervision.id, None), supervision.reason
        self._told.pop(supervision.id, None)
        self._write(
            "supervision ended",
            {
                **_describe(supervision),
                "requested": _date(supervision.requested_at),
                "joined": None if joined_at is None else _date(joined_at),
                "ended": _date(supervision.since),
                "reason": None if reason is None else reason.code,
            },
        )

    def _write(self, event: str, facts: Mapping[str, object]) -> None:
        if not self.is_on:
            return
        at = self._clock()
        line: dict[str, object] = {"time": _date(at), "event": event}
        line |= {name: _cut(value) for name, value in facts.items() if value is not None}
        text = json.dumps(line)
        if self._file is not None:
            self._file.write(text)
        if self._table is not None:
            self._table.write(at, line, text)


def _describe(supervision: Supervision) -> dict[str, object]:
    return {
        "supervision": supervision.id,
        "app": supervision.owner or None,
        "supervisor": supervision.supervisor,
        "extension": supervision.extension,
        "call": supervision.call_id,
        "mode": supervision.mode,
        "follow": supervision.follow,
    }


def _cut(value: object) -> object:
    if isinstance(value, list):
        return [_cut(one) for one in value]
    return value[:TEXT_LIMIT] if isinstance(value, str) else value


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
