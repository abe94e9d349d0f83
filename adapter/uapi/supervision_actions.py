"""Carries out what is asked for a supervision: has it decided, and waits for what comes of it."""

import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import uuid4

from adapter.access.principal import Principal
from adapter.callcontrol import hang_up
from adapter.callcontrol.hang_up import HangUp
from adapter.callcontrol.operations import Operations
from adapter.callcontrol.supervision.asked import EndRequested, Switch, prepare
from adapter.callcontrol.supervision.decision import find_to_end
from adapter.callcontrol.supervision.lifecycle import describe
from adapter.callcontrol.supervision.machine import id_of
from adapter.callcontrol.supervision.milestones import AsAsked, Milestone, is_going
from adapter.callcontrol.supervision.plan import Obstacle, Plan, Refusal
from adapter.callcontrol.supervision.request import LEAVE_LIMIT_S, Asked, Wait, consider
from adapter.callcontrol.supervision.session import Reason, State
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.views import PhoneCall
from adapter.directory import Medium
from adapter.storing import StoreDown
from adapter.uapi.recording import Recording, Records

log = logging.getLogger(__name__)

SWITCH_LIMIT_S = 2.0
"""A switch takes 0.12 s; where no audio flows it waits for some, and is answered as one that is under way."""


class Begun(NamedTuple):
    """A supervision that began or was switched, and what that was done for."""

    plan: Plan
    supervision: Supervision


class SupervisorLeft(Exception):  # noqa: N818 - it is what happened, not a fault of ours
    """The supervisor hung up while its supervision was to be switched."""


class NotTaken(Exception):  # noqa: N818 - as above
    """Asterisk did not take the originate, or nobody knows whether it did: it is never sent twice."""


class SupervisionActions:
    """What clients may have done with supervisions."""

    def __init__(self, operations: Operations, records: Records | None = None) -> None:
        self._operations = operations
        self._records = records
        self._runner = operations.runner

    def find_to_end(self, number: str, principal: Principal, call: PhoneCall) -> Supervision | None:
        """The supervision of `call` whose supervisor is to leave, if one has this number."""
        there = self._operations.supervisions.there(self._operations.look().calls)
        return find_to_end(number, principal, call, there)

    async def carry_out(
        self, look: Callable[[], Awaitable[Asked]], tell: Callable[[Plan], None]
    ) -> Begun | Refusal:
        """Begin or switch the supervision that is asked for; `tell` hears what for, before it is tried.

        `look` is asked anew whenever time has passed, so that all is decided as it is then. Where there is a
        store, nobody rings before it is kept whose the supervision is.
        """
        recording = Recording(self._records, self._operations.supervisions, self._operations.look().now)
        try:
            return await self._carry_out(look, tell, recording)
        finally:
            recording.settle()

    async def _carry_out(
        self, look: Callable[[], Awaitable[Asked]], tell: Callable[[Plan], None], recording: Recording
    ) -> Begun | Refusal:
        waited: frozenset[Milestone] = frozenset()
        while True:
            asked = await look()
            decision = consider(asked, self._operations.look(), waited)
            if isinstance(decision, Wait):
                leaver = id_of(decision.supervision)
                await self._runner.reached(leaver, decision.milestone, decision.within_s)
                waited |= {decision.milestone}
                continue
            plan = decision.plan if isinstance(decision, Refusal) else decision
            if plan is not None:
                tell(plan)
            if isinstance(decision, Refusal):
                return decision
            try:
                if await recording.keep(decision, asked.principal.id):
                    continue
                supervision = await self.begin(
                    decision, asked.principal.id, recording.new_id, recording.requested_at
                )
                return Begun(decision, supervision)
            except StoreDown:
                return Refusal(Obstacle.NOT_KEPT, plan=decision)
            except SupervisorLeft:
                waited = frozenset()
            except NotTaken:
                log.warning("a supervision could not begin", extra={"call_id": decision.call_id})
                return Refusal(Obstacle.NOT_TAKEN, plan=decision)

    async def begin(
        self, plan: Plan, owner: str, new_id: str, requested_at: float | None = None
    ) -> Supervision:
        """Start what `plan` says, or switch the one by which this supervisor already rings or joined to it.

        Nothing stands in its way. Returns once Asterisk has accepted the originate, or runs the new mode.
        Raises SupervisorLeft where the one that was to be switched ended meanwhile; NotTaken where Asterisk
        did not accept it, or where that is not known.
        """
        if self._runner.is_closed:
            raise NotTaken
        supervision = self._operations.supervisions.by(plan.supervisor)
        if supervision is None:
            stream = uuid4() if plan.medium is Medium.STREAM else None
            supervision = prepare(new_id, plan, owner, self._operations.look(), requested_at, stream)
            self._operations.supervise(supervision)
        else:
            await self._switch(supervision, Switch(plan, owner))
        if supervision.state in (State.REQUESTED, State.ENDED):
            await self._runner.reached(id_of(supervision), Milestone.TAKEN, None)
            if not supervision.is_taken:
                raise NotTaken
        return supervision

    async def _switch(self, supervision: Supervision, to: Switch) -> None:
        operation = id_of(supervision)
        self._runner.tell(operation, to)
        if supervision.state is not State.REQUESTED:
            await self._runner.reached(operation, Milestone.SET_RIGHT, SWITCH_LIMIT_S)
        if is_going(supervision, self._operations.look().calls):
            await self._runner.reached(operation, Milestone.CERTAIN, LEAVE_LIMIT_S)
        if supervision.reason is Reason.SUPERVISOR_LEFT:
            raise SupervisorLeft

    async def is_as_asked(self, begun: Begun, within_s: float) -> bool:
        """Wait until the supervisor has joined or will not; whether that is known in time."""
        return await self._runner.reached(id_of(begun.supervision), AsAsked(begun.plan), within_s)

    async def end(self, supervision: Supervision) -> bool:
        """Hang up on its supervisor, again if Asterisk did not before; whether nobody is there any more.

        The call goes on.
        """
        channel_id = supervision.channel_id
        if supervision.state is not State.ENDED:
            self._runner.tell(id_of(supervision), EndRequested())
        elif self._operations.look().calls.leg(channel_id) is not None:
            self._runner.begin(HangUp(channel_id, describe(supervision)))
        else:
            return True
        outcome = await self._runner.settled(hang_up.id_of(channel_id), hang_up.LIMIT_S)
        return outcome is hang_up.Outcome.GONE
