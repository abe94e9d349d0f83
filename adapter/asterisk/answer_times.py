"""When channels were answered: no snapshot tells, but Asterisk's call records do, where it keeps them."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from adapter.asterisk.events import ListedChannel
from adapter.asterisk.message import Message

ANSWER_TIME = "CDR(answer,u)"
"""The dialplan function that reads it: seconds since the epoch, empty where nobody answered yet."""


def read_answer_time(headers: Message | Mapping[str, str]) -> tuple[str, float] | None:
    """The channel and the time in a Status event that was asked for ANSWER_TIME; nothing without one."""
    name, found, value = headers.get("Variable", "").partition("=")
    uniqueid = headers.get("Uniqueid", "")
    if not found or name != ANSWER_TIME or not uniqueid:
        return None
    try:
        at = float(value)
    except ValueError:
        return None  # no such function here, or no call records
    return (uniqueid, at) if at > 0 else None


def with_answer_times(
    snapshot: Sequence[ListedChannel], answered: Mapping[str, float]
) -> Sequence[ListedChannel]:
    """The snapshot with what is known of when its channels were answered."""
    if not answered:
        return snapshot
    return [
        replace(line, answered_at=answered[line.channel.uniqueid])
        if line.channel.uniqueid in answered
        else line
        for line in snapshot
    ]
