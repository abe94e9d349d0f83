"""The live model: Asterisk's events applied, one by one, to channels, bridges and calls.

A call is the channels of one linkedid, spy legs excluded; a channel as part of a call is a leg. The model
does not know where events come from: a live link or a recorded trace. It raises on nothing that the
network says; what it cannot place is counted in `unplaced`.

It is one class in five layers, each of which knows those below it and has a file of its own:

    Ledger       which legs and calls there are
    Channels     channels begin, change and end
    Spies        who spies on whom
    Telephony    dialing, bridges, hold, recording, parking, transfers
    Calls        takes events and snapshots
"""

from collections.abc import Callable, Sequence
from typing import Any

from adapter.calls.changes import CallChanged, Change, OriginateEnded
from adapter.calls.events import (
    BridgeEnter,
    BridgeLeave,
    ChannelUpdate,
    DialBegin,
    DialEnd,
    Event,
    Hangup,
    HoldChanged,
    ListedChannel,
    NewChannel,
    OriginateResponse,
    Park,
    PickUp,
    RecordingChanged,
    SpyStart,
    SpyStop,
    Transfer,
    Unpark,
)
from adapter.calls.ledger import ExtensionOf
from adapter.calls.legs import Leg
from adapter.calls.telephony import Telephony

__all__ = ["Calls", "ExtensionOf"]


class Calls(Telephony):
    """All live channels and calls of one PBX."""

    def __init__(self, extension_of: ExtensionOf) -> None:
        super().__init__(extension_of)
        self._take: dict[type, Callable[[Any], None]] = {
            NewChannel: self._begin,
            ChannelUpdate: lambda update: self._update(update.channel, update.at),
            DialBegin: self._begin_dial,
            DialEnd: self._end_dial,
            BridgeEnter: self._enter_bridge,
            BridgeLeave: self._leave_bridge,
            HoldChanged: self._hold,
            RecordingChanged: self._record,
            Park: self._park,
            Unpark: self._unpark,
            PickUp: self._pick_up,
            Transfer: self._transfer,
            Hangup: lambda hangup: self._hang_up(hangup.channel.uniqueid, hangup.cause),
            SpyStart: self._join_spy,
            SpyStop: self._stop_spy,
            OriginateResponse: lambda ended: self._tell(OriginateEnded(ended.uniqueid, ended.is_success)),
        }

    def apply(self, event: Event) -> list[Change]:
        """Take one event into the model; the changes that it made, in order, each of them once."""
        self._take[type(event)](event)
        return self._take_told()

    def reset(self, snapshot: Sequence[ListedChannel], at: float) -> list[Change]:
        """Make the model what a snapshot taken at `at` says; what is remembered of channels still live stays.

        A snapshot does not tell when a channel rang. For a channel met here first its beginning, which the
        snapshot's Duration gives, stands for that, and for when it was answered where no record of the call
        tells. Nor does it tell of holding, recording and parking: what was known of them stays while the
        channel is where it was.
        """
        listed = {line.channel.uniqueid for line in snapshot}
        for uniqueid in [known for known in self._legs if known not in listed]:
            self._hang_up(uniqueid, None)
        new: set[str] = set()
        moved: dict[str, None] = {}  # bridges: one of n channels is told once, not with each of them
        for line in sorted(snapshot, key=_appearance):
            uniqueid = line.channel.uniqueid
            if uniqueid in self._legs:
                bridges = self._reset_leg(self._legs[uniqueid], line, at)
            else:
                new.add(uniqueid)
                bridges = self._begin_listed(line, at)
            for bridge in bridges:
                moved[bridge] = None
        for bridge in moved:
            self._tell_bridge(bridge, but=new)
        for line in snapshot:
            if line.is_spying:  # whom it spies on may have been listed behind it
                self._reset_spy(line, self._legs[line.channel.uniqueid], at)
            elif line.has_retrieved:
                self._retrieve(self._legs[line.channel.uniqueid])
        return self._take_told()

    def relabel(self, extension_of: ExtensionOf) -> list[Change]:
        """Name the legs anew after the directory changed; calls and view ids stay."""
        self._extension_of = extension_of
        for leg in self._legs.values():
            leg.extension = extension_of(leg.channel.name)
            if leg.parking is not None:
                leg.parking = self._parking(leg.parking.since, leg.parking.space, leg.parking.parker)
        for call in self._calls.values():
            for leg in call.legs.values():
                call.give_views(leg)
        return [CallChanged(call_id) for call_id in self._calls]

    def _begin_listed(self, line: ListedChannel, at: float) -> Sequence[str]:
        """A channel that a snapshot shows first; the bridges that are others now, yet to be told."""
        began_at = at - line.age_s
        is_dialed = line.is_dialed if line.application else None
        leg = self._new_channel(line.channel, began_at, is_spyer=line.is_spying, is_dialed=is_dialed)
        answered_at = line.answered_at
        # The Duration is in whole seconds: the beginning may be told a second late.
        if answered_at is not None and leg.is_up and began_at - 1 <= answered_at <= at + 1:
            leg.answered_at = answered_at
        if line.is_spying:
            self._reset_spy(line, leg, at)
        leg.is_in_conference = line.is_in_conference
        return self._bridges.move(leg, line.bridge)

    def _reset_leg(self, leg: Leg, line: ListedChannel, at: float) -> Sequence[str]:
        """A known channel, as a snapshot shows it; the bridges that are others now, yet to be told."""
        self._update(line.channel, at)
        if line.application and not line.has_retrieved:
            self._set_dialed(leg, is_dialed=line.is_dialed)
        is_where_it_was = leg.bridge == line.bridge
        leg.is_in_conference = line.is_in_conference or (is_where_it_was and leg.is_in_conference)
        moved = self._reset_bridge(leg, line.bridge)
        self._reset_spy(line, leg, at)
        return moved


def _appearance(line: ListedChannel) -> tuple[int, bool, str, int, str]:
    """The order of appearance: by age, and within a second by the count that ends a uniqueid, spies last."""
    second, _, count = line.channel.uniqueid.rpartition(".")
    # Counts of as many digits are in the order of letters, those of more come later.
    return -line.age_s, line.is_spying or line.channel.is_ours, second, len(count), count
