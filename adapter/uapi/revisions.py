"""How often what an organization sees has changed. Pure; hears every change of the live calls."""

from collections import Counter

from adapter.calls.changes import CallChanged, CallEnded, Change
from adapter.calls.model import Calls


class Revisions:
    """A count for each organization, by its number prefix; who sees all calls adds all of them up."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._counts: Counter[str] = Counter()
        self._prefixes: dict[str, set[str]] = {}
        """The organizations that ever took part in each live call: its end is theirs to see, too."""
        self._total = 0

    def on_change(self, change: Change) -> None:
        """Count a change for each organization that takes or took part in the call."""
        match change:
            case CallChanged(call_id):
                prefixes = self._prefixes.setdefault(call_id, set())
                call = self._calls.call(call_id)
                legs = call.legs.values() if call is not None else ()
                prefixes |= {leg.extension.partition("*")[0] for leg in legs if leg.extension is not None}
                self._count(prefixes)
            case CallEnded(call_id):
                self._count(self._prefixes.pop(call_id, set()))

    def on_directory(self) -> None:
        """Count a change for everybody."""
        self._total += 1
        self._counts.update(self._counts.keys())

    def of(self, prefix: str | None) -> str:
        """What the lists of this organization are of, or those of all."""
        return f"{self._total}" if prefix is None else f"{prefix} {self._counts[prefix]}"

    def _count(self, prefixes: set[str]) -> None:
        self._total += 1
        for prefix in prefixes:  # one, nearly always: Counter.update takes four times as long
            self._counts[prefix] += 1
