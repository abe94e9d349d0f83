"""What is asked of Asterisk for a supervisor's phone: ring it, hang it up, play the notice tone."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from adapter.ami.errors import ActionRefused, ActionTimeout, LinkDown, LinkError, LinkLost
from adapter.asterisk.actions import (
    Action,
    ActionError,
    Spying,
    SupervisorDevices,
    get_channel_name,
    originate_notice,
    originate_spy,
    originate_spy_by_include,
)
from adapter.asterisk.features import Feature, PbxFeatures
from adapter.asterisk.naming import ChannelId, Kind
from adapter.callcontrol.hang_up import HangUp
from adapter.callcontrol.runner import Runner
from adapter.callcontrol.supervision.plan import Plan, linger_s
from adapter.callcontrol.supervision.register import Register, describe
from adapter.callcontrol.supervision.session import NO_ANSWER, Reason, State, reason_of_hangup
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.model import Calls

log = logging.getLogger(__name__)

PICKUP_MARGIN_S = 0.3
"""Asterisk ends the ringing itself; this much later we do, should it not have."""

PICKUP_EARLY_S = 0.05
"""Seen: 3 to 9 ms after the time, never before it."""

JOIN_LIMIT_S = 3.0
"""A phone that was picked up is joined about 0.1 s later, or there was nothing left to join."""

OUTCOME_MARGIN_S = PICKUP_MARGIN_S + JOIN_LIMIT_S + 0.5
"""So long after a phone may ring no more it is settled what came of it: `_guard` has seen to that."""

NOTICE_LIMIT_S = 3.0
"""A notice tone begins some 0.1 s after it is asked for."""

Send = Callable[[Action], Awaitable[Mapping[str, str]]]
"""Has Asterisk do something, and gives its answer."""
Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


class Ringing:
    """Rings supervisors' phones, each at most once, and ends what is over."""

    def __init__(
        self,
        calls: Calls,
        register: Register,
        send: Send,
        runner: Runner,
        *,
        spawn: Spawn,
        features: Callable[[], PbxFeatures],
    ) -> None:
        self._calls = calls
        self._runner = runner
        self._register = register
        self._send = send
        self._spawn = spawn
        self._features = features
        self._notices: dict[str, asyncio.Future[bool]] = {}
        """Those that were asked for; done once it is known whether they are heard."""

    async def ring(self, supervision: Supervision, plan: Plan) -> None:
        """Ring the phone; never twice, whatever becomes of the answer.

        `accepted` tells whether Asterisk took it.
        """
        supervision.rings_until = asyncio.get_running_loop().time() + plan.pickup_s
        self._spawn(self._guard(supervision, plan.pickup_s))
        try:
            if Feature.RING in self._features():
                await self._send(_by_include(supervision, plan))
            else:
                await self._send_if_named(supervision, plan)
        except LinkError as failed:
            log.error("the originate failed", extra={**describe(supervision), "error": str(failed)})  # noqa: TRY400 - the link's trouble, no bug to trace
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

    async def _send_if_named(self, supervision: Supervision, plan: Plan) -> None:
        """Where no dialplan compares the names: whose channel it is, asked just before the phone rings.

        AMI's events, by which it was decided, can be forged by a caller's number.
        """
        name = ""
        with suppress(ActionRefused):  # it is gone
            name = (await self._send(get_channel_name(plan.spyee))).get("Value", "")
        if supervision.state is State.ENDED:
            return
        if name != plan.spyee_name:
            log.warning("the channel is not the one that was meant", extra=describe(supervision))
            self._register.retire(supervision, Reason.NOT_JOINED)
            return
        await self._send(_straight(supervision, plan))

    @staticmethod
    def is_late(supervision: Supervision) -> bool:
        """Whether the time to pick up is over; Asterisk's clock may be ahead by an instant."""
        return asyncio.get_running_loop().time() >= supervision.rings_until - PICKUP_EARLY_S

    def end(self, supervision: Supervision, reason: Reason) -> None:
        """End it, and its channel with it, whether that exists already, still, or only later."""
        if supervision.state is State.ENDED:
            return
        self._register.retire(supervision, reason)
        self.hang_up(supervision.channel_id)

    def hang_up(self, channel_id: str) -> None:
        """End a channel: one of ours, or one that got into its place."""
        self._runner.begin(HangUp(channel_id, self._about(channel_id)))

    def _about(self, channel_id: str) -> dict[str, str]:
        """What the log says of a channel of ours: its supervision too, where there is one."""
        supervision = self._register.live.get(channel_id) or self._register.ended.get(channel_id)
        return describe(supervision) if supervision is not None else {}

    def play_notice(self, supervision: Supervision, spyee: str) -> None:
        """Let this party, and the one other that it may talk with, hear that they are supervised.

        Where it is not heard, and the party is still there, nobody stays joined.
        """
        notice_id = supervision.id + secrets.token_hex(4)
        channel_id = str(ChannelId(Kind.NOTICE, self._register.adapter_name, notice_id))
        begun = self._notices[channel_id] = asyncio.get_running_loop().create_future()

        async def play() -> None:
            try:
                async with asyncio.timeout(NOTICE_LIMIT_S):
                    leg = self._calls.leg(spyee)
                    name = "" if leg is None else leg.channel.name  # of one that is gone none can be made
                    await self._send(originate_notice(spyee=spyee, spyee_name=name, channel_id=channel_id))
                    if not await begun:
                        raise ActionRefused("there is no channel for it")
            except (ActionError, LinkError, TimeoutError) as failed:
                about = {**describe(supervision), "error": str(failed) or "it did not begin"}
                log.warning("the notice tone could not be played", extra=about)
                if spyee in (supervision.spyee, *supervision.partners):
                    self.end(supervision, Reason.NO_NOTICE)
            finally:
                del self._notices[channel_id]

        self._spawn(play())

    def note_spy(self, spyer: str) -> None:
        """A channel began to spy: perhaps it is one that plays a notice tone."""
        self._note_notice(spyer, is_heard=True)

    def note_failure(self, uniqueid: str) -> None:
        """An originate came to nothing: perhaps it was to play a notice tone."""
        self._note_notice(uniqueid, is_heard=False)

    def _note_notice(self, channel_id: str, *, is_heard: bool) -> None:
        begun = self._notices.get(channel_id)
        if begun is not None and not begun.done():
            begun.set_result(is_heard)

    def _give_up(self, supervision: Supervision, failed: LinkError) -> None:
        match failed:
            case ActionRefused() | LinkDown():
                self._register.retire(supervision, Reason.ORIGINATE_REFUSED)
            case ActionTimeout():
                self.end(supervision, Reason.LINK_LOST)  # the client is told 503: it shall not ring later
            case _:
                pass  # the link broke: the snapshot after it shows whether Asterisk rings the phone

    async def _guard(self, supervision: Supervision, pickup_s: int) -> None:
        """The deadlines of one supervision, should Asterisk not keep them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(pickup_s + PICKUP_MARGIN_S):
                await supervision.until(
                    lambda one: one.is_leaving or one.state not in (State.REQUESTED, State.RINGING)
                )
        if supervision.is_leaving:
            return
        if supervision.state in (State.REQUESTED, State.RINGING):
            self.end(supervision, reason_of_hangup(supervision.state, NO_ANSWER, is_late=True))
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(JOIN_LIMIT_S):
                await supervision.until(lambda one: one.state is not State.ANSWERED)
        if supervision.state is State.ANSWERED and not supervision.is_leaving:
            self.end(supervision, Reason.NOT_JOINED)


def _by_include(supervision: Supervision, plan: Plan) -> Action:
    return originate_spy_by_include(
        phones=SupervisorDevices(plan.supervisor, plan.devices, plan.rings),
        spying=Spying(plan.spyee, plan.spyee_name, plan.mode.spy_options),
        channel_id=supervision.channel_id,
        caller_id=plan.caller_id,
        pickup_ms=plan.pickup_s * 1000,
        linger_s=linger_s(supervision.follow),
        waits=supervision.is_told_to_wait,
        alert=plan.auto_answer,
    )


def _straight(supervision: Supervision, plan: Plan) -> Action:
    return originate_spy(
        dial=plan.rings_alone,
        spying=Spying(plan.spyee, plan.spyee_name, plan.mode.spy_options),
        channel_id=supervision.channel_id,
        caller_id=plan.caller_id,
        pickup_ms=plan.pickup_s * 1000,
        alert=plan.auto_answer,
    )
