"""A request for a supervision: may it happen now, or has it to be waited for who is just leaving? Pure."""

from typing import NamedTuple

from adapter.access.principal import Principal
from adapter.asterisk.features import Feature
from adapter.callcontrol.supervision.decision import decide, make_plan
from adapter.callcontrol.supervision.milestones import Milestone, is_going
from adapter.callcontrol.supervision.plan import Plan, Refusal, SupervisionRequest
from adapter.callcontrol.supervision.session import State
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World
from adapter.calls.views import PhoneCall

LEAVE_LIMIT_S = 0.5
"""A channel whose ChanSpy has ended is hung up some milliseconds later, or spies again 0.13 s later."""

CONFIRM_S = 0.1
"""A phone that hung up is known to have done so within 30 ms (measured); until then all looks as it was."""


class Asked(NamedTuple):
    """A request as all is now: what is wanted, who asks, and the call as they see it."""

    wanted: SupervisionRequest
    principal: Principal
    call: PhoneCall | None


class Wait(NamedTuple):
    """Until this supervision has come so far, or the time is over; then all is looked at anew."""

    supervision: Supervision
    milestone: Milestone
    within_s: float


def consider(asked: Asked, world: World, waited: frozenset[Milestone]) -> Plan | Refusal | Wait:
    """What to do for a request now that it has waited for these.

    A phone that hangs up stops spying a moment before its channel is gone, and Asterisk takes a moment to
    tell of either. Where nothing would be sent to Asterisk, which then shows whether the supervisor is there,
    that moment is waited for.
    """
    return _wait_for_leaver(asked, world, waited) or decide(*asked, world)


def _wait_for_leaver(asked: Asked, world: World, waited: frozenset[Milestone]) -> Wait | None:
    if not world.supervisions or Milestone.CERTAIN in waited:
        return None
    plan = make_plan(*asked, world)
    leaver = None if isinstance(plan, Refusal) else world.supervision_by(plan.supervisor)
    if isinstance(plan, Refusal) or leaver is None:
        return None
    if is_going(leaver, world.calls):
        return Wait(leaver, Milestone.CERTAIN, LEAVE_LIMIT_S)
    if Milestone.GOING in waited or leaver.state is not State.JOINED:
        return None
    return Wait(leaver, Milestone.GOING, CONFIRM_S) if _is_left_alone(leaver, plan, world) else None


def _is_left_alone(supervision: Supervision, plan: Plan, world: World) -> bool:
    """Whether nothing would be sent: it is as asked for, busy elsewhere, or cannot be switched."""
    is_elsewhere = supervision.call_id != plan.call_id
    return supervision.is_as_planned(plan) or is_elsewhere or Feature.SWITCH not in world.features
