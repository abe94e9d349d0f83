"""Has Asterisk run what is right for each supervision: restarts ChanSpy where another setup is wanted."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from adapter.ami.errors import ActionRefused, ActionTimeout, LinkError, says_gone
from adapter.asterisk.actions import Action, ActionError, restart_chanspy, set_spy_variables, tell_stay
from adapter.asterisk.features import Feature, PbxFeatures
from adapter.callcontrol.supervision.parties import Parties
from adapter.callcontrol.supervision.plan import linger_s
from adapter.callcontrol.supervision.register import describe
from adapter.callcontrol.supervision.session import Reason, Signal, State
from adapter.callcontrol.supervision.spy_setup import (
    SpySetup,
    is_conference,
    may_begin_anew,
    may_hold_back,
    needs_restart,
    needs_variables,
    wanted_setup,
)
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.model import Calls

log = logging.getLogger(__name__)

SETTLE_S = 0.06
"""A transfer swaps channels in steps, with three in a bridge in between: wait until it is done."""

BEGIN_LIMIT_S = 0.3
"""A phone that was picked up spies about 0.1 s later."""

GONE_LIMIT_S = 1.0
"""What Asterisk does not know any more it has told, or will in a moment."""

REJOIN_LIMIT_S = 1.5
"""ChanSpy begins about 0.12 s after it was told to."""

_CALLED = (State.RE_ATTACHING, State.WAITING)
"""The phone is there, and ChanSpy begins once it is called to."""


class Tuner:
    """One job for each supervision that is out of tune, until it is in tune again."""

    def __init__(
        self,
        calls: Calls,
        send: Callable[[Action], Awaitable[object]],
        *,
        parties: Parties,
        signal: Callable[[Supervision, Signal], None],
        end: Callable[[Supervision, Reason], None],
        spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"],
        features: Callable[[], PbxFeatures],
    ) -> None:
        self._calls = calls
        self._send = send
        self._parties = parties
        self._signal = signal
        self._end = end
        self._spawn = spawn
        self._features = features
        self._jobs: dict[str, asyncio.Task[None]] = {}

    def note_change(self, supervision: Supervision) -> None:
        """The conversation of its spyee is another: tune once that has settled."""
        supervision.unsettled_until = asyncio.get_running_loop().time() + SETTLE_S
        self.tune(supervision)

    def tune(self, supervision: Supervision) -> "asyncio.Task[None]":
        """The job that brings it in tune; done at once where it is."""
        job = self._jobs.get(supervision.id)
        if job is None or job.done():
            job = self._jobs[supervision.id] = self._spawn(self._work(supervision))
            job.add_done_callback(lambda done: self._forget(supervision.id, done))
        return job

    async def tell_follow(self, supervision: Supervision) -> None:
        """Have Asterisk know whom it follows by now, which has nothing to begin anew."""
        if Feature.SWITCH not in self._features():
            return
        try:
            await self._send(
                tell_stay(channel_id=supervision.channel_id, linger_s=linger_s(supervision.follow))
            )
        except LinkError as failed:  # then it ends with the extension, as far as Asterisk is asked
            log.warning(
                "a supervision was not told whom it follows",
                extra={**describe(supervision), "error": str(failed)},
            )

    def _forget(self, supervision_id: str, done: "asyncio.Task[None]") -> None:
        if self._jobs.get(supervision_id) is done:
            del self._jobs[supervision_id]

    async def _work(self, supervision: Supervision) -> None:
        while supervision.state is not State.ENDED and not supervision.is_leaving:
            await self._settle(supervision)
            if self._has_become_conference(supervision):
                self._end(supervision, Reason.CONFERENCE)
                return
            if supervision.state in (State.REQUESTED, State.ANSWERED) and await self._begins(supervision):
                continue
            if not self._is_to_be_told(supervision, wanted := self._wanted(supervision)):
                self._parties.look(supervision)
                return
            if Feature.SWITCH not in self._features():
                if wanted.mode.is_heard_by_all:
                    self._end(supervision, Reason.CANNOT_FOLLOW)
                self._parties.look(supervision)  # the other modes come right by themselves, only later
                return
            try:
                await self._tell(supervision, wanted)
            except (ActionError, ActionRefused, ActionTimeout, TimeoutError) as failed:
                if says_gone(failed) and await self._is_gone(supervision):
                    return
                log.warning(
                    "a supervision could not be tuned",
                    extra={**describe(supervision), "error": str(failed) or "it did not join again"},
                )
                self._end(supervision, Reason.CANNOT_FOLLOW)
            except LinkError:
                # The snapshot after the break shows what it runs.
                supervision.spy_setup = supervision.target = None
                return

    async def _begins(self, supervision: Supervision) -> bool:
        """Wait until it rings, or spies; not where what it was told to spy on has left meanwhile."""
        setup = supervision.spy_setup
        has_left = setup is not None and self._calls.leg(setup.spyee) is None
        limit_s = BEGIN_LIMIT_S if has_left and supervision.state is State.ANSWERED else None
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                state = supervision.state
                await supervision.until(lambda one: one.state is not state or one.is_leaving)
                return True
        return False

    @staticmethod
    async def _is_gone(supervision: Supervision) -> bool:
        """Asterisk does not know the channel any more: wait until it says so itself, which it may not."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GONE_LIMIT_S):
                await supervision.until(lambda one: one.state is State.ENDED)
        return supervision.state is State.ENDED

    def _wanted(self, supervision: Supervision) -> SpySetup:
        may_wait = may_hold_back(self._features()) and not supervision.is_joined
        return wanted_setup(self._calls, supervision.spyee, supervision.wanted_mode, may_wait=may_wait)

    def _is_to_be_told(self, supervision: Supervision, wanted: SpySetup) -> bool:
        """Whether Asterisk has to be told now."""
        if supervision.state is State.WAITING and not wanted.waits:
            return True
        if not supervision.is_joined:
            return needs_variables(supervision.spy_setup, wanted)
        return needs_restart(supervision.spy_setup, wanted) and may_begin_anew(
            self._calls, supervision.spy_setup, wanted
        )

    async def _settle(self, supervision: Supervision) -> None:
        clock = asyncio.get_running_loop().time
        # Each change of the conversation makes it longer.
        while (left_s := supervision.unsettled_until - clock()) > 0:  # noqa: ASYNC110 - nothing to wait for
            await asyncio.sleep(left_s)

    def _has_become_conference(self, supervision: Supervision) -> bool:
        return supervision.wanted_mode.is_heard_by_all and is_conference(self._calls, supervision.spyee)

    async def _tell(self, supervision: Supervision, wanted: SpySetup) -> None:
        channel_id = supervision.channel_id
        supervision.target = wanted
        had_nobody = supervision.state is State.ANSWERED
        if supervision.is_joined:
            self._signal(supervision, Signal.DETACHES)
        for action in set_spy_variables(
            channel_id=channel_id,
            spying=wanted.spying,
            linger_s=linger_s(supervision.follow),
            waits=wanted.waits,
        ):
            await self._send(action)
        if had_nobody:
            # There was nobody left to spy on: it waits for a moment, to be sent on.
            supervision.spy_setup = wanted
            await self._send(restart_chanspy(channel_id))
            async with asyncio.timeout(REJOIN_LIMIT_S):
                await supervision.until(lambda one: one.state is not State.ANSWERED)
            return
        supervision.is_told_to_wait |= wanted.waits
        if supervision.state is State.WAITING and wanted.waits:
            supervision.mode, supervision.spy_setup = wanted.mode, wanted
            return
        if supervision.state not in _CALLED:
            # It rings, or was picked up meanwhile: how it begins is certain only once it is told again.
            supervision.is_mode_uncertain = True
            if supervision.state is State.RINGING:
                supervision.mode, supervision.spy_setup = wanted.mode, wanted
            return
        await self._send(restart_chanspy(channel_id))
        while supervision.state in _CALLED:
            try:
                async with asyncio.timeout(REJOIN_LIMIT_S):
                    await supervision.until(lambda one: one.state not in _CALLED)
            except TimeoutError:
                # Where no audio flows in the spied call, ChanSpy stops once some does. Until then the
                # supervisor hears nothing, and nobody hears it (measured).
                if not self._is_stopping(channel_id):
                    raise

    def _is_stopping(self, channel_id: str) -> bool:
        """Whether the ChanSpy that was to begin anew has not even stopped yet."""
        leg = self._calls.leg(channel_id)
        return leg is not None and leg.is_spying
