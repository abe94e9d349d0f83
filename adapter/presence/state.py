"""The state of the model: devices, queues, and the changes of the event at hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from adapter.asterisk.presence_events import DeviceState
from adapter.presence.changes import Change
from adapter.presence.queue import Queue


class QueueKnowledge(StrEnum):
    """Whether what the model has of the queues is true."""

    KNOWN = "known"
    UNCONFIRMED = "unconfirmed"
    """The list was read, and nothing has happened since that an event would tell."""
    UNKNOWN = "unknown"
    """Asterisk refuses the list, or sends no events: the AMI user lacks `read = agent`."""


@dataclass(slots=True)
class PresenceState:
    """All devices and queues of one PBX. The handlers of events change it."""

    devices: dict[str, DeviceState] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    """By name. One without members and callers is not kept."""
    knowledge: QueueKnowledge = QueueKnowledge.UNKNOWN
    silent_since: float | None = None
    """When a member's device first changed without an event of its queue."""
    pending: list[Change] = field(default_factory=list)

    def drain(self) -> list[Change]:
        """Take the pending changes, each of them once."""
        pending, self.pending = self.pending, []
        return list(dict.fromkeys(pending))


Handlers = Mapping[type, Callable[[PresenceState, Any], None]]
"""The events that a topic takes, each with the one function that takes it."""
