"""The live model: Asterisk's events applied, one by one, to channels, bridges and calls.

A call is the channels of one linkedid, spy legs excluded; a channel as part of a call is a leg. The model
does not know where events come from: a live link or a recorded trace. It raises on nothing that the
network says; what it cannot place is counted in `unplaced`.
"""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any

from adapter.calls.changes import (
    BridgeChanged,
    CallChanged,
    CallEnded,
    Change,
    ChannelGone,
    ChannelStateChanged,
    OriginateEnded,
    SpyJoined,
    SpyLeft,
    Transferred,
    Unplaced,
)
from adapter.calls.events import (
    BridgeEnter,
    BridgeLeave,
    Channel,
    ChannelState,
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
    RecordingChanged,
    SpyStart,
    SpyStop,
    Transfer,
    Unpark,
)
from adapter.calls.legs import Bridges, Call, Disposition, Leg, Parking, age_of, call_id_of

ExtensionOf = Callable[[str], str | None]
"""The number of the directory extension that a channel of this name belongs to, if any."""

CALL_REJECTED = 21
"""Q.850: the phone declined."""

_DISPOSITIONS = {
    "ANSWER": Disposition.ANSWERED,
    "BUSY": Disposition.BUSY,
    "CONGESTION": Disposition.FAILED,
    "CHANUNAVAIL": Disposition.FAILED,
    "NOANSWER": Disposition.NO_ANSWER,
    "CANCEL": Disposition.NO_ANSWER,
    "DONTCALL": Disposition.NOT_ALLOWED,
    "TORTURE": Disposition.NOT_ALLOWED,
}
"""Asterisk's DialStatus."""


