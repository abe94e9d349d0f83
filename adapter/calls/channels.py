"""Channels begin, change and end."""

from adapter.calls.changes import (
    BridgeChanged,
    CallChanged,
    ChannelGone,
    ChannelStateChanged,
    Unplaced,
)
from adapter.calls.events import Channel, ChannelState, NewChannel
from adapter.calls.ledger import Ledger
from adapter.calls.legs import Disposition, Leg

CALL_REJECTED = 21
"""Q.850: the phone declined."""


class Channels(Ledger):
    """What becomes of a channel itself."""

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
        for other in list(self._bridges.others(leg)):
            self._retell(other)
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

    def _leave_spy(self, leg: Leg) -> None:
        if leg.spyee is None:
            return
        spyer, spied = leg.channel.uniqueid, self._legs.get(leg.spyee)
        leg.spyee = leg.spying_since = None
        leg.is_between_spies = False
        if spied is not None and spied.spies.pop(spyer, None) is not None:
            self._retell(spied)

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
