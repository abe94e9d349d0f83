"""Runs supervisions over the link: originate, follow, hang up.

It hears every change of the live calls in one plain call (`on_change`) and keeps Asterisk in line with
what was asked: nobody rings for a call that is over, and nobody hears a call that was not asked for.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from adapter.ami.actions import PHONES_CONTEXT, Action, hang_up, originate_notice, originate_spy
from adapter.ami.errors import ActionRefused, ActionTimeout, LinkDown, LinkError, LinkLost
from adapter.calls.changes import (
    BridgeChanged,
    CallChanged,
    CallEnded,
    Change,
    ChannelGone,
    ChannelStateChanged,
    OriginateEnded,
    SpyJoined,
    Transferred,
)
from adapter.calls.events import NOTICE_PREFIX, OUR_PREFIX, ChannelState
from adapter.calls.legs import Leg
from adapter.calls.model import Calls
from adapter.directory import Directory
from adapter.supervision.errors import ConferenceRefused, NoticeRefused, SupervisorBusy, SwitchRefused
from adapter.supervision.plan import Follow, Plan
from adapter.supervision.session import NO_ANSWER, Reason, Signal, State, TransitionError, reason_of_hangup
from adapter.supervision.supervision import Supervision
from adapter.supervision.tuner import Tuner
from adapter.supervision.tuning import is_conference, may_be_heard, mode_of, mode_on, wanted_tuning

log = logging.getLogger(__name__)

PICKUP_MARGIN_S = 0.3
"""Asterisk ends the ringing itself; this much later we do, should it not have."""

JOIN_LIMIT_S = 3.0
"""A phone that was picked up is joined about 0.1 s later, or there was nothing left to join."""

LEAVE_LIMIT_S = 0.5
"""A channel whose ChanSpy has ended is hung up some milliseconds later, or spies again 0.13 s later."""

CLOSE_LIMIT_S = 2.0

STAYS_S = 2
"""How long a supervisor's phone that follows the call outlives its spyee, to be sent on to another."""

RETIRED_LIMIT = 4096
"""Ended supervisions that are remembered: should a channel of one still appear, it is hung up."""

_SIGNAL_OF_STATE = {ChannelState.RINGING: Signal.RINGS, ChannelState.UP: Signal.ANSWERS}


