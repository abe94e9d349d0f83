"""What a directory file says of people who are gone from its source: passed over, and told. Pure.

People come and go in a source, and the file beside it must not be refused for each. A group that loses its
last member or extension stays: without any group everybody might supervise.
"""

from adapter.directory.entries import AccountLevel, DirectoryEntries, SupervisionGroup
from adapter.directory.expanding import Expansion


def forgive(written: DirectoryEntries, made: Expansion) -> tuple[DirectoryEntries, list[str]]:
    """The entries without the Apps of users that are not there, and what else was passed over in `made`."""
    told: list[str] = []
    users = {user.id for user in written.users}
    apps = []
    for app in written.apps:
        if app.account.level is AccountLevel.USER and app.account.id not in users:
            told.append(f"the App {app.client_id}: there is no user {app.account.id!r}")
        else:
            apps.append(app)
    dropped = {app.client_id for app in written.apps} - {app.client_id for app in apps}
    prefixes = {organization.id: organization.prefix for organization in written.organizations}
    numbers = {extension.number for extension in made.extensions}
    for index, group in enumerate(made.groups):
        prefix = prefixes.get(group.organization, "")
        gone = {each for each in group.extensions - numbers if each.startswith(f"{prefix}*")}
        gone_users = group.members.users - users
        told += [f"the group {group.name}: there is no {each!r}" for each in sorted(gone | gone_users)]
        made.groups[index] = _without(group, gone, gone_users, dropped)
    return written.model_copy(update={"apps": tuple(apps)}), told


def _without(
    group: SupervisionGroup, numbers: set[str], users: frozenset[str], apps: set[str]
) -> SupervisionGroup:
    members = group.members.model_copy(
        update={"users": group.members.users - users, "apps": group.members.apps - apps}
    )
    return group.model_copy(update={"extensions": group.extensions - numbers, "members": members})
