"""Tells the client of a stream how its supervision stands, and ends the stream with it."""

from adapter.callcontrol.supervision.plan import Mode
from adapter.callcontrol.supervision.session import State
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.media.messages import Joined, Muted, OnHold, Reattached
from adapter.media.streams import Streams


class StreamTelling:
    """Hears of each supervision that changes, as it was then."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._told: dict[str, tuple[Mode, tuple[str, ...]]] = {}
        """The mode and the parties that each client knows."""
        self._on_hold: set[str] = set()
        """The supervisions whose client knows that they are on hold."""

    def on_supervision(self, seen: Supervision) -> None:
        """Tell what is new; what has ended is cut off at once, whatever Asterisk does."""
        if seen.stream is None:
            return
        if seen.state is State.ENDED:
            self._told.pop(seen.id, None)
            self._on_hold.discard(seen.id)
            self._streams.withdraw(seen.stream, "" if seen.reason is None else seen.reason.code)
            return
        if not seen.is_opened:
            return
        if seen.state is State.JOINED and seen.parties:
            self._tell_parties(seen)
        if seen.is_held is not (seen.id in self._on_hold):
            (self._on_hold.add if seen.is_held else self._on_hold.discard)(seen.id)
            self._streams.tell(seen.stream, OnHold(seen.is_held))

    def _tell_parties(self, seen: Supervision) -> None:
        before, now = self._told.get(seen.id), (seen.mode, seen.parties)
        if seen.stream is None or before == now:
            return
        self._told[seen.id] = now
        if before is not None and before[0] is seen.mode:
            self._streams.tell(seen.stream, Reattached(seen.mode, seen.parties))
            return
        self._streams.tell(seen.stream, Joined(seen.mode, seen.parties))
        self._streams.tell(seen.stream, Muted(seen.mode is Mode.MONITOR))
