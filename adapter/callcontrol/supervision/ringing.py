"""Rings the supervisor's phone, at most once, and sees to it that it does not ring for ever. Pure."""

from collections.abc import Sequence

from adapter.ami.errors import ActionRefused, ActionTimeout, LinkDown, LinkError
from adapter.asterisk.actions import (
    Action,
    ActionError,
    Spying,
    SupervisorDevices,
    get_channel_name,
    originate_spy,
    originate_spy_by_include,
)
from adapter.asterisk.features import Feature
from adapter.callcontrol.operation import After, Answered, Cancel, Effect, Level, Log, Send
from adapter.callcontrol.supervision.lifecycle import describe, end, retire, warn
from adapter.callcontrol.supervision.plan import Plan, linger_s
from adapter.callcontrol.supervision.session import NO_ANSWER, Reason, State, reason_of_hangup
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World

PICKUP_MARGIN_S = 0.3
"""Asterisk ends the ringing itself; this much later we do, should it not have."""

PICKUP_EARLY_S = 0.05
"""Seen: 3 to 9 ms after the time, never before it."""

JOIN_LIMIT_S = 3.0
"""A phone that was picked up is joined about 0.1 s later, or there was nothing left to join."""

OUTCOME_MARGIN_S = PICKUP_MARGIN_S + JOIN_LIMIT_S + 0.5
"""So long after a phone may ring no more it is settled what came of it: the timers have seen to that."""

PICKUP, LATE, JOIN = "pickup", "late", "join"
NAME, ORIGINATE = "name", "originate"

_RINGS = (State.REQUESTED, State.RINGING)


def ring(supervision: Supervision, plan: Plan, world: World) -> Sequence[Effect]:
    """Ring the phone; never again, whatever becomes of the answer."""
    try:
        if Feature.RING in world.features:
            first = Send(_by_include(supervision, plan), ORIGINATE)
        else:
            # No dialplan compares the names: whose channel it is, is asked just before the phone rings.
            # AMI's events, by which it was decided, can be forged by a caller's number.
            first = Send(get_channel_name(plan.spyee), NAME)
    except ActionError as impossible:
        return _fail(supervision, impossible, world)
    supervision.is_originating = True
    late = After(plan.pickup_s - PICKUP_EARLY_S, LATE)
    return [late, After(plan.pickup_s + PICKUP_MARGIN_S, PICKUP), first]


def on_named(supervision: Supervision, answered: Answered, world: World) -> Sequence[Effect]:
    """Ring the phone if the channel is the one that was meant."""
    if answered.failure is not None and not isinstance(answered.failure, ActionRefused):
        return on_originated(supervision, answered, world)
    plan = supervision.plan
    if plan is None or supervision.state is State.ENDED:
        supervision.is_originating, supervision.is_taken = False, True
        return []
    # Where Asterisk refuses to tell the name, the channel is gone.
    if answered.answer.get("Value", "") != plan.spyee_name:
        supervision.is_originating, supervision.is_taken = False, True
        told = warn(supervision, "the channel is not the one that was meant")
        return [told, *retire(supervision, Reason.NOT_JOINED, world)]
    try:
        return [Send(_straight(supervision, plan), ORIGINATE)]
    except ActionError as impossible:
        return _fail(supervision, impossible, world)


def on_originated(supervision: Supervision, answered: Answered, world: World) -> Sequence[Effect]:
    """Asterisk has taken it, or not, or that is not known."""
    if answered.failure is not None:
        return _fail(supervision, answered.failure, world)
    supervision.is_originating, supervision.is_taken = False, True
    return []


def on_pickup_over(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Asterisk should have stopped the ringing."""
    if supervision.is_leaving or supervision.state not in _RINGS:
        return []
    return end(supervision, reason_of_hangup(supervision.state, NO_ANSWER, is_late=True), world)


def on_late(supervision: Supervision, _world: World) -> Sequence[Effect]:
    """The time to pick up is over; Asterisk's clock may be ahead by an instant."""
    supervision.is_late = True
    return []


def on_join_over(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Who picked up should have joined."""
    if supervision.is_leaving or supervision.state is not State.ANSWERED:
        return []
    return end(supervision, Reason.NOT_JOINED, world)


def on_moved(supervision: Supervision, before: State) -> Sequence[Effect]:
    """Its state is another: it rings no more, and is to join soon."""
    if before not in _RINGS or supervision.state in (*_RINGS, State.ENDED):
        return []
    joins = [After(JOIN_LIMIT_S, JOIN)] if supervision.state is State.ANSWERED else []
    return [Cancel(PICKUP), *joins]


def _fail(supervision: Supervision, failure: LinkError | ActionError, world: World) -> Sequence[Effect]:
    supervision.is_originating = False
    supervision.is_taken = supervision.is_taken or False  # its channel may have been seen
    facts = {**describe(supervision), "error": str(failure)}
    return [Log(Level.ERROR, "the originate failed", facts), *_give_up(supervision, failure, world)]


def _give_up(supervision: Supervision, failure: LinkError | ActionError, world: World) -> Sequence[Effect]:
    match failure:
        case ActionRefused() | LinkDown() | ActionError():
            return retire(supervision, Reason.ORIGINATE_REFUSED, world)
        case ActionTimeout():
            return end(
                supervision, Reason.LINK_LOST, world
            )  # the client is told 503: it shall not ring later
    return []  # the link broke: the snapshot after it shows whether Asterisk rings the phone


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
