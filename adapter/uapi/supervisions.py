"""The supervision resource: where one stands and, once it has ended, why."""

from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from adapter.access.sight import owns
from adapter.callcontrol.supervision.conductor import Conductor
from adapter.callcontrol.supervision.plan import Mode
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.http.errors import not_found
from adapter.uapi.addressed import supervision_address
from adapter.uapi.rendering import Json
from adapter.uapi.requests import Requests


class Supervisions:
    """`/uapi/supervision/{supervisionId}`."""

    def __init__(self, requests: Requests, conductor: Conductor, timezone: ZoneInfo) -> None:
        self._requests = requests
        self._conductor = conductor
        self._timezone = timezone

    async def get(self, request: web.Request) -> web.Response:
        """Answer one supervision, one that ended a while ago included."""
        principal = await self._requests.authenticate(request)
        found = self._conductor.get(request.match_info["supervisionId"])
        if found is None or not owns(principal, found.extension):
            raise not_found()
        body = render_supervision(found, self._requests.origin(request), self._timezone)
        return web.json_response(body, headers={"Cache-Control": "no-store"})


def render_supervision(supervision: Supervision, origin: str, timezone: ZoneInfo) -> Json:
    """The supervision as JSON; null fields are left out."""
    body: Json = {
        "id": supervision.id,
        "state": str(supervision.state),
        "since": _date(supervision.since, timezone),
        "requested": _date(supervision.requested_at, timezone),
        "action": supervision.mode.action,
    }
    if supervision.mode.action == Mode.WHISPER.action:
        body["private"] = "1" if supervision.mode is Mode.PRIVATE_WHISPER else "0"
    body |= {
        "supervisor": supervision.supervisor,
        "extension": supervision.extension,
        "phoneCallId": supervision.call_id,
        "follow": str(supervision.follow),
    }
    if supervision.owner:
        body["app"] = supervision.owner
    if supervision.reason is not None:
        body["reason"] = {"code": supervision.reason.code, "message": sentence(supervision.reason)}
    body["link"] = {"self": supervision_address(origin, supervision.id)}
    return body


def _date(seconds: float, timezone: ZoneInfo) -> str:
    return datetime.fromtimestamp(int(seconds), timezone).isoformat()


def sentence(reason: str) -> str:
    """A reason as a sentence of its own."""
    return f"{reason[:1].upper()}{reason[1:]}."
