"""How often what an organization sees has changed. Pure."""

from collections import Counter

from adapter.calls.shown_to import ShownTo


class Revisions:
    """A count for each organization, by its number prefix, and one for who sees all calls."""

    def __init__(self, shown: ShownTo) -> None:
        self._shown = shown
        self._counts: Counter[str] = Counter()
        self._total = 0
        shown.subscribe(self._on_shown)

    def on_directory(self) -> None:
        """Count a change for everybody."""
        self._total += 1
        self._counts.update(self._counts.keys())

    def of(self, prefix: str | None) -> str:
        """What the lists of this organization are of, or those of all."""
        self._shown.look()
        return f"{self._total}" if prefix is None else f"{prefix} {self._counts[prefix]}"

    def _on_shown(self, _call_id: str, extensions: frozenset[str]) -> None:
        self._total += 1
        for prefix in {
            extension.partition("*")[0] for extension in extensions
        }:  # Counter.update takes longer
            self._counts[prefix] += 1
