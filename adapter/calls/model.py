"""The live model: Asterisk's events applied, one by one, to channels, bridges and calls.

A call is the channels of one linkedid, spy legs excluded; a channel as part of a call is a leg. The model
does not know where events come from: a live link or a recorded trace. It raises on nothing that the
network says; what it cannot place is counted in `unplaced`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
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
        self._take: dict[type, Callable[[Any], list[Change]]] = {
            NewChannel: lambda new: self._new_channel(new.channel, new.at),
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
            OriginateResponse: lambda ended: [OriginateEnded(ended.uniqueid, ended.is_success)],
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
        changes = self._take[type(event)](event)
        if len(changes) > 1:
            # The same told again replaces what was told before: a listener looks the call up anyway.
            last = {change: index for index, change in enumerate(changes)}
            changes = [change for index, change in enumerate(changes) if last[change] == index]
        return changes

    def reset(self, snapshot: Sequence[ListedChannel], at: float) -> list[Change]:
        """Make the model what a snapshot taken at `at` says; what is remembered of channels still live stays.

        A snapshot does not tell when a channel rang. For a channel met here first its beginning, which the
        snapshot's Duration gives, stands for that, and for when it was answered where no record of the call
        tells. Nor does it tell of holding, recording and parking: what was known of them stays while the
        channel is where it was.
        """
        listed = {line.channel.uniqueid for line in snapshot}
        changes: list[Change] = []
        for uniqueid in [known for known in self._legs if known not in listed]:
            changes += self._hang_up(uniqueid, None)
        for line in sorted(snapshot, key=_appearance):
            channel, began_at = line.channel, at - line.age_s
            if channel.uniqueid in self._legs:
                changes += self._update(channel, at)
            else:
                is_dialed = line.is_dialed if line.application else None
                changes += self._new_channel(channel, began_at, is_spyer=line.is_spying, is_dialed=is_dialed)
                self._note_answer(line, began_at, at)
            leg = self._legs[channel.uniqueid]
            if line.application and not line.has_retrieved:
                changes += self._set_dialed(leg, is_dialed=line.is_dialed)
            changes += self._reset_bridge(leg, line.bridge)
            changes += self._reset_spy(line, at)
        for line in snapshot:
            changes += self._reset_spy(line, at)  # whom it spies on may have been listed behind it
            if line.has_retrieved:
                changes += self._retrieve(self._legs[line.channel.uniqueid])
        return changes

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

    # -- channels ----------------------------------------------------------------------------------

    def _new_channel(
        self, channel: Channel, at: float, *, is_spyer: bool = False, is_dialed: bool | None = None
    ) -> list[Change]:
        if channel.uniqueid in self._legs:
            return self._update(channel, at)
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
        changes: list[Change] = [ChannelStateChanged(channel.uniqueid, channel.state)]
        if not leg.is_spyer:
            changes.append(self._place(leg))
        return changes

    def _update(self, channel: Channel, at: float, kind: str = "update") -> list[Change]:
        leg = self._legs.get(channel.uniqueid)
        if leg is None:
            return self._misplaced(kind)
        before, leg.channel = leg.channel, channel
        if before == channel:
            return []
        self._note_times(leg, at)
        if before.name != channel.name:
            # A pickup or a transfer put another phone in the channel's place.
            leg.extension = self._extension_of(channel.name)
            self._bridges.note_name(leg, before.name)
        changes: list[Change] = []
        if before.state is not channel.state:
            changes.append(ChannelStateChanged(channel.uniqueid, channel.state))
        if leg.is_spyer:
            spied = None if leg.spyee is None else self.call_of(leg.spyee)
            return changes if spied is None else [*changes, CallChanged(spied.id)]  # its view shows the spyer
        if before.linkedid != channel.linkedid:
            changes += self._relink(leg, channel.linkedid)
        changes.append(self._place(leg))
        return changes

    def _hang_up(self, uniqueid: str, cause: int | None) -> list[Change]:
        leg = self._legs.get(uniqueid)
        if leg is None:
            return self._misplaced("hangup")
        changes = self._leave_spy(uniqueid)
        for spy in leg.spies.values():
            spy.spyee = spy.spying_since = None
        changes += self._note_rejection(leg, cause)
        del self._legs[uniqueid]
        bridges = self._bridges.forget(leg)
        if not leg.is_spyer:
            changes += self._withdraw(leg)
        changes += map(BridgeChanged, bridges)
        changes.append(ChannelGone(uniqueid, cause))
        return changes

    def _note_rejection(self, leg: Leg, cause: int | None) -> list[Change]:
        """Tell a phone that declined from one that nobody answered: Dial tells both alike."""
        caller = None if leg.dialed_by is None else self._legs.get(leg.dialed_by)
        if cause != CALL_REJECTED or caller is None or caller.disposition is not Disposition.NO_ANSWER:
            return []
        caller.disposition = Disposition.FAILED
        return self._retell(caller)

    @staticmethod
    def _note_times(leg: Leg, at: float) -> None:
        if leg.is_ringing and leg.ringing_at is None:
            leg.ringing_at = at
        if leg.is_up and leg.answered_at is None:
            leg.answered_at = at

    def _note_answer(self, line: ListedChannel, began_at: float, now: float) -> None:
        leg, answered_at = self._legs[line.channel.uniqueid], line.answered_at
        # The Duration is in whole seconds: the beginning may be told a second late.
        if leg.is_up and answered_at is not None and began_at - 1 <= answered_at <= now + 1:
            leg.answered_at = answered_at

    def _misplaced(self, kind: str) -> list[Change]:
        """Count what is about a channel that is not known; the first of its kind is told."""
        self.unplaced[kind] += 1
        return [Unplaced(kind)] if self.unplaced[kind] == 1 else []

    # -- what happens to a leg ---------------------------------------------------------------------

    def _begin_dial(self, event: DialBegin) -> list[Change]:
        leg = self._legs.get(event.dialed.uniqueid)
        if leg is None:
            return self._misplaced("dial")
        changes: list[Change] = []
        dialing = None if event.dialing is None else self._legs.get(event.dialing.uniqueid)
        if dialing is not None:
            leg.dialed_by = dialing.channel.uniqueid
            # Who was called and calls on, as after a blind transfer, is a caller from now on.
            dialing.disposition = None
            dialing.has_left = False
            changes += self._set_dialed(dialing, is_dialed=False)
        return changes + self._set_dialed(leg, is_dialed=True) + self._update(event.dialed, event.at)

    def _end_dial(self, event: DialEnd) -> list[Change]:
        disposition = _DISPOSITIONS.get(event.status, Disposition.UNKNOWN)
        changes = self._update(event.dialed, event.at, "dial")
        dialed = self._legs.get(event.dialed.uniqueid)
        is_answered = disposition is Disposition.ANSWERED
        if dialed is not None and is_answered:
            # Who picks up for another is called as well; whom an Originate rang goes its own way from now on.
            changes += self._set_dialed(dialed, is_dialed=event.dialing is not None)
        for channel in (event.dialing, event.dialed):
            leg = None if channel is None else self._legs.get(channel.uniqueid)
            # Of many that rang, one answered: that is how the dialing ended for who called.
            if leg is not None and (is_answered or leg is dialed or not self._has_answer(leg)):
                leg.disposition = None if is_answered else disposition
                changes += self._retell(leg)
        return changes

    def _has_answer(self, dialing: Leg) -> bool:
        call = self._calls.get(call_id_of(dialing.linkedid))
        return call is not None and any(
            leg.is_up and leg.dialed_by == dialing.channel.uniqueid for leg in call.legs.values()
        )

    def _set_dialed(self, leg: Leg, *, is_dialed: bool) -> list[Change]:
        if leg.is_dialed is is_dialed or leg.is_spyer:
            return []
        leg.is_dialed = is_dialed
        return self._retell(leg)

    def _move(self, channel: Channel, bridge: str | None, at: float) -> list[Change]:
        changes = self._update(channel, at, "bridge")
        leg = self._legs.get(channel.uniqueid)
        return changes if leg is None else changes + self._bridge(leg, bridge)

    def _enter_bridge(self, event: BridgeEnter) -> list[Change]:
        changes = self._move(event.channel, None if event.is_holding else event.bridge, event.at)
        leg = self._legs.get(event.channel.uniqueid)
        if leg is not None:
            leg.waits_in = event.bridge if event.is_holding else None
            leg.has_left = False
        if event.is_joining and not event.is_holding:
            # Asterisk gives all of them the oldest linkedid, and tells it of a channel with its next event.
            members = [leg for leg in self._bridges.members(event.bridge) if not leg.is_spyer]
            oldest = min((leg.linkedid for leg in members), key=age_of, default="")
            for leg in members:
                changes += self._relink(leg, oldest)
        return changes

    def _leave_bridge(self, event: BridgeLeave) -> list[Change]:
        leg = self._legs.get(event.channel.uniqueid)
        if leg is not None and leg.waits_in == event.bridge:
            leg.waits_in = None
        # It may have entered another already: Asterisk moves a channel in one step.
        is_there = leg is not None and leg.bridge == event.bridge
        return self._move(event.channel, None if is_there or leg is None else leg.bridge, event.at)

    def _bridge(self, leg: Leg, bridge: str | None) -> list[Change]:
        changes: list[Change] = []
        for changed in self._bridges.move(leg, bridge):
            changes += [
                change for member in self._bridges.members(changed) for change in self._retell(member)
            ]
            changes.append(BridgeChanged(changed))
        return changes

    def _reset_bridge(self, leg: Leg, bridge: str | None) -> list[Change]:
        if bridge is not None and bridge == leg.waits_in:
            return []  # a snapshot does not tell which bridges are for waiting
        changes: list[Change] = []
        if leg.bridge != bridge or leg.waits_in is not None:
            leg.waits_in = leg.parking = leg.held_since = None
            changes += self._retell(leg)
        return changes + self._bridge(leg, bridge)

    def _hold(self, event: HoldChanged) -> list[Change]:
        changes = self._update(event.channel, event.at, "hold")
        leg = self._legs.get(event.channel.uniqueid)
        if leg is None or (leg.held_since is not None) is event.is_on:
            return changes
        leg.held_since = event.at if event.is_on else None
        return changes + self._retell_all(leg)

    def _record(self, event: RecordingChanged) -> list[Change]:
        changes = self._update(event.channel, event.at, "recording")
        leg = self._legs.get(event.channel.uniqueid)
        if leg is None or (leg.recorded_since is not None) is event.is_on:
            return changes
        leg.recorded_since = event.at if event.is_on else None
        return changes + self._retell_all(leg)

    def _park(self, event: Park) -> list[Change]:
        changes = self._update(event.channel, event.at, "parking")
        leg = self._legs.get(event.channel.uniqueid)
        if leg is None or _is_same(leg.parking, event):
            return changes
        parker, left_alone = event.parker, list(self._bridges.members(leg.last_bridge))
        if len(left_alone) == 1 and leg.bridge is None:
            # Who parked it: its channel may live on for a while, in no conversation.
            (partner,) = left_alone
            parker = parker or partner.channel.name.rpartition("-")[0]
            changes += self._note_left(partner)
        leg.parking = self._parking(event.at, event.space, parker)
        if leg.bridge is not None:  # a snapshot had it there
            leg.waits_in = leg.bridge
            changes += self._bridge(leg, None)
        return changes + self._retell(leg)

    def _parking(self, since: float, space: str, parker: str) -> Parking:
        # A dial string is a channel's name without the part that makes it one of many.
        return Parking(since, space, self._extension_of(f"{parker}-"), parker)

    def _unpark(self, event: Unpark) -> list[Change]:
        changes = self._update(event.channel, event.at, "parking")
        leg = self._legs.get(event.channel.uniqueid)
        if leg is None:
            return changes
        retriever = None if event.retriever is None else self._legs.get(event.retriever.uniqueid)
        if retriever is not None:
            changes += self._set_dialed(retriever, is_dialed=not leg.is_dialed)
        if leg.parking is None:
            return changes
        leg.parking = None
        return changes + self._retell(leg)

    def _retrieve(self, leg: Leg) -> list[Change]:
        """Have who took a parked call stand where the one stood who parked it: it was called, or called."""
        is_dialed = not any(other.is_dialed for other in self._bridges.others(leg))
        return self._set_dialed(leg, is_dialed=is_dialed)

    def _transfer(self, event: Transfer) -> list[Change]:
        changes: list[Change] = []
        for transferer in event.transferers:
            changes += self._update(transferer, event.at, "transfer")
            leg = self._legs.get(transferer.uniqueid)
            changes += [] if leg is None else self._note_left(leg)
            changes.append(Transferred(transferer.uniqueid))
        transferee = None if event.transferee is None else self._legs.get(event.transferee.uniqueid)
        if transferee is not None and not transferee.is_spyer:
            for second in event.transferers[1:]:
                changes += self._take_over(second.uniqueid, transferee)
        return changes

    def _note_left(self, leg: Leg) -> list[Change]:
        if leg.has_left:
            return []
        leg.has_left = True
        return self._retell(leg)

    def _take_over(self, second: str, transferee: Leg) -> list[Change]:
        """Have the transferee call those who ring for the transferer: one conversation before any answers."""
        dialed = [leg for leg in self._legs.values() if leg.dialed_by == second and not leg.is_up]
        if not dialed:
            return []
        transferee.disposition = None
        changes = self._set_dialed(transferee, is_dialed=False)
        oldest = min((leg.linkedid for leg in (transferee, *dialed)), key=age_of)
        for leg in dialed:
            leg.dialed_by = transferee.channel.uniqueid
        for leg in (transferee, *dialed):
            changes += self._relink(leg, oldest)
        return changes

    # -- calls -------------------------------------------------------------------------------------

    def _place(self, leg: Leg) -> Change:
        """Make the leg part of the call of its linkedid, which begins with its first leg."""
        call_id = call_id_of(leg.linkedid)
        call = self._calls.get(call_id)
        if call is None:
            call = self._calls[call_id] = Call(call_id, leg.began_at, self._bridges)
        call.legs[leg.channel.uniqueid] = leg
        call.give_views(leg)
        return CallChanged(call_id)

    def _relink(self, leg: Leg, linkedid: str) -> list[Change]:
        """Make the leg part of another conversation."""
        if leg.linkedid == linkedid:
            return []
        changes = self._withdraw(leg)
        leg.linkedid = linkedid
        return [*changes, self._place(leg)]

    def _withdraw(self, leg: Leg) -> list[Change]:
        call = self._calls[call_id_of(leg.linkedid)]
        del call.legs[leg.channel.uniqueid]
        if call.legs:
            return [CallChanged(call.id)]
        del self._calls[call.id]
        return [CallEnded(call.id)]

    def _retell(self, leg: Leg) -> list[Change]:
        return [] if leg.is_spyer else [self._place(leg)]

    def _retell_all(self, leg: Leg) -> list[Change]:
        """Tell of the leg and of everybody it talks with."""
        return [change for one in (leg, *self._bridges.others(leg)) for change in self._retell(one)]

    # -- spies -------------------------------------------------------------------------------------

    def _join_spy(self, event: SpyStart) -> list[Change]:
        spyer, spyee = event.spyer, event.spyee
        leg = self._legs.get(spyer.uniqueid)
        if leg is None:
            return self._misplaced("spy")
        if spyee.uniqueid not in self._legs:
            # Whoever follows the spy has to know.
            return [*self._misplaced("spy"), SpyJoined(spyer.uniqueid, spyee.uniqueid)]
        return self._update(spyer, event.at) + self._attach(leg, spyee.uniqueid, event.at)

    def _stop_spy(self, event: SpyStop) -> list[Change]:
        if event.spyer not in self._legs:
            return self._misplaced("spy")
        return self._leave_spy(event.spyer)

    def _attach(self, leg: Leg, spyee: str, at: float) -> list[Change]:
        if leg.spyee == spyee:
            return [SpyJoined(leg.channel.uniqueid, spyee)]  # ChanSpy began anew, perhaps in another mode
        changes: list[Change] = self._leave_spy(leg.channel.uniqueid)
        if not leg.is_spyer:
            changes += self._exclude(leg)
        leg.spyee, leg.spying_since = spyee, at
        changes.append(SpyJoined(leg.channel.uniqueid, spyee))
        spied = self._legs[spyee]
        if leg.channel.is_ours and not spied.is_spyer:
            spied.spies[leg.channel.uniqueid] = leg
            changes.append(self._place(spied))
        return changes

    def _exclude(self, leg: Leg) -> list[Change]:
        """Take somebody else's spy, for example a feature code of the PBX, out of the calls."""
        leg.is_spyer = True
        leg.spies.clear()  # "The spyer of a spy cannot be spied on."
        return self._withdraw(leg)

    def _leave_spy(self, spyer: str) -> list[Change]:
        leg = self._legs.get(spyer)
        if leg is None or leg.spyee is None:
            return []
        spied = self._legs.get(leg.spyee)
        leg.spyee = leg.spying_since = None
        changes: list[Change] = [SpyLeft(spyer)]
        if spied is not None and spied.spies.pop(spyer, None) is not None:
            changes += self._retell(spied)
        return changes

    def _reset_spy(self, line: ListedChannel, at: float) -> list[Change]:
        leg = self._legs[line.channel.uniqueid]
        changes: list[Change] = []
        if line.is_spying and not leg.is_spyer:
            changes += self._exclude(leg)
        leg.spy_options = line.spy_options
        if line.spyee is not None and leg.is_up and line.spyee in self._legs:
            return changes + self._attach(leg, line.spyee, at)
        return changes + self._leave_spy(line.channel.uniqueid)


def _appearance(line: ListedChannel) -> tuple[int, bool, list[int]]:
    """The order of appearance: by age, and within a second by the count that ends a uniqueid, spies last."""
    count = [int(part) for part in re.findall(r"[0-9]+", line.channel.uniqueid)]
    return -line.age_s, line.is_spying or line.channel.is_ours, count


def _is_same(parking: Parking | None, event: Park) -> bool:
    return parking is not None and parking.space == event.space and event.parker in ("", parking.parker)
