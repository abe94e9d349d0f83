"""Keeps the supervisions in line with the live calls.

It hears every change of them in one plain call: nobody rings for a call that is over, nobody hears a call
that was not asked for, and who is joined stays with the extension wherever its call goes.
"""

from collections.abc import Callable

from adapter.access.continuing import may_continue
from adapter.access.hearing import is_listening, unexpected_listeners
from adapter.asterisk.events import ChannelState, names_one_channel
from adapter.asterisk.features import Feature, PbxFeatures
from adapter.asterisk.naming import OTHER_HALF, read_channel_id
from adapter.callcontrol.supervision.conversation import Talk, is_another, mode_on
from adapter.callcontrol.supervision.leaving import Leaving
from adapter.callcontrol.supervision.parties import Parties
from adapter.callcontrol.supervision.plan import Follow
from adapter.callcontrol.supervision.register import Register
from adapter.callcontrol.supervision.ringing import Ringing
from adapter.callcontrol.supervision.session import Reason, Signal, State, reason_of_hangup
from adapter.callcontrol.supervision.spy_setup import is_conference, is_held, wanted_setup
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.supervision.tuner import Tuner
from adapter.calls.changes import (
    BridgeChanged,
    CallChanged,
    CallEnded,
    Change,
    ChannelGone,
    ChannelReplaced,
    OriginateEnded,
    OriginateStateChanged,
    SpyJoined,
    Transferred,
)
from adapter.calls.legs import Leg
from adapter.calls.model import Calls
from adapter.directory import Directory

_SIGNAL_OF_STATE = {ChannelState.RINGING: Signal.RINGS, ChannelState.UP: Signal.ANSWERS}

_OF_THE_SUPERVISED = (CallChanged, CallEnded, BridgeChanged, ChannelGone, Transferred)
"""Changes that mean nothing where nobody supervises."""


