"""Which calls are shown to whom: one index, from extensions and organizations to their calls. Pure.

Lists, lookups and events ask it. What they do takes as long as what they may see, and not as long as what
there is: neither its cost nor its time tells of other organizations' calls.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from adapter.calls.call import Call
from adapter.calls.changes import CallChanged, CallEnded, Change
from adapter.calls.model import Calls

PENDING_CALLS = 100
"""So many changed calls may wait to be looked at: a fraction of a millisecond for who asks then."""

Listener = Callable[[str, frozenset[str]], None]
"""Called with the id of a call that changed, and the extensions that it is or was shown to."""

_NOBODY: frozenset[str] = frozenset()


class Row(NamedTuple):
    """What filter and order ask of a call; sorts as lists do, the oldest first."""

    published: float
    id: str


class _Shown(NamedTuple):
    row: Row
    extensions: frozenset[str]


class _Bucket:
    """The calls of one organization, or of all: by id and in order."""

    def __init__(self) -> None:
        self.by_id: dict[str, _Shown] = {}
        self.rows: list[Row] = []

    def put(self, shown: _Shown) -> None:
        before = self.by_id.get(shown.row.id)
        self.by_id[shown.row.id] = shown
        if before is None or before.row != shown.row:
            self._drop_row(before)
            insort(self.rows, shown.row)

    def drop(self, call_id: str) -> None:
        self._drop_row(self.by_id.pop(call_id))

    def _drop_row(self, shown: _Shown | None) -> None:
        if shown is not None:
            del self.rows[bisect_left(self.rows, shown.row)]


def shown_to(call: Call) -> frozenset[str]:
    """The extensions that the call is shown to: who takes part in it, and who parked it and left."""
    return frozenset(viewer for leg in call.legs.values() if (viewer := call.viewer_of(leg)) is not None)


class ShownTo:
    """The index; it hears every change of the live calls.

    To look at the legs of a call with each of its changes took as long as to apply them. Calls that changed
    wait instead, until somebody asks. One that came and went meanwhile was shown to nobody.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._pending: dict[str, None] = {}
        """The calls that changed since they were last looked at, in the order in which they first did."""
        self._all = _Bucket()
        self._of_organization: defaultdict[str, _Bucket] = defaultdict(_Bucket)
        """By number prefix."""
        self._of_extension: defaultdict[str, set[Row]] = defaultdict(set)
        self._listeners: list[Listener] = []

    def on_change(self, change: Change) -> None:
        """Note that a call changed or ended."""
        if type(change) is CallChanged or type(change) is CallEnded:
            self._pending[change.call_id] = None
            if len(self._pending) > PENDING_CALLS:
                self.look()

    def subscribe(self, listener: Listener) -> None:
        """Have `listener` called for each call that changed, once it is looked at."""
        self._listeners.append(listener)

    def look(self) -> None:
        """Look at the calls that changed."""
        if self._pending:
            pending, self._pending = self._pending, {}
            for call_id in pending:
                self._look_at(call_id)

    def find(self, call_id: str, prefix: str | None, extensions: frozenset[str]) -> Call | None:
        """The call, if it is shown to one of these extensions of the organization, or of all of them.

        It is looked for among the organization's: another's call and none at all take the same time.
        """
        self.look()
        bucket = self._bucket(prefix)
        shown = None if bucket is None else bucket.by_id.get(call_id)
        if shown is None or shown.extensions.isdisjoint(extensions):
            return None
        return self._calls.call(call_id)

    def rows(self, extensions: frozenset[str]) -> Sequence[Row]:
        """The calls that are shown to any of these extensions, in order."""
        self.look()
        known = self._of_extension
        return sorted(set().union(*(known[extension] for extension in extensions if extension in known)))

    def rows_of_organization(self, prefix: str | None) -> Sequence[Row]:
        """All calls of an organization, or of all of them, in order. They go on changing: not to be kept."""
        self.look()
        bucket = self._bucket(prefix)
        return () if bucket is None else bucket.rows

    def _bucket(self, prefix: str | None) -> _Bucket | None:
        return self._all if prefix is None else self._of_organization.get(prefix)

    def _look_at(self, call_id: str) -> None:
        call, before = self._calls.call(call_id), self._all.by_id.get(call_id)
        extensions = _NOBODY if call is None else shown_to(call)
        shown = _Shown(Row(call.began_at, call.id), extensions) if call is not None and extensions else None
        if shown != before:
            self._replace(call_id, before, shown)
        touched = extensions if before is None else extensions | before.extensions
        if touched:
            for listener in self._listeners:
                listener(call_id, touched)

    def _replace(self, call_id: str, before: _Shown | None, shown: _Shown | None) -> None:
        for extension in before.extensions if before is not None else ():
            rows = self._of_extension[extension]
            rows.discard(before.row)  # type: ignore[union-attr]  # there are none to go through without it
            if not rows:
                del self._of_extension[extension]
        were = _prefixes(before)
        now = _prefixes(shown)
        for prefix in were - now:
            self._drop(prefix, call_id)
        if shown is None:
            self._all.drop(call_id)
            return
        self._all.put(shown)
        for prefix in now:
            self._of_organization[prefix].put(shown)
        for extension in shown.extensions:
            self._of_extension[extension].add(shown.row)

    def _drop(self, prefix: str, call_id: str) -> None:
        bucket = self._of_organization[prefix]
        bucket.drop(call_id)
        if not bucket.rows:
            del self._of_organization[prefix]


def _prefixes(shown: _Shown | None) -> set[str]:
    return set() if shown is None else {extension.partition("*")[0] for extension in shown.extensions}
