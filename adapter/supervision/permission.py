"""Who may supervise whom. Pure."""

from adapter.directory import App, Directory, Extension, SupervisionMode


def may_supervise(
    directory: Directory, app: App, extension: Extension, mode: SupervisionMode | None = None
) -> bool:
    """Whether the App may supervise the extension in this mode, or in any where none is given.

    An organization without a supervision group leaves it to the level of the account, which bounds already
    what the App can address. With one, only its groups' members may, and the administrator is no exception.
    """
    if extension.never_supervised:
        return False
    organization = directory.organization_of(extension)
    groups = [group for group in directory.supervision_groups if group.organization == organization.id]
    return not groups or any(
        group.has_member(app)
        and extension.number in group.extensions
        and (mode in group.modes or (mode is None and group.modes))
        for group in groups
    )
