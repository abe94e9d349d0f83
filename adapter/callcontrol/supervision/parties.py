"""The parties of a supervised conversation: who they are is told, and they are told that they are heard."""

from adapter.callcontrol.supervision.conversation import supervised_extension
from adapter.callcontrol.supervision.register import Register
from adapter.callcontrol.supervision.ringing import Ringing
from adapter.callcontrol.supervision.spy_setup import is_conference
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.legs import Leg
from adapter.calls.model import Calls


class Parties:
    """Looks at who takes part, each time that it may be another."""

    def __init__(self, calls: Calls, register: Register, ringing: Ringing) -> None:
        self._calls = calls
        self._register = register
        self._ringing = ringing

    def note_partners(self, supervision: Supervision) -> bool:
        """Whether the spyee talks with others than before."""
        now = frozenset(leg.channel.uniqueid for leg in self._calls.others(supervision.spyee))
        is_other = now != supervision.partners
        supervision.partners = now
        supervision.last_partners = now or supervision.last_partners
        spied = self._calls.leg(supervision.spyee)
        stays = spied is not None and spied.stays_in_bridge and not now
        supervision.alone_in = spied.bridge if spied is not None and stays else None
        return is_other

    def note_extension(self, supervision: Supervision) -> None:
        """After a move another extension is supervised; who takes part is told with it."""
        spied = self._calls.leg(supervision.spyee)
        if spied is None:
            return
        others = self._calls.others(supervision.spyee)
        now = supervised_extension(spied, others, supervision.extension)
        if now != supervision.extension:
            supervision.extension = now
            supervision.parties = ()
            if not supervision.is_joined:
                self._register.tell("supervision is of another extension", supervision)

    def look(self, supervision: Supervision) -> None:
        """Tell every listener who takes part now, if that is another, and play the notice to who is new."""
        spied = self._calls.leg(supervision.spyee)
        if spied is None or not supervision.is_joined:
            return
        others = self._calls.others(supervision.spyee)
        parties = (_number(spied), *sorted(map(_number, others)))
        if parties != supervision.parties:
            supervision.parties = parties
            self._register.tell("supervision has other parties", supervision)
        if supervision.notice_tone:
            self._notify(supervision, [leg.channel.uniqueid for leg in (spied, *others)])

    def _notify(self, supervision: Supervision, present: list[str]) -> None:
        new = [uniqueid for uniqueid in present if uniqueid not in supervision.notified]
        supervision.notified |= frozenset(new)
        if is_conference(self._calls, supervision.spyee):
            for uniqueid in new:  # a tone reaches the one on whose channel it is played, and nobody else
                self._ringing.play_notice(supervision, uniqueid)
        elif new:
            self._ringing.play_notice(supervision, supervision.spyee)


def _number(leg: Leg) -> str:
    return leg.number or leg.channel.name