class Conductor:
    """Every running supervision of this adapter."""

    def __init__(
        self,
        calls: Calls,
        send: Callable[[Action], Awaitable[None]],
        *,
        directory: Callable[[], Directory],
        has_include: Callable[[], bool],
    ) -> None:
        self._calls = calls
        self._send = send
        self._directory = directory
        self._has_include = has_include
        self._live: dict[str, Supervision] = {}
        self._retired: dict[str, Supervision] = {}
        self._listeners: list[Callable[[Supervision], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._hanging_up: set[str] = set()
        self._tuner = Tuner(
            calls, send, signal=self._signal, end=self._end, spawn=self._spawn, has_include=has_include
        )

    def live(self) -> list[Supervision]:
        """The supervisions that have not ended."""
        return list(self._live.values())

    def subscribe(self, listener: Callable[[Supervision], None]) -> None:
        """Have `listener` hear of each supervision that changes. It is called at once and must not wait."""
        self._listeners.append(listener)

    def get(self, supervision_id: str) -> Supervision | None:
        """The supervision with this id, one that ended a while ago included."""
        channel_id = OUR_PREFIX + supervision_id
        return self._live.get(channel_id) or self._retired.get(channel_id)

    def find(self, call_id: str, supervisor: str) -> Supervision | None:
        """The supervision of this call by this supervisor, if one has not ended."""
        found = self._supervision_by(supervisor)
        return found if found is not None and found.call_id == call_id else None

    async def begin(self, plan: Plan, asked_by: str) -> Supervision:
        """Start what `plan` says, or switch the one by which this supervisor already rings or joined to it.

        Returns once Asterisk has accepted the originate, or runs the new mode. Raises SupervisorBusy,
        ConferenceRefused, NoticeRefused or SwitchRefused where it may not, before anything is sent; LinkError
        where Asterisk did not accept it, or where that is not known: it is never sent twice.
        """
        if self._is_closed:
            raise LinkDown("the adapter is stopping")
        await self._until_leaver_is_gone(plan.supervisor)
        supervision = self._supervision_by(plan.supervisor)
        if supervision is not None and supervision.call_id != plan.call_id:
            raise SupervisorBusy
        if plan.mode.is_heard_by_all and is_conference(self._calls, plan.spyee):
            raise ConferenceRefused
        if supervision is not None:
            await self._switch(supervision, plan)
        else:
            if plan.notice_tone and not self._has_include():
                raise NoticeRefused
            supervision = self._prepare(plan, asked_by)
            await self._originate(supervision, plan)
        if supervision.state in (State.REQUESTED, State.ENDED):
            await asyncio.shield(supervision.accepted)
        return supervision

    def end(self, supervision: Supervision) -> None:
        """Hang up on its supervisor; the call goes on. Nothing where it has ended already."""
        if supervision.state is not State.ENDED:
            self._end(supervision, Reason.ENDED_BY_REQUEST)

    async def close(self) -> None:
        """Stop what still rings; who is joined stays joined, and is found again at the next start."""
        self._is_closed = True
        for supervision in [one for one in self.live() if not one.is_joined]:
            self._end(supervision, Reason.SHUTDOWN)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_LIMIT_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- what the live calls tell ------------------------------------------------------------------

    def on_change(self, change: Change) -> None:
        """Keep the supervisions in line with one change of the live calls."""
        match change:
            case ChannelStateChanged(uniqueid, state):
                self._follow_state(uniqueid, state)
            case SpyJoined(spyer, spyee):
                self._follow_spy(spyer, spyee)
            case OriginateEnded(uniqueid, is_answered) if not is_answered:
                self._follow_failure(uniqueid)
            case ChannelGone(uniqueid, cause):
                self._follow_hangup(uniqueid, cause)
            case CallChanged(call_id) | CallEnded(call_id):
                self._follow_calls(call_id)
            case BridgeChanged():
                self._follow_bridges()
            case Transferred(transferer):
                self._follow_transfer(transferer)

    def on_snapshot(self) -> None:
        """Account for every channel of ours that the model shows after a snapshot.

        A joined one that this process does not know was joined by an earlier one and goes on. Any other
        stray rings for a request that nobody can follow any more, and is hung up. A supervision whose
        channel Asterisk does not have is over: its originate never arrived, or has ended meanwhile.
        """
        spyers = {leg.channel.uniqueid: leg for leg in self._calls.spyers()}
        for channel_id in spyers.keys() - self._live.keys():
            self._adopt(spyers[channel_id])
        for channel_id in self._live.keys() - spyers.keys():
            supervision = self._live[channel_id]
            self._retire(supervision, reason_of_hangup(supervision.state, None))
        for supervision in self.live():
            self._look_again(supervision, spyers[supervision.channel_id])

    def _look_again(self, supervision: Supervision, leg: Leg) -> None:
        """After a break: whether it still spies on whom it should, on both sides."""
        if not supervision.is_joined:
            return
        if supervision.state is State.RE_ATTACHING:
            supervision.tuning = None  # what it was told last may not have arrived
            if leg.spyee == supervision.spyee:
                self._signal(supervision, Signal.JOINS)
        self._note_partners(supervision)
        if supervision.state is not State.ENDED:
            self._tuner.note_change(supervision)

    def _follow_state(self, uniqueid: str, state: ChannelState) -> None:
        if uniqueid in self._retired or (self._is_stray(uniqueid) and state is not ChannelState.UP):
            # A late originate: what it was for is over, or was asked of a process that is no more.
            self._hang_up(uniqueid)
        if uniqueid in self._live:
            self._live[uniqueid].note_taken()
        if state in _SIGNAL_OF_STATE:
            self._signal_channel(uniqueid, _SIGNAL_OF_STATE[state])

    def _is_stray(self, uniqueid: str) -> bool:
        """Whether the channel is ours and nobody knows what for; one that is up may yet be adopted."""
        leg = self._calls.leg(uniqueid)
        return leg is not None and leg.channel.is_ours and uniqueid not in self._live

    def _follow_spy(self, spyer: str, spyee: str) -> None:
        supervision = self._live.get(spyer)
        if supervision is None:
            return
        if supervision.spyee == spyee:
            self._join(supervision)
        elif supervision.state is not State.RE_ATTACHING:
            self._end(supervision, Reason.CALL_ENDED)  # it must not hear another call

    def _join(self, supervision: Supervision) -> None:
        is_first = not supervision.is_joined
        if supervision.target is not None and supervision.state is State.RE_ATTACHING:
            supervision.mode, supervision.tuning = supervision.target.mode, supervision.target
        elif is_first:
            supervision.tuning = wanted_tuning(self._calls, supervision.spyee, supervision.mode)
        supervision.target = None
        self._note_partners(supervision)
        self._signal(supervision, Signal.JOINS)
        if is_first and supervision.notice_tone:
            self._play_notice(supervision)
        supervision.wake()
        # The mode may have been switched, or a conference begun, while the phone rang.
        if supervision.state is State.JOINED:
            self._tuner.tune(supervision)

    def _follow_calls(self, call_id: str) -> None:
        """Who is joined goes with the spyee into another call, as after an attended transfer of the far side.

        While the phone rings, that would be another call than was asked for.
        """
        for supervision in [one for one in self._live.values() if one.call_id == call_id]:
            call = self._calls.call_of(supervision.spyee)
            if call is None or (call.id != call_id and not supervision.is_joined):
                self._end(supervision, Reason.CALL_ENDED)
            elif call.id != call_id:
                supervision.call_id = call.id
                self._tell("supervision follows its call", supervision)

    def _follow_bridges(self) -> None:
        for supervision in [one for one in self._live.values() if one.is_joined]:
            if self._note_partners(supervision):
                self._tuner.note_change(supervision)

    def _note_partners(self, supervision: Supervision) -> bool:
        """Whether the spyee talks with others than before; ends it where one of them may not be heard."""
        partners = self._calls.others(supervision.spyee)
        if not all(may_be_heard(self._directory(), leg) for leg in partners):
            self._end(supervision, Reason.NOT_ALLOWED)
            return False
        now = frozenset(leg.channel.uniqueid for leg in partners)
        is_other = now != supervision.partners
        supervision.partners = now
        supervision.last_partners = now or supervision.last_partners
        return is_other

    def _follow_transfer(self, transferer: str) -> None:
        """Where a supervision is to follow the call, it moves to the party that stays."""
        for supervision in [one for one in self._live.values() if one.spyee == transferer and one.is_joined]:
            if supervision.follow is Follow.CALL and len(supervision.last_partners) == 1:
                (stays,) = supervision.last_partners
                self._move_to(supervision, self._calls.leg(stays))

    def _move_to(self, supervision: Supervision, leg: Leg | None) -> None:
        if leg is None:
            return
        mode = mode_on(
            self._directory(),
            leg,
            mode=supervision.wanted_mode,
            app_id=supervision.asked_by,
            extension=supervision.extension,
        )
        if mode is None:
            return  # it ends with the extension
        supervision.spyee, supervision.wanted_mode = leg.channel.uniqueid, mode
        supervision.partners = supervision.last_partners = frozenset()
        self._tell("supervision moves to the party that stays", supervision)
        self._tuner.tune(supervision)

    def _follow_failure(self, uniqueid: str) -> None:
        """No endpoint or no contact makes no channel at all; a channel's own Hangup, near, tells more."""
        if self._calls.leg(uniqueid) is not None:
            return
        supervision = self._live.get(uniqueid)
        if supervision is not None:
            self._retire(supervision, Reason.UNAVAILABLE)

    def _follow_hangup(self, uniqueid: str, cause: int | None) -> None:
        gone = self._live.get(uniqueid)
        if gone is not None:
            self._retire(gone, reason_of_hangup(gone.state, cause))
        for supervision in self.live():
            if supervision.spyee == uniqueid:
                self._end(supervision, Reason.CALL_ENDED)

    # -- one supervision ---------------------------------------------------------------------------

    def _prepare(self, plan: Plan, asked_by: str) -> Supervision:
        now = time.time()
        supervision = Supervision(
            id=secrets.token_hex(10),
            mode=plan.mode,
            wanted_mode=plan.mode,
            call_id=plan.call_id,
            extension=plan.extension,
            spyee=plan.spyee,
            supervisor=plan.supervisor,
            asked_by=asked_by,
            requested_at=now,
            since=now,
            follow=plan.follow,
            notice_tone=plan.notice_tone,
        )
        self._live[supervision.channel_id] = supervision
        self._tell("supervision requested", supervision)
        return supervision

    async def _originate(self, supervision: Supervision, plan: Plan) -> None:
        self._spawn(self._guard(supervision, plan.pickup_s))
        try:
            await self._send(
                originate_spy(
                    dial=plan.dial or self._dial_of(plan.supervisor),
                    spyee=plan.spyee,
                    options=plan.mode.spy_options,
                    channel_id=supervision.channel_id,
                    caller_id=plan.caller_id,
                    pickup_ms=plan.pickup_s * 1000,
                    has_include=self._has_include(),
                    stays_s=STAYS_S if plan.follow is Follow.CALL else 0,
                    alert=plan.auto_answer,
                )
            )
        except LinkError as failed:
            log.error("the originate failed", extra={**_data(supervision), "error": str(failed)})  # noqa: TRY400 - the link's trouble, no bug to trace
            if supervision.state is not State.ENDED:
                self._give_up(supervision, failed)
            if not supervision.accepted.done():
                supervision.accepted.set_exception(failed)
                supervision.accepted.exception()  # told here: asyncio need not complain that nobody asked
        else:
            supervision.note_taken()
        finally:
            if not supervision.accepted.done():  # the request was cancelled: nobody else need wait for it
                supervision.accepted.set_exception(LinkLost("the request was cancelled"))
                supervision.accepted.exception()

    def _dial_of(self, supervisor: str) -> str:
        """All phones of the extension where the dialplan include can ring them, else one of them."""
        return f"Local/{supervisor}@{PHONES_CONTEXT}/n" if self._has_include() else f"PJSIP/{supervisor}"

    async def _switch(self, supervision: Supervision, plan: Plan) -> None:
        supervision.follow = plan.follow
        if (supervision.spyee, supervision.wanted_mode) == (plan.spyee, plan.mode):
            return
        if not self._has_include():
            raise SwitchRefused
        supervision.wanted_mode = plan.mode
        if supervision.spyee != plan.spyee:
            supervision.spyee, supervision.extension = plan.spyee, plan.extension
            supervision.partners = supervision.last_partners = frozenset()
        self._tell("supervision switches", supervision)
        if supervision.state is not State.REQUESTED:
            await asyncio.shield(self._tuner.tune(supervision))
        else:
            self._tuner.tune(supervision)

    async def _until_leaver_is_gone(self, supervisor: str) -> None:
        """A phone that hangs up stops spying a moment before its channel is gone: it is not joined any more."""
        leaver = self._supervision_by(supervisor)
        if leaver is None or leaver.state is not State.JOINED or self._is_spying(leaver):
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_LIMIT_S):
                await leaver.until(lambda one: one.state is State.ENDED or self._is_spying(one))

    def _is_spying(self, supervision: Supervision) -> bool:
        leg = self._calls.leg(supervision.channel_id)
        return leg is not None and leg.spyee is not None

    def _play_notice(self, supervision: Supervision) -> None:
        action = originate_notice(spyee=supervision.spyee, channel_id=NOTICE_PREFIX + supervision.id)

        async def play() -> None:
            try:
                await self._send(action)
            except LinkError as failed:
                log.warning(
                    "the notice tone could not be played", extra={**_data(supervision), "error": str(failed)}
                )
                self._end(supervision, Reason.NOT_ALLOWED)

        self._spawn(play())

    def _give_up(self, supervision: Supervision, failed: LinkError) -> None:
        match failed:
            case ActionRefused() | LinkDown():
                self._retire(supervision, Reason.ORIGINATE_REFUSED)
            case ActionTimeout():
                self._end(supervision, Reason.LINK_LOST)  # the client is told 503: it shall not ring later
            case _:
                pass  # the link broke: the snapshot after it shows whether Asterisk rings the phone

    def _adopt(self, leg: Leg) -> None:
        channel_id = leg.channel.uniqueid
        call = self._calls.call_of(leg.spyee) if leg.spyee is not None else None
        if leg.spyee is None or call is None or channel_id in self._retired:
            self._hang_up(channel_id)
            return
        spied = self._calls.leg(leg.spyee)
        mode = mode_of(leg.spy_options)
        if mode is None:
            self._hang_up(channel_id)  # nobody can tell who hears it
            return
        supervision = Supervision(
            id=channel_id.removeprefix(OUR_PREFIX),
            mode=mode,
            wanted_mode=mode,
            call_id=call.id,
            extension=(spied.extension if spied is not None else None) or "",
            spyee=leg.spyee,
            supervisor=leg.extension or "",
            asked_by="",
            requested_at=leg.began_at,
            since=leg.spying_since or leg.began_at,
            state=State.JOINED,
            tuning=wanted_tuning(self._calls, leg.spyee, mode),
        )
        self._live[channel_id] = supervision
        self._tell("supervision found", supervision)

    async def _guard(self, supervision: Supervision, pickup_s: int) -> None:
        """The deadlines of one supervision, should Asterisk not keep them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(pickup_s + PICKUP_MARGIN_S):
                await supervision.until(lambda one: one.state not in (State.REQUESTED, State.RINGING))
        if supervision.state in (State.REQUESTED, State.RINGING):
            self._end(supervision, reason_of_hangup(supervision.state, NO_ANSWER))
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(JOIN_LIMIT_S):
                await supervision.until(lambda one: one.state is not State.ANSWERED)
        if supervision.state is State.ANSWERED:
            self._end(supervision, Reason.CALL_ENDED)

    def _supervision_by(self, supervisor: str) -> Supervision | None:
        return next((one for one in self._live.values() if one.supervisor == supervisor), None)

    def _signal_channel(self, channel_id: str, signal: Signal) -> None:
        supervision = self._live.get(channel_id)
        if supervision is not None:
            self._signal(supervision, signal)

    def _signal(self, supervision: Supervision, signal: Signal) -> None:
        try:
            has_moved = supervision.move(signal, time.time())
        except TransitionError as impossible:
            log.warning("a signal was left out", extra={**_data(supervision), "error": str(impossible)})
            return
        if has_moved:
            self._tell("supervision moved", supervision)

    def _end(self, supervision: Supervision, reason: Reason) -> None:
        """End it, and its channel with it, whether that exists already, still, or only later."""
        if supervision.state is State.ENDED:
            return
        self._retire(supervision, reason)
        self._hang_up(supervision.channel_id)

    def _retire(self, supervision: Supervision, reason: Reason) -> None:
        """End it, its channel being gone or never made."""
        del self._live[supervision.channel_id]
        self._retired[supervision.channel_id] = supervision
        if len(self._retired) > RETIRED_LIMIT:
            del self._retired[next(iter(self._retired))]
        supervision.move(Signal.ENDS, time.time(), reason)
        self._tell("supervision ended", supervision)

    def _tell(self, what: str, supervision: Supervision) -> None:
        log.info(what, extra=_data(supervision))
        for listener in self._listeners:
            listener(supervision)

    def _hang_up(self, channel_id: str) -> None:
        if channel_id in self._hanging_up:
            return
        action = hang_up(channel_id)
        self._hanging_up.add(channel_id)

        async def hang_up_once() -> None:
            try:
                await self._send(action)
            except LinkError:
                pass  # refused: it is gone already; down: the next snapshot shows whether it is still there
            finally:
                self._hanging_up.discard(channel_id)

        self._spawn(hang_up_once())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _data(supervision: Supervision) -> dict[str, str]:
    return {
        "call_id": supervision.call_id,
        "supervision": supervision.id,
        "supervisor": supervision.supervisor,
        "state": supervision.state,
        "reason": supervision.reason or "",
    }
