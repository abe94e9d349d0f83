"""Applies what a link says to the model, and publishes each change to its listeners, in order."""

from collections.abc import Callable, Iterable

from adapter.asterisk.presence_events import PresenceEvent, PresenceSnapshot
from adapter.presence.changes import Change
from adapter.presence.model import Presence

Listener = Callable[[Change], None]


class PresencePublisher:
    """The one writer of a model."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Have `listener` hear every change from now on. It is called at once and must not wait."""
        self._listeners.append(listener)

    def take_event(self, event: PresenceEvent) -> None:
        """Apply one event."""
        self._publish(self._presence.apply(event))

    def take_snapshot(self, snapshot: PresenceSnapshot, at: float) -> None:
        """Make the model what was listed after a login."""
        self._publish(self._presence.reset(snapshot, at))

    def reconcile(self, snapshot: PresenceSnapshot, at: float) -> None:
        """Put the model right where a list shows that events were lost."""
        self._publish(self._presence.reconcile(snapshot, at))

    def _publish(self, changes: Iterable[Change]) -> None:
        for change in changes:
            for listener in self._listeners:
                listener(change)
