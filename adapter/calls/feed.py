"""Takes what a link says into the model and tells every listener each change, in order, in one plain call."""

from collections.abc import Callable, Iterable, Sequence

from adapter.calls.changes import Change
from adapter.calls.events import Event, ListedChannel
from adapter.calls.model import Calls, ExtensionOf

Listener = Callable[[Change], None]


class Feed:
    """The one writer of a model."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Have `listener` hear every change from now on. It is called at once and must not wait."""
        self._listeners.append(listener)

    def take_event(self, event: Event) -> None:
        """Apply one event."""
        self._tell(self._calls.apply(event))

    def take_snapshot(self, snapshot: Sequence[ListedChannel], at: float) -> None:
        """Make the model what the snapshot says."""
        self._tell(self._calls.reset(snapshot, at))

    def take_directory(self, extension_of: ExtensionOf) -> None:
        """Name the legs after another directory."""
        self._tell(self._calls.relabel(extension_of))

    def _tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            for listener in self._listeners:
                listener(change)
