"""How a supervision moves from state to state, is told of, and is ended. Pure."""

from collections.abc import Sequence
from copy import copy

from adapter.callcontrol.hang_up import HangUp
from adapter.callcontrol.operation import Begin, Effect, Level, Log, Publish
from adapter.callcontrol.supervision.session import Reason, Signal, State, TransitionError
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World


def describe(supervision: Supervision) -> dict[str, str]:
    """What the log says of it."""
    return {
        "call_id": supervision.call_id,
        "supervision": supervision.id,
        "supervisor": supervision.supervisor,
        "mode": supervision.mode,
        "state": supervision.state,
        "reason": supervision.reason or "",
    }


def publish(supervision: Supervision, what: str) -> Publish:
    """Tell of it, as it is now."""
    return Publish(what, copy(supervision))


def warn(supervision: Supervision, message: str, **facts: str) -> Log:
    """Tell the operator of what went wrong with it."""
    return Log(Level.WARNING, message, {**describe(supervision), **facts})


def move(supervision: Supervision, signal: Signal, world: World) -> Sequence[Effect]:
    """Move it by what happened; what cannot happen is left out."""
    try:
        has_moved = supervision.move(signal, world.now)
    except TransitionError as impossible:
        return [warn(supervision, "a signal was left out", error=str(impossible))]
    return [publish(supervision, "supervision moved")] if has_moved else []


def retire(supervision: Supervision, reason: Reason, world: World) -> Sequence[Effect]:
    """End it, its channel being gone or never made."""
    if supervision.state is State.ENDED:
        return []
    supervision.move(Signal.ENDS, world.now, reason)
    return [publish(supervision, "supervision ended")]


def end(supervision: Supervision, reason: Reason, world: World) -> Sequence[Effect]:
    """End it, and its channel with it, whether that exists already, still, or only later."""
    if supervision.state is State.ENDED:
        return []
    return [*retire(supervision, reason, world), hang_up(supervision)]


def hang_up(supervision: Supervision) -> Begin:
    """End its channel."""
    return Begin(HangUp(supervision.channel_id, describe(supervision)))
