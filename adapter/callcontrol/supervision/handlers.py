"""What each change of the live calls means for one supervision: a function for each kind of change. Pure.

Nobody rings for a call that is over, nobody hears a call that was not asked for, and who is joined stays with
the extension wherever its call goes.
"""

from collections.abc import Sequence

from adapter.asterisk.events import ChannelState
from adapter.asterisk.features import Feature
from adapter.asterisk.naming import OTHER_HALF, is_of_a_spy
from adapter.callcontrol.operation import Effect, SnapshotTaken
from adapter.callcontrol.supervision.conversation import mode_on
from adapter.callcontrol.supervision.joining import follow_spy
from adapter.callcontrol.supervision.keeping import (
    judge,
    keep_to_conversation,
    keep_to_supervisor,
    talk_of,
)
from adapter.callcontrol.supervision.leaving import extension_gone, look_why, supervisor_gone
from adapter.callcontrol.supervision.lifecycle import end, move, publish, retire
from adapter.callcontrol.supervision.participants import note_partners
from adapter.callcontrol.supervision.plan import Follow
from adapter.callcontrol.supervision.reconcile import look_again
from adapter.callcontrol.supervision.restarting import note_change, set_right
from adapter.callcontrol.supervision.session import Reason, Signal, State, reason_of_hangup
from adapter.callcontrol.supervision.spy_setup import is_held
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World
from adapter.calls.changes import (
    BridgeChanged,
    CallChanged,
    CallEnded,
    ChannelGone,
    ChannelReplaced,
    OriginateEnded,
    OriginateStateChanged,
    SpyJoined,
    Transferred,
)
from adapter.calls.legs import Leg

_SIGNAL_OF_STATE = {ChannelState.RINGING: Signal.RINGS, ChannelState.UP: Signal.ANSWERS}


def on_state(supervision: Supervision, change: OriginateStateChanged, world: World) -> Sequence[Effect]:
    """Its channel appeared, rings or was picked up."""
    if change.uniqueid != supervision.channel_id:
        return []
    supervision.is_taken = True  # whatever becomes of the answer to the originate
    if change.state is ChannelState.UP and supervision.is_told_to_wait:
        # The hold may have ended while it rang.
        return [*move(supervision, Signal.WAITS, world), *set_right(supervision)]
    signal = _SIGNAL_OF_STATE.get(change.state)
    return [] if signal is None else move(supervision, signal, world)


def on_spy(supervision: Supervision, change: SpyJoined, world: World) -> Sequence[Effect]:
    """ChanSpy runs on its channel."""
    return follow_spy(supervision, change.spyee, world) if change.spyer == supervision.channel_id else []


def on_failure(supervision: Supervision, change: OriginateEnded, world: World) -> Sequence[Effect]:
    """No endpoint or no contact makes no channel at all; a channel's own Hangup, near, tells more."""
    if change.is_answered or change.uniqueid != supervision.channel_id or supervision.is_leaving:
        return []
    if world.calls.leg(change.uniqueid) is not None:
        return []
    is_stream = supervision.stream is not None
    return retire(supervision, Reason.NOT_JOINED if is_stream else Reason.UNAVAILABLE, world)


def on_gone(supervision: Supervision, gone: ChannelGone, world: World) -> Sequence[Effect]:
    """A channel ended: its own, the one that it spies on, or another of the call."""
    effects: list[Effect] = []
    if _is_its_own(supervision, gone.uniqueid) and not supervision.is_leaving:
        reason = reason_of_hangup(
            supervision.state, gone.cause, sip_status=gone.sip_status, is_late=supervision.is_late
        )
        if supervision.stream is not None and not supervision.has_answered:
            reason = Reason.NOT_JOINED  # there is no phone that could have said why
        has_left = reason is Reason.SUPERVISOR_LEFT
        effects += supervisor_gone(supervision, world) if has_left else retire(supervision, reason, world)
    if supervision.spyee == gone.uniqueid:
        effects += extension_gone(supervision, world)
    return [*effects, *look_why(supervision, world)]


