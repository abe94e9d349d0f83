"""Whether the present directory lets a running supervision go on, or move to another party. Pure."""

from collections.abc import Iterable

from adapter.access.hearing import may_be_heard, may_hear
from adapter.access.supervising import may_supervise
from adapter.calls.legs import Leg
from adapter.directory import App, Directory, Extension, Medium, SupervisionMode


def may_continue(
    directory: Directory,
    spied: Leg,
    partners: Iterable[Leg],
    *,
    mode: SupervisionMode,
    app_id: str,
    extension: str,
    supervisor: str,
    medium: Medium = Medium.PHONE,
) -> bool:
    """Whether the supervisor may hear these parties in the App's supervision of `extension`.

    If an earlier process began the supervision, its App is unknown. Then the supervision ends only if a party
    may never be heard, or if the supervisor may never hear.
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
    # If the supervision moved to a party of the public network, the extensions that talk with that party
    # count. While there are none, the requested extension counts.
    judged = [leg.extension for leg in ([spied] if spied.extension is not None else partners)]
    numbers = [number for number in judged if number is not None] or [extension]
    how = (mode, medium)
    return all(_may_supervise(directory, app, number, how, extension) for number in numbers)


def may_move_to(
    directory: Directory,
    leg: Leg,
    *,
    mode: SupervisionMode,
    app_id: str,
    extension: str,
    medium: Medium = Medium.PHONE,
) -> bool:
    """Whether a supervision of `extension` may move to this leg.

    A leg of the public network counts as `extension`.
    """
    app = directory.apps.get(app_id)
    if app is None or not may_be_heard(directory, leg):
        return False
    return _may_supervise(directory, app, leg.extension or extension, (mode, medium), extension)


def _may_supervise(
    directory: Directory, app: App, number: str, how: tuple[SupervisionMode, Medium], asked_for: str
) -> bool:
    there, here = directory.extensions.get(number), directory.extensions.get(asked_for)
    return (
        there is not None
        and here is not None
        and _are_of_one_organization(here, there)
        and directory.is_under(there, app.account)
        and may_supervise(directory, app, there, *how)
    )


def _are_of_one_organization(one: Extension, other: Extension) -> bool:
    return one.prefix == other.prefix
