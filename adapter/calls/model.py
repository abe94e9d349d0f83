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

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from adapter.asterisk.events import (
    DIALED_APPLICATIONS,
    BridgeEnter,
    BridgeLeave,
    ChannelUpdate,
    DialBegin,
    DialEnd,
    DialProgress,
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
from adapter.calls.changes import BridgeChanged, CallChanged, Change, OriginateEnded
from adapter.calls.channels import is_about_to_ring
from adapter.calls.differences import Differences, find_differences
from adapter.calls.ledger import ExtensionOf
from adapter.calls.legs import Leg
from adapter.calls.snapshots import with_agents
from adapter.calls.telephony import Telephony

__all__ = ["Calls", "ExtensionOf"]

_TELLING = frozenset({"ChanSpy", "ConfBridge", "ParkedCall", "AgentLogin", "Stasis"})
"""The applications that a snapshot tells more by than whether the channel was called; few run one."""
_LASTING = frozenset({"ConfBridge", "Stasis"})
"""Those whose bridges go on when all but one have left."""
_DIALING = frozenset({"Dial", "Queue"})


class Calls(Telephony):
    """All live channels and calls of one PBX."""

    def __init__(self, extension_of: ExtensionOf) -> None:
        super().__init__(extension_of)
        self._take: dict[type, Callable[[Any], None]] = {
            NewChannel: self._begin,
            ChannelUpdate: lambda update: self._update(update.channel, update.at),
            DialBegin: self._begin_dial,
            DialEnd: self._end_dial,
            DialProgress: self._progress,
            BridgeEnter: self._enter_bridge,
            BridgeLeave: self._leave_bridge,
            HoldChanged: self._hold,
            RecordingChanged: self._record,
            Park: self._park,
            Unpark: self._unpark,
            PickUp: self._pick_up,
            Transfer: self._transfer,
            Hangup: lambda hangup: self._hang_up(hangup.channel.uniqueid, hangup.cause, hangup.sip_status),
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
        listed = {line.channel.uniqueid: line for line in with_agents(snapshot)}
        return self._take_lines(listed, [known for known in self._legs if known not in listed], at)

    def reconcile(
        self, snapshot: Sequence[ListedChannel], at: float, left_alone: Container[str]
    ) -> tuple[list[Change], Differences]:
        """Put right what differs from a snapshot taken at `at`, all but the channels to be left alone.

        What agrees is not touched. The changes that this made, and what differed.
        """
        found = find_differences(self._legs, with_agents(snapshot), left_alone)
        lines = {line.channel.uniqueid: line for line in (*found.missed, *found.changed)}
        return self._take_lines(lines, found.gone, at), found

    def _take_lines(
        self, listed: Mapping[str, ListedChannel], gone: Sequence[str], at: float
    ) -> list[Change]:
        """Make the listed channels what a snapshot says, and hang up those that are gone."""
        for uniqueid in gone:
            self._hang_up(uniqueid, None)
        known = list(self._legs.values())
        # A call or a bridge of n channels is told once, not with each of them.
        linkedids: dict[str, None] = {}
        bridges: dict[str, None] = {}
        telling: list[ListedChannel] = []
        for line in _by_appearance(listed):
            uniqueid = line.channel.uniqueid
            if uniqueid in self._legs:
                bridges |= dict.fromkeys(self._reset_leg(self._legs[uniqueid], line, at))
            else:
                leg = self._begin_listed(line, at)
                if leg.bridge is not None:
                    bridges[leg.bridge] = None
                if leg.is_spyer:
                    self._tell_state(leg)
                else:
                    linkedids[leg.linkedid] = None
            if line.application in _TELLING:
                telling.append(line)
        for leg in known:
            if leg.bridge in bridges:
                self._retell(leg)
        self._take_relations(telling, at)
        self._take_local_channels(listed)
        new: list[Change] = [CallChanged(self._calls[one].id) for one in linkedids if one in self._calls]
        new += [BridgeChanged(bridge) for bridge in bridges]
        return self._take_told(new)

    def _take_relations(self, lines: Sequence[ListedChannel], at: float) -> None:
        """What lines tell of other channels, which may have come behind them."""
        for line in lines:
            leg = self._legs[line.channel.uniqueid]
            if line.is_spying:
                self._reset_spy(line, leg, at)
            elif line.has_retrieved:
                self._retrieve(leg)

    def _take_local_channels(self, listed: Mapping[str, ListedChannel]) -> None:
        """What is true of two channels because a Local one stands between them, which no line tells."""
        for leg in list(self._bridges.local_legs()):
            if leg.is_spyer:
                continue
            half = self._bridges.other_half(leg)
            if half is not None and half.linkedid != leg.linkedid:
                self._unite((leg, half))
            if half is None or leg.is_dialed or not leg.channel.name.endswith(";1"):
                continue
            lines = [listed.get(one.channel.uniqueid) for one in (leg, half)]
            if all(line is not None and line.application in _DIALING for line in lines):
                # An Originate rang this half, and whom it reached by the other calls on.
                for one in self._bridges.members(half.bridge):
                    if one is not half and one.is_dialed:
                        one.is_on_own_way = True
                        self._set_dialed(one, is_dialed=False)

    def relabel(self, extension_of: ExtensionOf) -> list[Change]:
        """Name the legs anew after the directory changed; calls and view ids stay.

        Told are the calls of those that have another name: there are few of them, and many calls.
        """
        self._extension_of = extension_of
        for leg in self._legs.values():
            extension, parking = extension_of(leg.channel.name), leg.parking
            if parking is not None:
                parking = self._parking(parking.since, parking.space, parking.parker)
            if extension != leg.extension or parking != leg.parking:
                leg.extension, leg.parking = extension, parking
                self._retell_all(leg)
                if leg.is_spyer:
                    self._tell_spied(leg)
        return self._take_told()

    def _begin_listed(self, line: ListedChannel, at: float) -> Leg:
        """The leg of a channel that a snapshot shows first; nothing is told of it yet."""
        channel, application, began_at = line.channel, line.application, at - line.age_s
        is_dialed = application in DIALED_APPLICATIONS if application else is_about_to_ring(channel)
        is_dialed = is_dialed or (line.is_agent and line.bridge is not None)
        leg = self._new_leg(channel, began_at, is_dialed=is_dialed, bridge=line.bridge)
        answered_at = line.answered_at
        # The Duration is in whole seconds: the beginning may be told a second late.
        if answered_at is not None and leg.is_up and began_at - 1 <= answered_at <= at + 1:
            leg.answered_at = answered_at
        if application in _TELLING:
            leg.is_in_conference = line.is_in_conference
            leg.stays_in_bridge = line.bridge is not None and application in _LASTING
            leg.is_agent, leg.waits_in = line.is_agent, line.waits_in
            if leg.is_idle:
                leg.answered_at = None
            if line.is_spying:
                leg.is_spyer = True
                self._reset_spy(line, leg, at)
        if not leg.is_spyer:
            self._join(leg)
        return leg

    def _reset_leg(self, leg: Leg, line: ListedChannel, at: float) -> Sequence[str]:
        """A known channel, as a snapshot shows it; the bridges that are others now, yet to be told."""
        self._update(line.channel, at)
        if line.application and not line.has_retrieved and not leg.is_on_own_way:
            self._set_dialed(leg, is_dialed=line.is_dialed or (line.is_agent and line.bridge is not None))
        is_where_it_was = leg.bridge == line.bridge
        leg.is_in_conference = line.is_in_conference or (is_where_it_was and leg.is_in_conference)
        leg.stays_in_bridge = leg.bridge is not None and line.application in _LASTING
        leg.is_agent = line.is_agent
        moved = self._reset_bridge(leg, line)
        self._reset_spy(line, leg, at)
        return moved


def _by_appearance(listed: Mapping[str, ListedChannel]) -> Iterable[ListedChannel]:
    """The oldest first, and within a second by the count that ends a uniqueid.

    Counts of as many digits are in the order of letters. Ours, which spy, come last, being longer.
    """
    by_count = sorted(sorted(listed), key=len)
    return sorted(map(listed.__getitem__, by_count), key=attrgetter("age_s"), reverse=True)
