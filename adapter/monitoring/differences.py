"""Logs what a comparison with Asterisk's list of channels has corrected."""

import logging

from adapter.calls.differences import Differences

log = logging.getLogger(__name__)

NAMED = 10
"""How many channels of each kind the line names; the metric `uapi_ami_corrections` counts all."""


def log_differences(found: Differences) -> None:
    """Log what differed, if anything did."""
    if found:
        log.warning(
            "the live calls were corrected: events were lost",
            extra={
                "gone": _named(found.gone),
                "missed": _named([line.channel.uniqueid for line in found.missed]),
                "changed": _named([line.channel.uniqueid for line in found.changed]),
            },
        )


def _named(uniqueids: "tuple[str, ...] | list[str]") -> str:
    more = len(uniqueids) - NAMED
    return " ".join(uniqueids[:NAMED]) + (f" and {more} more" if more > 0 else "")
