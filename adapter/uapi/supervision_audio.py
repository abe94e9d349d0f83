"""The audio of a supervision: a WebSocket whose opening is the pick-up, and whose closing is the hang-up."""

import logging
from collections.abc import Callable, Collection

from aiohttp import WSCloseCode, web

from adapter.access.principal import Principal
from adapter.access.sight import owns
from adapter.asterisk.naming import NARROW_HZ, WIDE_HZ
from adapter.callcontrol.operations import Operations
from adapter.callcontrol.supervision.lifecycle import describe
from adapter.callcontrol.supervision.listening import CONNECT_LIMIT_S, ListenerCame, ListenerGone
from adapter.callcontrol.supervision.machine import id_of
from adapter.callcontrol.supervision.plan import Obstacle, Refusal
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.http.errors import ApiError, not_found
from adapter.media.carried import Ender
from adapter.media.client_socket import ClientSocket
from adapter.media.messages import Ended, write_message
from adapter.media.streams import Streams
from adapter.uapi.codes import UapiCode
from adapter.uapi.refusals import refused
from adapter.uapi.requests import Requests

log = logging.getLogger(__name__)

NoteAudio = Callable[[Supervision, str, float, float], None]
"""Is given who ended the stream, and for how many seconds audio flowed to the client and from it."""
_RATES = {None: WIDE_HZ, str(NARROW_HZ): NARROW_HZ, str(WIDE_HZ): WIDE_HZ}


class SupervisionAudio:
    """`/uapi/supervision/{supervisionId}/audio`."""

    def __init__(
        self,
        requests: Requests,
        operations: Operations,
        streams: Streams | None,
        origins: Collection[str],
        note_audio: NoteAudio,
    ) -> None:
        """`origins` are those whose pages may open it; `note_audio` writes what came of it."""
        self._requests = requests
        self._operations = operations
        self._streams = streams
        self._origins = origins
        self._note_audio = note_audio
        self._opening: set[str] = set()
        """The supervisions whose WebSocket is being opened."""

    async def open(self, request: web.Request) -> web.StreamResponse:
        """Bring the audio until one side ends it. What stands against it is answered before the upgrade."""
        principal = await self._requests.authenticate(request)
        supervision = self._find(request, principal)
        client = ClientSocket(request)
        rate = self._check(request, client, supervision)
        if self._streams is None or supervision.id in self._opening:
            raise ApiError(UapiCode.STREAM_OPENED)
        self._opening.add(supervision.id)
        try:
            await client.open()
            await self._carry(self._streams, supervision, client, rate)
        finally:
            self._opening.discard(supervision.id)
        return client.response

    def _find(self, request: web.Request, principal: Principal) -> Supervision:
        found = self._operations.supervisions.get(request.match_info["supervisionId"])
        if found is None or found.stream is None or not owns(principal, found.extension):
            raise not_found()
        if found.owner != principal.id:
            raise refused(Refusal(Obstacle.NOT_PERMITTED, "only the App that asked for it may hear it"))
        return found

    def _check(self, request: web.Request, client: ClientSocket, supervision: Supervision) -> int:
        """The rate of the audio that is asked for, in Hz. Raises ApiError for what stands against it."""
        origin = request.headers.get("Origin")
        if origin is not None and origin not in (*self._origins, self._requests.origin(request)):
            raise refused(Refusal(Obstacle.NOT_PERMITTED, "pages of this origin may not open it"))
        rate = _RATES.get(request.query.get("rate"))
        if rate is None or len(request.query.getall("rate", ())) > 1:
            raise ApiError(UapiCode.RATE_INVALID)
        if request.query.get("channels", "1") != "1":
            raise ApiError(UapiCode.NOT_IMPLEMENTED)
        if request.method != "GET" or not client.is_acceptable:
            raise ApiError(UapiCode.SUBPROTOCOL_INVALID)
        if not supervision.awaits_listener:
            raise ApiError(UapiCode.STREAM_OPENED)
        self._requests.require_ready()
        return rate

    async def _carry(
        self, streams: Streams, supervision: Supervision, client: ClientSocket, rate: int
    ) -> None:
        runner, operation, stream = self._operations.runner, id_of(supervision), supervision.stream
        assert stream is not None  # noqa: S101 - it has been looked at
        gone = ListenerGone()
        try:
            if supervision.awaits_listener:
                # All in one step: what Asterisk is asked for, it may connect with, and nothing before.
                runner.tell(operation, ListenerCame(rate))
            if not supervision.goes_on:
                reason = "" if supervision.reason is None else supervision.reason.code
                await client.send_text(write_message(Ended(reason)))
                await client.close(WSCloseCode.OK, reason)
                return
            streams.offer(stream, CONNECT_LIMIT_S)
            carried = await streams.carry(stream, client, rate)
            gone = ListenerGone(is_by_asterisk=carried.ended_by is Ender.ASTERISK)
            self._note_audio(supervision, carried.ended_by, carried.to_client_s, carried.from_client_s)
            log.info("a stream ended", extra={**describe(supervision), "ended_by": carried.ended_by})
        finally:
            runner.tell(operation, gone)
            streams.withdraw(stream, "supervisor_left")