class Calls:
    """All live channels and calls of one PBX."""

    def __init__(self, extension_of: ExtensionOf) -> None:
        self.unplaced: Counter[str] = Counter()
        self._extension_of = extension_of
        self._legs: dict[str, Leg] = {}
        self._calls: dict[str, Call] = {}
        self._bridges = Bridges()
        self._told: dict[Change, None] = {}
        """What the event at hand has changed so far, in order."""
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
            Transfer: self._transfer,
            Hangup: lambda hangup: self._hang_up(hangup.channel.uniqueid, hangup.cause),
            SpyStart: self._join_spy,
            SpyStop: self._stop_spy,
            OriginateResponse: lambda ended: self._tell(OriginateEnded(ended.uniqueid, ended.is_success)),
        }

    # -- asking ------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._calls)

    def live(self) -> Iterable[Call]:
        """Every call, oldest first; calls that began together are ordered by id."""
        return sorted(self._calls.values(), key=lambda call: (call.began_at, call.id))

    def call(self, call_id: str) -> Call | None:
        return self._calls.get(call_id)

    def call_of(self, uniqueid: str) -> Call | None:
        """The call that the channel is a leg of."""
        leg = self._legs.get(uniqueid)
        return None if leg is None or leg.is_spyer else self._calls.get(call_id_of(leg.linkedid))

    def leg(self, uniqueid: str) -> Leg | None:
        return self._legs.get(uniqueid)

    def others(self, uniqueid: str) -> list[Leg]:
        """The legs that talk with this channel at this moment."""
        leg = self._legs.get(uniqueid)
        return [] if leg is None else list(self._bridges.others(leg))

    def spyers(self) -> list[Leg]:
        """The legs that this adapter originated, in this process or an earlier one."""
        return [leg for leg in self._legs.values() if leg.channel.is_ours]

    # -- telling -----------------------------------------------------------------------------------

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

    def _tell(self, change: Change) -> None:
        """Have the change told once: told again, it comes later. A listener looks the call up anyway."""
        if self._told:
            self._told.pop(change, None)
        self._told[change] = None

    def _take_told(self) -> list[Change]:
        if not self._told:
            return []
        changes = list(self._told)
        self._told.clear()
        return changes

    # -- channels ----------------------------------------------------------------------------------

    def _begin(self, event: NewChannel) -> None:
        if event.channel.uniqueid in self._legs:
            self._update(event.channel, event.at)
        else:
            self._new_channel(event.channel, event.at)

    def _new_channel(
        self, channel: Channel, at: float, *, is_spyer: bool = False, is_dialed: bool | None = None
    ) -> Leg:
        leg = Leg(
            channel=channel,
            linkedid=channel.linkedid,
            exten=channel.exten,
            began_at=at,
            extension=self._extension_of(channel.name),
            # Made for another channel and not begun yet: Dial or Queue is about to ring it.
            is_dialed=channel.linkedid != channel.uniqueid and channel.state is ChannelState.DOWN
            if is_dialed is None
            else is_dialed,
            is_spyer=is_spyer or channel.is_for_ours,
        )
        self._legs[channel.uniqueid] = leg
        self._bridges.note_name(leg)
        self._note_times(leg, at)
        self._tell(ChannelStateChanged(channel.uniqueid, channel.state))
        self._retell(leg)
        return leg

    def _update(self, channel: Channel, at: float, kind: str = "update") -> None:
        leg = self._legs.get(channel.uniqueid)
        if leg is None:
            self._misplaced(kind)
            return
        before, leg.channel = leg.channel, channel
        if before == channel:
            return
        if before.name != channel.name:
            # A pickup or a transfer put another phone in the channel's place.
            leg.extension = self._extension_of(channel.name)
            self._bridges.note_name(leg, before.name)
        if before.state is not channel.state:
            self._note_times(leg, at)
            self._tell(ChannelStateChanged(channel.uniqueid, channel.state))
        if leg.is_spyer:
            spied = None if leg.spyee is None else self.call_of(leg.spyee)
            if spied is not None:
                self._tell(CallChanged(spied.id))  # its view shows the spyer
            return
        if before.linkedid != channel.linkedid:
            self._relink(leg, channel.linkedid)
        self._place(leg)

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

    def _hang_up(self, uniqueid: str, cause: int | None) -> None:
        leg = self._legs.get(uniqueid)
        if leg is None:
            self._misplaced("hangup")
            return
        self._leave_spy(leg)
        for spy in leg.spies.values():
            spy.spyee = spy.spying_since = None
        if cause == CALL_REJECTED:
            self._note_rejection(leg)
        del self._legs[uniqueid]
        bridges = self._bridges.forget(leg)
        if not leg.is_spyer:
            self._withdraw(leg)
        for bridge in bridges:
            self._tell(BridgeChanged(bridge))
        self._tell(ChannelGone(uniqueid, cause))

    def _note_rejection(self, leg: Leg) -> None:
        """Tell a phone that declined from one that nobody answered: Dial tells both alike."""
        caller = None if leg.dialed_by is None else self._legs.get(leg.dialed_by)
        if caller is not None and caller.disposition is Disposition.NO_ANSWER:
            caller.disposition = Disposition.FAILED
            self._retell(caller)

    @staticmethod
    def _note_times(leg: Leg, at: float) -> None:
        if leg.is_up:
            if leg.answered_at is None:
                leg.answered_at = at
        elif leg.ringing_at is None and leg.is_ringing:
            leg.ringing_at = at

    def _misplaced(self, kind: str) -> None:
        """Count what is about a channel that is not known; the first of its kind is told."""
        self.unplaced[kind] += 1
        if self.unplaced[kind] == 1:
            self._tell(Unplaced(kind))

    # -- what happens to a leg ---------------------------------------------------------------------

    def _begin_dial(self, event: DialBegin) -> None:
        leg = self._legs.get(event.dialed.uniqueid)
        if leg is None:
            self._misplaced("dial")
            return
        dialing = None if event.dialing is None else self._legs.get(event.dialing.uniqueid)
        if dialing is not None:
            leg.dialed_by = dialing.channel.uniqueid
            # Who was called and calls on, as after a blind transfer, is a caller from now on.
            dialing.disposition = None
            dialing.has_left = False
            self._set_dialed(dialing, is_dialed=False)
        self._set_dialed(leg, is_dialed=True)
        self._update(event.dialed, event.at)

    def _end_dial(self, event: DialEnd) -> None:
        disposition = _DISPOSITIONS.get(event.status, Disposition.UNKNOWN)
        self._update(event.dialed, event.at, "dial")
        dialed = self._legs.get(event.dialed.uniqueid)
        is_answered = disposition is Disposition.ANSWERED
        if dialed is not None and is_answered:
            # Who picks up for another is called as well; whom an Originate rang goes its own way from now on.
            self._set_dialed(dialed, is_dialed=event.dialing is not None)
        for channel in (event.dialing, event.dialed):
            leg = None if channel is None else self._legs.get(channel.uniqueid)
            # Of many that rang, one answered: that is how the dialing ended for who called.
            if leg is not None and (is_answered or leg is dialed or not self._has_answer(leg)):
                leg.disposition = None if is_answered else disposition
                self._retell(leg)

    def _has_answer(self, dialing: Leg) -> bool:
        call = self._calls.get(call_id_of(dialing.linkedid))
        return call is not None and any(
            leg.is_up and leg.dialed_by == dialing.channel.uniqueid for leg in call.legs.values()
        )

    def _set_dialed(self, leg: Leg, *, is_dialed: bool) -> None:
        if leg.is_dialed is not is_dialed and not leg.is_spyer:
            leg.is_dialed = is_dialed
            self._place(leg)

    def _enter_bridge(self, event: BridgeEnter) -> None:
        self._update(event.channel, event.at, "bridge")
        leg = self._legs.get(event.channel.uniqueid)
        if leg is not None:
            self._bridge(leg, None if event.is_holding else event.bridge)
            leg.is_in_conference = not event.is_joining and not event.is_holding
            leg.waits_in = event.bridge if event.is_holding else None
            leg.has_left = False
        if event.is_joining and not event.is_holding:
            # Asterisk gives all of them the oldest linkedid, and tells it of a channel with its next event.
            members = [leg for leg in self._bridges.members(event.bridge) if not leg.is_spyer]
            linkedids = dict.fromkeys(leg.linkedid for leg in members)
            if len(linkedids) > 1:
                oldest = min(linkedids, key=age_of)
                for leg in members:
                    self._relink(leg, oldest)

    def _leave_bridge(self, event: BridgeLeave) -> None:
        leg = self._legs.get(event.channel.uniqueid)
        if leg is not None and leg.waits_in == event.bridge:
            leg.waits_in = None
        self._update(event.channel, event.at, "bridge")
        # It may have entered another already: Asterisk moves a channel in one step.
        if leg is not None and leg.bridge == event.bridge:
            leg.is_in_conference = False
            self._bridge(leg, None)

    def _bridge(self, leg: Leg, bridge: str | None) -> None:
        for changed in self._bridges.move(leg, bridge):
            self._tell_bridge(changed)

    def _tell_bridge(self, bridge: str, but: Container[str] = ()) -> None:
        """Tell of a bridge and of who is in it, but of those that were told of already."""
        for member in self._bridges.members(bridge):
            if member.channel.uniqueid not in but:
                self._retell(member)
        self._tell(BridgeChanged(bridge))

    def _reset_bridge(self, leg: Leg, bridge: str | None) -> Sequence[str]:
        """Put the leg where a snapshot has it; the bridges that are others now, yet to be told."""
        if leg.bridge == bridge and leg.waits_in is None:
            return ()
        if bridge is not None and bridge == leg.waits_in:
            return ()  # a snapshot does not tell which bridges are for waiting
        leg.waits_in = leg.parking = leg.held_since = None
        self._retell(leg)
        return self._bridges.move(leg, bridge)

    def _hold(self, event: HoldChanged) -> None:
        self._update(event.channel, event.at, "hold")
        leg = self._legs.get(event.channel.uniqueid)
        if leg is not None and (leg.held_since is not None) is not event.is_on:
            leg.held_since = event.at if event.is_on else None
            self._retell_all(leg)

    def _record(self, event: RecordingChanged) -> None:
        self._update(event.channel, event.at, "recording")
        leg = self._legs.get(event.channel.uniqueid)
        if leg is not None and (leg.recorded_since is not None) is not event.is_on:
            leg.recorded_since = event.at if event.is_on else None
            self._retell_all(leg)

    def _park(self, event: Park) -> None:
        self._update(event.channel, event.at, "parking")
        leg = self._legs.get(event.channel.uniqueid)
        if leg is None or _is_same(leg.parking, event):
            return
        parker, left_alone = event.parker, list(self._bridges.members(leg.last_bridge))
        if leg.bridge is not None:  # told before it left the talk; or a snapshot had it among the parked
            left_alone = [
                one for one in self._bridges.others(leg) if one.channel.name.rpartition("-")[0] == parker
            ]
        if len(left_alone) == 1:
            # Who parked it: its channel may live on for a while, in no conversation.
            (partner,) = left_alone
            parker = parker or partner.channel.name.rpartition("-")[0]
            self._note_left(partner)
        leg.parking = self._parking(event.at, event.space, parker)
        if leg.bridge is not None:
            leg.waits_in = leg.bridge
            self._bridge(leg, None)
        self._retell(leg)

    def _parking(self, since: float, space: str, parker: str) -> Parking:
        # A dial string is a channel's name without the part that makes it one of many.
        return Parking(since, space, self._extension_of(f"{parker}-"), parker)

    def _unpark(self, event: Unpark) -> None:
        self._update(event.channel, event.at, "parking")
        leg = self._legs.get(event.channel.uniqueid)
        if leg is None:
            return
        retriever = None if event.retriever is None else self._legs.get(event.retriever.uniqueid)
        if retriever is not None:
            self._set_dialed(retriever, is_dialed=not leg.is_dialed)
        if leg.parking is not None:
            leg.parking = None
            self._retell(leg)

    def _retrieve(self, leg: Leg) -> None:
        """Have who took a parked call stand where the one stood who parked it: it was called, or called."""
        self._set_dialed(leg, is_dialed=not any(other.is_dialed for other in self._bridges.others(leg)))

    def _transfer(self, event: Transfer) -> None:
        for transferer in event.transferers:
            self._update(transferer, event.at, "transfer")
            leg = self._legs.get(transferer.uniqueid)
            if leg is not None:
                self._note_left(leg)
            self._tell(Transferred(transferer.uniqueid))
        transferee = None if event.transferee is None else self._legs.get(event.transferee.uniqueid)
        if transferee is not None and not transferee.is_spyer:
            for second in event.transferers[1:]:
                self._take_over(second.uniqueid, transferee)

    def _note_left(self, leg: Leg) -> None:
        if not leg.has_left:
            leg.has_left = True
            self._retell(leg)

    def _take_over(self, second: str, transferee: Leg) -> None:
        """Have the transferee call those who ring for the transferer: one conversation before any answers."""
        dialed = [leg for leg in self._legs.values() if leg.dialed_by == second and not leg.is_up]
        if not dialed:
            return
        transferee.disposition = None
        self._set_dialed(transferee, is_dialed=False)
        oldest = min((leg.linkedid for leg in (transferee, *dialed)), key=age_of)
        for leg in dialed:
            leg.dialed_by = transferee.channel.uniqueid
        for leg in (transferee, *dialed):
            self._relink(leg, oldest)

    # -- calls -------------------------------------------------------------------------------------

    def _place(self, leg: Leg) -> None:
        """Make the leg part of the call of its linkedid, which begins with its first leg."""
        call_id = call_id_of(leg.linkedid)
        call = self._calls.get(call_id)
        if call is None:
            call = self._calls[call_id] = Call(call_id, leg.began_at, self._bridges)
        call.legs[leg.channel.uniqueid] = leg
        call.give_views(leg)
        self._tell(CallChanged(call_id))

    def _relink(self, leg: Leg, linkedid: str) -> None:
        """Make the leg part of another conversation."""
        if leg.linkedid != linkedid:
            self._withdraw(leg)
            leg.linkedid = linkedid
            self._place(leg)

    def _withdraw(self, leg: Leg) -> None:
        call = self._calls[call_id_of(leg.linkedid)]
        del call.legs[leg.channel.uniqueid]
        if call.legs:
            self._tell(CallChanged(call.id))
        else:
            del self._calls[call.id]
            self._tell(CallEnded(call.id))

    def _retell(self, leg: Leg) -> None:
        if not leg.is_spyer:
            self._place(leg)

    def _retell_all(self, leg: Leg) -> None:
        """Tell of the leg and of everybody it talks with."""
        for one in (leg, *self._bridges.others(leg)):
            self._retell(one)

    # -- spies -------------------------------------------------------------------------------------

    def _join_spy(self, event: SpyStart) -> None:
        spyer, spyee = event.spyer, event.spyee
        leg = self._legs.get(spyer.uniqueid)
        if leg is None:
            self._misplaced("spy")
        elif spyee.uniqueid not in self._legs:
            self._misplaced("spy")
            self._tell(SpyJoined(spyer.uniqueid, spyee.uniqueid))  # whoever follows the spy has to know
        else:
            self._update(spyer, event.at)
            self._attach(leg, spyee.uniqueid, event.at)

    def _stop_spy(self, event: SpyStop) -> None:
        leg = self._legs.get(event.spyer)
        if leg is None:
            self._misplaced("spy")
        elif leg.channel.is_ours and leg.spyee is not None:
            # Its view stays: it begins anew in a moment, in another mode or with another side, or hangs up.
            leg.is_between_spies = True
            self._tell(SpyLeft(event.spyer))
        else:
            self._leave_spy(leg)

    def _attach(self, leg: Leg, spyee: str, at: float) -> None:
        uniqueid = leg.channel.uniqueid
        leg.is_between_spies = False
        if leg.spyee == spyee:
            self._tell(SpyJoined(uniqueid, spyee))  # ChanSpy began anew, perhaps in another mode
            return
        self._leave_spy(leg)
        if not leg.is_spyer:
            self._exclude(leg)
        leg.spyee, leg.spying_since = spyee, at
        self._tell(SpyJoined(uniqueid, spyee))
        spied = self._legs[spyee]
        if leg.channel.is_ours and not spied.is_spyer:
            spied.spies[uniqueid] = leg
            self._place(spied)

    def _exclude(self, leg: Leg) -> None:
        """Take somebody else's spy, for example a feature code of the PBX, out of the calls."""
        leg.is_spyer = True
        leg.spies.clear()  # "The spyer of a spy cannot be spied on."
        self._withdraw(leg)

    def _leave_spy(self, leg: Leg) -> None:
        if leg.spyee is None:
            return
        spyer, spied = leg.channel.uniqueid, self._legs.get(leg.spyee)
        leg.spyee = leg.spying_since = None
        if not leg.is_between_spies:
            self._tell(SpyLeft(spyer))
        leg.is_between_spies = False
        if spied is not None and spied.spies.pop(spyer, None) is not None:
            self._retell(spied)

    def _reset_spy(self, line: ListedChannel, leg: Leg, at: float) -> None:
        if not line.is_spying:
            leg.spy_options = ""
            self._leave_spy(leg)
            return
        if not leg.is_spyer:
            self._exclude(leg)
        leg.spy_options = line.spy_options
        if line.spyee is not None and leg.is_up and line.spyee in self._legs:
            self._attach(leg, line.spyee, at)
        else:
            self._leave_spy(leg)


_DIGITS = re.compile("[0-9]+").findall


def _appearance(line: ListedChannel) -> tuple[int, bool, list[int]]:
    """The order of appearance: by age, and within a second by the count that ends a uniqueid, spies last."""
    count = list(map(int, _DIGITS(line.channel.uniqueid)))
    return -line.age_s, line.is_spying or line.channel.is_ours, count


def _is_same(parking: Parking | None, event: Park) -> bool:
    return parking is not None and parking.space == event.space and event.parker in ("", parking.parker)
