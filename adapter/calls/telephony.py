"""What happens to legs: they are dialed, bridged, held, recorded, parked and transferred."""

from collections.abc import Sequence

from adapter.asterisk.events import (
    BridgeEnter,
    BridgeLeave,
    ChannelState,
    DialBegin,
    DialEnd,
    DialProgress,
    HoldChanged,
    ListedChannel,
    Park,
    PickUp,
    RecordingChanged,
    Transfer,
    Unpark,
)
from adapter.calls.changes import BridgeChanged, OriginateStateChanged, PlaceTaken, Transferred
from adapter.calls.legs import Disposition, Leg, Parking
from adapter.calls.spies import Spies

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


class Telephony(Spies):
    """The stories of a PBX, one event at a time."""

    def _begin_dial(self, event: DialBegin) -> None:
        leg = self._legs.get(event.dialed.uniqueid)
        if leg is None:
            self._misplaced("dial")
            return
        dialing = None if event.dialing is None else self._legs.get(event.dialing.uniqueid)
        if dialing is not None:
            leg.dialed_by = dialing.channel.uniqueid
            # Who was called and calls on, as after a blind transfer, is a caller from now on.
            if dialing.disposition is not None or dialing.has_left:
                dialing.disposition = None
                dialing.has_left = False
                self._retell(dialing)
            self._let_call(dialing)
        leg.is_on_own_way = False
        self._set_dialed(leg, is_dialed=True)
        self._update(event.dialed, event.at)

    def _progress(self, event: DialProgress) -> None:
        leg = self._legs.get(event.dialed.uniqueid)
        if leg is not None and leg.is_spyer and not leg.is_up:
            # Asterisk leaves its state as it is; to whoever has that phone it rings.
            self._tell(OriginateStateChanged(leg.channel.uniqueid, ChannelState.RINGING))

    def _end_dial(self, event: DialEnd) -> None:
        disposition = _DISPOSITIONS.get(event.status, Disposition.UNKNOWN)
        self._update(event.dialed, event.at, "dial")
        dialed = self._legs.get(event.dialed.uniqueid)
        is_answered = disposition is Disposition.ANSWERED
        if dialed is not None and is_answered:
            # Who picks up for another is called as well; whom an Originate rang goes its own way from now on.
            # In a bridge already, it was rung by keys for who is there, and that is called too.
            if event.dialing is None and dialed.bridge is None:
                self._let_call(dialed)
            else:
                self._set_dialed(dialed, is_dialed=True)
        for channel in (event.dialing, event.dialed):
            leg = None if channel is None else self._legs.get(channel.uniqueid)
            # Of many that rang, one answered: that is how the dialing ended for who called.
            if leg is not None and (is_answered or leg is dialed or not self._has_answer(leg)):
                leg.disposition = None if is_answered else disposition
                self._retell(leg)

    def _has_answer(self, dialing: Leg) -> bool:
        call = self._calls.get(dialing.linkedid)
        return call is not None and any(
            leg.is_up and leg.dialed_by == dialing.channel.uniqueid for leg in call.legs.values()
        )

    def _let_call(self, leg: Leg) -> None:
        """It calls on from now on; where it is half of a Local channel, so do those rung behind it."""
        self._set_dialed(leg, is_dialed=False)
        for one in self._rung_behind(leg):
            one.is_on_own_way = True
            self._let_call(one)

    def _rung_behind(self, leg: Leg) -> list[Leg]:
        """Those who picked up what the other half of this Local channel dialed, and are called still."""
        half = self._bridges.other_half(leg) if leg.is_local_half else None
        call = None if half is None else self._calls.get(half.linkedid)
        if half is None or call is None:
            return []
        dialing = half.channel.uniqueid
        # After a restart nobody knows who dialed whom; the second half is the one that runs a dialplan.
        is_second = half.channel.name.endswith(";2")
        return [
            one
            for one in call.legs.values()
            if one.is_dialed
            and one.is_up
            and (
                one.dialed_by == dialing
                or (
                    is_second
                    and one.dialed_by is None
                    and one.bridge is not None
                    and one.bridge == half.bridge
                )
            )
        ]

    def _set_dialed(self, leg: Leg, *, is_dialed: bool) -> None:
        if leg.is_dialed is not is_dialed and not leg.is_spyer:
            leg.is_dialed = is_dialed
            self._place(leg)

    def _enter_bridge(self, event: BridgeEnter) -> None:
        leg = self._legs.get(event.channel.uniqueid)
        if leg is None:
            self._misplaced("bridge")
            return
        if event.is_holding:
            self._wait(leg, event)
        else:
            self._talk(leg, event)
        # Only now: what it tells of the linkedid is true where the channel is now.
        self._update(event.channel, event.at)
        if event.is_joining and not event.is_holding:
            # Asterisk gives all of them the oldest linkedid, and tells it of a channel with its next event.
            linkedid = leg.linkedid
            for one in self._bridges.members(event.bridge):
                if one.linkedid != linkedid and not (one.is_spyer or leg.is_spyer):
                    self._unite((leg,))
                    break

    def _wait(self, leg: Leg, event: BridgeEnter) -> None:
        self._bridge(leg, None)
        leg.waits_in, leg.is_parked = event.bridge, event.is_parking
        leg.is_in_conference = leg.stays_in_bridge = leg.has_left = False
        leg.is_agent = event.is_for_agents
        if leg.is_idle and not leg.is_spyer:
            # Its next conversation is another one.
            leg.answered_at = leg.ringing_at = leg.held_since = None
            if leg.is_agent:
                self._set_dialed(leg, is_dialed=False)
        self._retell(leg)

    def _talk(self, leg: Leg, event: BridgeEnter) -> None:
        if event.is_joining:
            leg.stays_in_bridge = leg.is_in_conference = False
        else:
            others = [one for one in self._bridges.members(event.bridge) if one is not leg]
            leg.stays_in_bridge, leg.is_in_conference = True, not event.is_for_two
            if len(others) > 1:
                # Of more than two Asterisk tells a technology that it may be about to change.
                leg.is_in_conference = any(one.is_in_conference for one in others)
        if leg.answered_at is None and leg.is_up and not leg.is_spyer:
            leg.answered_at = event.at
        if leg.is_agent:
            self._set_dialed(leg, is_dialed=True)
        if leg.bridge not in (None, event.bridge) or leg.last_bridge not in (None, event.bridge):
            # By keys it holds whom it leaves in another bridge; nobody tells when it does so no more.
            leg.held_since = None
        is_told = not (leg.has_left or leg.waits_in)  # all else the bridge tells
        leg.has_left, leg.waits_in, leg.is_parked = False, None, False
        self._bridge(leg, event.bridge)
        if not is_told:
            self._retell(leg)

    def _leave_bridge(self, event: BridgeLeave) -> None:
        leg = self._legs.get(event.channel.uniqueid)
        if leg is None:
            self._misplaced("bridge")
            return
        if leg.waits_in == event.bridge:
            leg.waits_in = None
            self._retell(leg)
        # It may have entered another already: Asterisk moves a channel in one step.
        if leg.bridge == event.bridge:
            leg.is_in_conference = leg.stays_in_bridge = False
            self._bridge(leg, None)
            self._retell(leg)
        # Only now: what it tells of the linkedid may be true where the channel goes.
        self._update(event.channel, event.at)

    def _bridge(self, leg: Leg, bridge: str | None) -> None:
        for changed in self._bridges.move(leg, bridge):
            self._tell_bridge(changed)

    def _tell_bridge(self, bridge: str) -> None:
        """Tell of a bridge and of who is in it."""
        for member in self._bridges.members(bridge):
            self._retell(member)
        self._tell(BridgeChanged(bridge))

    def _reset_bridge(self, leg: Leg, line: ListedChannel) -> Sequence[str]:
        """Put the leg where a snapshot has it; the bridges that are others now, yet to be told."""
        bridge, waits_in = line.bridge, line.waits_in
        if leg.bridge == bridge and leg.waits_in == waits_in:
            return ()
        if bridge is not None and bridge == leg.waits_in:
            return ()  # a snapshot does not tell which bridges are for waiting, but of agents
        leg.parking = leg.held_since = None
        leg.waits_in, leg.is_parked = waits_in, False
        if leg.is_idle and not leg.is_spyer:
            leg.answered_at = leg.ringing_at = None
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
        leg.is_parked = True
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

    def _pick_up(self, event: PickUp) -> None:
        # What becomes of the channels comes with their own events.
        self._tell(PlaceTaken(event.picker.uniqueid, event.target.uniqueid, event.target.linkedid))

    def _transfer(self, event: Transfer) -> None:
        for transferer in event.transferers:
            self._update(transferer, event.at, "transfer")
            leg = self._legs.get(transferer.uniqueid)
            if leg is not None:
                self._note_left(leg)
            self._tell(Transferred(transferer.uniqueid))
            if transferer.is_for_ours:
                taker = event.target or event.transferee
                by = "" if taker is None else taker.uniqueid
                self._tell(PlaceTaken(by, transferer.uniqueid, transferer.linkedid))
        transferee = None if event.transferee is None else self._legs.get(event.transferee.uniqueid)
        if transferee is None or transferee.is_spyer:
            return
        if event.exten:
            self._send_on(transferee, event.exten)
        for second in event.transferers[1:]:
            if event.is_to_application:
                left = self._legs.get(second.uniqueid)
                self._send_on(transferee, "" if left is None else left.exten)
            self._take_over(second.uniqueid, transferee)

    def _send_on(self, transferee: Leg, exten: str) -> None:
        """It calls this number from now on; through a Local channel, so do those behind it."""
        half = self._bridges.other_half(transferee) if transferee.is_local_half else None
        behind = [] if half is None else list(self._bridges.others(half))
        self._let_call(transferee)
        for leg in (transferee, *behind):
            leg.exten = exten or leg.exten
            leg.disposition = None
            self._retell(leg)

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
        self._let_call(transferee)
        for leg in dialed:
            leg.dialed_by = transferee.channel.uniqueid
        self._unite((transferee, *dialed))


def _is_same(parking: Parking | None, event: Park) -> bool:
    return parking is not None and parking.space == event.space and event.parker in ("", parking.parker)
