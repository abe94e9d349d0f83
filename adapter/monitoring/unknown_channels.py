"""Logs what the model cannot show: events of unknown channels, and calls with too many phones."""

import logging

from adapter.calls.changes import Change, UnknownChannel, ViewsExhausted

log = logging.getLogger(__name__)


def log_unknown_channels(change: Change) -> None:
    """Log the first of its kind; the metric `uapi_ami_events_unplaced` counts all."""
    if isinstance(change, UnknownChannel):
        log.info("an AMI event names an unknown channel", extra={"about": change.kind})


def log_exhausted(change: Change) -> None:
    """Log once for each call that not every ringing phone of it has a view."""
    if isinstance(change, ViewsExhausted):
        log.warning(
            "a call has more phones than ids for views: not all that ring are listed",
            extra={"call_id": change.call_id},
        )
