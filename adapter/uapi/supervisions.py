"""The supervision resource: where one stands and, once it has ended, why."""

from zoneinfo import ZoneInfo

from aiohttp import web

from adapter.access.sight import owns
from adapter.callcontrol.supervision import supervision as live
from adapter.callcontrol.supervision.plan import Mode
from adapter.callcontrol.supervision.registry import Registry
from adapter.http.answers import json_answer
from adapter.http.errors import not_found
from adapter.uapi.addressed import supervision_address
from adapter.uapi.rendering import write_date
from adapter.uapi.requests import Requests
from adapter.uapi.resources import EndReason, Supervision, SupervisionLink


class Supervisions:
    """`/uapi/supervision/{supervisionId}`."""

    def __init__(self, requests: Requests, registry: Registry, timezone: ZoneInfo) -> None:
        self._requests = requests
        self._registry = registry
        self._timezone = timezone

    async def get(self, request: web.Request) -> web.Response:
        """Answer one supervision, one that ended a while ago included."""
        principal = await self._requests.authenticate(request)
        found = self._registry.get(request.match_info["supervisionId"])
        if found is None or not owns(principal, found.extension):
            raise not_found()
        body = render_supervision(found, self._requests.origin(request), self._timezone)
        return json_answer(body, headers={"Cache-Control": "no-store"})


def render_supervision(supervision: live.Supervision, origin: str, timezone: ZoneInfo) -> Supervision:
    """The supervision as it is answered."""
    mode, reason = supervision.mode, supervision.reason
    private = "1" if mode is Mode.PRIVATE_WHISPER else "0"
    return Supervision(
        id=supervision.id,
        state=supervision.state,
        since=write_date(supervision.since, timezone),
        requested=write_date(supervision.requested_at, timezone),
        action=mode.action,
        private=private if mode.action == Mode.WHISPER.action else None,
        supervisor=supervision.supervisor,
        extension=supervision.extension,
        phone_call_id=supervision.call_id,
        follow=str(supervision.follow),
        app=supervision.owner or None,
        reason=None if reason is None else EndReason(reason.code, sentence(reason)),
        media=str(supervision.medium),
        link=SupervisionLink(supervision_address(origin, supervision.id), audio_address(origin, supervision)),
    )


def audio_address(origin: str, supervision: live.Supervision) -> str | None:
    """The public address of the WebSocket of its stream; none if it has no stream, or has ended."""
    if supervision.stream is None or not supervision.goes_on:
        return None
    return f"{supervision_address(origin, supervision.id)}/audio".replace("http", "ws", 1)


def sentence(reason: str) -> str:
    """A reason as a sentence of its own."""
    return f"{reason[:1].upper()}{reason[1:]}."
