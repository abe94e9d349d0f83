"""A supervision as an operation: told what happens, it says what is to be done. Pure.

Three tables say which function is asked: by what happened, by the timer that is over, by what was answered.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapter.callcontrol.operation import (
    Answered,
    Came,
    DirectoryChanged,
    Effect,
    Expired,
    RecordsKnown,
    SnapshotTaken,
    Stopping,
)
from adapter.callcontrol.supervision import asked, handlers, leaving, listening, restarting, ringing
from adapter.callcontrol.supervision.keeping import keep_to_directory
from adapter.callcontrol.supervision.lifecycle import publish
from adapter.callcontrol.supervision.milestones import has_reached
from adapter.callcontrol.supervision.notice_tone import NoticeTone
from adapter.callcontrol.supervision.participants import on_notice
from adapter.callcontrol.supervision.reconcile import recall
from adapter.callcontrol.supervision.session import Reason, State
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

Handler = Callable[[Supervision, Any, World], Sequence[Effect]]
"""What is to be done now that this has happened."""

_OF_TIMER: Mapping[str, Callable[[Supervision, World], Sequence[Effect]]] = {
    ringing.LATE: ringing.on_late,
    ringing.PICKUP: ringing.on_pickup_over,
    ringing.JOIN: ringing.on_join_over,
    listening.LISTENER: listening.on_wait_over,
    listening.CONNECT: listening.on_connect_over,
    leaving.CERTAIN: leaving.on_certain,
    restarting.SETTLE: restarting.on_settled,
    restarting.BEGIN: restarting.on_begin_over,
    restarting.REJOIN: restarting.on_rejoin_over,
    restarting.GONE: restarting.on_gone_over,
}
_OF_ANSWER: Mapping[str, Handler] = {
    ringing.NAME: ringing.on_named,
    ringing.ORIGINATE: ringing.on_originated,
    restarting.VARIABLE: restarting.on_variable,
    restarting.REDIRECT: restarting.on_redirect,
    restarting.FOLLOW: restarting.on_follow_told,
}


def _on_expired(supervision: Supervision, expired: Expired, world: World) -> Sequence[Effect]:
    return _OF_TIMER[expired.timer](supervision, world)


def _on_came(supervision: Supervision, came: Came, world: World) -> Sequence[Effect]:
    match came.operation:
        case NoticeTone() as notice:
            return on_notice(supervision, notice, world)
    return []


def _on_directory(supervision: Supervision, _change: DirectoryChanged, world: World) -> Sequence[Effect]:
    return keep_to_directory(supervision, world)


ON: Mapping[type, Handler] = {
    Expired: _on_expired,
    Came: _on_came,
    OriginateStateChanged: handlers.on_state,
    OriginateEnded: handlers.on_failure,
    SpyJoined: handlers.on_spy,
    CallChanged: handlers.on_call,
    CallEnded: handlers.on_call,
    BridgeChanged: handlers.on_bridge,
    ChannelGone: handlers.on_gone,
    ChannelReplaced: handlers.on_replaced,
    Transferred: handlers.on_transferred,
    SnapshotTaken: handlers.on_snapshot,
    DirectoryChanged: _on_directory,
    RecordsKnown: recall,
    asked.Switch: asked.on_switch,
    listening.ListenerCame: listening.on_came,
    listening.ListenerGone: listening.on_gone,
    asked.EndRequested: asked.on_end_requested,
    Stopping: asked.on_stopping,
}


def id_of(supervision: Supervision) -> str:
    """The operation that this supervision is."""
    return f"supervise {supervision.channel_id}"


class Supervise:
    """One supervision, from its request, or from when it was found, to its end."""

    def __init__(self, supervision: Supervision) -> None:
        self._supervision = supervision

    @property
    def id(self) -> str:
        """What it does, and to what."""
        return id_of(self._supervision)

    @property
    def outcome(self) -> Reason | None:
        """Why it ended."""
        return self._supervision.reason

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and what became of the originate is known."""
        return self._supervision.state is State.ENDED and not self._supervision.is_originating

    def start(self, world: World) -> Sequence[Effect]:
        """Ring its phone, or wait for who opens its stream, unless it was found."""
        supervision = self._supervision
        if supervision.plan is None:
            return [publish(supervision, "supervision found")]
        told = publish(supervision, "supervision requested")
        if supervision.stream is not None:
            return [told, *listening.wait(supervision.plan)]
        return [told, *ringing.ring(supervision, supervision.plan, world)]

    def on(self, what: object, world: World) -> Sequence[Effect]:
        """What follows from it; of one that has ended, only an answer means anything."""
        supervision = self._supervision
        if isinstance(what, Answered):
            handler = _OF_ANSWER[what.tag]
        elif supervision.state is State.ENDED or type(what) not in ON:
            return []
        else:
            handler = ON[type(what)]
        before = supervision.state
        effects = [*handler(supervision, what, world)]
        if supervision.state is not before or supervision.is_leaving:
            effects += [*ringing.on_moved(supervision, before), *restarting.on_moved(supervision)]
        return effects

    def has_reached(self, milestone: object, world: World) -> bool:
        """Whether it is as somebody waits for it to be."""
        return has_reached(self._supervision, milestone, world)
