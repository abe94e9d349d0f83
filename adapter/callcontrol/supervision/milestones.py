"""What somebody waits for a supervision to be. Pure."""

from enum import StrEnum
from typing import NamedTuple

from adapter.asterisk.naming import OTHER_HALF
from adapter.callcontrol.supervision.plan import Plan
from adapter.callcontrol.supervision.session import State
from adapter.callcontrol.supervision.supervision import Supervision, Work
from adapter.callcontrol.world import World
from adapter.calls.model import Calls


class Milestone(StrEnum):
    """Whatever it is that was asked for."""

    TAKEN = "Asterisk has taken the originate, or not"
    SET_RIGHT = "Asterisk runs what is wanted, as far as that can be had now"
    GOING = "its supervisor is leaving"
    CERTAIN = "it is known whether its supervisor has left"
    ENDED = "it has ended"


class AsAsked(NamedTuple):
    """It is joined as this request wanted it, or never will be: it ended, or another request came."""

    plan: Plan


def has_reached(supervision: Supervision, milestone: object, world: World) -> bool:
    """Whether it has come so far."""
    is_over = supervision.state is State.ENDED
    match milestone:
        case Milestone.TAKEN:
            return supervision.is_taken is not None
        case Milestone.SET_RIGHT:
            return is_over or (supervision.work is Work.NONE and not supervision.is_follow_untold)
        case Milestone.GOING:
            return is_over or is_going(supervision, world.calls)
        case Milestone.CERTAIN:
            return not is_going(supervision, world.calls)
        case AsAsked(plan):
            is_joined = supervision.state is State.JOINED and supervision.mode is supervision.wanted_mode
            return is_over or is_joined or supervision.is_overtaken(plan)
    return is_over


def is_going(supervision: Supervision, calls: Calls) -> bool:
    """Whether its supervisor is just leaving, though a switch may have run ChanSpy once more."""
    if supervision.state is State.ENDED:
        return False
    leg = calls.leg(supervision.channel_id)
    is_there = leg is not None and leg.is_spying and _has_phone(supervision, calls)
    return supervision.is_leaving or (supervision.state is State.JOINED and not is_there)


def _has_phone(supervision: Supervision, calls: Calls) -> bool:
    """Whether there is still a phone behind the Local channel that spies, where it is one."""
    leg = calls.leg(supervision.channel_id)
    is_behind = leg is not None and leg.is_local_half
    return not is_behind or bool(calls.others(supervision.channel_id + OTHER_HALF))
