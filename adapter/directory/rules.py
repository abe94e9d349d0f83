"""What no entry of a directory shows alone: duplicates, overlapping prefixes, unknown references."""

from collections.abc import Callable, Iterable

from adapter.directory.entries import AccountLevel, DirectoryEntries, Extension
from adapter.directory.yaml_lines import Place

UNKNOWN_DEVICES = "anything may answer a Local channel: list the devices of the extension, like [PJSIP/210]"

_LineOf = Callable[[Place], int]


def find_contradictions(parsed: DirectoryEntries, line: _LineOf) -> Iterable[tuple[int, str]]:
    """Every contradiction between entries, with the line that it stands on."""
    yield from _duplicates(parsed, line)
    yield from _devices(parsed, line)
    yield from _overlaps(parsed, line)
    yield from _unknown_references(parsed, line)
    yield from _strangers_in_groups(parsed, line)


def _duplicates(parsed: DirectoryEntries, line: _LineOf) -> Iterable[tuple[int, str]]:
    for kind, key in (
        ("organizations", "id"),
        ("organizations", "prefix"),
        ("users", "id"),
        ("extensions", "number"),
        ("apps", "client_id"),
    ):
        seen: set[str] = set()
        for index, entry in enumerate(getattr(parsed, kind)):
            value = getattr(entry, key)
            if value in seen:
                yield line((kind, index, key)), f"{kind} have the {key} {value!r} twice"
            seen.add(value)


def _devices(parsed: DirectoryEntries, line: _LineOf) -> Iterable[tuple[int, str]]:
    """Where it could not be told whose channel it is, or who answers: no guard would hold there."""
    owners: dict[str, str] = {}
    dialed: dict[str, str] = {}
    for index, extension in enumerate(parsed.extensions):
        place, number = ("extensions", index), extension.number
        for at, device in enumerate(extension.devices):
            owner = owners.setdefault(device, number)
            if owner != number:
                what = f"the device {device!r} is the extension {owner!r}'s already"
                yield line((*place, *_named_at(extension, at))), what
        if len(set(extension.devices)) < len(extension.devices):
            yield line((*place, "devices")), f"the extension {number!r} has a device twice"
        if extension.is_dialed_by_dialplan:
            if not extension.listed_devices:
                yield line((*place, "dial")), UNKNOWN_DEVICES
            owner = dialed.setdefault(extension.dial, number)
            if owner != number:
                yield line((*place, "dial")), f"the extension {owner!r} has the same dial"
        elif extension.dial and extension.dial not in extension.devices:
            yield line((*place, "dial")), "must be one of the extension's devices, or a Local channel"


def _named_at(extension: Extension, at: int) -> Place:
    """Where an extension names its device: in the list, by `dial`, or by its number alone."""
    if extension.listed_devices:
        return ("devices", at)
    return ("dial" if extension.dial else "number",)


def _overlaps(parsed: DirectoryEntries, line: _LineOf) -> Iterable[tuple[int, str]]:
    prefixes = {organization.prefix for organization in parsed.organizations}
    for index, organization in enumerate(parsed.organizations):
        prefix = organization.prefix
        for other in (prefix[:length] for length in range(1, len(prefix))):
            if other in prefixes:
                yield (
                    line(("organizations", index, "prefix")),
                    f"the prefix {prefix!r} overlaps with {other!r}",
                )


def _unknown_references(parsed: DirectoryEntries, line: _LineOf) -> Iterable[tuple[int, str]]:
    organizations = {organization.id for organization in parsed.organizations}
    by_prefix = {organization.prefix: organization.id for organization in parsed.organizations}
    users = {user.id: user.organization for user in parsed.users}
    for index, user in enumerate(parsed.users):
        if user.organization not in organizations:
            yield line(("users", index, "organization")), f"there is no organization {user.organization!r}"
    for index, extension in enumerate(parsed.extensions):
        if extension.prefix not in by_prefix:
            yield (
                line(("extensions", index, "number")),
                f"no organization has the prefix {extension.prefix!r}",
            )
        elif extension.owner not in users:
            yield line(("extensions", index, "owner")), f"there is no user {extension.owner!r}"
        elif users[extension.owner] != by_prefix[extension.prefix]:
            yield (
                line(("extensions", index, "owner")),
                f"the user {extension.owner!r} is of another organization",
            )
    known = {AccountLevel.USER: set(users), AccountLevel.ORGANIZATION: organizations}
    for index, app in enumerate(parsed.apps):
        level, account_id = app.account.level, app.account.id
        if level in known and account_id not in known[level]:
            yield line(("apps", index, "account")), f"there is no {level} {account_id!r}"


def _strangers_in_groups(parsed: DirectoryEntries, line: _LineOf) -> Iterable[tuple[int, str]]:
    prefixes = {organization.id: organization.prefix for organization in parsed.organizations}
    numbers = {extension.number: extension.prefix for extension in parsed.extensions}
    users = {user.id: user.organization for user in parsed.users}
    apps = {app.client_id for app in parsed.apps}
    for index, group in enumerate(parsed.supervision_groups):
        place = ("supervision_groups", index)
        if group.organization not in prefixes:
            yield line((*place, "organization")), f"there is no organization {group.organization!r}"
            continue
        for number in sorted(group.extensions):
            if numbers.get(number) != prefixes[group.organization]:
                yield line((*place, "extensions")), f"the organization has no extension {number!r}"
        for user in sorted(group.members.users):
            if users.get(user) != group.organization:
                yield line((*place, "members")), f"the organization has no user {user!r}"
        for app in sorted(group.members.apps - apps):
            yield line((*place, "members")), f"there is no App {app!r}"