class Following:
    """What the live calls tell, and what follows from it for each supervision."""

    def __init__(
        self,
        calls: Calls,
        register: Register,
        ringing: Ringing,
        tuner: Tuner,
        parties: Parties,
        *,
        leaving: Leaving,
        directory: Callable[[], Directory],
        features: Callable[[], PbxFeatures],
    ) -> None:
        self._calls = calls
        self._register = register
        self._ringing = ringing
        self._tuner = tuner
        self._parties = parties
        self._leaving = leaving
        self._directory = directory
        self._features = features

    def on_change(self, change: Change) -> None:
        """Keep the supervisions in line with one change of the live calls."""
        if not self._register.live and isinstance(change, _OF_THE_SUPERVISED):
            return  # most changes, most of the time
        match change:
            case OriginateStateChanged(uniqueid, state):
                self._follow_state(uniqueid, state)
            case SpyJoined(spyer, spyee):
                self._follow_spy(spyer, spyee)
            case OriginateEnded(uniqueid, is_answered) if not is_answered:
                self._follow_failure(uniqueid)
            case ChannelGone(uniqueid):
                self._follow_hangup(change)
            case CallChanged(call_id) | CallEnded(call_id):
                self._follow_calls(call_id)
                self.keep_to_supervisors(call_id)
                self._leaving.look()
            case BridgeChanged():
                self._follow_bridges()
                self.keep_to_supervisors()
                self._leaving.look()
            case ChannelReplaced(new, old, linkedid):
                self._follow_replacement(new, old, linkedid)
            case Transferred(transferer):
                self._follow_transfer(transferer)

    def _follow_state(self, uniqueid: str, state: ChannelState) -> None:
        if uniqueid in self._register.ended or (self._is_stray(uniqueid) and state is not ChannelState.UP):
            # A late originate: what it was for is over, or was asked of a process that is no more.
            self._ringing.hang_up(uniqueid)
        live = self._register.live.get(uniqueid)
        if live is None:
            return
        live.note_taken()
        if state is ChannelState.UP and live.is_told_to_wait:
            self._register.signal(live, Signal.WAITS)
            self._tuner.tune(live)  # the hold may have ended while it rang
        elif state in _SIGNAL_OF_STATE:
            self._register.signal(live, _SIGNAL_OF_STATE[state])

    def _is_stray(self, uniqueid: str) -> bool:
        """Whether the channel is a spy of this adapter and nobody knows what for.

        One that is up may yet be adopted.
        """
        leg = self._calls.leg(uniqueid)
        if leg is None or not leg.channel.is_our_spy or uniqueid in self._register.live:
            return False
        return self._register.owns(uniqueid)

    def _follow_replacement(self, new: str, old: str, linkedid: str) -> None:
        """Hang up on whoever gets into a supervisor's place, as who picks up the phone that rings.

        Whichever adapter had it rung: where two do it, nobody hears more.
        """
        place = next((one for one in (old, linkedid) if _is_of_a_spy(one)), None)
        if place is None:
            return
        supervision = self._register.live.get(place)
        if supervision is not None:
            self._ringing.end(supervision, Reason.TAKEN)
        if names_one_channel(new):
            self._ringing.hang_up(new)

    def keep_to_supervisors(self, call_id: str | None = None) -> None:
        """End what somebody else hears, as after a transfer of the supervisor's own channel.

        Of this call only, where one is named.
        """
        for supervision in list(self._register.live.values()):
            if call_id not in (None, supervision.call_id):
                continue
            if unexpected_listeners(self._calls, supervision.channel_id, supervision.supervisor):
                self._ringing.end(supervision, Reason.TAKEN)
            elif is_listening(self._calls, supervision.channel_id):
                supervision.has_listener = True
            elif supervision.has_listener and self._is_dialed_by_dialplan(supervision.supervisor):
                # The phone is gone, and the operator's dialplan goes on: to voicemail, say.
                self._ringing.end(supervision, Reason.SUPERVISOR_LEFT)

    def _is_dialed_by_dialplan(self, supervisor: str) -> bool:
        extension = self._directory().extensions.get(supervisor)
        return extension is not None and extension.is_dialed_by_dialplan

    def _follow_spy(self, spyer: str, spyee: str) -> None:
        self._ringing.note_spy(spyer)
        supervision = self._register.live.get(spyer)
        if supervision is None:
            return
        call = self._calls.call_of(spyee)
        # It must not hear anybody, nor another call, that was not asked for.
        if spyee not in _told(supervision):
            self._ringing.end(supervision, Reason.NOT_JOINED)
        elif not supervision.is_joined and (call is None or call.id != supervision.call_id):
            self._leaving.extension_gone(supervision)
        elif not supervision.is_leaving:
            self._join(supervision, spyee)

    def _join(self, supervision: Supervision, spyee: str) -> None:
        if supervision.target is not None and supervision.state in (State.RE_ATTACHING, State.WAITING):
            supervision.mode, supervision.spy_setup = supervision.target.mode, supervision.target
        elif not supervision.is_joined:
            certain = wanted_setup(self._calls, supervision.spyee, supervision.mode)
            is_certain = spyee == supervision.spyee and not supervision.is_mode_uncertain
            supervision.spy_setup = certain if is_certain else None
        supervision.target = None
        supervision.is_mode_uncertain = supervision.is_told_to_wait = False
        if not self.judge(supervision):
            return
        self._parties.note_partners(supervision)
        self._register.signal(supervision, Signal.JOINS)
        supervision.wake()
        self._parties.look(supervision)
        # The mode may have been switched, or a conference begun, while the phone rang.
        self._tuner.tune(supervision)

    def _follow_calls(self, call_id: str) -> None:
        """Who is joined goes with the spyee into another call, as after an attended transfer of the far side.

        While the phone rings, that would be another call than was asked for, unless it is to follow the call.
        """
        for supervision in [one for one in self._register.live.values() if one.call_id == call_id]:
            if supervision.is_leaving:
                continue
            call = self._calls.call_of(supervision.spyee)
            goes_along = supervision.is_joined or supervision.follow is Follow.CALL
            if call is None or (call.id != call_id and not goes_along):
                self._leaving.extension_gone(supervision)
            elif call.id != call_id:
                supervision.call_id = call.id
                self._register.tell("supervision follows its call", supervision)
            else:
                self._keep_to_conversation(supervision)
            self._follow_hold(supervision)

    def _follow_hold(self, supervision: Supervision) -> None:
        """What waits for the end of a hold is done then."""
        held = is_held(self._calls, supervision.spyee)
        if held is not supervision.is_held and supervision.state is not State.ENDED:
            supervision.is_held = held
            self._tuner.note_change(supervision)

    def _follow_bridges(self) -> None:
        for supervision in list(self._register.live.values()):
            before = _talk_of(supervision)
            is_other = self._parties.note_partners(supervision)
            if is_other and self._keep_to_conversation(supervision, before) and self.judge(supervision):
                self._tuner.note_change(supervision)

    def _keep_to_conversation(self, supervision: Supervision, before: Talk | None = None) -> bool:
        """Whether the conversation that was asked for goes on; if not the supervision has ended."""
        spied = self._calls.leg(supervision.spyee)
        if spied is None or supervision.follow is Follow.AGENT:
            return True
        if not is_another(spied, before or _talk_of(supervision), supervision.partners):
            return True
        is_unheard = supervision.wanted_mode.is_heard_by_all and is_conference(self._calls, supervision.spyee)
        self._ringing.end(supervision, Reason.CONFERENCE if is_unheard else Reason.CALL_ENDED)
        return False

    def judge_all(self) -> None:
        """The directory is another: end what may not go on, and what another's phone rings for or hears."""
        for supervision in list(self._register.live.values()):
            if self.judge(supervision) and not supervision.is_joined and not self._rings_so(supervision):
                self._ringing.end(supervision, Reason.NOT_ALLOWED)
        self.keep_to_supervisors()

    def _rings_so(self, supervision: Supervision) -> bool:
        """Whether the directory has for the supervisor what was rung."""
        extension = self._directory().extensions.get(supervision.supervisor)
        return not supervision.rings or (extension is not None and extension.rings == supervision.rings)

    def judge(self, supervision: Supervision) -> bool:
        """Whether it may go on; if not it has ended."""
        spied = self._calls.leg(supervision.spyee)
        if not self._keep_to_conversation(supervision):
            return False
        if spied is None or may_continue(
            self._directory(),
            spied,
            self._calls.others(supervision.spyee),
            mode=supervision.wanted_mode.permission,
            app_id=supervision.owner,
            extension=supervision.extension,
            supervisor=supervision.supervisor,
        ):
            self._parties.note_extension(supervision)
            return True
        self._ringing.end(supervision, Reason.NOT_ALLOWED)
        return False

    def _follow_transfer(self, transferer: str) -> None:
        """Where a supervision is to follow the call, ringing or joined, it moves to the party that stays."""
        for supervision in list(self._register.live.values()):
            is_meant = supervision.spyee == transferer and supervision.follow is Follow.CALL
            if is_meant and not supervision.is_leaving and len(supervision.last_partners) == 1:
                (stays,) = supervision.last_partners
                self._move_to(supervision, self._calls.leg(stays))

    def _move_to(self, supervision: Supervision, leg: Leg | None) -> None:
        if leg is None or Feature.SWITCH not in self._features():
            return  # it ends with the extension
        mode = mode_on(
            self._directory(),
            leg,
            mode=supervision.wanted_mode,
            app_id=supervision.owner,
            extension=supervision.extension,
        )
        if mode is None:
            return  # it ends with the extension
        supervision.turn_to(leg.channel.uniqueid)
        supervision.wanted_mode = mode
        self._register.tell("supervision moves to the party that stays", supervision)
        self._tuner.tune(supervision)

    def _follow_failure(self, uniqueid: str) -> None:
        """No endpoint or no contact makes no channel at all; a channel's own Hangup, near, tells more."""
        self._ringing.note_failure(uniqueid)
        if self._calls.leg(uniqueid) is not None:
            return
        supervision = self._register.live.get(uniqueid)
        if supervision is not None and not supervision.is_leaving:
            self._register.retire(supervision, Reason.UNAVAILABLE)

    def _follow_hangup(self, gone: ChannelGone) -> None:
        ours = self._register.live.get(gone.uniqueid)
        if ours is None:
            # Behind a Local channel the phone may be gone long before ChanSpy notices. What its hangup
            # means for one that rings, its first half tells.
            behind = self._register.live.get(gone.uniqueid.removesuffix(OTHER_HALF))
            ours = behind if behind is not None and behind.has_answered else None
        if ours is not None and not ours.is_leaving:
            reason = reason_of_hangup(
                ours.state, gone.cause, sip_status=gone.sip_status, is_late=self._ringing.is_late(ours)
            )
            if reason is Reason.SUPERVISOR_LEFT:
                self._leaving.supervisor_gone(ours)
            else:
                self._register.retire(ours, reason)
        for supervision in list(self._register.live.values()):
            if supervision.spyee == gone.uniqueid:
                self._leaving.extension_gone(supervision)
        self._leaving.look()


def _is_of_a_spy(uniqueid: str) -> bool:
    ours = read_channel_id(uniqueid)
    return ours is not None and ours.is_of_a_spy


def _talk_of(supervision: Supervision) -> Talk:
    return Talk(supervision.partners, supervision.last_partners, supervision.alone_in)


def _told(supervision: Supervision) -> set[str]:
    """The channels that Asterisk was told to spy on: of two switches the first may come about yet."""
    setups = (supervision.spy_setup, supervision.target)
    return {supervision.spyee, *(one.spyee for one in setups if one is not None)}
