"""Who spies on whom."""

from adapter.asterisk.events import ListedChannel, SpyStart, SpyStop
from adapter.calls.changes import SpyJoined
from adapter.calls.channels import Channels
from adapter.calls.legs import Leg


class Spies(Channels):
    """ChanSpy, ours and other people's."""

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

    def _reset_spy(self, line: ListedChannel, leg: Leg, at: float) -> None:
        if not line.is_spying:
            leg.spy_options = ""
            self._leave_spy(leg)
            return
        if not leg.is_spyer:
            self._exclude(leg)
        leg.spy_options = line.spy_options
        is_there = line.spyee is not None and line.spyee in self._legs
        if line.spyee is not None and is_there and leg.is_up and leg.has_phone:
            self._attach(leg, line.spyee, at)
        else:
            self._leave_spy(leg)
