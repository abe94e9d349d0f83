"""What Asterisk says of a channel that the model does not know stands in the log once for each kind."""

import logging

from adapter.calls.changes import Change, Unplaced

log = logging.getLogger(__name__)


def log_unknown_channels(change: Change) -> None:
    """Log the first of its kind; the metric `uapi_ami_events_unplaced` counts all."""
    if isinstance(change, Unplaced):
        log.info("Asterisk spoke of a channel that is not known", extra={"about": change.kind})
