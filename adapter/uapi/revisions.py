"""Counts the changes of the calls that each organization sees. Pure."""

from collections import Counter

from adapter.calls.shown_to import ShownTo


class Revisions:
    """A count for each organization, by its number prefix, and one for all calls together."""

    def __init__(self, shown: ShownTo) -> None:
        self._shown = shown
        self._counts: Counter[str] = Counter()
        self._total = 0
        shown.subscribe(self._on_shown)

    def on_directory(self) -> None:
        """Count a change for all organizations."""
        self._total += 1
        self._counts.update(self._counts.keys())

    def of(self, prefix: str | None) -> str:
        """The revision of this organization's lists, or of the lists of all calls."""
        self._shown.look()
        return f"{self._total}" if prefix is None else f"{prefix} {self._counts[prefix]}"

    def _on_shown(self, _call_id: str, extensions: frozenset[str]) -> None:
        self._total += 1
        for prefix in {
            extension.partition("*")[0] for extension in extensions
        }:  # Counter.update takes longer
            self._counts[prefix] += 1
