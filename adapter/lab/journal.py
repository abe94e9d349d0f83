"""Reads the journal of a simulated phone: the steps that the phone reports."""

import asyncio
import enum
import os
import time
from dataclasses import dataclass
from pathlib import Path

from adapter.lab.errors import LabError


class Step(enum.StrEnum):
    """The words of the journal: sipp-scenarios/README.md."""

    RINGING = "ringing"
    CALLING = "calling"
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    ENDED = "ended"
    HUNG_UP = "hung-up"
    GAVE_UP = "gave-up"
    REJECTED = "rejected"
    REFUSED = "refused"
    FORWARDED = "forwarded"
    RINGS_THERE = "rings-there"
    EARLY = "early"
    MEDIA = "media"
    OFFERED = "offered"
    REFERRED = "referred"
    REFER_ACCEPTED = "refer-accepted"
    REFER_STATUS = "refer-status"
    TURNED_DOWN = "turned-down"
    DIGIT = "digit"
    MUTED = "muted"
    UNMUTED = "unmuted"


# The first step of a call on the phone's side.
FIRST_STEPS = frozenset({Step.RINGING, Step.CALLING, Step.REFUSED, Step.FORWARDED})
# The last step of a call on the phone's side.
LAST_STEPS = frozenset(
    {Step.CANCELLED, Step.ENDED, Step.HUNG_UP, Step.GAVE_UP, Step.REJECTED, Step.REFUSED, Step.FORWARDED}
)
# The steps that tell the state of a call; all others are events during it.
STAGES = FIRST_STEPS | LAST_STEPS | {Step.ANSWERED}


@dataclass(frozen=True)
class JournalEntry:
    """One step of one call.

    `text` is the rest of the line, as in sipp-scenarios/README.md: the From header (ringing), the SIP status
    (rejected), or nothing. `at` is the time.monotonic() of the report, about a millisecond after the step.
    """

    step: Step
    call_id: str
    text: str
    at: float


def parse_line(line: str, at: float) -> JournalEntry:
    """Return the step in a line of a journal. Raises LabError for any other line."""
    word, _, rest = line.partition(" ")
    call_id, _, text = rest.partition(" ")
    try:
        step = Step(word)
    except ValueError:
        raise LabError(f"No line of a phone's journal: {line!r}") from None
    if not call_id:
        raise LabError(f"A line of a phone's journal without a call: {line!r}")
    return JournalEntry(step, call_id, text.strip(), at)


class Journal:
    """Reads a phone's journal from a pipe, as it is written.

    It is a pipe and not a file, so that each line has the time at which it was written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: list[JournalEntry] = []
        self._rest = b""
        self._failure: LabError | None = None
        os.mkfifo(path)
        self._pipe: int | None = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._pipe, self._read)

    @property
    def entries(self) -> tuple[JournalEntry, ...]:
        """Return all steps so far, the oldest first. Raises LabError if a line was malformed."""
        if self._failure is not None:
            raise self._failure
        return tuple(self._entries)

    def close(self) -> None:
        """Read the rest of the journal, and close it."""
        if self._pipe is not None:
            self._read()
        self._close_pipe()

    def _read(self) -> None:
        if self._pipe is None:
            return
        try:
            data = os.read(self._pipe, 65_536)
        except BlockingIOError:
            return
        at = time.monotonic()
        if not data:
            # The phone is gone; an ended pipe would trigger this callback for ever.
            self._close_pipe()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            self._entries.extend(parse_line(line.decode(errors="replace"), at) for line in lines)
        except LabError as failure:
            # Nobody would see an exception of this callback, so `entries` raises it.
            self._failure = failure

    def _close_pipe(self) -> None:
        if self._pipe is not None:
            asyncio.get_running_loop().remove_reader(self._pipe)
            os.close(self._pipe)
            self._pipe = None
