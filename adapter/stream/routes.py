"""The route of the stream of events."""

from adapter.http.errors import HttpCode
from adapter.http.routes import Answer, Route, parameter
from adapter.stream.hub import EventHub
from adapter.uapi.forms import forms

_PATH = "/uapi/events"
_LAST_EVENT_ID = parameter(
    "header",
    "Last-Event-ID",
    "The id of the last event that the client received. The service first sends the events that the client "
    "missed, or a `reset`.",
    "1795405388000-42",
)
_DESCRIPTION = """\
Streams the changes of the calls and supervisions that the account sees, as server-sent events.
Each event has an `id`.

- `call`: a call began or changed. The data is the PhoneCall.
- `call-ended`: a call ended, or the account no longer sees it. The data is `{"id": ...}`.
- `supervision`: a supervision began, changed or ended. The data is the Supervision.
- `supervision-ended`: a supervision moved to an extension that the account does not see. The data is
  `{"id": ...}`.
- `reset`: the client has to list the calls again, because events are missing. The data is `{"reason": ...}`:
  - `begin`: this is a new stream.
  - `lost`: the service no longer has the events that the client missed.
  - `resync`: the link to Asterisk was down.
  - `directory`: the directory changed.
  - `slow`: the client did not read in time. The service closes the stream.

If several changes come at once, one event tells the state after them. The stream ends when the token does.
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
