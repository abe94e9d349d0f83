"""From the text of a directory file to the directory, or to everything that is wrong with it."""

from collections import defaultdict
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from adapter.asterisk.naming import supervisor_channels
from adapter.directory.candidates import Candidates
from adapter.directory.entries import Account, AccountLevel, DirectoryEntries, SupervisionGroup
from adapter.directory.expanding import Expansion, expand, write_out_groups
from adapter.directory.forgiving import forgive
from adapter.directory.index import Directory
from adapter.directory.overriding import override
from adapter.directory.rules import find_contradictions
from adapter.directory.sourcing import add
from adapter.directory.yaml_lines import Document, YamlError, read_yaml
from adapter.plain_errors import plain_error


class DirectoryError(ValueError):
    """The directory cannot be used; `problems` says why, each with its line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Loaded:
    """A directory, and what its source has to do with it."""

    directory: Directory
    numbers: frozenset[str]
    """Of the extensions that came from the source."""
    warnings: tuple[str, ...]
    """What was left out of the source, and what of the file found nobody there."""


def load_directory(text: str) -> Directory:
    """The directory written in `text`. Raises DirectoryError with every problem found and its line."""
    return load(text, None).directory


def load(text: str, candidates: Candidates | None) -> Loaded:
    """The directory written in `text`, with what its source has. Raises DirectoryError as above."""
    try:
        document = read_yaml(text)
    except YamlError as bad:
        raise DirectoryError([f"line {line}: {problem}" for line, problem in bad.problems]) from None
    try:
        try:
            written = DirectoryEntries.model_validate(document.data)
        except ValidationError as invalid:
            raise DirectoryError([_problem(document, error) for error in invalid.errors()]) from None
        return _load(written, document, candidates)
    finally:
        document.let_go()


def _load(written: DirectoryEntries, document: Document, candidates: Candidates | None) -> Loaded:
    own = len(written.extensions)
    added = None if candidates is None else add(written, candidates)
    if added is not None:
        written = written.model_copy(
            update={
                "users": (*written.users, *added.users),
                "extensions": (*written.extensions, *added.extensions),
            }
        )
    made = expand(written)
    told = override(written, made, has_source=added is not None)
    told += write_out_groups(written, made, has_source=added is not None)
    if added is not None:
        written, gone = forgive(written, made)
        told = [*(f"{each.what}: {each.why}" for each in added.left_out), *told, *gone]
    problems = sorted(
        (document.line(place), what, place) for place, what in find_contradictions(written, made)
    )
    if problems:
        raise DirectoryError(
            [
                f"the source's {written.extensions[place[1]].number}: {what}"
                if place[0] == "extensions" and isinstance(place[1], int) and place[1] >= own
                else f"line {line}: {what}"
                for line, what, place in problems
            ]
        )
    numbers = frozenset(() if added is None else added.numbers)
    return Loaded(_index(written, made), numbers, tuple(told))


def _index(written: DirectoryEntries, made: Expansion) -> Directory:
    return Directory(
        organizations={organization.id: organization for organization in written.organizations},
        users={user.id: user for user in written.users},
        extensions={extension.number: extension for extension in made.extensions},
        apps={app.client_id: app for app in written.apps},
        supervision_groups=tuple(made.groups),
        _by_prefix={organization.prefix: organization for organization in written.organizations},
        _by_channel={
            channels: one.number
            for one in made.extensions
            for channels in (*one.devices, supervisor_channels(one.number))
        },
        _numbers=_numbers_by_account(written, made),
        _groups=_groups_by_organization(made),
    )


def _groups_by_organization(made: Expansion) -> dict[str, tuple[SupervisionGroup, ...]]:
    groups = defaultdict[str, list[SupervisionGroup]](list)
    for group in made.groups:
        groups[group.organization].append(group)
    return {organization_id: tuple(own) for organization_id, own in groups.items()}


def _numbers_by_account(written: DirectoryEntries, made: Expansion) -> dict[Account, frozenset[str]]:
    """The extensions under each account that has any. Requests ask for them, and one must not look at all."""
    organizations = {organization.prefix: organization.id for organization in written.organizations}
    numbers = defaultdict[Account, set[str]](set)
    for extension in made.extensions:
        for account in (
            Account(AccountLevel.USER, extension.owner),
            Account(AccountLevel.ORGANIZATION, organizations[extension.prefix]),
            Account(AccountLevel.ADMINISTRATOR),
        ):
            numbers[account].add(extension.number)
    return {account: frozenset(own) for account, own in numbers.items()}


def _problem(document: Document, error: ErrorDetails) -> str:
    name = ".".join(str(part + 1) if isinstance(part, int) else part for part in error["loc"])
    return f"line {document.line(error['loc'])}: {name or 'the file'}: {plain_error(error)}"
