"""Who may supervise whom. Pure."""

from collections.abc import Set as AbstractSet

from adapter.access.principal import Principal
from adapter.directory import App, Directory, Extension, Medium, SupervisionMode


def may_supervise(
    directory: Directory,
    app: App,
    extension: Extension,
    mode: SupervisionMode | None = None,
    medium: Medium | None = None,
) -> bool:
    """Whether the App may supervise the extension in this mode and by this medium; None stands for any.

    If the organization has no supervision group, the App may supervise whatever its account can address. If
    it has groups, only their members may; the administrator is no exception. The App's own entry, and a group
    that allows the mode, must both allow the medium.
    """
    if extension.never_supervised or (medium is not None and medium not in app.media):
        return False
    organization = directory.organization_of(extension)
    groups = directory.groups_of(organization)
    return not groups or any(
        group.has_member(app)
        and extension.number in group.extensions
        and (mode in group.modes or (mode is None and group.modes))
        and (medium is None or medium in group.media)
        for group in groups
    )


def may_begin(
    principal: Principal,
    number: str,
    mode: SupervisionMode | None = None,
    medium: Medium | None = None,
) -> bool:
    """Whether the App may begin to supervise this extension."""
    directory, app = principal.directory, principal.app
    extension = directory.extensions.get(number)
    return extension is not None and may_supervise(directory, app, extension, mode, medium)


def may_begin_on_any(
    principal: Principal, numbers: AbstractSet[str], mode: SupervisionMode | None = None
) -> bool:
    """Whether the App may supervise at least one of these extensions; which one is meant is not known yet.

    Without extensions there is nothing to forbid: the call does not exist.
    """
    return not numbers or any(may_begin(principal, number, mode) for number in numbers)


def may_change(principal: Principal, owner: str, number: str, mode: SupervisionMode, medium: Medium) -> bool:
    """Whether the App may switch or end a supervision of `number`: it began it, or could begin it."""
    return owner == principal.id or may_begin(principal, number, mode, medium)
