"""The lines of the audit trail: who requested which supervision, who heard whom and when, how it ended.

    request               an App requested an action on a call; with the answer
    supervision joined    a supervisor joined a conversation, or its mode or its parties changed
    supervision ended     with all its times and the reason
    stream ended          for how long the audio of a supervision flowed to a WebSocket and from it

The trail contains no token, no secret and no body. It contains a few fields of a request, each cut short,
under the client's names (`sendCallTo`, `phoneNumber`, `phoneCallId`). `supervisor`, `extension` and `call`
are what the adapter found for them, and are missing if it found nothing.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from adapter.audit.file import AuditFile
from adapter.callcontrol.supervision.session import State
from adapter.callcontrol.supervision.supervision import Supervision

TEXT_LIMIT = 128
"""How many characters of a client's value go into the trail."""


class AuditTable(Protocol):
    """A table of lines that can be searched by their participants."""

    @property
    def error(self) -> str | None:
        """Why lines cannot be written at present; empty if they can."""

    def write(self, at: float, facts: Mapping[str, object], line: str) -> None:
        """Queue a line with these fields; `at` is its time."""


class AuditLog:
    """Writes the lines into a file, a table, both or neither, as the operator has set."""

    def __init__(
        self, file: AuditFile | None, clock: Callable[[], float], table: AuditTable | None = None
    ) -> None:
        self._file = file
        self._table = table
        self._clock = clock
        self._joined_at: dict[str, float] = {}
        self._told: dict[str, Mapping[str, object]] = {}
        """The last line of each joined supervision."""

    @property
    def is_on(self) -> bool:
        """Whether lines are written anywhere."""
        return self._file is not None or self._table is not None

    def is_written(self) -> bool | None:
        """Whether all lines can be written at present; None if there is no trail."""
        places = [place for place in (self._file, self._table) if place is not None]
        return all(place.error is None for place in places) if places else None

    def reopen(self) -> None:
        """Begin a new file if the old one was moved away."""
        if self._file is not None:
            self._file.reopen()

    def close(self) -> None:
        """Write what waits. Blocks for a moment."""
        if self._file is not None:
            self._file.close()

    def note_request(self, facts: Mapping[str, object]) -> None:
        """Write the line of an answered request."""
        self._write("request", facts)

    def note_audio(
        self, supervision: Supervision, ended_by: str, to_client_s: float, from_client_s: float
    ) -> None:
        """Write for how long the audio of a stream flowed, in seconds each way, and who ended it."""
        facts = {"to_client_s": round(to_client_s, 2), "from_client_s": round(from_client_s, 2)}
        self._write("stream ended", {**_describe(supervision), **facts, "ended_by": ended_by})

    def on_supervision(self, supervision: Supervision) -> None:
        """Write a line if the supervisor now hears other parties, and one at the supervision's end."""
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
        "media": supervision.medium,
    }


def _cut(value: object) -> object:
    if isinstance(value, list):
        return [_cut(one) for one in value]
    return value[:TEXT_LIMIT] if isinstance(value, str) else value


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
