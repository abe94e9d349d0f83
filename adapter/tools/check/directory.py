"""Warnings about a directory that is valid but may not mean what its operator wants. Pure."""

from collections.abc import Iterable, Iterator

from adapter.directory import AccountLevel, App, Directory, SupervisionGroup, warnings
from adapter.tools.check.findings import Finding, Verdict

ADVICE = "a group gives an App no more extensions: name an App of the organization (`apps`)"


def find_doubts(directory: Directory) -> Iterator[Finding]:
    """A warning for each extension whose guard may not hold, and for each member who cannot use a group."""
    for number, why in warnings(directory).items():
        yield Finding(
            f"extension {number}",
            Verdict.WARN,
            why,
            "see `devices` and `never_supervised` in examples/directory.yaml",
        )
    yield from find_idle_members(directory)


def find_source(source: str | None, trouble: str) -> Iterator[Finding]:
    """Whether the directory is what its source says, if it has one."""
    if source is None:
        return
    if trouble:
        advice = "until then the last good directory is in force (docs/operator-guide.md)"
        yield Finding("directory source", Verdict.WARN, trouble, advice)
    else:
        yield Finding("directory source", Verdict.OK, source)


def find_left_out(warnings: Iterable[str]) -> Iterator[Finding]:
    """What the directory's source has and the directory has not, and what nobody is meant by."""
    for warning in warnings:
        yield Finding(
            "directory source", Verdict.WARN, warning, "mend it there, or write it into the directory file"
        )


def find_idle_members(directory: Directory) -> Iterator[Finding]:
    """A warning for each member of a group whose Apps may not see any extension of the group."""
    for group in directory.supervision_groups:
        for user in sorted(group.members.users):
            apps = [
                app
                for app in directory.apps.values()
                if app.account.level is AccountLevel.USER and app.account.id == user
            ]
            if not apps:
                yield _finding(group, f"no App is registered to the user {user}")
            elif not any(_sees_one(directory, app, group) for app in apps):
                yield _finding(group, f"no App of the user {user} sees any of its extensions")
        for client_id in sorted(group.members.apps):
            if not _sees_one(directory, directory.apps[client_id], group):
                yield _finding(group, f"the App {client_id} sees none of its extensions")


def _sees_one(directory: Directory, app: App, group: SupervisionGroup) -> bool:
    return any(directory.is_under(directory.extensions[number], app.account) for number in group.extensions)


def _finding(group: SupervisionGroup, found: str) -> Finding:
    return Finding(f"group {group.name}", Verdict.WARN, found, ADVICE)
