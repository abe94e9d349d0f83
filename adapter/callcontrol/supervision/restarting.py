"""Has Asterisk run what is right for a supervision: restarts ChanSpy where another setup is wanted. Pure.

One thing after the other (`Work`), until it runs as is wanted. What happens meanwhile is looked at
afterwards: then perhaps another setup is wanted, and it begins anew.
"""

from collections.abc import Sequence

from adapter.ami.errors import ActionRefused, ActionTimeout, says_gone
from adapter.asterisk.actions import ActionError, restart_chanspy, set_spy_variables, tell_stay
from adapter.asterisk.features import Feature
from adapter.callcontrol.operation import After, Answered, Cancel, Effect, Send
from adapter.callcontrol.supervision.lifecycle import end, move, warn
from adapter.callcontrol.supervision.participants import look_who_takes_part
from adapter.callcontrol.supervision.plan import linger_s
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
from adapter.callcontrol.supervision.supervision import Supervision, Telling, Work
from adapter.callcontrol.world import World
from adapter.calls.model import Calls

SETTLE_S = 0.06
"""A transfer swaps channels in steps, with three in a bridge in between: wait until it is done."""

BEGIN_LIMIT_S = 0.3
"""A phone that was picked up spies about 0.1 s later."""

GONE_LIMIT_S = 1.0
"""What Asterisk does not know any more it has told, or will in a moment."""

REJOIN_LIMIT_S = 1.5
"""ChanSpy begins about 0.12 s after it was told to."""

SETTLE, BEGIN, REJOIN, GONE = "settle", "begin", "rejoin", "gone"
VARIABLE, REDIRECT, FOLLOW = "variable", "redirect", "follow"

_BEGINS = (State.REQUESTED, State.ANSWERED)
_CALLED = (State.RE_ATTACHING, State.WAITING)
"""The phone is there, and ChanSpy begins once it is called to."""


# -- what sets it going ------------------------------------------------------------------------------


def note_change(supervision: Supervision) -> Sequence[Effect]:
    """The conversation of its spyee is another: set right what it runs once that has settled."""
    if supervision.work is Work.NONE:
        supervision.work = Work.SETTLING
    supervision.is_unsettled = True
    return [After(SETTLE_S, SETTLE)]


def set_right(supervision: Supervision) -> Sequence[Effect]:
    """Have Asterisk run what is wanted, unless that is being done."""
    return _begin_anew(supervision) if supervision.work is Work.NONE else []


