"""The conversation that was asked for: does it go on, and who is supervised in it? Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from adapter.access.continuing import may_move_to
from adapter.callcontrol.supervision.plan import Mode
from adapter.calls.legs import Leg
from adapter.directory import Directory, Medium


class Talk(NamedTuple):
    """With whom a supervised channel talks, or talked last."""

    partners: frozenset[str]
    last_partners: frozenset[str]
    """Those, or while it talks with nobody, those before."""
    alone_in: str | None
    """The bridge in which it is alone, where that goes on: a conference, say."""


def is_another(spied: Leg, before: Talk, now: frozenset[str]) -> bool:
    """Whether its conversation is not the one any more that was asked for.

    An agent may stay on the line while callers come and go: in the bridge of AgentLogin between them, or all
    day in a dialer's conference, or in a bridge of an application's. Whoever asked to hear one caller did
    not ask to hear the next. It is over when the agent waits, or is left alone in such a bridge; and who was
    alone there had none, so that with whoever comes another begins. A call's own bridge needs no such rule:
    it ends when one of two leaves it, and who is sent on is followed.

    `before` is how it was at the last change, `now` are the channels that it talks with.
    """
    if spied.is_idle:
        return True
    if not spied.stays_in_bridge or bool(before.partners) is bool(now):
        return False
    return not now or (before.alone_in == spied.bridge and not before.last_partners & now)


def supervised_extension(spied: Leg, partners: Iterable[Leg], before: str) -> str:
    """The extension that is supervised: the spied channel's own, else that of who talks with it.

    `before` where nobody of the directory does, and where it is one of several.
    """
    if spied.extension is not None:
        return spied.extension
    numbers = [leg.extension for leg in partners if leg.extension is not None]
    return before if before in numbers else next(iter(numbers), before)


def mode_on(
    directory: Directory,
    leg: Leg,
    *,
    mode: Mode,
    app_id: str,
    extension: str,
    medium: Medium = Medium.PHONE,
) -> Mode | None:
    """The mode in which a supervision of `extension` may move to this leg; nothing where it may not.

    What was whispered to an agent is not meant for a customer: there it only listens on, where it may listen.
    """
    if leg.extension is None and mode in (Mode.WHISPER, Mode.PRIVATE_WHISPER):
        mode = Mode.MONITOR
    is_allowed = may_move_to(
        directory, leg, mode=mode.permission, medium=medium, app_id=app_id, extension=extension
    )
    return mode if is_allowed else None
