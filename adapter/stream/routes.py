"""The route of the stream of events."""

from adapter.http.errors import HttpCode
from adapter.http.routes import Answer, Route, parameter
from adapter.stream.hub import EventHub
from adapter.uapi.forms import forms

_PATH = "/uapi/events"
_LAST_EVENT_ID = parameter(
    "header",
    "Last-Event-ID",
    "The id of the last event that the client has: what it missed comes first, or a `reset`.",
    "1795405388000-42",
)
_DESCRIPTION = """\
Server-sent events of what the account sees, each with an `id`:

- `call`: a call began or changed; its data is the PhoneCall.
- `call-ended`: it is over, or the account sees it no longer; `{"id": ...}`.
- `supervision`: one began, moved or ended; its data is the Supervision.
- `supervision-ended`: the account sees it no longer, it being on another's extension now; `{"id": ...}`.
- `reset`: list the calls again, events before it do not tell all; `{"reason": ...}`, which is `begin` for a
  new stream, `lost` where what was missed is not known any more, `resync` after the link to Asterisk was
  down, `directory` after the directory changed, and `slow` for a client that did not read in time: it is
  cut off.

Changes that come at once are one event, with how things stand after them. The stream ends with the token.
"""


def event_routes(events: EventHub) -> list[Route]:
    """The table."""
    return [
        Route(
            method="GET",
            path=_PATH,
            forms=forms(_PATH, is_served_bare=True),
            handler=events.stream,
            operation_id="getEvents",
            summary="Changes as they happen",
            description=_DESCRIPTION,
            parameters=(_LAST_EVENT_ID,),
            answers=(Answer(200, "The stream.", content_types=("text/event-stream",)),),
            errors=(HttpCode.ACCESS_DENIED, HttpCode.TOO_MANY_REQUESTS, HttpCode.SERVICE_UNAVAILABLE),
        )
    ]
