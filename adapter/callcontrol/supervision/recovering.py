"""Accounts for the supervisions after a break, and after a restart: what a snapshot shows of them.

ChanSpy runs on in Asterisk, whoever asked for it, and what was told last may have arrived or not.
"""

from collections.abc import Callable

from adapter.asterisk.features import Feature, PbxFeatures
from adapter.asterisk.naming import read_channel_id
from adapter.callcontrol.supervision.conversation import supervised_extension
from adapter.callcontrol.supervision.parties import Parties
from adapter.callcontrol.supervision.register import Register
from adapter.callcontrol.supervision.ringing import Ringing
from adapter.callcontrol.supervision.session import Signal, State, reason_of_hangup
from adapter.callcontrol.supervision.spy_setup import mode_of, wanted_setup
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.supervision.tuner import Tuner
from adapter.calls.legs import Leg
from adapter.calls.model import Calls
from adapter.directory import Directory


class Recovering:
    """What a snapshot shows, and what follows from it for each supervision."""

    def __init__(
        self,
        calls: Calls,
        register: Register,
        ringing: Ringing,
        tuner: Tuner,
        parties: Parties,
        *,
        judge: Callable[[Supervision], bool],
        directory: Callable[[], Directory],
        features: Callable[[], PbxFeatures],
    ) -> None:
        self._calls = calls
        self._register = register
        self._ringing = ringing
        self._tuner = tuner
        self._parties = parties
        self._judge = judge
        self._directory = directory
        self._features = features

    def on_snapshot(self) -> None:
        """Account for every spy of this adapter that the model shows after a snapshot.

        A joined one that this process does not know was joined by an earlier one and goes on. Any other
        stray rings for a request that nobody can follow any more, and is hung up. A supervision whose
        channel Asterisk does not have is over: its originate never arrived, or has ended meanwhile.
        """
        spyers = {
            leg.channel.uniqueid: leg
            for leg in self._calls.spyers()
            if self._register.owns(leg.channel.uniqueid)
        }
        # In order, and not as sets have it: what is sent is the same each time.
        for channel_id in [one for one in spyers if one not in self._register.live]:
            self._adopt(spyers[channel_id])
        for channel_id in [one for one in self._register.live if one not in spyers]:
            supervision = self._register.live[channel_id]
            if not supervision.is_leaving:
                self._register.retire(supervision, reason_of_hangup(supervision.state, None))
        for supervision in list(self._register.live.values()):
            if not supervision.is_leaving:
                self._look_again(supervision, spyers[supervision.channel_id])

    def _look_again(self, supervision: Supervision, leg: Leg) -> None:
        """After a break: whether it may go on, and spies on whom it should, as it should."""
        running = None if leg.spying is None else mode_of(leg.spying.options)
        is_other_mode = supervision.is_joined and running is not None and running is not supervision.mode
        if is_other_mode or supervision.state is State.RE_ATTACHING:
            # What it was told last may have arrived or not.
            supervision.spy_setup = supervision.target = None
            supervision.mode = running or supervision.mode
            if leg.spyee == supervision.spyee:
                self._register.signal(supervision, Signal.JOINS)
        if self._judge(supervision):
            self._parties.note_partners(supervision)
            self._tuner.note_change(supervision)

    def _adopt(self, leg: Leg) -> None:
        channel_id, spying, spyee = leg.channel.uniqueid, leg.spying, leg.spyee
        call = self._calls.call_of(spyee) if spyee is not None else None
        if spying is None or spyee is None or call is None or channel_id in self._register.ended:
            self._ringing.hang_up(channel_id)
            return
        mode, extension, ours = mode_of(spying.options), self._supervised(spyee), read_channel_id(channel_id)
        if mode is None or not extension or leg.extension is None or ours is None:
            self._ringing.hang_up(channel_id)  # nobody can tell who hears, and who is heard
            return
        supervision = Supervision(
            id=ours.id,
            channel_id=channel_id,
            mode=mode,
            wanted_mode=mode,
            call_id=call.id,
            extension=extension,
            spyee=spyee,
            supervisor=leg.extension,
            owner="",
            requested_at=leg.began_at,
            since=spying.since or leg.began_at,
            notice_tone=self._wants_notice(extension),
            state=State.JOINED,
            # Whether the other side is still the one that its ChanSpy began with, nobody saw.
            spy_setup=None if Feature.SWITCH in self._features() else wanted_setup(self._calls, spyee, mode),
        )
        supervision.note_taken()
        self._register.add(supervision, "supervision found")

    def _wants_notice(self, number: str) -> bool:
        directory = self._directory()
        extension = directory.extensions.get(number)
        return extension is not None and directory.organization_of(extension).notice_tone

    def _supervised(self, spyee: str) -> str:
        leg = self._calls.leg(spyee)
        return "" if leg is None else supervised_extension(leg, self._calls.others(spyee), "")
