"""What a comparison with Asterisk's list has put right stands in the log."""

import logging

from adapter.calls.differences import Differences

log = logging.getLogger(__name__)

NAMED = 10
"""So many channels of each kind are named; the metric `uapi_ami_corrections` counts all."""


def log_differences(found: Differences) -> None:
    """Log what differed, if anything did."""
    if found:
        log.warning(
            "the live calls were put right: events were lost",
            extra={
                "gone": _named(found.gone),
                "missed": _named([line.channel.uniqueid for line in found.missed]),
                "changed": _named([line.channel.uniqueid for line in found.changed]),
            },
        )


def _named(uniqueids: "tuple[str, ...] | list[str]") -> str:
    more = len(uniqueids) - NAMED
    return " ".join(uniqueids[:NAMED]) + (f" and {more} more" if more > 0 else "")
