"""The supervisions of this adapter: those that run, and those that ended a while ago."""

import logging
import time
from collections.abc import Callable

from adapter.asterisk.naming import read_channel_id
from adapter.callcontrol.supervision.session import Reason, Signal, TransitionError
from adapter.callcontrol.supervision.supervision import Supervision

log = logging.getLogger(__name__)

ENDED_LIMIT = 4096
"""Ended supervisions that are remembered: should a channel of one still appear, it is hung up."""


class Register:
    """Every supervision by its channel; moves them from state to state and tells of it."""

    def __init__(self, adapter_name: str) -> None:
        self.adapter_name = adapter_name
        """Stands in the ids of the channels that this adapter begins."""
        self.live: dict[str, Supervision] = {}
        """Those that have not ended, by the uniqueid of the supervisor's channel."""
        self.ended: dict[str, Supervision] = {}
        self._channels: dict[str, str] = {}
        """The channels of both, by the ids of the supervisions."""
        self._listeners: list[Callable[[Supervision], None]] = []

    def subscribe(self, listener: Callable[[Supervision], None]) -> None:
        """Have `listener` hear of each supervision that changes. It is called at once and must not wait."""
        self._listeners.append(listener)

    def get(self, supervision_id: str) -> Supervision | None:
        """The supervision with this id, one that ended a while ago included."""
        channel_id = self._channels.get(supervision_id, "")
        return self.live.get(channel_id) or self.ended.get(channel_id)

    def owns(self, channel_id: str) -> bool:
        """Whether this adapter has to account for the channel, and no other."""
        ours = read_channel_id(channel_id)
        return ours is not None and ours.is_owned_by(self.adapter_name)

    def by(self, supervisor: str) -> Supervision | None:
        """The one that has not ended and is by this supervisor."""
        return next((one for one in self.live.values() if one.supervisor == supervisor), None)

    def joined(self) -> list[Supervision]:
        """Those whose supervisor takes part."""
        return [one for one in self.live.values() if one.is_joined]

    def add(self, supervision: Supervision, what: str) -> None:
        """Take in a new one, or one that was found."""
        self.live[supervision.channel_id] = supervision
        self._channels[supervision.id] = supervision.channel_id
        self.tell(what, supervision)

    def signal(self, supervision: Supervision, signal: Signal) -> None:
        """Move it by what happened; what cannot happen is left out."""
        try:
            has_moved = supervision.move(signal, time.time())
        except TransitionError as impossible:
            log.warning("a signal was left out", extra={**describe(supervision), "error": str(impossible)})
            return
        if has_moved:
            self.tell("supervision moved", supervision)

    def retire(self, supervision: Supervision, reason: Reason) -> None:
        """End it, its channel being gone or never made."""
        del self.live[supervision.channel_id]
        self.ended[supervision.channel_id] = supervision
        if len(self.ended) > ENDED_LIMIT:
            forgotten = self.ended.pop(next(iter(self.ended)))
            del self._channels[forgotten.id]
        supervision.move(Signal.ENDS, time.time(), reason)
        self.tell("supervision ended", supervision)

    def tell(self, what: str, supervision: Supervision) -> None:
        """Have every listener hear of it."""
        log.info(what, extra=describe(supervision))
        for listener in self._listeners:
            listener(supervision)


def describe(supervision: Supervision) -> dict[str, str]:
    """What the log says of it."""
    return {
        "call_id": supervision.call_id,
        "supervision": supervision.id,
        "supervisor": supervision.supervisor,
        "mode": supervision.mode,
        "state": supervision.state,
        "reason": supervision.reason or "",
    }
