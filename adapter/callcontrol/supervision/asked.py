"""What somebody asks of a supervision that runs: another mode or view, its end. And how one begins. Pure."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from adapter.asterisk.naming import ChannelId, Kind
from adapter.callcontrol.operation import Effect, Stopping
from adapter.callcontrol.supervision.lifecycle import end, publish
from adapter.callcontrol.supervision.participants import note_partners
from adapter.callcontrol.supervision.plan import Plan
from adapter.callcontrol.supervision.restarting import set_right, tell_follow
from adapter.callcontrol.supervision.session import Reason
from adapter.callcontrol.supervision.spy_setup import is_held, may_hold_back, wanted_setup
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World


class Switch(NamedTuple):
    """It is to be as the plan says, from now on for this App."""

    plan: Plan
    owner: str


class EndRequested(NamedTuple):
    """Its supervisor is to leave."""


def prepare(  # noqa: PLR0917 - what one request brings
    supervision_id: str,
    plan: Plan,
    owner: str,
    world: World,
    requested_at: float | None = None,
    stream: UUID | None = None,
) -> Supervision:
    """What the plan says, before anything is asked of Asterisk. It is requested now, or was then.

    `stream` is a new one, where the plan's medium is one.
    """
    spy_setup = wanted_setup(world.calls, plan.spyee, plan.mode, may_wait=may_hold_back(world.features))
    supervision = Supervision(
        id=supervision_id,
        channel_id=str(ChannelId(Kind.SPY, world.rules.adapter_name, supervision_id)),
        mode=plan.mode,
        wanted_mode=plan.mode,
        call_id=plan.call_id,
        extension=plan.extension,
        spyee=plan.spyee,
        supervisor=plan.supervisor,
        owner=owner,
        requested_at=world.now if requested_at is None else requested_at,
        since=world.now,
        follow=plan.follow or plan.default_follow,
        notice_tone=plan.notice_tone,
        spy_setup=spy_setup,
        is_told_to_wait=spy_setup.waits,
        is_held=is_held(world.calls, plan.spyee),
        asked_for=(plan.spyee, plan.mode),
        rings=plan.rings if stream is None else (),
        plan=plan,
        stream=stream,
        is_taken=None if stream is None else True,  # Asterisk is asked once somebody listens
    )
    note_partners(supervision, world.calls)
    return supervision


def on_switch(supervision: Supervision, asked: Switch, world: World) -> Sequence[Effect]:
    """Have it be as the plan says, without ringing again."""
    plan = asked.plan
    is_same = supervision.is_as_planned(plan)
    if not is_same or not supervision.owner:  # one that an earlier process began is this App's now
        supervision.owner = asked.owner
    follow_before, supervision.follow = supervision.follow, plan.follow or supervision.follow
    if is_same:
        if supervision.follow is follow_before:
            return []
        told = publish(supervision, "supervision follows another")
        return [told, *tell_follow(supervision, world)]
    supervision.notice_tone = plan.notice_tone
    supervision.wanted_mode = plan.mode
    supervision.asked_for = (plan.spyee, plan.mode)
    if supervision.spyee != plan.spyee:
        supervision.turn_to(plan.spyee)
        supervision.extension = plan.extension
    if supervision.awaits_listener:
        supervision.mode = plan.mode  # nothing was told yet
    return [publish(supervision, "supervision switches"), *set_right(supervision)]


def on_end_requested(supervision: Supervision, _asked: EndRequested, world: World) -> Sequence[Effect]:
    """Hang up on its supervisor; the call goes on."""
    return end(supervision, Reason.ENDED_BY_REQUEST, world)


def on_stopping(supervision: Supervision, _what: Stopping, world: World) -> Sequence[Effect]:
    """Who rings stops; who is joined stays joined, and is found again at the next start.

    A stream ends with the process that carries it.
    """
    stays = supervision.is_joined and supervision.stream is None
    return [] if stays else end(supervision, Reason.SHUTDOWN, world)
