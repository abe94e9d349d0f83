"""May a supervision that runs go on, as the directory and its conversation are now? Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from adapter.access.permission import may_be_heard, may_hear, may_supervise
from adapter.callcontrol.supervision.plan import Mode
from adapter.calls.legs import Leg
from adapter.directory import App, Directory, Extension


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


def may_continue(
    directory: Directory,
    spied: Leg,
    partners: Iterable[Leg],
    *,
    mode: Mode,
    app_id: str,
    extension: str,
    supervisor: str,
) -> bool:
    """Whether the supervisor may hear these, in a supervision of `extension` that the App asked for.

    Of one that an earlier process began the App is not known: there only those count who may never be heard
    and never hear.
    """
    partners = list(partners)
    if extension not in directory.extensions:
        return False
    if not may_hear(directory, supervisor, extension):
        return False
    if not all(may_be_heard(directory, leg) for leg in (spied, *partners)):
        return False
    if not app_id:
        return True
    app = directory.apps.get(app_id)
    if app is None:
        return False
    # One that moved to somebody of the public network is judged by the extensions that this one talks with;
    # while there is none, by the one that it was asked for.
    judged = [leg.extension for leg in ([spied] if spied.extension is not None else partners)]
    numbers = [number for number in judged if number is not None] or [extension]
    return all(_may_supervise(directory, app, number, mode, extension) for number in numbers)


def supervised_extension(spied: Leg, partners: Iterable[Leg], before: str) -> str:
    """The extension that is supervised: the spied channel's own, else that of who talks with it.

    `before` where nobody of the directory does, and where it is one of several.
    """
    if spied.extension is not None:
        return spied.extension
    numbers = [leg.extension for leg in partners if leg.extension is not None]
    return before if before in numbers else next(iter(numbers), before)


def mode_on(directory: Directory, leg: Leg, *, mode: Mode, app_id: str, extension: str) -> Mode | None:
    """The mode in which a supervision of `extension` may move to this leg; nothing where it may not.

    What was whispered to an agent is not meant for a customer: there it only listens on, where it may listen.
    """
    app = directory.apps.get(app_id)
    if app is None or not may_be_heard(directory, leg):
        return None
    number = leg.extension
    if number is None:
        number, mode = extension, Mode.MONITOR if mode in (Mode.WHISPER, Mode.PRIVATE_WHISPER) else mode
    return mode if _may_supervise(directory, app, number, mode, extension) else None


def _may_supervise(directory: Directory, app: App, number: str, mode: Mode, asked_for: str) -> bool:
    there, here = directory.extensions.get(number), directory.extensions.get(asked_for)
    return (
        there is not None
        and here is not None
        and _are_of_one_organization(here, there)
        and directory.is_under(there, app.account)
        and may_supervise(directory, app, there, mode.permission)
    )


def _are_of_one_organization(one: Extension, other: Extension) -> bool:
    return one.prefix == other.prefix
