"""`/uapi/events`: every change of what an account sees, as it happens.

    call               a call began or changed: the PhoneCall, as GET answers it
    call-ended         it is over, or the account sees it no longer
    supervision        one began, moved or ended: the supervision, as GET answers it
    supervision-ended  the account sees it no longer: it is on an extension now that is another's
    reset              what came before does not tell all: list the calls again

Changes of one turn of the event loop are one event for each thing; it is rendered then, once for each
account. While nobody listens a change costs one comparison.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from aiohttp import web

from adapter.access.principal import Principal
from adapter.access.sight import owns
from adapter.auth.tokens import expires_at
from adapter.callcontrol.supervision.registry import Registry
from adapter.callcontrol.supervision.session import State
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.changes import CallChanged, CallEnded, Change
from adapter.calls.shown_to import ShownTo
from adapter.directory import Account
from adapter.directory.file import DirectoryFile
from adapter.http.cors import headers_for
from adapter.http.errors import ApiError, too_many, unavailable
from adapter.settings import Settings
from adapter.stream.client import EventStream, write_event
from adapter.stream.replay_buffer import Entry, Kind, ReplayBuffer
from adapter.uapi.addressed import AddressedExtensions, resolve_address
from adapter.uapi.rendering import Renderer
from adapter.uapi.requests import Requests
from adapter.uapi.resources import Gone, Reset
from adapter.uapi.supervisions import render_supervision

EVENTS_A_REQUEST = 20
"""To be told of so many changes that were missed counts as a request more."""
REMEMBER_S = 120.0
"""So long after the last stream has ended changes are still kept for who comes back."""

_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # else nginx keeps events back until it has some kilobytes
}


_Thing = tuple[Kind, str]


@dataclass(slots=True)
class _Audience:
    """The streams that see the same."""

    addressed: AddressedExtensions
    streams: set[EventStream] = field(default_factory=set)


class EventHub:
    """All streams of events."""

    def __init__(
        self,
        *,
        settings: Settings,
        requests: Requests,
        directory: DirectoryFile,
        shown: ShownTo,
        supervisions: Registry,
    ) -> None:
        self._settings = settings
        self._requests = requests
        self._directory = directory
        self._shown = shown
        shown.subscribe(self._on_shown)
        self._supervisions = supervisions
        self._timezone = ZoneInfo(settings.timezone)
        self._log = ReplayBuffer(int(time.time() * 1000), settings.events_kept)
        self._audiences: dict[tuple[Account, str], _Audience] = {}
        self.is_listening = False
        self._changed: dict[_Thing, None] = {}
        """What has changed in this turn of the loop, in the order in which it first did."""
        self._viewers: dict[str, frozenset[str]] = {}
        """The extensions that each call that has changed is or was shown to."""
        self._supervised: dict[str, str] = {}
        """The extension that each supervision was on when it was last told of."""
        self._reset_reason: str | None = None
        self._is_flush_due = False
        self._forgetting: asyncio.TimerHandle | None = None
        self._is_closed = False

    # -- what happens ------------------------------------------------------------------------------

    def on_change(self, change: Change) -> None:
        """A call began, changed or ended."""
        if self.is_listening and isinstance(change, CallChanged | CallEnded):
            self._changed[Kind.CALL, change.call_id] = None
            self._flush_soon()

    def _on_shown(self, call_id: str, extensions: frozenset[str]) -> None:
        if self.is_listening:
            self._viewers[call_id] = self._viewers.get(call_id, frozenset()) | extensions

    def on_supervision(self, supervision: Supervision) -> None:
        """A supervision began, moved or ended."""
        if self.is_listening:
            self._changed[Kind.SUPERVISION, supervision.id] = None
            self._flush_soon()

    def on_snapshot(self) -> None:
        """The link was down: nobody knows what was missed."""
        self._reset("resync")

    def on_directory(self) -> None:
        """Who sees what has changed; who has no App any more is let go."""
        directory = self._directory.current
        audiences, self._audiences = self._audiences, {}
        for (_, origin), audience in audiences.items():
            for stream in audience.streams:
                if directory.apps.get(stream.app.client_id) != stream.app:  # its token has ended, too
                    stream.end()
                else:
                    self._join(Principal(directory, stream.app), origin, stream)
        self._reset("directory")

    def close(self) -> None:
        """End all streams; their clients come back to whoever serves then."""
        self._is_closed = True
        if self._forgetting is not None:
            self._forgetting.cancel()
        if self._is_flush_due:
            self._flush()
        for stream in self._streams():
            stream.finish()

    # -- the handler -------------------------------------------------------------------------------

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Stream events until the client goes, its token ends or it falls behind."""
        principal = await self._requests.authenticate(request)
        headers = _HEADERS | headers_for(request, self._settings.cors_origins)
        if self._settings.cors_origins:
            headers["Vary"] = "Origin"
        if request.method == "HEAD":
            return web.Response(headers=headers)
        token = request.headers["Authorization"].partition(" ")[2].strip()
        stream = self._open(request, principal)
        response = web.StreamResponse(headers=headers)
        try:
            await response.prepare(request)
            ends_at = expires_at(token) + self._settings.token_leeway_s
            await stream.send(response, self._heartbeat, self._settings.events_heartbeat_s, ends_at)
        finally:
            self._leave(stream)
        return response

    def _open(self, request: web.Request, principal: Principal) -> EventStream:
        if self._is_closed:
            raise unavailable("The service is stopping.")
        own = [one for one in self._streams() if one.app.client_id == principal.id]
        for one in own:
            if one.is_gone:
                one.end()
        if sum(not one.is_gone for one in own) >= self._settings.events_streams:
            raise too_many(self._settings.events_heartbeat_s)
        self._listen()
        stream = EventStream(request, principal.app, self._settings.events_queue)
        addressed = self._join(principal, self._requests.origin(request), stream)
        last_event_id = request.headers.get("Last-Event-ID", "").strip()
        missed = self._log.since(last_event_id, lambda entry: self._concerns(addressed, entry))
        if not last_event_id:
            stream.put(self._reset_event("begin"), b"")
        elif missed is None or len(missed) > self._settings.events_queue:
            stream.put(self._reset_event("lost"), b"")
        else:
            try:
                self._requests.charge(principal, len(missed) // EVENTS_A_REQUEST)
            except ApiError:
                self._leave(stream)
                raise
            for data in self._render(addressed, missed):
                stream.put(data, b"")
        return stream

    @staticmethod
    def _concerns(addressed: AddressedExtensions, entry: Entry) -> bool:
        return entry.kind is Kind.SUPERVISION or not entry.touched.isdisjoint(addressed.numbers)

    def _join(self, principal: Principal, origin: str, stream: EventStream) -> AddressedExtensions:
        key = (principal.account, origin)
        audience = self._audiences.get(key)
        if audience is None:
            audience = self._audiences[key] = _Audience(resolve_address(principal, origin, "@me", "@self"))
        audience.streams.add(stream)
        return audience.addressed

    def _leave(self, stream: EventStream) -> None:
        for key, audience in list(self._audiences.items()):
            audience.streams.discard(stream)
            if not audience.streams:
                del self._audiences[key]
        if not self._audiences and not self._is_closed and self._forgetting is None:
            self._forgetting = asyncio.get_running_loop().call_later(REMEMBER_S, self._forget)

    def _streams(self) -> list[EventStream]:
        return [stream for audience in self._audiences.values() for stream in audience.streams]

    # -- listening ---------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Keep changes from now on."""
        if self._forgetting is not None:
            self._forgetting.cancel()
            self._forgetting = None
        if not self.is_listening:
            self.is_listening = True
            self._begin_anew()

    def _forget(self) -> None:
        """Nobody has come back: keep nothing, so that changes cost nothing."""
        self._forgetting = None
        self.is_listening = False
        self._viewers.clear()
        self._supervised.clear()
        self._changed.clear()

    def _begin_anew(self) -> None:
        self._log.clear()
        self._changed.clear()
        self._shown.look()
        self._viewers.clear()
        self._supervised = {one.id: one.extension for one in self._supervisions.live.values()}

    # -- telling -----------------------------------------------------------------------------------

    def _reset(self, reason: str) -> None:
        if self.is_listening:
            self._reset_reason = reason
            self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """Tell every stream what has changed in this turn of the loop."""
        self._is_flush_due = False
        if self._reset_reason is not None:
            reason, self._reset_reason = self._reset_reason, None
            self._begin_anew()
            self._tell(self._streams(), [self._reset_event(reason)])
            return
        changed, self._changed = self._changed, {}
        self._shown.look()
        entries = [self._note(kind, key) for kind, key in changed]
        for audience in self._audiences.values():
            self._tell(audience.streams, self._render(audience.addressed, entries))

    def _tell(self, streams: Iterable[EventStream], events: Iterable[bytes]) -> None:
        final_event = self._reset_event("slow")
        for data in events:
            for stream in streams:
                stream.put(data, final_event)

    def _note(self, kind: Kind, key: str) -> Entry:
        if kind is Kind.SUPERVISION:
            return self._log.add(kind, key, self._touched_by_supervision(key))
        return self._log.add(kind, key, self._viewers.pop(key, frozenset()))

    def _touched_by_supervision(self, key: str) -> frozenset[str]:
        """The extensions that it is on now, and was on when it was last told of."""
        supervision = self._supervisions.get(key)
        before = self._supervised.pop(key, None)
        touched = set() if before is None else {before}
        if supervision is not None and supervision.state is not State.ENDED:
            self._supervised[key] = supervision.extension
            touched.add(supervision.extension)
        return frozenset(touched)

    def _heartbeat(self) -> bytes:
        """A comment; and an id without an event, so that changes which are not the client's count as seen."""
        return f":\nid: {self._log.last_id}\n\n".encode()

    def _reset_event(self, reason: str) -> bytes:
        return write_event(self._log.last_id, "reset", Reset(reason))

    def _render(self, addressed: AddressedExtensions, entries: Iterable[Entry]) -> Iterable[bytes]:
        """The events of those entries that the account may see, as things stand now."""
        renderer = Renderer(addressed.principal.directory, self._timezone, addressed.address_of)
        for entry in entries:
            event_id = self._log.id_of(entry.number)
            if entry.kind is Kind.SUPERVISION:
                supervision = self._supervisions.get(entry.key)
                if supervision is not None and owns(addressed.principal, supervision.extension):
                    body = render_supervision(supervision, addressed.origin, self._timezone)
                    yield write_event(event_id, "supervision", body)
                elif any(owns(addressed.principal, number) for number in entry.touched):
                    yield write_event(event_id, "supervision-ended", Gone(entry.key))
            elif entry.touched & addressed.numbers:
                call = addressed.find(self._shown, entry.key)
                if call is not None:
                    yield write_event(event_id, "call", renderer.phone_call(call))
                else:
                    yield write_event(event_id, "call-ended", Gone(entry.key))
