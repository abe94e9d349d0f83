"""Applies what a link says to the model, and publishes each change to its listeners, in order."""

from collections.abc import Callable, Container, Iterable, Sequence
from typing import get_args

from adapter.asterisk.events import Event, ListedChannel
from adapter.calls.changes import Change
from adapter.calls.differences import Differences
from adapter.calls.model import Calls, ExtensionOf

Listener = Callable[[Change], None]
KINDS: tuple[type[Change], ...] = get_args(Change)


class Publisher:
    """The one writer of a model."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._listeners: dict[type[Change], list[Listener]] = {kind: [] for kind in KINDS}

    def subscribe(self, listener: Listener, *kinds: type[Change]) -> None:
        """Have `listener` hear every change of these kinds from now on; without kinds, of all.

        It is called at once and must not wait. Most listeners want one kind of ten: to be called for all and
        to look took longer than what they do.
        """
        for kind in kinds or KINDS:
            self._listeners[kind].append(listener)

    def take_event(self, event: Event) -> None:
        """Apply one event."""
        self._publish(self._calls.apply(event))

    def take_snapshot(self, snapshot: Sequence[ListedChannel], at: float) -> None:
        """Make the model what the snapshot says."""
        self._publish(self._calls.reset(snapshot, at))

    def reconcile(
        self, snapshot: Sequence[ListedChannel], at: float, left_alone: Container[str]
    ) -> Differences:
        """Put the model right where a snapshot shows that events were lost; what differed."""
        changes, found = self._calls.reconcile(snapshot, at, left_alone)
        self._publish(changes)
        return found

    def take_directory(self, extension_of: ExtensionOf) -> None:
        """Find the extensions of the legs anew, in another directory."""
        self._publish(self._calls.apply_directory(extension_of))

    def _publish(self, changes: Iterable[Change]) -> None:
        for change in changes:
            for listener in self._listeners[type(change)]:
                listener(change)
