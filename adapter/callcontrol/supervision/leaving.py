"""Why a supervision ends whose extension, or whose supervisor, is gone: told once that is certain. Pure.

Where a conversation ends Asterisk tells so channel by channel, in any order and within some milliseconds. The
supervisor is cut off at once; the reason waits until Asterisk has told enough, so that nobody is told of the
end of a call that goes on.
"""

from collections.abc import Sequence

from adapter.callcontrol.operation import After, Effect
from adapter.callcontrol.supervision.lifecycle import end, hang_up, retire
from adapter.callcontrol.supervision.session import Reason, State
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World
from adapter.calls.model import Calls

CERTAIN_S = 0.5
"""What is left of a call by then goes on: of one that ends all channels are gone within milliseconds."""
CERTAIN = "certain"


def extension_gone(supervision: Supervision, world: World) -> Sequence[Effect]:
    """The channel that it spied on is gone, or is in another call."""
    return _leave(supervision, Reason.EXTENSION_LEFT, world)


def supervisor_gone(supervision: Supervision, world: World) -> Sequence[Effect]:
    """The supervisor's channel is gone: by itself, or because the one that it spied on is going."""
    leg = world.calls.leg(supervision.spyee)
    if leg is not None and leg.bridge is not None and not leg.has_left:
        return retire(supervision, Reason.SUPERVISOR_LEFT, world)
    return _leave(supervision, Reason.SUPERVISOR_LEFT, world)


def look_why(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Tell the reason, if it is certain by now."""
    reason = _reason(supervision, world.calls) if supervision.is_leaving else None
    return [] if reason is None else _end(supervision, reason, world)


def on_certain(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Nothing tells better."""
    return [] if supervision.leaves_as is None else _end(supervision, supervision.leaves_as, world)


def _leave(supervision: Supervision, otherwise: Reason, world: World) -> Sequence[Effect]:
    if not supervision.goes_on:
        return []
    supervision.leaves_as = otherwise
    is_there = world.calls.leg(supervision.channel_id) is not None
    effects = [*([hang_up(supervision)] if is_there else []), *look_why(supervision, world)]
    return effects if supervision.state is State.ENDED else [*effects, After(CERTAIN_S, CERTAIN)]


def _reason(supervision: Supervision, calls: Calls) -> Reason | None:
    """Why it ends, where that is certain."""
    call = calls.call(supervision.call_id)
    if call is None:
        return Reason.CALL_ENDED
    elsewhere = calls.call_of(supervision.spyee)
    if elsewhere is not None and elsewhere is not call:
        return Reason.EXTENSION_LEFT
    spied = call.legs.get(supervision.spyee)
    if spied is not None:
        # The supervisor's channel went first.
        return Reason.EXTENSION_LEFT if spied.has_left else None
    goes_on = any(
        leg.waits_in or leg.is_ringing or calls.others(uniqueid) for uniqueid, leg in call.legs.items()
    )
    return Reason.EXTENSION_LEFT if goes_on else None


def _end(supervision: Supervision, reason: Reason, world: World) -> Sequence[Effect]:
    if world.calls.leg(supervision.channel_id) is None:
        return retire(supervision, reason, world)
    return end(supervision, reason, world)
