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
        """Take one event into the model; the changes that it made, in order."""
        return self._take[type(event)](event)

    def reset(self, snapshot: Sequence[ListedChannel], at: float) -> list[Change]:
        """Make the model what a snapshot taken at `at` says; what is remembered of channels still live stays.

        A snapshot does not tell when a channel rang or was answered. For a channel met here first its
        beginning, which the snapshot's Duration gives, stands for both.
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
                changes += self._new_channel(channel, began_at, is_spyer=line.is_spying)
            leg = self._legs[channel.uniqueid]
            changes += self._set_dialed(leg, is_dialed=line.is_dialed) if line.application else []
            changes += self._bridge(leg, line.bridge)
            changes += self._reset_spy(line, at)
        return changes

    def relabel(self, extension_of: ExtensionOf) -> list[Change]:
        """Name the legs anew after the directory changed; calls and view ids stay."""
        self._extension_of = extension_of
        for leg in self._legs.values():
            leg.extension = extension_of(leg.channel.name)
        for call in self._calls.values():
            for leg in call.legs.values():
                call.give_views(leg)
        return [CallChanged(call_id) for call_id in self._calls]

    # -- channels ----------------------------------------------------------------------------------

    def _new_channel(self, channel: Channel, at: float, *, is_spyer: bool = False) -> list[Change]:
        if channel.uniqueid in self._legs:
            return self._update(channel, at)
        leg = Leg(
            channel=channel,
            linkedid=channel.linkedid,
            exten=channel.exten,
            began_at=at,
            extension=self._extension_of(channel.name),
            # Made for another channel and not begun yet: Dial or Queue is about to ring it.
            is_dialed=channel.linkedid != channel.uniqueid and channel.state is ChannelState.DOWN,
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
        del self._legs[uniqueid]
        bridges = self._bridges.forget(leg)
        if not leg.is_spyer:
            changes += self._withdraw(leg)
        changes += map(BridgeChanged, bridges)
        changes.append(ChannelGone(uniqueid, cause))
        return changes

    @staticmethod
    def _note_times(leg: Leg, at: float) -> None:
        if leg.is_ringing and leg.ringing_at is None:
            leg.ringing_at = at
        if leg.is_up and leg.answered_at is None:
            leg.answered_at = at

    def _misplaced(self, kind: str) -> list[Change]:
        """Count what is about a channel that is not known; the first of its kind is told."""
        self.unplaced[kind] += 1
        return [Unplaced(kind)] if self.unplaced[kind] == 1 else []

    # -- what happens to a leg ---------------------------------------------------------------------

    def _begin_dial(self, event: DialBegin) -> list[Change]:
        leg = self._legs.get(event.dialed.uniqueid)
        if leg is None:
            return self._misplaced("dial")
        if event.dialing is None:
            return self._update(event.dialed, event.at)  # an Originate
        changes: list[Change] = []
        dialing = self._legs.get(event.dialing.uniqueid)
        if dialing is not None:
            # Who was called and calls on, as after a blind transfer, is a caller from now on.
            dialing.disposition = None
            changes += self._set_dialed(dialing, is_dialed=False)
        return changes + self._set_dialed(leg, is_dialed=True) + self._update(event.dialed, event.at)

    def _end_dial(self, event: DialEnd) -> list[Change]:
        disposition = _DISPOSITIONS.get(event.status, Disposition.UNKNOWN)
        changes = self._update(event.dialed, event.at, "dial")
        dialed = self._legs.get(event.dialed.uniqueid)
        if dialed is not None and disposition is Disposition.ANSWERED:
            changes += self._set_dialed(dialed, is_dialed=True)  # who picks up for another is called as well
        for channel in (event.dialing, event.dialed):
            leg = None if channel is None else self._legs.get(channel.uniqueid)
            # Of many that rang, one answered: that is how the dialing ended for who called.
            if leg is not None and leg.disposition not in (disposition, Disposition.ANSWERED):
                leg.disposition = disposition
                changes += self._retell(leg)
        return changes

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
        if event.is_joining and not event.is_holding:
            # Asterisk gives all of them the oldest linkedid, and tells it of a channel with its next event.
            members = [leg for leg in self._bridges.members(event.bridge) if not leg.is_spyer]
            oldest = min((leg.linkedid for leg in members), key=age_of, default="")
            for leg in members:
                changes += self._relink(leg, oldest)
        return changes

    def _leave_bridge(self, event: BridgeLeave) -> list[Change]:
        leg = self._legs.get(event.channel.uniqueid)
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
        if leg is None or leg.parking is not None:
            return changes
        # A dial string is a channel's name without the part that makes it one of many.
        leg.parking = Parking(event.at, event.space, self._extension_of(f"{event.parker}-"))
        return changes + self._retell(leg)

    def _unpark(self, event: Unpark) -> list[Change]:
        changes = self._update(event.channel, event.at, "parking")
        leg = self._legs.get(event.channel.uniqueid)
        if leg is None or leg.parking is None:
            return changes
        leg.parking = None
        return changes + self._retell(leg)

    def _transfer(self, event: Transfer) -> list[Change]:
        changes = self._update(event.transferer, event.at, "transfer")
        return [*changes, Transferred(event.transferer.uniqueid)]

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
            return []
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
        if line.spyee is not None and leg.is_up and line.spyee in self._legs:
            return changes + self._attach(leg, line.spyee, at)
        return changes + self._leave_spy(line.channel.uniqueid)


def _appearance(line: ListedChannel) -> tuple[bool, int, list[int]]:
    """The order of appearance: by age, and within a second by the count that ends a uniqueid.

    Spies come last: their spyees must stand in a call by then.
    """
    count = [int(part) for part in re.findall(r"[0-9]+", line.channel.uniqueid)]
    return line.is_spying or line.channel.is_ours, -line.age_s, count
