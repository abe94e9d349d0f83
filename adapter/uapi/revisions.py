"""How often what an organization sees has changed. Pure; hears every change of the live calls."""

from collections import Counter
from collections.abc import Iterable

from adapter.calls.changes import CallChanged, CallEnded, Change
from adapter.calls.legs import Call
from adapter.calls.model import Calls

PENDING_CALLS = 100
"""So many changed calls may wait to be looked at: a tenth of a millisecond for who asks then."""


class Revisions:
    """A count for each organization, by its number prefix; who sees all calls adds all of them up.

    To look at the legs of a call with each of its changes took as long as to apply them. Calls that changed
    wait instead, until an organization asks. One that came and went meanwhile was shown none of it.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._counts: Counter[str] = Counter()
        self._prefixes: dict[str, frozenset[str]] = {}
        """The organizations that were found in each live call: its end is theirs to see, too."""
        self._pending: set[str] = set()
        """The calls that changed since they were last looked at."""
        self._total = 0

    def on_change(self, change: Change) -> None:
        """Count a change for each organization that takes or took part in the call."""
        if type(change) is CallChanged:
            self._total += 1
            self._pending.add(change.call_id)
            if len(self._pending) > PENDING_CALLS:
                self._look_at_pending()
        elif type(change) is CallEnded:
            self._total += 1
            self._pending.discard(change.call_id)
            self._count(self._prefixes.pop(change.call_id, ()))

    def on_directory(self) -> None:
        """Count a change for everybody."""
        self._total += 1
        self._counts.update(self._counts.keys())

    def of(self, prefix: str | None) -> str:
        """What the lists of this organization are of, or those of all."""
        if prefix is None:
            return f"{self._total}"
        self._look_at_pending()
        return f"{prefix} {self._counts[prefix]}"

    def _look_at_pending(self) -> None:
        for call_id in self._pending:
            call = self._calls.call(call_id)
            if call is not None:
                prefixes = self._prefixes.get(call_id, frozenset()) | _prefixes_of(call)
                self._prefixes[call_id] = prefixes
                self._count(prefixes)
        self._pending.clear()

    def _count(self, prefixes: Iterable[str]) -> None:
        for prefix in prefixes:  # one, nearly always: Counter.update takes four times as long
            self._counts[prefix] += 1


def _prefixes_of(call: Call) -> set[str]:
    """Of the extensions that the call is shown to: who takes part in it, and who parked it and left."""
    shown = {leg.shown_extension for leg in call.legs.values()}
    return {extension.partition("*")[0] for extension in shown if extension is not None}
