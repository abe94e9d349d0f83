"""Begins, switches and ends supervisions; the live calls and the link do the rest through its parts.

Register    which supervisions there are, and who hears of them
Ringing     rings the supervisor's phone and hangs it up
Parties     who is supervised: tells the listeners, and plays the notice tone
Tuner       has ChanSpy begin anew where another mode or another side is wanted
Following   keeps all of them in line with the live calls
Leaving     finds out why one ends
Recovering  accounts for them after a break or a restart
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from adapter.access.principal import Principal
from adapter.ami.errors import LinkDown, LinkError
from adapter.asterisk.features import Feature, PbxFeatures
from adapter.asterisk.naming import OTHER_HALF, ChannelId, Kind
from adapter.callcontrol import hang_up
from adapter.callcontrol.runner import Runner
from adapter.callcontrol.supervision.decision import decide, find_to_end, make_plan
from adapter.callcontrol.supervision.following import Following
from adapter.callcontrol.supervision.leaving import Leaving
from adapter.callcontrol.supervision.parties import Parties
from adapter.callcontrol.supervision.plan import Obstacle, Plan, Refusal, SupervisionRequest
from adapter.callcontrol.supervision.recovering import Recovering
from adapter.callcontrol.supervision.register import Register
from adapter.callcontrol.supervision.ringing import Ringing, Send
from adapter.callcontrol.supervision.session import Reason, State
from adapter.callcontrol.supervision.spy_setup import is_held, may_hold_back, wanted_setup
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.supervision.tuner import Tuner
from adapter.callcontrol.world import Rules, World
from adapter.calls.changes import Change
from adapter.calls.model import Calls
from adapter.calls.views import PhoneCall
from adapter.directory import Directory

log = logging.getLogger(__name__)

LEAVE_LIMIT_S = 0.5
"""A channel whose ChanSpy has ended is hung up some milliseconds later, or spies again 0.13 s later."""

CONFIRM_S = 0.1
"""A phone that hung up is known to have done so within 30 ms (measured); until then all looks as it was."""

SWITCH_LIMIT_S = 2.0
"""A switch takes 0.12 s; where no audio flows it waits for some, and is answered as one that is under way."""

CLOSE_LIMIT_S = 2.0


class Asked(NamedTuple):
    """A request as all is now: what is wanted, who asks, and the call as they see it."""

    wanted: SupervisionRequest
    principal: Principal
    call: PhoneCall | None


class Begun(NamedTuple):
    """A supervision that began or was switched, and what that was done for."""

    plan: Plan
    supervision: Supervision


class SupervisorLeft(Exception):  # noqa: N818 - it is what happened, not a fault of ours
    """The supervisor hung up while its supervision was to be switched."""


class Conductor:
    """Every running supervision of this adapter."""

    def __init__(
        self,
        calls: Calls,
        send: Send,
        *,
        directory: Callable[[], Directory],
        features: Callable[[], PbxFeatures],
        is_ready: Callable[[], bool],
        rules: Rules,
    ) -> None:
        self._calls = calls
        self._features = features
        self._is_ready = is_ready
        self._rules = rules
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._register = Register(rules.adapter_name)
        self._runner = Runner(calls, send, spawn=self._spawn)
        self._ringing = Ringing(
            calls, self._register, send, self._runner, spawn=self._spawn, features=features
        )
        self._parties = parties = Parties(calls, self._register, self._ringing)
        self._tuner = Tuner(
            calls,
            send,
            parties=parties,
            signal=self._register.signal,
            end=self._ringing.end,
            spawn=self._spawn,
            features=features,
        )
        self._following = Following(
            calls,
            self._register,
            self._ringing,
            self._tuner,
            parties,
            leaving=Leaving(calls, self._register, self._ringing, spawn=self._spawn),
            directory=directory,
            features=features,
        )
        self._recovering = Recovering(
            calls,
            self._register,
            self._ringing,
            self._tuner,
            parties,
            judge=self._following.judge,
            directory=directory,
            features=features,
        )

    def live(self) -> list[Supervision]:
        """The supervisions that have not ended."""
        return list(self._register.live.values())

    def find_to_end(self, number: str, principal: Principal, call: PhoneCall) -> Supervision | None:
        """The supervision of `call` whose supervisor is to leave, if one has this number."""
        return find_to_end(number, principal, call, self._world(self.there()))

    def there(self) -> list[Supervision]:
        """Those that have not ended, and those that have but whose phone Asterisk still has."""
        ended = [one for one in self._register.ended.values() if self._calls.has_phone(one.channel_id)]
        return [*self._register.live.values(), *ended]

    def subscribe(self, listener: Callable[[Supervision], None]) -> None:
        """Have `listener` hear of each supervision that changes. It is called at once and must not wait."""
        self._register.subscribe(listener)

    def get(self, supervision_id: str) -> Supervision | None:
        """The supervision with this id, one that ended a while ago included."""
        return self._register.get(supervision_id)

    def on_change(self, change: Change) -> None:
        """Keep the supervisions in line with one change of the live calls."""
        self._following.on_change(change)
        self._runner.on_change(change)

    def on_directory(self) -> None:
        """End what the directory, which is another now, does not allow any more."""
        self._following.judge_all()

    def on_snapshot(self) -> None:
        """Account for every spy of this adapter that the model shows after a snapshot."""
        self._recovering.on_snapshot()
        self._following.keep_to_supervisors()

    async def carry_out(
        self, look: Callable[[], Awaitable[Asked]], tell: Callable[[Plan], None]
    ) -> Begun | Refusal:
        """Begin or switch the supervision that is asked for; `tell` hears what for, before it is tried.

        `look` is asked anew whenever time has passed, so that all is decided as it is then.
        """
        while True:
            asked = await look()
            if await self._until_left(asked):
                asked = await look()
            decision = decide(*asked, self._world(self._register.live.values()))
            plan = decision.plan if isinstance(decision, Refusal) else decision
            if plan is not None:
                tell(plan)
            if isinstance(decision, Refusal):
                return decision
            try:
                return Begun(decision, await self.begin(decision, asked.principal.id))
            except SupervisorLeft:
                continue
            except LinkError as error:
                log.warning(
                    "a supervision could not begin", extra={"call_id": decision.call_id, "error": str(error)}
                )
                return Refusal(Obstacle.NOT_TAKEN, plan=decision)

    async def begin(self, plan: Plan, owner: str) -> Supervision:
        """Start what `plan` says, or switch the one by which this supervisor already rings or joined to it.

        Nothing stands in its way. Returns once Asterisk has accepted the originate, or runs the new mode.
        Raises SupervisorLeft where the one that was to be switched ended meanwhile; LinkError where Asterisk
        did not accept it, or where that is not known: it is never sent twice.
        """
        if self._is_closed:
            raise LinkDown("the adapter is stopping")
        supervision = self._register.by(plan.supervisor)
        if supervision is not None:
            await self._switch(supervision, plan, owner)
            await self._until_gone(supervision)
            if supervision.reason is Reason.SUPERVISOR_LEFT:
                raise SupervisorLeft
        else:
            supervision = self._prepare(plan, owner)
            await self._ringing.ring(supervision, plan)
        if supervision.state in (State.REQUESTED, State.ENDED):
            await asyncio.shield(supervision.accepted)
        return supervision

    async def _until_left(self, asked: Asked) -> bool:
        """Wait where the supervisor is just leaving; whether that was so, and what was known is old.

        A phone that hangs up stops spying a moment before its channel is gone, and Asterisk takes a moment to
        tell of either. Where nothing would be sent to Asterisk, which then shows whether the supervisor is
        there, that moment is waited for.
        """
        if not self._register.live:
            return False
        plan = make_plan(*asked, self._world(()))
        leaver = None if isinstance(plan, Refusal) else self._register.by(plan.supervisor)
        if (
            isinstance(plan, Refusal)
            or leaver is None
            or not (leaver.is_leaving or leaver.state is State.JOINED)
        ):
            return False
        if not self._is_going(leaver) and self._is_left_alone(leaver, plan):
            with suppress(TimeoutError):
                async with asyncio.timeout(CONFIRM_S):
                    await leaver.until(lambda one: one.state is State.ENDED or self._is_going(one))
        if leaver.state is State.ENDED:
            return True
        return await self._until_gone(leaver)

    async def _until_gone(self, supervision: Supervision) -> bool:
        """Wait where it is going, though a switch may have run ChanSpy once more; whether it was so."""
        if not self._is_going(supervision):
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_LIMIT_S):
                await supervision.until(lambda one: one.state is State.ENDED or not self._is_going(one))
        return True

    def _is_going(self, supervision: Supervision) -> bool:
        if supervision.state is State.ENDED:
            return False
        is_there = self._is_spying(supervision) and self._has_phone(supervision)
        return supervision.is_leaving or (supervision.state is State.JOINED and not is_there)

    def _has_phone(self, supervision: Supervision) -> bool:
        """Whether there is still a phone behind the Local channel that spies, where it is one."""
        leg = self._calls.leg(supervision.channel_id)
        is_behind = leg is not None and leg.is_local_half
        return not is_behind or bool(self._calls.others(supervision.channel_id + OTHER_HALF))

    def _is_left_alone(self, supervision: Supervision, plan: Plan) -> bool:
        """Whether nothing would be sent: it is as asked for, busy elsewhere, or cannot be switched."""
        is_elsewhere = supervision.call_id != plan.call_id
        return supervision.is_as_planned(plan) or is_elsewhere or Feature.SWITCH not in self._features()

    def _world(self, supervisions: Iterable[Supervision]) -> World:
        return World(self._calls, supervisions, self._is_ready(), self._features(), self._rules)

    async def end(self, supervision: Supervision) -> bool:
        """Hang up on its supervisor, again if Asterisk did not before; whether nobody is there any more.

        The call goes on.
        """
        channel_id = supervision.channel_id
        if supervision.state is not State.ENDED:
            self._ringing.end(supervision, Reason.ENDED_BY_REQUEST)
        elif self._calls.leg(channel_id) is not None:
            self._ringing.hang_up(channel_id)
        else:
            return True
        outcome = await self._runner.settled(hang_up.id_of(channel_id), hang_up.LIMIT_S)
        return outcome is hang_up.Outcome.GONE

    async def close(self) -> None:
        """Stop what still rings; who is joined stays joined, and is found again at the next start."""
        self._is_closed = True
        for supervision in [one for one in self.live() if not one.is_joined]:
            self._ringing.end(supervision, Reason.SHUTDOWN)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_LIMIT_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._runner.close()

    def _prepare(self, plan: Plan, owner: str) -> Supervision:
        now, supervision_id = time.time(), secrets.token_hex(10)
        spy_setup = wanted_setup(self._calls, plan.spyee, plan.mode, may_wait=may_hold_back(self._features()))
        supervision = Supervision(
            id=supervision_id,
            channel_id=str(ChannelId(Kind.SPY, self._rules.adapter_name, supervision_id)),
            mode=plan.mode,
            wanted_mode=plan.mode,
            call_id=plan.call_id,
            extension=plan.extension,
            spyee=plan.spyee,
            supervisor=plan.supervisor,
            owner=owner,
            requested_at=now,
            since=now,
            follow=plan.follow or plan.default_follow,
            notice_tone=plan.notice_tone,
            spy_setup=spy_setup,
            is_told_to_wait=spy_setup.waits,
            is_held=is_held(self._calls, plan.spyee),
            asked_for=(plan.spyee, plan.mode),
            rings=plan.rings,
        )
        self._parties.note_partners(supervision)
        self._register.add(supervision, "supervision requested")
        return supervision

    async def _switch(self, supervision: Supervision, plan: Plan, owner: str) -> None:
        is_same = supervision.is_as_planned(plan)
        if not is_same or not supervision.owner:  # one that an earlier process began is this App's now
            supervision.owner = owner
        follow_before, supervision.follow = supervision.follow, plan.follow or supervision.follow
        if is_same:
            if supervision.follow is not follow_before:
                self._register.tell("supervision follows another", supervision)
                await self._tuner.tell_follow(supervision)
            return
        supervision.notice_tone = plan.notice_tone
        supervision.wanted_mode = plan.mode
        supervision.asked_for = (plan.spyee, plan.mode)
        supervision.wake()  # whoever waits for what was asked for before learns that it will not be
        if supervision.spyee != plan.spyee:
            supervision.turn_to(plan.spyee)
            supervision.extension = plan.extension
        self._register.tell("supervision switches", supervision)
        job = self._tuner.tune(supervision)
        if supervision.state is not State.REQUESTED:
            with suppress(TimeoutError):
                async with asyncio.timeout(SWITCH_LIMIT_S):
                    await asyncio.shield(job)

    def _is_spying(self, supervision: Supervision) -> bool:
        leg = self._calls.leg(supervision.channel_id)
        return leg is not None and leg.is_spying

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
