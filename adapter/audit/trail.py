"""What the audit trail says: a line for each request to act on a call, and one for each supervision's end.

No token, no secret and no body is written; of what a client sends, only a few fields, each cut short.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from adapter.audit.file import AuditFile
from adapter.supervision.session import State
from adapter.supervision.supervision import Supervision

TEXT_LIMIT = 128
"""What a client writes goes into the trail up to so many characters."""


class Trail:
    """Writes the lines; into no file where the operator wants none."""

    def __init__(self, file: AuditFile | None, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock
        self._joined_at: dict[str, float] = {}

    @property
    def is_on(self) -> bool:
        """Whether there is a file."""
        return self._file is not None

    @property
    def error(self) -> str | None:
        """Why lines are not written at present."""
        return None if self._file is None else self._file.error

    def is_written(self) -> bool | None:
        """Whether lines are written at present; None where there is no file."""
        return None if self._file is None else self._file.error is None

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
        """A supervision moved: its end is a line, with all of its times."""
        if self._file is None:
            return
        if supervision.state is State.JOINED:
            self._joined_at.setdefault(supervision.id, supervision.since)
        if supervision.state is not State.ENDED:
            return
        joined_at = self._joined_at.pop(supervision.id, None)
        reason = supervision.reason
        self._write(
            "supervision ended",
            {
                "supervision": supervision.id,
                "app": supervision.asked_by or None,
                "supervisor": supervision.supervisor,
                "extension": supervision.extension,
                "call": supervision.call_id,
                "mode": supervision.mode,
                "follow": supervision.follow,
                "requested": _date(supervision.requested_at),
                "joined": None if joined_at is None else _date(joined_at),
                "ended": _date(supervision.since),
                "reason": None if reason is None else reason.name.lower(),
            },
        )

    def _write(self, event: str, facts: Mapping[str, object]) -> None:
        if self._file is None:
            return
        line: dict[str, object] = {"time": _date(self._clock()), "event": event}
        line |= {name: _cut(value) for name, value in facts.items() if value is not None}
        self._file.write(json.dumps(line))


def _cut(value: object) -> object:
    return value[:TEXT_LIMIT] if isinstance(value, str) else value


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
