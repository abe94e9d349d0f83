"""The directory: organizations, users, extensions and Apps; loaded, validated, indexed. Pure.

It is written in YAML (examples/directory.yaml). Whatever is wrong is refused with the line it stands on,
all of it at once, so that an operator mends a file in one go.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from adapter.caller_id import CallerId, parse_caller_id
from adapter.yaml_lines import Document, Place, YamlError, read_yaml


class DirectoryError(ValueError):
    """The directory cannot be used; `problems` says why, each with its line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ExtensionType(StrEnum):
    """What an extension is (VoipNow's extension types)."""

    PHONE_TERMINAL = "phone terminal"
    QUEUE = "queue"
    IVR = "ivr"
    VOICEMAIL = "voicemail"
    CONFERENCE = "conference"
    CALLBACK = "callback"
    CALLING_CARD = "calling card"
    INTERCOM = "intercom"
    QUEUE_LOGIN_CENTER = "queue login center"


def _text_is_quoted(value: object) -> object:
    # YAML reads 0003 as the number 3: what is lost there cannot be mended here.
    if isinstance(value, int | float):
        raise ValueError('is a number here; write it in quotes, like "0003"')  # noqa: TRY004 - pydantic's way to refuse
    return value


def _caller_id(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('must be text like "John Doe <+3334444>"')  # noqa: TRY004 - as above
    return parse_caller_id(value)


Text = Annotated[
    str, BeforeValidator(_text_is_quoted), StringConstraints(min_length=1, pattern=r"^[^\x00-\x1f]+$")
]
Id = Annotated[Text, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$")]
Prefix = Annotated[Text, StringConstraints(pattern=r"^[0-9]{1,10}$")]
Number = Annotated[Text, StringConstraints(pattern=r"^[0-9]{1,10}\*[0-9]{1,10}$")]
# What is dialed becomes an AMI header and a channel name: a technology and a resource, nothing that
# separates arguments (`,` `&` `|`) or begins a variable (`$`).
DialString = Annotated[Text, StringConstraints(pattern=r"^[A-Za-z0-9]+/[A-Za-z0-9_.*#+@:/-]+$")]
ShownCallerId = Annotated[CallerId, BeforeValidator(_caller_id)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Organization(_Entry):
    """A customer of the PBX; its extensions' numbers begin with `prefix` and `*`."""

    id: Id
    prefix: Prefix
    name: Text


class User(_Entry):
    """A person of an organization who owns extensions."""

    id: Id
    name: Text
    organization: Id


class Extension(_Entry):
    """A number of an organization. `dial` is what Asterisk dials; its phone's channels are named after it."""

    number: Number
    type: ExtensionType
    owner: Id
    caller_id: ShownCallerId | None = None
    dial: DialString = ""
    never_supervised: bool = False

    @property
    def prefix(self) -> str:
        return self.number.partition("*")[0]

    @property
    def dialed(self) -> str:
        """The dial string, `PJSIP/{number}` where the directory names none."""
        return self.dial or f"PJSIP/{self.number}"

    @property
    def shown_caller_id(self) -> CallerId:
        """The caller id of the extension, its number standing for what the directory does not name."""
        return self.caller_id or CallerId(self.number, self.number)


class AccountLevel(StrEnum):
    """The kinds of account that an App is registered to; the level bounds what it sees and may do."""

    USER = "user"
    ORGANIZATION = "organization"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Account:
    """Whom an App acts for: a user or an organization with its id, or the administrator."""

    level: AccountLevel
    id: str = ""


def _account(value: object) -> Account:
    match value:
        case "administrator":
            return Account(AccountLevel.ADMINISTRATOR)
        case {"user": str() as user_id, **rest} if not rest:
            return Account(AccountLevel.USER, user_id)
        case {"organization": str() as organization_id, **rest} if not rest:
            return Account(AccountLevel.ORGANIZATION, organization_id)
    raise ValueError('must be administrator, {user: "ID"} or {organization: "ID"}')


def _is_secret_hash(value: str) -> str:
    if not value.startswith("$argon2"):
        raise ValueError("is not the hash of a secret; make one with: uapi-adapter hash")
    return value


class App(_Entry):
    """A program that uses the service: its OAuth client and the account it is registered to."""

    client_id: Id
    secret_hash: Annotated[Text, AfterValidator(_is_secret_hash)]
    account: Annotated[Account, BeforeValidator(_account)]


class SupervisionMode(StrEnum):
    """What a supervision group may allow, from the least to the most that the supervised would notice."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


class Members(_Entry):
    """Who may supervise: users, through any App that is registered to them, and Apps by themselves."""

    users: frozenset[Id] = frozenset()
    apps: frozenset[Id] = frozenset()


class SupervisionGroup(_Entry):
    """Who may supervise which extensions of one organization, and how."""

    name: Text
    organization: Id
    members: Members
    extensions: frozenset[Number]
    modes: frozenset[SupervisionMode]

    def has_member(self, app: App) -> bool:
        """Whether the App, or the user that it is registered to, is a member."""
        account = app.account
        return app.client_id in self.members.apps or (
            account.level is AccountLevel.USER and account.id in self.members.users
        )


class _File(_Entry):
    organizations: tuple[Organization, ...]
    users: tuple[User, ...]
    extensions: tuple[Extension, ...]
    apps: tuple[App, ...]
    supervision_groups: tuple[SupervisionGroup, ...] = ()


@dataclass(frozen=True)
class Directory:
    """A valid directory, indexed; made by `load_directory`."""

    organizations: dict[str, Organization]
    users: dict[str, User]
    extensions: dict[str, Extension]
    apps: dict[str, App]
    supervision_groups: tuple[SupervisionGroup, ...]
    _by_prefix: dict[str, Organization] = field(repr=False)
    _by_channel: dict[str, str] = field(repr=False)

    def organization_of(self, extension: Extension) -> Organization:
        """The organization that the extension's number belongs to."""
        return self._by_prefix[extension.prefix]

    def extension_of_channel(self, channel_name: str) -> str | None:
        """The number of the extension whose phone this channel is.

        A channel is named after its peer, a dash and a number of its own (`PJSIP/0003*210-0000002a`), and
        the whole of the peer must match: `0003*21` is not `0003*210`.
        """
        peer, dash, _ = channel_name.rpartition("-")
        return self._by_channel.get(peer) if dash else None

    def owned_by(self, account: Account) -> Iterable[Extension]:
        """The extensions that the account may see."""
        return (extension for extension in self.extensions.values() if self.is_seen_by(extension, account))

    def is_seen_by(self, extension: Extension, account: Account) -> bool:
        """Whether the extension stands under the account."""
        match account.level:
            case AccountLevel.USER:
                return extension.owner == account.id
            case AccountLevel.ORGANIZATION:
                return self.organization_of(extension).id == account.id
            case AccountLevel.ADMINISTRATOR:
                return True


# -- loading -------------------------------------------------------------------------------------------

_LineOf = Callable[[Place], int]


def load_directory(text: str) -> Directory:
    """The directory written in `text`. Raises DirectoryError with every problem found and its line."""
    try:
        document = read_yaml(text)
    except YamlError as bad:
        raise DirectoryError([f"line {line}: {problem}" for line, problem in bad.problems]) from None
    try:
        parsed = _File.model_validate(document.data)
    except ValidationError as invalid:
        raise DirectoryError([_problem(document, error) for error in invalid.errors()]) from None
    problems = [f"line {line}: {what}" for line, what in sorted(_contradictions(parsed, document.line))]
    if problems:
        raise DirectoryError(problems)
    return Directory(
        organizations={organization.id: organization for organization in parsed.organizations},
        users={user.id: user for user in parsed.users},
        extensions={extension.number: extension for extension in parsed.extensions},
        apps={app.client_id: app for app in parsed.apps},
        supervision_groups=parsed.supervision_groups,
        _by_prefix={organization.prefix: organization for organization in parsed.organizations},
        # `Local/x@context/n` makes channels `Local/x@context-0000002a;1`: the option is not in the name.
        _by_channel={
            extension.dialed.removesuffix("/n"): extension.number for extension in parsed.extensions
        },
    )


def _problem(document: Document, error: ErrorDetails) -> str:
    name = ".".join(str(part + 1) if isinstance(part, int) else part for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    return f"line {document.line(error['loc'])}: {name or 'the file'}: {message}"


def _contradictions(parsed: _File, line: _LineOf) -> Iterable[tuple[int, str]]:
    """What no entry shows alone: duplicates, overlapping prefixes, unknown references; each with its line."""
    yield from _duplicates(parsed, line)
    yield from _overlaps(parsed, line)
    yield from _unknown_references(parsed, line)
    yield from _strangers_in_groups(parsed, line)


def _duplicates(parsed: _File, line: _LineOf) -> Iterable[tuple[int, str]]:
    for kind, key in (
        ("organizations", "id"),
        ("organizations", "prefix"),
        ("users", "id"),
        ("extensions", "number"),
        ("extensions", "dialed"),
        ("apps", "client_id"),
    ):
        seen: set[str] = set()
        for index, entry in enumerate(getattr(parsed, kind)):
            value = getattr(entry, key)
            if value in seen:
                yield line((kind, index, key)), f"{kind} have the {key} {value!r} twice"
            seen.add(value)


def _overlaps(parsed: _File, line: _LineOf) -> Iterable[tuple[int, str]]:
    prefixes = {organization.prefix for organization in parsed.organizations}
    for index, organization in enumerate(parsed.organizations):
        for other in prefixes:
            if other != organization.prefix and organization.prefix.startswith(other):
                yield (
                    line(("organizations", index, "prefix")),
                    f"the prefix {organization.prefix!r} overlaps with {other!r}",
                )


def _unknown_references(parsed: _File, line: _LineOf) -> Iterable[tuple[int, str]]:
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


def _strangers_in_groups(parsed: _File, line: _LineOf) -> Iterable[tuple[int, str]]:
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
