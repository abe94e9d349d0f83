"""The live model of devices and queues: Asterisk's events applied, one by one.

The state is one value (`PresenceState`). Each topic is a module of plain functions that change it, and says
in its `HANDLERS` which events are its own. An event that comes twice, late or of something unknown changes
nothing that a later one, or the next list, does not put right.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from adapter.asterisk.presence_events import DeviceState, PresenceEvent, PresenceSnapshot
from adapter.presence import devices, queues
from adapter.presence.changes import Change
from adapter.presence.extension import ExtensionState, extension_state
from adapter.presence.queue import MemberState, Queue, member_state
from adapter.presence.snapshot import expected_knowledge, take_devices, take_queues
from adapter.presence.state import Handlers, PresenceState, QueueKnowledge

HANDLERS: Handlers = {**devices.HANDLERS, **queues.HANDLERS}


class Presence:
    """All devices and queues of one PBX."""

    def __init__(self) -> None:
        self._state = PresenceState()

    # -- what changes it -------------------------------------------------------------------------------

    def apply(self, event: PresenceEvent) -> list[Change]:
        """Take one event into the model; the changes that it made, each of them once."""
        HANDLERS[type(event)](self._state, event)
        return self._state.drain()

    def reset(self, snapshot: PresenceSnapshot, at: float) -> list[Change]:
        """Make the model what was listed at `at`, after a login: what it knew is out of date."""
        self._state.knowledge, self._state.silent_since = expected_knowledge(snapshot), None
        take_devices(self._state, snapshot)
        take_queues(self._state, snapshot, at)
        return self._state.drain()

    def reconcile(self, snapshot: PresenceSnapshot, at: float) -> list[Change]:
        """Put right what differs from a list taken at `at`, while the link is up; the rest stays."""
        if snapshot.devices is not None:
            take_devices(self._state, snapshot)
        if snapshot.members is not None and self._state.knowledge is not QueueKnowledge.UNKNOWN:
            take_queues(self._state, snapshot, at)
        return self._state.drain()

    # -- what is asked of it ---------------------------------------------------------------------------

    def device(self, name: str) -> DeviceState:
        """The state of this device (`PJSIP/210`); unknown where Asterisk does not tell."""
        return self._state.devices.get(name, DeviceState.UNKNOWN)

    def extension(self, names: Iterable[str]) -> ExtensionState:
        """The state of an extension with these devices."""
        return extension_state(map(self.device, names))

    @property
    def has_devices(self) -> bool:
        """Whether Asterisk tells of devices."""
        return bool(self._state.devices)

    @property
    def knowledge(self) -> QueueKnowledge:
        """Whether what is known of the queues is true."""
        return self._state.knowledge

    def count(self, now: float) -> tuple[int, Counter[MemberState]]:
        """How many callers wait in all queues, and how many members are in each state at this time."""
        queues = (self.queues or {}).values()
        states = Counter(member_state(member, now) for queue in queues for member in queue.members.values())
        return sum(len(queue.callers) for queue in queues), states

    @property
    def queues(self) -> Mapping[str, Queue] | None:
        """The queues by name; None where nothing is known of them."""
        if self._state.knowledge is QueueKnowledge.UNKNOWN:
            return None
        return MappingProxyType(self._state.queues)
