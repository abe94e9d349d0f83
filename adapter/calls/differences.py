"""Where a new list of all channels differs from the live calls: there an event was lost. Pure."""

from collections.abc import Container, Mapping, Sequence

from msgspec import Struct

from adapter.asterisk.events import Channel, ListedChannel
from adapter.calls.legs import Leg


class Differences(Struct, frozen=True):
    """What a list shows otherwise."""

    gone: tuple[str, ...] = ()
    """Known channels that are not listed."""
    missed: tuple[ListedChannel, ...] = ()
    """Listed channels that are not known."""
    changed: tuple[ListedChannel, ...] = ()
    """Channels that are in another state, bridge or conversation, or of other names and numbers."""

    def __bool__(self) -> bool:
        return bool(self.gone or self.missed or self.changed)


def find_differences(
    legs: Mapping[str, Leg], snapshot: Sequence[ListedChannel], left_alone: Container[str]
) -> Differences:
    """Compare all channels but those that are to be left alone.

    What a list does not tell (hold, recording, parking), or tells less well than events did (who was called),
    is not compared. Of a channel that is listed twice the later line counts: it changed in that moment.
    """
    listed = {line.channel.uniqueid: line for line in snapshot}
    there = {*legs, *listed}
    compared = {uniqueid: line for uniqueid, line in listed.items() if uniqueid not in left_alone}
    return Differences(
        tuple(uniqueid for uniqueid in legs if uniqueid not in listed and uniqueid not in left_alone),
        tuple(line for uniqueid, line in compared.items() if uniqueid not in legs),
        tuple(
            line
            for uniqueid, line in compared.items()
            if uniqueid in legs and _is_other(legs[uniqueid], line, there)
        ),
    )


def _is_other(leg: Leg, line: ListedChannel, there: Container[str]) -> bool:
    if _told(leg.channel) != _told(line.channel):
        return True
    # Conversations that meet are told to be one with their next event only, but that they met is known.
    if line.channel.linkedid not in (leg.channel.linkedid, leg.linkedid):
        return True
    if (line.bridge or line.waits_in) != (leg.bridge or leg.waits_in):
        return True
    # What the bridge is for may not be listed; where it is, it counts.
    if line.kind is not None and _placed(line) != _placed(leg):
        return True
    if line.is_spying:
        return leg.spying is None or (leg.spyee is None and leg.is_up and line.spyee in there)
    return leg.is_spying


def _placed(one: Leg | ListedChannel) -> tuple[bool, bool]:
    return one.waits_in is not None, one.stays_in_bridge


def _told(channel: Channel) -> tuple[object, ...]:
    """What Asterisk tells of each change of; the dialplan moves on without a word to us."""
    return (
        channel.name,
        channel.state,
        *(channel.caller_name, channel.caller_number),
        *(channel.connected_name, channel.connected_number),
    )