def on_call(supervision: Supervision, change: CallChanged | CallEnded, world: World) -> Sequence[Effect]:
    """The call changed, perhaps into another, or ended."""
    effects: list[Effect] = []
    if supervision.call_id == change.call_id and not supervision.is_leaving:
        effects += _follow_call(supervision, world)
    if supervision.call_id == change.call_id:
        effects += keep_to_supervisor(supervision, world)
    return [*effects, *look_why(supervision, world)]


def on_bridge(supervision: Supervision, _change: BridgeChanged, world: World) -> Sequence[Effect]:
    """Who talks with whom may be another."""
    effects: list[Effect] = []
    before = talk_of(supervision)
    if note_partners(supervision, world.calls):
        effects += keep_to_conversation(supervision, world, before)
        if supervision.state is not State.ENDED:
            effects += judge(supervision, world)
        if supervision.goes_on:
            effects += note_change(supervision)
    effects += keep_to_supervisor(supervision, world)
    return [*effects, *look_why(supervision, world)]


def on_replaced(supervision: Supervision, change: ChannelReplaced, world: World) -> Sequence[Effect]:
    """Somebody got into the supervisor's place, as who picks up the phone that rings."""
    place = next((one for one in (change.old, change.linkedid) if is_of_a_spy(one)), None)
    return end(supervision, Reason.TAKEN, world) if place == supervision.channel_id else []


def on_transferred(supervision: Supervision, change: Transferred, world: World) -> Sequence[Effect]:
    """Where it is to follow the call, ringing or joined, it moves to the party that stays."""
    is_meant = supervision.spyee == change.transferer and supervision.follow is Follow.CALL
    if not is_meant or supervision.is_leaving or len(supervision.last_partners) != 1:
        return []
    (stays,) = supervision.last_partners
    return _move_to(supervision, world.calls.leg(stays), world)


def on_snapshot(supervision: Supervision, _change: SnapshotTaken, world: World) -> Sequence[Effect]:
    """What happened in a break, or what an earlier process began."""
    return [*look_again(supervision, world), *keep_to_supervisor(supervision, world)]


def _is_its_own(supervision: Supervision, uniqueid: str) -> bool:
    if uniqueid == supervision.channel_id:
        return True
    # Behind a Local channel the phone may be gone long before ChanSpy notices. What its hangup means for one
    # that rings, its first half tells.
    return uniqueid.removesuffix(OTHER_HALF) == supervision.channel_id and supervision.has_answered


def _follow_call(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Who is joined goes with the spyee into another call, as after an attended transfer of the far side.

    While the phone rings, that would be another call than was asked for, unless it is to follow the call.
    """
    call = world.calls.call_of(supervision.spyee)
    goes_along = supervision.is_joined or supervision.follow is Follow.CALL
    if call is None or (call.id != supervision.call_id and not goes_along):
        return extension_gone(supervision, world)
    if call.id != supervision.call_id:
        supervision.call_id = call.id
        effects: Sequence[Effect] = [publish(supervision, "supervision follows its call")]
    else:
        effects = keep_to_conversation(supervision, world)
    return [*effects, *_follow_hold(supervision, world)]


def _follow_hold(supervision: Supervision, world: World) -> Sequence[Effect]:
    """What waits for the end of a hold is done then."""
    held = is_held(world.calls, supervision.spyee)
    if held is supervision.is_held or supervision.state is State.ENDED:
        return []
    supervision.is_held = held
    told = [publish(supervision, "supervision is on hold")] if supervision.stream is not None else []
    return [*told, *note_change(supervision)]


def _move_to(supervision: Supervision, leg: Leg | None, world: World) -> Sequence[Effect]:
    if leg is None or Feature.SWITCH not in world.features:
        return []  # it ends with the extension
    mode = mode_on(
        world.directory,
        leg,
        mode=supervision.wanted_mode,
        medium=supervision.medium,
        app_id=supervision.owner,
        extension=supervision.extension,
    )
    if mode is None:
        return []  # it ends with the extension
    supervision.turn_to(leg.channel.uniqueid)
    supervision.wanted_mode = mode
    return [
        publish(supervision, "supervision moves to the party that stays"),
        *set_right(supervision),
    ]
