"""The link to one Asterisk: connect, log in, take a snapshot, watch, and again when it breaks.

DOWN     no connection; what was known before is out of date
SYNCING  logged in; a snapshot is being taken and live events are held
READY    the snapshot and all events since are applied
"""

import asyncio
import contextlib
import logging
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from adapter.ami.errors import ActionRefused, ActionTimeout, LinkDown, LinkError, LoginRefused
from adapter.ami.probe import Ask, clock_offset, has_include
from adapter.ami.session import Session
from adapter.asterisk.actions import Action, list_answer_times, list_channels, list_parked, ping
from adapter.asterisk.answer_times import read_answer_time, with_answer_times
from adapter.asterisk.events import Event, ListedChannel
from adapter.asterisk.message import Message
from adapter.asterisk.parsing import EVENT_NAMES, EventError, parse, parse_listed

log = logging.getLogger(__name__)

FIRST_DELAY_S = 0.25
SNAPSHOT_LIMIT_S = 30.0
INCLUDE_LOOKS, INCLUDE_LOOK_S = 20, 0.5
"""How often, and how far apart, the dialplan is looked for after a login that did not find it."""
OF_SNAPSHOT = frozenset({"CoreShowChannel", "CoreShowChannelsComplete", "Status"})
WANTED = EVENT_NAMES | OF_SNAPSHOT
"""All other events are left out before they are read."""


class LinkState(StrEnum):
    """How far the link is."""

    DOWN = "DOWN"
    SYNCING = "SYNCING"
    READY = "READY"


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


OnEvent = Callable[[Event], None]
OnSnapshot = Callable[[Sequence[ListedChannel], float], None]


class Link:
    """Keeps one AMI session alive and hands its snapshots and events on, in order, in plain calls."""

    def __init__(self, settings: LinkSettings, on_snapshot: OnSnapshot, on_event: OnEvent) -> None:
        self.state = LinkState.DOWN
        self.error: str | None = "not connected yet"
        self.malformed: Counter[str] = Counter()
        self.has_include: bool | None = None
        """Whether Asterisk's dialplan includes ours; None where it does not tell."""
        self._settings = settings
        self._on_snapshot = on_snapshot
        self._on_event = on_event
        self._session: Session | None = None
        self._held: list[Event] = []
        self._listed: list[ListedChannel] = []
        self._answered: dict[str, float] = {}
        self._synced: asyncio.Future[None] | None = None
        self._clock_offset_s = 0.0

    async def run(self) -> None:
        """Keep the link up until cancelled."""
        failures = 0
        while True:
            try:
                await self._keep_one_session()
            except LoginRefused as refused:
                self._fall(f"login refused: {refused}")
                log.error("Asterisk refuses the AMI login", extra={"reason": str(refused)})  # noqa: TRY400 - no bug of ours to trace
            except LinkError as broken:
                was_ready = self.state is LinkState.READY
                self._fall(str(broken))
                log.warning("the AMI link is down", extra={"reason": str(broken)})
                if was_ready:
                    failures = 0
            finally:
                self._fall(self.error or "stopped")
            await asyncio.sleep(self._delay(failures))
            failures += 1

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
            wanted=WANTED,
        )
        try:
            await session.open(settings.connect_timeout_s)
            await self._sync(session)
            await self._watch(session)
        finally:
            session.close()

    async def _sync(self, session: Session) -> None:
        self._session, self.state = session, LinkState.SYNCING
        self._held, self._listed, self._answered = [], [], {}
        self._synced = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(SNAPSHOT_LIMIT_S):
                self._clock_offset_s = await clock_offset(self._ask(session)) or 0.0
                self.has_include = await self._find_include(session)
                await self._ask_beside(session, list_parked())
                await self._ask_beside(session, list_answer_times())
                await session.request(list_channels(), self._settings.action_timeout_s)
                await asyncio.wait({self._synced, session.lost}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise LinkDown(f"no snapshot within {SNAPSHOT_LIMIT_S} s") from None
        except ActionRefused as refused:
            raise LinkDown(f"the snapshot was refused: {refused}") from None
        if not self._synced.done():
            raise LinkDown("the AMI connection broke during the snapshot")
        log.info("the AMI link is ready", extra={"channels": len(self._listed)})

    async def _watch(self, session: Session) -> None:
        """Ask for a sign of life each interval: a mute peer is noticed within two."""
        await self._await_include(session)
        interval_s = self._settings.ping_interval_s
        while True:
            await self._pause(session, interval_s)
            try:
                await session.request(ping(), interval_s * 0.9)
                self.has_include = await self._find_include(session)
            except ActionTimeout:
                raise LinkDown("the AMI peer is mute") from None

    async def _await_include(self, session: Session) -> None:
        """Look for our dialplan more often at first: Asterisk takes logins before it has loaded it."""
        for _ in range(INCLUDE_LOOKS):
            if self.has_include is not False:
                return
            await self._pause(session, INCLUDE_LOOK_S)
            self.has_include = await self._find_include(session)

    @staticmethod
    async def _pause(session: Session, seconds: float) -> None:
        """Wait for so long; raises LinkDown at once where the connection breaks meanwhile."""
        await asyncio.wait({session.lost}, timeout=seconds)
        if session.lost.done():
            raise LinkDown("the AMI connection broke")

    def _ask(self, session: Session) -> Ask:
        return lambda action: session.request(action, self._settings.action_timeout_s)

    async def _find_include(self, session: Session) -> bool | None:
        try:
            return await has_include(self._ask(session))
        except ActionRefused:
            return None

    async def _ask_beside(self, session: Session, action: Action) -> None:
        """Ask for what a snapshot does not tell, where this Asterisk knows it.

        The answers come before the snapshot. A parked call is an event: it is held, and applied after it.
        """
        with contextlib.suppress(ActionRefused):
            await session.request(action, self._settings.action_timeout_s)

    def _fall(self, error: str) -> None:
        self.state, self.error, self._session = LinkState.DOWN, error, None

    def _delay(self, failures: int) -> float:
        """Back off by doubling, with jitter so that many adapters do not come back in step."""
        longest = min(self._settings.reconnect_max_s, FIRST_DELAY_S * 2.0 ** min(failures, 16))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing

    # -- messages ----------------------------------------------------------------------------------

    def _take(self, message: Message) -> None:
        name = message.event
        try:
            if name in OF_SNAPSHOT:
                self._take_of_snapshot(name, message)
                return
            event = parse(message, time.time() + self._clock_offset_s)
        except EventError as malformed:
            if not self.malformed[name]:
                log.warning(
                    "a malformed AMI event was left out", extra={"event": name, "reason": str(malformed)}
                )
            self.malformed[name] += 1
            return
        if event is None:
            return
        if self.state is LinkState.READY:
            self._on_event(event)
        else:
            self._held.append(event)

    def _take_of_snapshot(self, name: str, message: Message) -> None:
        match name:
            case "CoreShowChannel":
                self._listed.append(parse_listed(message))
            case "Status":
                self._answered.update(filter(None, (read_answer_time(message),)))
            case "CoreShowChannelsComplete":
                self._finish_sync()

    def _finish_sync(self) -> None:
        if self._synced is None or self._synced.done():
            return
        snapshot = with_answer_times(self._listed, self._answered)
        self._on_snapshot(snapshot, time.time() + self._clock_offset_s)
        held, self._held = self._held, []
        for event in held:
            self._on_event(event)
        self.state, self.error = LinkState.READY, None
        self._synced.set_result(None)
