"""What no entry of a directory shows alone: duplicates, overlapping prefixes, unknown references. Pure."""

from collections.abc import Iterable, Iterator

from adapter.directory.entries import AccountLevel, DirectoryEntries, ExtensionEntry
from adapter.directory.expanding import Expansion
from adapter.directory.extension import Extension
from adapter.directory.yaml_lines import Place

Problem = tuple[Place, str]


def find_contradictions(written: DirectoryEntries, made: Expansion) -> Iterator[Problem]:
    """Every contradiction between entries, with its place; that of a range once, not for each number."""
    yield from made.problems
    yield from _duplicates(written)
    yield from _once(_same_numbers(made))
    yield from _once(_devices(written, made))
    yield from _overlaps(written)
    yield from _once(_strange_owners(written, made))
    yield from _unknown_references(written)
    yield from _strangers_in_groups(written, made)


def _once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """The first problem of each place, and how many more stand there."""
    first: dict[Place, str] = {}
    more: dict[Place, int] = {}
    for place, what in problems:
        if first.setdefault(place, what) is not what:
            more[place] = more.get(place, 0) + 1
    for place, what in first.items():
        yield place, f"{what}; and {more[place]} more" if place in more else what


def _duplicates(written: DirectoryEntries) -> Iterator[Problem]:
    for kind, key in (
        ("organizations", "id"),
        ("organizations", "prefix"),
        ("users", "id"),
        ("apps", "client_id"),
        ("organizations", "tenant"),
    ):
        seen: set[str | None] = set()
        for index, entry in enumerate(getattr(written, kind)):
            value = getattr(entry, key)
            if value in seen and value is not None:
                yield (kind, index, key), f"{kind} have the {key} {value!r} twice"
            seen.add(value)


def _placed(made: Expansion) -> Iterator[tuple[int, Extension]]:
    """Each extension, with the index of its entry."""
    return zip(made.entries, made.extensions, strict=True)


def _same_numbers(made: Expansion) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, extension in _placed(made):
        if extension.number in seen:
            what = f"extensions have the number {extension.number!r} twice"
            yield ("extensions", index, "number"), what
        seen.add(extension.number)


def _devices(written: DirectoryEntries, made: Expansion) -> Iterator[Problem]:
    """Where it could not be told whose channel it is, or who answers: no guard would hold there."""
    owners: dict[str, str] = {}
    dialed: dict[str, str] = {}
    for index, extension in _placed(made):
        place, number = ("extensions", index), extension.number
        for at, device in enumerate(extension.devices):
            owner = owners.setdefault(device, number)
            if owner != number:
                what = f"the device {device!r} is the extension {owner!r}'s already"
                yield (*place, *_named_at(written.extensions[index], at)), what
        if len(set(extension.devices)) < len(extension.devices):
            yield (*place, "devices"), f"the extension {number!r} has a device twice"
        if extension.is_dialed_by_dialplan:
            owner = dialed.setdefault(extension.dial, number)
            if owner != number:
                yield (*place, "dial"), f"the extension {owner!r} has the same dial"
        elif extension.dial and extension.dial not in extension.devices:
            yield (*place, "dial"), "must be one of the extension's devices, or a Local channel"


def _named_at(entry: ExtensionEntry, at: int) -> Place:
    """Where an extension names its device: in the list, by `dial`, or by its number alone."""
    if entry.devices:
        return ("devices", at)
    return ("dial" if entry.dial else "number",)


def _overlaps(written: DirectoryEntries) -> Iterator[Problem]:
    prefixes = {organization.prefix for organization in written.organizations}
    for index, organization in enumerate(written.organizations):
        prefix = organization.prefix
        for other in (prefix[:length] for length in range(1, len(prefix))):
            if other in prefixes:
                what = f"the prefix {prefix!r} overlaps with {other!r}"
                yield ("organizations", index, "prefix"), what


def _strange_owners(written: DirectoryEntries, made: Expansion) -> Iterator[Problem]:
    by_prefix = {organization.prefix: organization.id for organization in written.organizations}
    users = {user.id: user.organization for user in written.users}
    for index, extension in _placed(made):
        owner = extension.owner
        if owner not in users:
            yield ("extensions", index, "owner"), f"there is no user {owner!r}"
        elif users[owner] != by_prefix[extension.prefix]:
            yield ("extensions", index, "owner"), f"the user {owner!r} is of another organization"


def _unknown_references(written: DirectoryEntries) -> Iterator[Problem]:
    organizations = {organization.id for organization in written.organizations}
    for index, user in enumerate(written.users):
        if user.organization not in organizations:
            yield ("users", index, "organization"), f"there is no organization {user.organization!r}"
    users = {user.id for user in written.users}
    known = {AccountLevel.USER: users, AccountLevel.ORGANIZATION: organizations}
    for index, app in enumerate(written.apps):
        level, account_id = app.account.level, app.account.id
        if level in known and account_id not in known[level]:
            yield ("apps", index, "account"), f"there is no {level} {account_id!r}"


def _strangers_in_groups(written: DirectoryEntries, made: Expansion) -> Iterator[Problem]:
    prefixes = {organization.id: organization.prefix for organization in written.organizations}
    numbers = {extension.number: extension.prefix for extension in made.extensions}
    users = {user.id: user.organization for user in written.users}
    apps = {app.client_id for app in written.apps}
    for index, group in enumerate(made.groups):
        place = ("supervision_groups", index)
        if group.organization not in prefixes:
            yield (*place, "organization"), f"there is no organization {group.organization!r}"
            continue
        for number in sorted(group.extensions):
            if numbers.get(number) != prefixes[group.organization]:
                yield (*place, "extensions"), f"the organization has no extension {number!r}"
        for user in sorted(group.members.users):
            if users.get(user) != group.organization:
                yield (*place, "members"), f"the organization has no user {user!r}"
        for app in sorted(group.members.apps - apps):
            yield (*place, "members"), f"there is no App {app!r}"
