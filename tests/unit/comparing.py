"""Two models, compared by what they show."""

from collections.abc import Collection

from adapter.calls.legs import Disposition
from adapter.calls.model import Calls
from adapter.calls.views import PhoneCall

from .samples import seen


def shown(calls: Calls) -> list[PhoneCall]:
    """The calls as the wire shows them."""
    return seen(calls)


def inexact(calls: Calls, left: Collection[str] = ()) -> list[object]:
    """The same without what a snapshot cannot tell: ids of views, times, holding, recording, failures.

    Without the views of the channels `left`, too, and whom such a call is charged to.
    """
    return [_inexact(call, left) for call in sorted(seen(calls), key=lambda call: call.id)]


def _inexact(call: PhoneCall, left: Collection[str]) -> object:
    views = [
        (
            view.extension,
            view.source,
            view.destination,
            str(view.status),
            str(view.flow),
            view.caller_id or "",
            view.channel,
            view.disposition is Disposition.ANSWERED,
        )
        for view in call.views
        if view.channel not in left
    ]
    return call.id, call.extension if not left else "", call.answered is None, sorted(views)