def tell_follow(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Have Asterisk know whom it follows by now, which has nothing to begin anew."""
    if Feature.SWITCH not in world.features:
        return []
    supervision.is_follow_untold = True
    action = tell_stay(channel_id=supervision.channel_id, linger_s=linger_s(supervision.follow))
    return [Send(action, FOLLOW)]


# -- what it is told ---------------------------------------------------------------------------------


def on_settled(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Its conversation has not changed for a moment."""
    supervision.is_unsettled = False
    return _go_on(supervision, world) if supervision.work is Work.SETTLING else []


def on_moved(supervision: Supervision) -> Sequence[Effect]:
    """Its state is another, or it is about to end."""
    if not supervision.goes_on:
        supervision.work, supervision.telling = Work.NONE, None
        return []
    match supervision.work:
        case Work.BEGINNING:
            return [Cancel(BEGIN), *_begin_anew(supervision)]
        case Work.REJOINING if not _is_to_rejoin(supervision):
            return [Cancel(REJOIN), *_begin_anew(supervision)]
    return []


def on_begin_over(supervision: Supervision, world: World) -> Sequence[Effect]:
    """It was picked up, and does not spy: who was to be spied on has left."""
    return _tell_if_needed(supervision, world) if supervision.work is Work.BEGINNING else []


def on_variable(supervision: Supervision, answered: Answered, world: World) -> Sequence[Effect]:
    """Say the next; once all is said, have it run."""
    if supervision.work is not Work.TELLING or supervision.telling is None:
        return []
    if answered.failure is not None:
        return _fail(supervision, answered.failure, world)
    _, *untold = supervision.telling.untold
    supervision.telling = supervision.telling._replace(untold=tuple(untold))
    return [Send(untold[0], VARIABLE)] if untold else _run(supervision, supervision.telling)


def on_redirect(supervision: Supervision, answered: Answered, world: World) -> Sequence[Effect]:
    """ChanSpy is about to begin, unless it has."""
    if supervision.work is not Work.RESTARTING:
        return []
    if answered.failure is not None:
        return _fail(supervision, answered.failure, world)
    if not _is_to_rejoin(supervision):
        return _begin_anew(supervision)
    supervision.work = Work.REJOINING
    return [After(REJOIN_LIMIT_S, REJOIN)]


def on_rejoin_over(supervision: Supervision, world: World) -> Sequence[Effect]:
    """ChanSpy has not begun.

    Where no audio flows in the spied call, ChanSpy stops once some does. Until then the supervisor hears
    nothing, and nobody hears it (measured).
    """
    if supervision.work is not Work.REJOINING:
        return []
    if supervision.state in _CALLED and _is_stopping(world.calls, supervision.channel_id):
        return [After(REJOIN_LIMIT_S, REJOIN)]
    return _cannot(supervision, "it did not join again", world)


def on_gone_over(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Asterisk does not know its channel, and did not tell that it is gone."""
    if supervision.work is not Work.FADING:
        return []
    return _cannot(supervision, "Asterisk does not know its channel", world)


def on_follow_told(supervision: Supervision, answered: Answered, _world: World) -> Sequence[Effect]:
    """Where Asterisk did not take it, it ends with the extension, as far as Asterisk is asked."""
    supervision.is_follow_untold = False
    if answered.failure is None:
        return []
    message = "a supervision was not told whom it follows"
    return [warn(supervision, message, error=str(answered.failure))]


# -- one step after the other ------------------------------------------------------------------------


def _begin_anew(supervision: Supervision) -> Sequence[Effect]:
    """Look anew what is wanted, once all that has happened by now is known."""
    supervision.work, supervision.telling = Work.SETTLING, None
    if supervision.is_unsettled:
        return []
    supervision.is_unsettled = True
    return [After(0, SETTLE)]


def _go_on(supervision: Supervision, world: World) -> Sequence[Effect]:
    if supervision.wanted_mode.is_heard_by_all and is_conference(world.calls, supervision.spyee):
        return end(supervision, Reason.CONFERENCE, world)
    if supervision.state not in _BEGINS:
        return _tell_if_needed(supervision, world)
    # Wait until it rings, or spies; not where what it was told to spy on has left meanwhile.
    supervision.work, setup = Work.BEGINNING, supervision.spy_setup
    has_left = setup is not None and world.calls.leg(setup.spyee) is None
    return [After(BEGIN_LIMIT_S, BEGIN)] if has_left and supervision.state is State.ANSWERED else []


def _tell_if_needed(supervision: Supervision, world: World) -> Sequence[Effect]:
    may_wait = may_hold_back(world.features) and not supervision.is_joined
    wanted = wanted_setup(world.calls, supervision.spyee, supervision.wanted_mode, may_wait=may_wait)
    if not _is_to_be_told(supervision, wanted, world.calls):
        supervision.work = Work.NONE
        return look_who_takes_part(supervision, world)
    if Feature.SWITCH not in world.features:
        supervision.work = Work.NONE
        if wanted.mode.is_heard_by_all:
            return end(supervision, Reason.CANNOT_FOLLOW, world)
        return look_who_takes_part(supervision, world)  # it comes right by itself, only later
    return _tell(supervision, wanted, world)


def _is_to_be_told(supervision: Supervision, wanted: SpySetup, calls: Calls) -> bool:
    """Whether Asterisk has to be told now."""
    if supervision.state is State.WAITING and not wanted.waits:
        return True
    if not supervision.is_joined:
        return needs_variables(supervision.spy_setup, wanted)
    return needs_restart(supervision.spy_setup, wanted) and may_begin_anew(
        calls, supervision.spy_setup, wanted
    )


def _tell(supervision: Supervision, wanted: SpySetup, world: World) -> Sequence[Effect]:
    supervision.target = wanted
    has_nobody = supervision.state is State.ANSWERED
    effects = [*(move(supervision, Signal.DETACHES, world) if supervision.is_joined else [])]
    try:
        untold = set_spy_variables(
            channel_id=supervision.channel_id,
            spying=wanted.spying,
            linger_s=linger_s(supervision.follow),
            waits=wanted.waits,
        )
    except ActionError as impossible:
        return [*effects, *_cannot(supervision, str(impossible), world)]
    supervision.work, supervision.telling = Work.TELLING, Telling(wanted, untold, has_nobody)
    return [*effects, Send(untold[0], VARIABLE)]


def _run(supervision: Supervision, telling: Telling) -> Sequence[Effect]:
    """All is said: have ChanSpy begin by it, where it does not begin by itself."""
    wanted = telling.wanted
    if telling.has_nobody:
        # There was nobody left to spy on: it waits for a moment, to be sent on.
        supervision.spy_setup = wanted
        return _restart(supervision)
    supervision.is_told_to_wait |= wanted.waits
    if supervision.state is State.WAITING and wanted.waits:
        supervision.mode, supervision.spy_setup = wanted.mode, wanted
        return _begin_anew(supervision)
    if supervision.state not in _CALLED:
        # It rings, or was picked up meanwhile: how it begins is certain only once it is told again.
        supervision.is_mode_uncertain = True
        if supervision.state is State.RINGING:
            supervision.mode, supervision.spy_setup = wanted.mode, wanted
        return _begin_anew(supervision)
    return _restart(supervision)


def _restart(supervision: Supervision) -> Sequence[Effect]:
    supervision.work = Work.RESTARTING
    return [Send(restart_chanspy(supervision.channel_id), REDIRECT)]


def _is_to_rejoin(supervision: Supervision) -> bool:
    return supervision.state in _CALLED or supervision.state is State.ANSWERED


def _is_stopping(calls: Calls, channel_id: str) -> bool:
    """Whether the ChanSpy that was to begin anew has not even stopped yet."""
    leg = calls.leg(channel_id)
    return leg is not None and leg.is_spying


def _fail(supervision: Supervision, failure: Exception, world: World) -> Sequence[Effect]:
    if says_gone(failure):
        supervision.work, supervision.telling = Work.FADING, None
        return [After(GONE_LIMIT_S, GONE)]  # it says so itself in a moment, or does not
    if isinstance(failure, ActionRefused | ActionTimeout):
        return _cannot(supervision, str(failure), world)
    # The link broke: the snapshot after it shows what it runs.
    supervision.spy_setup = supervision.target = supervision.telling = None
    supervision.work = Work.NONE
    return []


def _cannot(supervision: Supervision, why: str, world: World) -> Sequence[Effect]:
    told = warn(supervision, "a supervision could not be tuned", error=why)
    return [told, *end(supervision, Reason.CANNOT_FOLLOW, world)]
