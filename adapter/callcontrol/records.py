"""What a restart would forget of a supervision. Pure."""

from typing import NamedTuple

from adapter.callcontrol.supervision.plan import Follow, Mode, Plan
from adapter.callcontrol.supervision.supervision import Supervision


class Record(NamedTuple):
    """Whose a supervision is, and what was asked for. Asterisk has the rest: who hears whom, and how."""

    id: str
    owner: str
    """The client id of the App that asked for it."""
    follow: Follow
    mode: Mode
    supervisor: str
    extension: str
    call_id: str
    requested_at: float
    """Seconds since the epoch."""


def record_of(supervision: Supervision) -> Record:
    """What is to be known of it after a restart."""
    return Record(
        id=supervision.id,
        owner=supervision.owner,
        follow=supervision.follow,
        mode=supervision.wanted_mode,
        supervisor=supervision.supervisor,
        extension=supervision.extension,
        call_id=supervision.call_id,
        requested_at=supervision.requested_at,
    )


def record_of_plan(plan: Plan, owner: str, new_id: str, running: Supervision | None, now: float) -> Record:
    """What is to be known once the plan is carried out: by a new supervision, or by the one that runs."""
    follow, requested_at = plan.follow or plan.default_follow, now
    if running is not None:
        new_id, follow, requested_at = running.id, plan.follow or running.follow, running.requested_at
        owner = running.owner if running.owner and running.is_as_planned(plan) else owner
    return Record(
        id=new_id,
        owner=owner,
        follow=follow,
        mode=plan.mode,
        supervisor=plan.supervisor,
        extension=plan.extension,
        call_id=plan.call_id,
        requested_at=requested_at,
    )
