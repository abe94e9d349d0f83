"""Waits for who is to listen to a stream, and has Asterisk bring the audio once they are there. Pure.

The stream is a supervisor's phone that nobody can pick up elsewhere, forward or transfer: its WebSocket being
opened is the pick-up, and its being closed the hang-up. Asterisk is asked for nothing before it is opened.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from adapter.asterisk.actions import ActionError, originate_stream
from adapter.callcontrol.operation import After, Cancel, Effect, Send
from adapter.callcontrol.supervision.keeping import judge
from adapter.callcontrol.supervision.lifecycle import end, retire, warn
from adapter.callcontrol.supervision.plan import Plan, linger_s
from adapter.callcontrol.supervision.ringing import ORIGINATE
from adapter.callcontrol.supervision.session import Reason, State
from adapter.callcontrol.supervision.spy_setup import is_held, may_hold_back, wanted_setup
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World

CONNECT_LIMIT_S = 3.0
"""Asterisk connects 2 ms after it is asked to (measured), or never."""

LISTENER, CONNECT = "listener", "connect"


class ListenerCame(NamedTuple):
    """The WebSocket of its stream is open."""

    rate: int
    """Of the audio that is wanted, in Hz."""


class ListenerGone(NamedTuple):
    """The audio of its stream flows no more."""

    is_by_asterisk: bool = False
    """Whether Asterisk ended it, which may tell better why."""


def wait(plan: Plan) -> Sequence[Effect]:
    """Wait for the listener, for as long as a phone would ring."""
    return [After(plan.pickup_s, LISTENER)]


def on_wait_over(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Nobody has opened it."""
    if not supervision.awaits_listener:
        return []
    return retire(supervision, Reason.PICKUP_TIMEOUT, world)


def on_came(supervision: Supervision, came: ListenerCame, world: World) -> Sequence[Effect]:
    """Have Asterisk bring the audio, once; of whom and how is looked at anew, since time has passed."""
    plan, stream = supervision.plan, supervision.stream
    if plan is None or stream is None or not supervision.awaits_listener:
        return []
    supervision.is_opened = True
    judged = [Cancel(LISTENER), *judge(supervision, world)]
    if supervision.state is State.ENDED:
        return judged
    if not (world.is_ready and world.has_audiosocket and may_hold_back(world.features)):
        return [*judged, *retire(supervision, Reason.LINK_LOST, world)]
    return [*judged, *_connect(supervision, plan, stream, came.rate, world)]


def _connect(supervision: Supervision, plan: Plan, stream: UUID, rate: int, world: World) -> Sequence[Effect]:
    setup = wanted_setup(world.calls, supervision.spyee, supervision.wanted_mode, may_wait=True)
    try:
        action = originate_stream(
            address=world.stream_address,
            stream=stream,
            rate=rate,
            spying=setup.spying,
            channel_id=supervision.channel_id,
            caller_id=plan.caller_id,
            linger_s=linger_s(supervision.follow),
            waits=setup.waits,
        )
    except ActionError as impossible:
        told = warn(supervision, "a stream cannot be asked for", error=str(impossible))
        return [told, *retire(supervision, Reason.NOT_JOINED, world)]
    supervision.mode, supervision.spy_setup = setup.mode, setup
    supervision.is_told_to_wait = setup.waits
    supervision.is_held = is_held(world.calls, supervision.spyee)
    supervision.is_originating = True
    return [After(CONNECT_LIMIT_S, CONNECT), Send(action, ORIGINATE)]


def on_connect_over(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Asterisk should have connected."""
    if supervision.state is not State.REQUESTED or not supervision.goes_on:
        return []
    return end(supervision, Reason.NOT_JOINED, world)


def on_gone(supervision: Supervision, gone: ListenerGone, world: World) -> Sequence[Effect]:
    """It ends, unless it is about to: then the reason is waited for."""
    if not supervision.goes_on:
        return []
    is_unjoined = gone.is_by_asterisk and not supervision.has_answered
    return end(supervision, Reason.NOT_JOINED if is_unjoined else Reason.SUPERVISOR_LEFT, world)
