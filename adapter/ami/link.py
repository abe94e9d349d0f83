"""The link to one Asterisk: connect, log in, take a snapshot, watch, and again when it breaks.

DOWN     no connection; what was known before is out of date
SYNCING  logged in; a snapshot is being taken and live events are held
READY    the snapshot and all events since are applied

While it is READY, the live calls are compared with a new snapshot each interval, and soon after anything
malformed: an event may be lost by a fault of a module, or by what a caller's number holds. Neither clients
nor calls notice it but by what differs.
"""

import asyncio
import contextlib
import functools
import logging
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from adapter.ami.broken_items import ask_for_broken
from adapter.ami.errors import (
    ActionRefused,
    ActionTimeout,
    LinkDown,
    LinkError,
    LoginRefused,
    known_refusal,
)
from adapter.ami.listing import Listing
from adapter.ami.presence_listing import PresenceSink
from adapter.ami.probe import Ask, clock_offset, find_features, has_audiosocket
from adapter.ami.session import Session
from adapter.asterisk.actions import (
    Action,
    list_answer_times,
    list_bridges,
    list_channels,
    list_devices,
    list_parked,
    list_queues,
    ping,
)
from adapter.asterisk.events import Event, ListedChannel
from adapter.asterisk.features import NO_FEATURES, PbxFeatures
from adapter.asterisk.message import Message
from adapter.asterisk.naming import OUR_PREFIX
from adapter.asterisk.parsing import EVENT_NAMES, OF_SNAPSHOT, EventError, parse
from adapter.asterisk.presence_parsing import (
    DEVICE_CHANGE,
    OF_PRESENCE_LIST,
    PRESENCE_NAMES,
    parse_presence,
)

log = logging.getLogger(__name__)

FIRST_DELAY_S = 0.25
REFUSED_DELAYS_S = (10.0, 60.0, 300.0)
"""The pauses after refused logins; the last one repeats. fail2ban bans after five in ten minutes."""
SNAPSHOT_LIMIT_S = 30.0
INCLUDE_LOOKS, INCLUDE_LOOK_S = 20, 0.5
"""How often, and how far apart, the dialplan is looked for after a login that did not find it."""
SETTLE_S = 1.0
"""How long after a list the last event is waited for that may be older than the list."""
RECONCILE_PAUSE_S = 5.0
"""The least time between two comparisons, whatever asks for them: a caller can."""
NO_EVENT = "none"
"""Stands for the name of an event among the malformed, where there is none."""
OF_LISTS = OF_SNAPSHOT | OF_PRESENCE_LIST
WANTED = dict.fromkeys(EVENT_NAMES | PRESENCE_NAMES | OF_LISTS, "") | {"DialState": OUR_PREFIX}
"""All other events are left out before they are read, and of this one those of phones that others ring."""


class LinkState(StrEnum):
    """How far the link is."""

    DOWN = "DOWN"
    SYNCING = "SYNCING"
    READY = "READY"


