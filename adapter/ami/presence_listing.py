"""The lists of devices and of queues, as Asterisk answers them beside a snapshot of the channels."""

from typing import Protocol

from adapter.asterisk.message import Message
from adapter.asterisk.presence_events import (
    DeviceChanged,
    ListedCaller,
    PresenceEvent,
    PresenceSnapshot,
    QueueMember,
)
from adapter.asterisk.presence_parsing import (
    DEVICE_CHANGE,
    parse_listed_caller,
    parse_listed_device,
    parse_listed_member,
)


class PresenceSink(Protocol):
    """Who is told of devices and queues, in plain calls."""

    def take_event(self, event: PresenceEvent) -> None:
        """Take what has just happened."""

    def take_snapshot(self, snapshot: PresenceSnapshot, at: float) -> None:
        """Take what is listed after a login."""

    def reconcile(self, snapshot: PresenceSnapshot, at: float) -> None:
        """Take what is listed while the link is up."""


class PresenceListing:
    """The answers as they come in."""

    def __init__(self) -> None:
        self.has_devices = self.has_queues = False
        """Whether Asterisk answers with a list, or refuses to."""
        self.events: list[PresenceEvent] = []
        """What happened meanwhile. It may be told behind an item that is older."""
        self._devices: list[DeviceChanged] = []
        self._members: list[QueueMember] = []
        self._callers: list[ListedCaller] = []

    @property
    def snapshot(self) -> PresenceSnapshot:
        """All that was listed."""
        return PresenceSnapshot(
            tuple(self._devices) if self.has_devices else None,
            tuple(self._members) if self.has_queues else None,
            tuple(self._callers),
        )

    def take(self, name: str, message: Message) -> None:
        """Take an item. Raises EventError for one that is malformed."""
        match name:
            case "QueueMember":
                self._members.append(parse_listed_member(message))
            case "QueueEntry":
                self._callers.append(parse_listed_caller(message))
            case _ if name == DEVICE_CHANGE:
                device = parse_listed_device(message)
                if device is not None:
                    self._devices.append(device)
