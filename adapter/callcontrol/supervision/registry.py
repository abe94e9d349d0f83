"""The supervisions of this adapter: those that run, and those that ended a while ago."""

import logging
from collections.abc import Callable

from adapter.callcontrol.operation import Publish
from adapter.callcontrol.supervision.lifecycle import describe
from adapter.callcontrol.supervision.session import State
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.model import Calls

log = logging.getLogger(__name__)

ENDED_LIMIT = 4096
"""Ended supervisions that are remembered: should a channel of one still appear, it is hung up."""


class Registry:
    """Every supervision by its channel; tells its subscribers, and the log, of each change."""

    def __init__(self) -> None:
        self.live: dict[str, Supervision] = {}
        """Those that have not ended, by the uniqueid of the supervisor's channel."""
        self.ended: dict[str, Supervision] = {}
        self._channels: dict[str, str] = {}
        """The channels of both, by the ids of the supervisions."""
        self._listeners: list[Callable[[Supervision], None]] = []

    def subscribe(self, listener: Callable[[Supervision], None]) -> None:
        """Have `listener` hear of each supervision that changes. It is called at once and must not wait.

        It is given the supervision as it was then: a copy.
        """
        self._listeners.append(listener)

    def get(self, supervision_id: str) -> Supervision | None:
        """The supervision with this id, one that ended a while ago included."""
        channel_id = self._channels.get(supervision_id, "")
        return self.live.get(channel_id) or self.ended.get(channel_id)

    def by(self, supervisor: str) -> Supervision | None:
        """The one that has not ended and is by this supervisor."""
        return next((one for one in self.live.values() if one.supervisor == supervisor), None)

    def there(self, calls: Calls) -> list[Supervision]:
        """Those that have not ended, and those that have but whose phone Asterisk still has."""
        ended = [one for one in self.ended.values() if calls.has_phone(one.channel_id)]
        return [*self.live.values(), *ended]

    def add(self, supervision: Supervision) -> None:
        """Take in a new one, or one that was found."""
        self.live[supervision.channel_id] = supervision
        self._channels[supervision.id] = supervision.channel_id

    def publish(self, told: Publish) -> None:
        """Have every subscriber hear of it."""
        if told.seen.state is State.ENDED:
            self._retire(told.seen.channel_id)
        log.info(told.what, extra=describe(told.seen))
        for listener in self._listeners:
            listener(told.seen)

    def _retire(self, channel_id: str) -> None:
        ended = self.live.pop(channel_id, None)
        if ended is None:
            return
        self.ended[channel_id] = ended
        if len(self.ended) > ENDED_LIMIT:
            forgotten = self.ended.pop(next(iter(self.ended)))
            del self._channels[forgotten.id]
