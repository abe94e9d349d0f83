"""Who may supervise whom, who may hear and be heard. Pure."""

from adapter.calls.legs import Leg
from adapter.directory import App, Directory, Extension, ExtensionType, SupervisionMode


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
    groups = directory.groups_of(organization)
    return not groups or any(
        group.has_member(app)
        and extension.number in group.extensions
        and (mode in group.modes or (mode is None and group.modes))
        for group in groups
    )


def may_hear(directory: Directory, supervisor: str, extension: str) -> bool:
    """Whether this extension is one that may supervise that one."""
    hearing = directory.extensions.get(supervisor)
    return (
        hearing is not None
        and hearing.type is ExtensionType.PHONE_TERMINAL
        and hearing.prefix == extension.partition("*")[0]
    )


def may_be_heard(directory: Directory, leg: Leg) -> bool:
    """Whether this party may take part in a conversation that is supervised."""
    extension = directory.extensions.get(leg.extension or "")
    return extension is None or not extension.never_supervised
