"""A supervisor's ChanSpy runs: on whom it should, and in which mode? Pure."""

from collections.abc import Sequence

from adapter.callcontrol.operation import Effect
from adapter.callcontrol.supervision.keeping import judge
from adapter.callcontrol.supervision.leaving import extension_gone
from adapter.callcontrol.supervision.lifecycle import end, move
from adapter.callcontrol.supervision.participants import look_who_takes_part, note_partners
from adapter.callcontrol.supervision.restarting import set_right
from adapter.callcontrol.supervision.session import Reason, Signal, State
from adapter.callcontrol.supervision.spy_setup import wanted_setup
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World
from adapter.calls.model import Calls


def follow_spy(supervision: Supervision, spyee: str, world: World) -> Sequence[Effect]:
    """It must not hear anybody, nor another call, that was not asked for."""
    call = world.calls.call_of(spyee)
    if spyee not in _told(supervision):
        return end(supervision, Reason.NOT_JOINED, world)
    if not supervision.is_joined and (call is None or call.id != supervision.call_id):
        return extension_gone(supervision, world)
    return [] if supervision.is_leaving else _join(supervision, spyee, world)


def _told(supervision: Supervision) -> set[str]:
    """The channels that Asterisk was told to spy on: of two switches the first may come about yet."""
    setups = (supervision.spy_setup, supervision.target)
    return {supervision.spyee, *(one.spyee for one in setups if one is not None)}


def _join(supervision: Supervision, spyee: str, world: World) -> Sequence[Effect]:
    _note_setup(supervision, spyee, world.calls)
    judged = judge(supervision, world)
    if supervision.state is State.ENDED:
        return judged
    note_partners(supervision, world.calls)
    return [
        *judged,
        *move(supervision, Signal.JOINS, world),
        *look_who_takes_part(supervision, world),
        # The mode may have been switched, or a conference begun, while the phone rang.
        *set_right(supervision),
    ]


def _note_setup(supervision: Supervision, spyee: str, calls: Calls) -> None:
    """What Asterisk runs now, as far as that is known."""
    if supervision.target is not None and supervision.state in (State.RE_ATTACHING, State.WAITING):
        supervision.mode, supervision.spy_setup = supervision.target.mode, supervision.target
    elif not supervision.is_joined:
        certain = wanted_setup(calls, supervision.spyee, supervision.mode)
        is_certain = spyee == supervision.spyee and not supervision.is_mode_uncertain
        supervision.spy_setup = certain if is_certain else None
    supervision.target = None
    supervision.is_mode_uncertain = supervision.is_told_to_wait = False
