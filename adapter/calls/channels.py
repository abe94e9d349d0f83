"""Channels begin, change and end."""

from adapter.asterisk.events import OTHER_HALF, OUR_PREFIX, Channel, ChannelState, NewChannel
from adapter.calls.changes import (
    BridgeChanged,
    CallChanged,
    ChannelGone,
    OriginateStateChanged,
    Unplaced,
)
from adapter.calls.ledger import Ledger
from adapter.calls.legs import LOCAL_PREFIX, RINGING, UP, Disposition, Leg

CALL_REJECTED = 21
"""Q.850: the phone declined."""

_DOWN = ChannelState.DOWN


class Channels(Ledger):
    """What becomes of a channel itself."""

    def _begin(self, event: NewChannel) -> None:
        if event.channel.uniqueid in self._legs:
            self._update(event.channel, event.at)
        else:
            leg = self._new_leg(event.channel, event.at, is_dialed=is_about_to_ring(event.channel))
            self._tell_state(leg)
            self._retell(leg)

    def _new_leg(self, channel: Channel, at: float, *, is_dialed: bool, bridge: str | None = None) -> Leg:
        """The leg of a channel that is met first; it is part of no call yet, and nothing is told of it."""
        uniqueid, linkedid, name = channel.uniqueid, channel.linkedid, channel.name
        extension = self._extension_of(name)
        leg = Leg(channel, linkedid, channel.exten, at, extension, is_dialed=is_dialed, bridge=bridge)
        self._legs[uniqueid] = leg
        self._note_times(leg, at)
        # Hardly any channel has one of these, and `in` takes a third of the time of `startswith`.
        if (OUR_PREFIX in linkedid or OUR_PREFIX in uniqueid) and channel.is_for_ours:
            leg.is_spyer = True
        if LOCAL_PREFIX in name:
            self._bridges.note_name(leg)
        if bridge is not None:
            self._bridges.add(leg, bridge)
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
            self._tell_state(leg)
        if leg.is_spyer:
            self._tell_spied(leg)
            return
        if before.linkedid != channel.linkedid:
            # True of all with whom it talks: Asterisk tells each of them only with its own next event.
            self._relink_all(self._conversation([leg]), channel.linkedid)
        self._place(leg)

    def _tell_spied(self, leg: Leg) -> None:
        """Tell of the call that the leg spies on: a view there shows it."""
        spied = None if leg.spyee is None else self.call_of(leg.spyee)
        if spied is not None:
            self._tell(CallChanged(spied.id))

    def _hang_up(self, uniqueid: str, cause: int | None, sip_status: int | None = None) -> None:
        leg = self._legs.get(uniqueid)
        if leg is None:
            self._misplaced("hangup")
            return
        self._leave_spy(leg)
        if uniqueid.endswith(OTHER_HALF):
            self._leave_deaf_spy(uniqueid.removesuffix(OTHER_HALF))
        for spy in leg.spies.values():
            spy.spyee = spy.spying_since = None
        if cause == CALL_REJECTED:
            self._note_rejection(leg)
        del self._legs[uniqueid]
        for other in list(self._bridges.others(leg)):
            self._retell(other)
        bridges = self._bridges.forget(leg)
        if not leg.is_spyer:
            self._withdraw(leg, is_gone=True)
        for bridge in bridges:
            self._tell(BridgeChanged(bridge))
        self._tell(ChannelGone(uniqueid, cause, sip_status))

    def _note_rejection(self, leg: Leg) -> None:
        """Tell a phone that declined from one that nobody answered: Dial tells both alike."""
        caller = None if leg.dialed_by is None else self._legs.get(leg.dialed_by)
        if caller is not None and caller.disposition is Disposition.NO_ANSWER:
            caller.disposition = Disposition.FAILED
            self._retell(caller)

    def _leave_spy(self, leg: Leg) -> None:
        if leg.spyee is None:
            return
        spyer, spied = leg.channel.uniqueid, self._legs.get(leg.spyee)
        leg.spyee = leg.spying_since = None
        leg.is_between_spies = False
        if spied is not None and spied.spies.pop(spyer, None) is not None:
            self._retell(spied)

    def _leave_deaf_spy(self, uniqueid: str) -> None:
        """The phone behind a supervisor's channel is gone: its ChanSpy hears nothing more."""
        leg = self._legs.get(uniqueid)
        if leg is not None and leg.channel.is_ours:
            leg.has_phone = False
            self._leave_spy(leg)

    def _tell_state(self, leg: Leg) -> None:
        # The states of all others stand in the views of their calls. Most are no spyers: that is asked first.
        if leg.is_spyer and leg.channel.is_ours:
            self._tell(OriginateStateChanged(leg.channel.uniqueid, leg.channel.state))

    @staticmethod
    def _note_times(leg: Leg, at: float) -> None:
        state = leg.channel.state
        if state is UP:
            if leg.answered_at is None:
                leg.answered_at = at
        elif state in RINGING and leg.ringing_at is None:
            leg.ringing_at = at

    def _misplaced(self, kind: str) -> None:
        """Count what is about a channel that is not known; the first of its kind is told."""
        self.unplaced[kind] += 1
        if self.unplaced[kind] == 1:
            self._tell(Unplaced(kind))


def is_about_to_ring(channel: Channel) -> bool:
    """Whether it was made for another channel and has not begun yet: by Dial or Queue."""
    return channel.linkedid != channel.uniqueid and channel.state is _DOWN
