"""What a directory file may say: each entry by itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass

from adapter.asterisk.caller_id import CallerId, parse_caller_id
from adapter.directory.devices import read_device, read_dial
from adapter.directory.extension import AutoAnswer, ExtensionType
from adapter.directory.numbers import read_numbers
from adapter.directory.templates import read_template, tells_numbers_apart
from adapter.plain_errors import of_form
from adapter.printable import find_unprintable


def _text_is_quoted(value: object) -> object:
    # YAML reads 0003 as the number 3: what is lost there cannot be mended here.
    if isinstance(value, int | float):
        raise ValueError('is a number here; write it in quotes, like "0003"')  # noqa: TRY004 - pydantic's way to refuse
    return value


def _caller_id(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('must be text like "John Doe <+3334444>"')  # noqa: TRY004 - as above
    return parse_caller_id(value)


def _is_printable(value: str) -> str:
    """Names are shown and logged: none may act on a terminal, end a line, or be read in another order."""
    if character := find_unprintable(value):
        raise ValueError(f"holds a character that cannot be printed ({character})")
    return value


def _is_number(text: str) -> str:
    read_numbers(text)
    return text


def _is_number_of_one_organization(text: str, entry: ValidationInfo) -> str:
    """A short number needs its organization beside it; a number in full names it already."""
    numbers = read_numbers(text)
    if "organization" not in entry.data:  # it is wrong, which is said of it
        return text
    organization = entry.data["organization"]
    if numbers.is_short and organization is None:
        raise ValueError('must be in full, like "0003*210", or have its `organization` beside it')
    if organization is not None and not numbers.is_short:
        raise ValueError("a number in full names its organization already: write it short, or take that out")
    return text


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


DEVICES_LIMIT = 12
"""All devices of an extension go into one line of AMI."""

Text = Annotated[
    str, BeforeValidator(_text_is_quoted), StringConstraints(min_length=1), AfterValidator(_is_printable)
]
Id = Annotated[Text, of_form(r"[A-Za-z0-9_.-]+", "must be letters, digits, `.`, `_` and `-` only")]
Prefix = Annotated[Text, of_form(r"[0-9]{1,10}", 'must be 1 to 10 digits, like "0003"')]
Device = Annotated[Text, AfterValidator(lambda text: read_template(text, read_device))]
Dial = Annotated[Text, AfterValidator(lambda text: read_template(text, read_dial))]
Devices = Annotated[tuple[Device, ...], Field(max_length=DEVICES_LIMIT), BeforeValidator(_one_or_many)]
NumberOfGroup = Annotated[Text, AfterValidator(_is_number)]
ShownCallerId = Annotated[CallerId, BeforeValidator(_caller_id)]


class Entry(BaseModel):
    """A part of the file: fixed once read, and nothing in it but what is known."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _tell_numbers_apart(templates: tuple[str, ...]) -> tuple[str, ...]:
    for template in templates:
        if not tells_numbers_apart(template):
            raise ValueError(f"{template!r} must hold {{local}} or {{number}}: no extensions share a device")
    return templates


class Organization(Entry):
    """A customer of the PBX; its extensions' numbers begin with `prefix` and `*`."""

    id: Id
    prefix: Prefix
    name: Text
    notice_tone: bool = False
    """Whether those who are supervised hear a tone when a supervisor joins: some laws ask for it."""
    devices: Annotated[Devices, AfterValidator(_tell_numbers_apart)] = ()
    """Templates of the devices of each extension that does not name its own; `PJSIP/{number}` if none."""
    tenant: Annotated[str, BeforeValidator(_text_is_quoted), AfterValidator(_is_printable)] | None = None
    """Which extensions of the directory's source are its own; empty for those that have no tenant."""


class User(Entry):
    """A person of an organization who owns extensions."""

    id: Id
    name: Text
    organization: Id


def _is_of_one_number(caller_id: CallerId | None, entry: ValidationInfo) -> CallerId | None:
    if caller_id is not None and "number" in entry.data and read_numbers(entry.data["number"]).is_range:
        raise ValueError("is of one number: a range cannot have it")
    return caller_id


# There are many of them: as a model each would have two dicts more.
@pydantic_dataclass(
    config=ConfigDict(extra="forbid", arbitrary_types_allowed=True), slots=True, frozen=True, kw_only=True
)
class ExtensionEntry:
    """What a directory says of one extension, or of a range of them."""

    organization: Id | None = None
    """Whose number it is, where that is written short; `number` is read by it, and so stands behind it."""
    number: Annotated[Text, AfterValidator(_is_number_of_one_organization)]
    type: ExtensionType
    owner: Id
    caller_id: Annotated[ShownCallerId | None, AfterValidator(_is_of_one_number)] = None
    devices: Devices = ()
    dial: Dial = ""
    never_supervised: bool = False
    auto_answer: AutoAnswer | None = None


@pydantic_dataclass(
    config=ConfigDict(extra="forbid", arbitrary_types_allowed=True), slots=True, frozen=True, kw_only=True
)
class Override:
    """What is otherwise with one extension of a range or of the directory's source, or with several."""

    organization: Id | None = None
    number: Annotated[Text, AfterValidator(_is_number_of_one_organization)]
    type: ExtensionType | None = None
    owner: Id | None = None
    caller_id: Annotated[ShownCallerId | None, AfterValidator(_is_of_one_number)] = None
    devices: Devices | None = None
    dial: Dial | None = None
    never_supervised: bool | None = None
    auto_answer: AutoAnswer | None = None


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


class Medium(StrEnum):
    """What brings a supervisor the audio of a call."""

    PHONE = "phone"
    BROWSER = "browser"
    """A phone in a browser."""
    STREAM = "stream"
    """A WebSocket. A program can keep what it hears, so this has to be allowed explicitly."""


ORDINARY_MEDIA = frozenset({Medium.PHONE, Medium.BROWSER})
"""What is allowed where a directory says nothing."""


class App(Entry):
    """A program that uses the service: its OAuth client and the account it is registered to."""

    client_id: Id
    secret_hash: Annotated[Text, AfterValidator(_is_secret_hash)]
    account: Annotated[Account, BeforeValidator(_account)]
    media: frozenset[Medium] = ORDINARY_MEDIA
    """By which media it may supervise, where a supervision group allows them too."""


class SupervisionMode(StrEnum):
    """What a supervision group may allow, from the least to the most that the supervised would notice."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


class Members(Entry):
    """Who may supervise: users, through any App that is registered to them, and Apps by themselves."""

    users: frozenset[Id] = frozenset()
    apps: frozenset[Id] = frozenset()


class SupervisionGroup(Entry):
    """Who may supervise which extensions of one organization, and how."""

    name: Text
    organization: Id
    members: Members
    extensions: frozenset[NumberOfGroup]
    """As they are written, until `expand` has them in full."""
    modes: frozenset[SupervisionMode]
    media: frozenset[Medium] = ORDINARY_MEDIA

    def has_member(self, app: App) -> bool:
        """Whether the App, or the user that it is registered to, is a member."""
        account = app.account
        return app.client_id in self.members.apps or (
            account.level is AccountLevel.USER and account.id in self.members.users
        )


class DirectoryEntries(Entry):
    """All that a directory file says."""

    organizations: tuple[Organization, ...]
    users: tuple[User, ...]
    extensions: tuple[ExtensionEntry, ...]
    apps: tuple[App, ...]
    supervision_groups: tuple[SupervisionGroup, ...] = ()
    overrides: tuple[Override, ...] = ()
