"""One Asterisk as a value: its link, its live calls, who is shown them, and what is done with them.

Beside the calls stand devices and queues, as another model of the same link.

The composition root makes it and hands it to the wire: that there is one is nobody else's business.

    link (AMI in) -> publisher -> calls -> subscribers, in the order in which they subscribed
    operations -> link (AMI out)
"""

import time
from collections.abc import Callable, Mapping, Sequence

from adapter.ami.contacts import ContactBook
from adapter.ami.link import Link, LinkSettings, LinkState
from adapter.asterisk.events import Event, ListedChannel
from adapter.asterisk.presence_events import CallerJoined
from adapter.callcontrol.operations import Operations
from adapter.callcontrol.records import Record
from adapter.callcontrol.world import Rules, World
from adapter.calls.changes import CallChanged, CallEnded, CallerQueued, Change
from adapter.calls.differences import Differences
from adapter.calls.model import Calls
from adapter.calls.publisher import Publisher
from adapter.calls.shown_to import ShownTo
from adapter.directory import Directory
from adapter.presence.changes import Change as PresenceChange
from adapter.presence.changes import DeviceStateChanged
from adapter.presence.model import Presence
from adapter.presence.publisher import PresencePublisher

Counting = Callable[[Callable[[Event], None]], Callable[[Event], None]]
"""Makes of what takes an event the same, counted."""


class Pbx:
    """One node. It is linked from `run` on, until that is cancelled."""

    def __init__(
        self, settings: LinkSettings, directory: Callable[[], Directory], rules: Rules, counting: Counting
    ) -> None:
        self._directory = directory
        self._rules = rules
        self.records: Mapping[str, Record] = {}
        """What an earlier process kept of its supervisions; read only."""
        self.stream_address = ""
        """Where Asterisk connects to bring audio; empty while nobody listens there."""
        self._after_snapshot: list[Callable[[], None]] = []
        self._after_comparison: list[Callable[[Differences], None]] = []
        self.calls = Calls(directory().extension_of_channel)
        self.publisher = Publisher(self.calls)
        self.presence = Presence()
        self.presence_publisher = PresencePublisher(self.presence)
        self.link = Link(
            settings,
            self._take_snapshot,
            counting(self.publisher.take_event),
            self._reconcile,
            self.presence_publisher,
        )
        self.contacts = ContactBook(self.link.send)
        self.presence_publisher.subscribe(self._forget_contacts)
        self.shown = ShownTo(self.calls)
        self.operations = Operations(self.world, self.link.send)
        # Who is shown a call is known before anybody else hears of its change.
        self.publisher.subscribe(self.shown.on_change, CallChanged, CallEnded)
        self.publisher.subscribe(self.operations.on_change)
        self.publisher.subscribe(self._take_queued, CallerQueued)
        self.after_snapshot(self.operations.on_snapshot)

    def world(self) -> World:
        """What operations and decisions look at, as it is now."""
        return World(
            calls=self.calls,
            directory=self._directory(),
            supervisions=self.operations.supervisions.live.values(),
            is_ready=self.is_ready,
            features=self.link.features(),
            rules=self._rules,
            now=time.time(),
            records=self.records,
            stream_address=self.stream_address,
            has_audiosocket=self.link.has_audiosocket,
        )

    @property
    def is_ready(self) -> bool:
        """Whether what is known of the calls is what Asterisk has."""
        return self.link.state is LinkState.READY

    def after_snapshot(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each snapshot, in the order of these calls. It must not wait."""
        self._after_snapshot.append(listener)

    def after_comparison(self, listener: Callable[[Differences], None]) -> None:
        """Have `listener` told what each comparison with the list found otherwise. It must not wait."""
        self._after_comparison.append(listener)

    def take_directory(self) -> None:
        """Name the calls' extensions after the directory that is in force, and judge what runs by it."""
        self.publisher.take_directory(self._directory().extension_of_channel)
        self.operations.on_directory()

    async def run(self) -> None:
        """Keep the link up until cancelled."""
        await self.link.run()

    async def close(self) -> None:
        """Stop what still rings; who is joined stays joined."""
        await self.operations.runner.close()

    def _forget_contacts(self, change: PresenceChange) -> None:
        if isinstance(change, DeviceStateChanged):
            self.contacts.forget(change.device)

    def _take_queued(self, change: Change) -> None:
        """Tell the queues whom the calls have told of: one event says both."""
        if isinstance(change, CallerQueued):
            self.presence_publisher.take_event(CallerJoined(change.at, change.queue, change.uniqueid))

    def _take_snapshot(self, snapshot: Sequence[ListedChannel], at: float) -> None:
        self.publisher.take_snapshot(snapshot, at)
        for listener in self._after_snapshot:
            listener()

    def _reconcile(self, snapshot: Sequence[ListedChannel], at: float, left_alone: frozenset[str]) -> None:
        found = self.publisher.reconcile(snapshot, at, left_alone)
        for listener in self._after_comparison:
            listener(found)
