"""The recent changes for event streams: which call or supervision changed, not its state. Pure.

An entry names a call or supervision and its extensions. When a client gets the entry, at once or after a
reconnect, it gets the present state. So a call that changed often is sent once, and never in an outdated
state.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

_ID = re.compile(r"([0-9]{1,20})-([0-9]{1,20})", re.ASCII)


class Kind(StrEnum):
    """What kind of thing an entry names."""

    CALL = "call"
    SUPERVISION = "supervision"


@dataclass(frozen=True, slots=True)
class Entry:
    """A change of one call or supervision.

    `touched` are the extensions that take part in it, or did just before.
    """

    number: int
    kind: Kind
    key: str
    touched: frozenset[str]


class ReplayBuffer:
    """The last `limit` entries. Ids rise within a process, and from one process to the next."""

    def __init__(self, epoch: int, limit: int) -> None:
        """`epoch` distinguishes processes: a later process has a higher one."""
        self._epoch = epoch
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._last = 0
        self._first = 1
        """The number of the oldest entry that is still kept."""

    @property
    def last_id(self) -> str:
        """The id of the newest entry."""
        return self.id_of(self._last)

    def id_of(self, number: int) -> str:
        """The id of an entry on the wire."""
        return f"{self._epoch}-{number}"

    def add(self, kind: Kind, key: str, touched: frozenset[str]) -> Entry:
        """Keep an entry; forget the oldest if there are too many."""
        self._last += 1
        if len(self._entries) == self._entries.maxlen:
            self._first = self._entries[0].number + 1
        entry = Entry(self._last, kind, key, touched)
        self._entries.append(entry)
        return entry

    def clear(self) -> int:
        """Forget all entries: a client that reconnects cannot learn what it missed.

        Returns the present number.
        """
        self._last += 1
        self._entries.clear()
        self._first = self._last + 1
        return self._last

    def since(self, last_event_id: str, concerns: Callable[[Entry], bool]) -> list[Entry] | None:
        """The changes after this id that concern the client; of each call or supervision the last one.

        None if they are not known: the id is of another process, too old, or no id of this service.
        """
        match = _ID.fullmatch(last_event_id.strip())
        if match is None or int(match[1]) != self._epoch:
            return None
        number = int(match[2])
        if not self._first - 1 <= number <= self._last:
            return None
        missed: dict[tuple[Kind, str], Entry] = {}
        for entry in reversed(self._entries):
            if entry.number <= number:
                break
            if not concerns(entry):
                continue
            newer = missed.get((entry.kind, entry.key))
            if newer is None:
                missed[entry.kind, entry.key] = entry
            else:
                touched = newer.touched | entry.touched
                missed[entry.kind, entry.key] = Entry(newer.number, entry.kind, entry.key, touched)
        return sorted(missed.values(), key=lambda entry: entry.number)