# Asked for with every event, and to find a member in its enum takes as long as ten comparisons.
_READY = LinkState.READY


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where Asterisk is, who we are, and how long to wait for what."""

    host: str
    port: int
    username: str
    secret: str
    tls: ssl.SSLContext | None = None
    connect_timeout_s: float = 5.0
    action_timeout_s: float = 5.0
    ping_interval_s: float = 5.0
    reconnect_max_s: float = 15.0
    reconcile_interval_s: float = 300.0
    wants_audiosocket: bool = False
    """Whether it is looked for if Asterisk can bring audio to a socket."""


OnEvent = Callable[[Event], None]
OnSnapshot = Callable[[Sequence[ListedChannel], float], None]
OnReconcile = Callable[[Sequence[ListedChannel], float, frozenset[str]], None]
"""Is given the channels, when they were listed, and those of which the list proves nothing."""


class Link:
    """Keeps one AMI session alive and hands its snapshots and events on, in order, in plain calls."""

    def __init__(
        self,
        settings: LinkSettings,
        on_snapshot: OnSnapshot,
        on_event: OnEvent,
        on_reconcile: OnReconcile = lambda *_: None,
        presence: PresenceSink | None = None,
    ) -> None:
        self.state = LinkState.DOWN
        self.error: str | None = "not connected yet"
        self.malformed: Counter[str] = Counter()
        self.announced: PbxFeatures | None = None
        """What Asterisk's dialplan has of our include; None where Asterisk does not tell."""
        self.has_audiosocket = False
        """Whether Asterisk is known to be able to bring audio to a socket; false where nobody asks."""
        self._settings = settings
        self._on_snapshot = on_snapshot
        self._on_event = on_event
        self._on_reconcile = on_reconcile
        self._presence = presence
        self._session: Session | None = None
        self._held: list[Callable[[], None]] = []
        """What the events do that come before the snapshot is whole."""
        self._listing: Listing | None = None
        self._doubt = asyncio.Event()
        self._clock_offset_s = 0.0
        self._is_stamped = False
        """Whether Asterisk writes a Timestamp into its events (`timestampevents`)."""
        self._hurry = asyncio.Event()

    async def run(self) -> None:
        """Keep the link up until cancelled."""
        failures = refusals = 0
        while True:
            delay_s = self._delay(failures)
            try:
                await self._keep_one_session()
            except LoginRefused as refused:
                self._fall(f"login refused{known_refusal(str(refused))}")
                log.error("Asterisk refuses the AMI login", extra={"reason": str(refused)})  # noqa: TRY400 - no bug of ours to trace
                if not refused.is_in_use:
                    delay_s = REFUSED_DELAYS_S[min(refusals, len(REFUSED_DELAYS_S) - 1)]
                    refusals += 1
            except LinkError as broken:
                was_ready = self.state is LinkState.READY
                self._fall(str(broken))
                log.warning("the AMI link is down", extra={"reason": str(broken)})
                if was_ready:
                    failures = refusals = 0
                    delay_s = self._delay(failures)
            finally:
                self._fall(self.error or "stopped")
            await self._wait(delay_s)
            failures += 1

    def features(self) -> PbxFeatures:
        """What may be asked of the include; nothing where that is not known."""
        return NO_FEATURES if self.announced is None else self.announced

    def now(self) -> float:
        """Asterisk's clock, in seconds since the epoch."""
        return time.time() + self._clock_offset_s

    def retry(self) -> None:
        """Try to connect at once, where the next attempt is still waited for."""
        self._hurry.set()

    async def _wait(self, delay_s: float) -> None:
        self._hurry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._hurry.wait()

    async def send(self, action: Action) -> dict[str, str]:
        """Have Asterisk do something, once, now; what it answers.

        Raises LinkDown at once unless READY: nothing is queued, nothing is sent later. Raises LinkLost,
        ActionTimeout or ActionRefused as `Session.request` does.
        """
        if self.state is not LinkState.READY or self._session is None:
            raise LinkDown("the AMI link is not ready")
        return await self._session.request(action, self._settings.action_timeout_s)

    # -- one session -------------------------------------------------------------------------------

    async def _keep_one_session(self) -> None:
        settings = self._settings
        session = Session(
            host=settings.host,
            port=settings.port,
            username=settings.username,
            secret=settings.secret,
            tls=settings.tls,
            on_message=self._take,
            on_stray=self._take_stray,
            wanted=WANTED,
        )
        try:
            await session.open(settings.connect_timeout_s)
            await self._sync(session)
            await _first_of(self._watch(session), self._reconcile_always(session))
        finally:
            session.close()

    async def _sync(self, session: Session) -> None:
        self._session, self.state, self._is_stamped = session, LinkState.SYNCING, False
        self._held = []
        listing = self._listing = Listing(asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(SNAPSHOT_LIMIT_S):
                self._clock_offset_s = await clock_offset(self._ask(session)) or 0.0
                self.announced = await self._find_features(session)
                await self._ask_beside(session, list_parked(listing.id))
                await self._ask_beside(session, list_answer_times(listing.id))
                await self._ask_of_presence(session, listing)
                await self._ask_beside(session, list_bridges(listing.id))
                await session.request(list_channels(listing.id), self._settings.action_timeout_s)
                await asyncio.wait({listing.done, session.lost}, return_when=asyncio.FIRST_COMPLETED)
                if listing.done.done() and listing.broken:
                    await ask_for_broken(self._ask(session), listing, self.now())
                    self._finish_sync(listing)
        except TimeoutError:
            raise LinkDown(f"no snapshot within {SNAPSHOT_LIMIT_S} s") from None
        except ActionRefused as refused:
            log.warning("Asterisk refuses the snapshot", extra={"reason": str(refused)})
            raise LinkDown(f"the snapshot was refused{known_refusal(str(refused))}") from None
        if not listing.done.done():
            raise LinkDown("the AMI connection broke during the snapshot")
        if self.state is not LinkState.READY:
            raise LinkDown("no channel that Asterisk lists can be read: is it older than 16?")
        log.info("the AMI link is ready", extra={"channels": len(listing.lines)})

    async def _reconcile_always(self, session: Session) -> None:
        """Compare the live calls with a new snapshot each interval, and soon after anything malformed.

        What is malformed in one list as in the one before gives no reason for a third: a number can break an
        item for as long as its call lasts.
        """
        known: object = None
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.reconcile_interval_s):
                    await self._doubt.wait()
            self._doubt.clear()
            before = self.malformed.total()
            broken = await self._reconcile(session)
            found = (self.malformed.total() - before, broken)
            if found == known:
                self._doubt.clear()
            known = found
            await self._pause(session, RECONCILE_PAUSE_S)

    async def _reconcile(self, session: Session) -> frozenset[str]:
        """Have the live calls put right where a new snapshot shows that events were lost.

        Asterisk lists the channels as they are when it takes the request. Events go another way and may be
        late: one that comes behind the list, or between its items, may be older than the list or newer. So
        a channel of which any event comes from the request on until the list has settled is left to the
        events: what they say last is right, and what the list says of it may be older. Of the others
        nothing is under way, and the list is as new as the live calls, or newer: where the two differ, an
        event was lost. So nothing ever goes back in time. What cannot be decided is compared the next time.

        Returns the names of the channels whose items were broken.
        """
        listing = self._listing = Listing(asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(SNAPSHOT_LIMIT_S):
                await self._ask_of_presence(session, listing)
                await self._ask_beside(session, list_bridges(listing.id))
                await session.request(list_channels(listing.id), self._settings.action_timeout_s)
                await asyncio.wait({listing.done, session.lost}, return_when=asyncio.FIRST_COMPLETED)
            at = self.now()
            await self._pause(session, SETTLE_S)
            await ask_for_broken(self._ask(session), listing, at)
        except (TimeoutError, ActionTimeout, ActionRefused) as failed:
            log.warning("the live calls could not be compared", extra={"reason": str(failed) or "no list"})
            return frozenset(listing.broken)
        finally:
            self._listing = None
        if self._presence is not None:
            self._presence.reconcile(listing.presence.snapshot, at)
            for event in listing.presence.events:
                self._presence.take_event(event)
        if not listing.is_unreadable:
            self._on_reconcile(listing.lines, at, frozenset(listing.touched | listing.unclear))
        return frozenset(listing.broken)

    async def _watch(self, session: Session) -> None:
        """Ask for a sign of life each interval: a mute peer is noticed within two."""
        await self._await_include(session)
        interval_s = self._settings.ping_interval_s
        while True:
            await self._pause(session, interval_s)
            try:
                await session.request(ping(), interval_s * 0.9)
                self.announced = await self._find_features(session)
            except ActionTimeout:
                raise LinkDown("the AMI peer is mute") from None

    async def _await_include(self, session: Session) -> None:
        """Look for our dialplan more often at first: Asterisk takes logins before it has loaded it."""
        for _ in range(INCLUDE_LOOKS):
            if self.announced != NO_FEATURES:
                return
            await self._pause(session, INCLUDE_LOOK_S)
            self.announced = await self._find_features(session)

    @staticmethod
    async def _pause(session: Session, seconds: float) -> None:
        """Wait for so long; raises LinkDown at once where the connection breaks meanwhile."""
        await asyncio.wait({session.lost}, timeout=seconds)
        if session.lost.done():
            raise LinkDown("the AMI connection broke")

    def _ask(self, session: Session) -> Ask:
        return lambda action: session.request(action, self._settings.action_timeout_s)

    async def _find_features(self, session: Session) -> PbxFeatures | None:
        if self._settings.wants_audiosocket:
            try:
                self.has_audiosocket = await has_audiosocket(self._ask(session))
            except ActionRefused:
                self.has_audiosocket = False
        try:
            return await find_features(self._ask(session))
        except ActionRefused:
            return None

    async def _ask_of_presence(self, session: Session, listing: Listing) -> None:
        """Ask for all devices and queues, where somebody wants to be told of them."""
        if self._presence is not None:
            listing.presence.has_devices = await self._ask_beside(session, list_devices(listing.id))
            listing.presence.has_queues = await self._ask_beside(session, list_queues(listing.id))

    async def _ask_beside(self, session: Session, action: Action) -> bool:
        """Ask for what a snapshot does not tell; whether this Asterisk knows it.

        The answers come before the snapshot. A parked call is an event: it is held, and applied after it.
        """
        try:
            await session.request(action, self._settings.action_timeout_s)
        except ActionRefused:
            return False
        return True

    def _fall(self, error: str) -> None:
        self.state, self.error, self._session, self._listing = LinkState.DOWN, error, None, None

    def _delay(self, failures: int) -> float:
        """Back off by doubling, with jitter so that many adapters do not come back in step."""
        longest = min(self._settings.reconnect_max_s, FIRST_DELAY_S * 2.0 ** min(failures, 16))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing

    # -- messages ----------------------------------------------------------------------------------

    def _take(self, message: Message) -> None:
        header, listing = message.event_header, self._listing
        name = message.event if header is None else header[0]
        try:
            if name in OF_LISTS:
                self._take_of_snapshot(name, message)
                return
            request = "" if listing is None else listing.id
            told_at = None if header is None else header[1]
            event = parse(message, told_at or self.now(), request)
            if event is None:
                self._take_of_presence(name, message)
        except EventError as malformed:
            self._note_malformed(name, message, str(malformed))
            return
        if event is None:
            return
        if self.state is _READY:
            if listing is not None:
                listing.note_event(event)
            self._on_event(event)
        else:
            self._held.append(functools.partial(self._on_event, event))

    def _take_of_presence(self, name: str, message: Message) -> None:
        if self._presence is None or name not in PRESENCE_NAMES:
            return
        header = message.event_header
        if name == DEVICE_CHANGE and header is not None and header[4] is not None:
            self._take_of_snapshot(name, message)
            return
        self._is_stamped = self._is_stamped or (header is not None and header[1] is not None)
        event = parse_presence(message, self.now(), is_stamped=self._is_stamped)
        if event is None:
            return
        if self.state is _READY:
            if self._listing is not None:
                self._listing.presence.events.append(event)
            self._presence.take_event(event)
        else:
            self._held.append(functools.partial(self._presence.take_event, event))

    def _take_of_snapshot(self, name: str, message: Message) -> None:
        if self._listing is None:
            raise EventError("it answers no request of ours")
        is_last = self._listing.take(name, message)
        if is_last and not self._listing.done.done():
            self._listing.done.set_result(None)
            if self.state is LinkState.SYNCING and not self._listing.broken:
                self._finish_sync(self._listing)

    def _take_stray(self, message: Message) -> None:
        """Take what is neither an event nor a response: a message was cut, and what it said is lost."""
        self._doubt.set()
        self._count_malformed(NO_EVENT, "neither an event nor a response")
        if self._listing is not None:
            self._listing.note_piece(message)

    def _note_malformed(self, name: str, message: Message, reason: str) -> None:
        self._count_malformed(name, reason)
        if name in OF_PRESENCE_LIST:
            return  # another list would be malformed, too
        self._doubt.set()
        if self._listing is not None:
            note = self._listing.note_malformed if name in OF_SNAPSHOT else self._listing.note_piece
            note(message)

    def _count_malformed(self, name: str, reason: str) -> None:
        if not self.malformed[name]:
            log.warning("a malformed AMI event was left out", extra={"event": name, "reason": reason})
        self.malformed[name] += 1

    def _finish_sync(self, listing: Listing) -> None:
        self._listing = None
        if listing.is_unreadable:
            return
        self._on_snapshot(listing.lines, self.now())
        if self._presence is not None:
            self._presence.take_snapshot(listing.presence.snapshot, self.now())
        held, self._held = self._held, []
        for take in held:
            take()
        self.state, self.error = LinkState.READY, None


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Do all of them until one ends or fails; the others are cancelled, and it fails as that one did."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in ended:
        task.result()
