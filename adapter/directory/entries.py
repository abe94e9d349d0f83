"""What a directory file may say: each entry by itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass as pydantic_dataclass

from adapter.asterisk.caller_id import CallerId, parse_caller_id
from adapter.directory.devices import is_local, read_device, read_dial
from adapter.plain_errors import of_form
from adapter.printable import find_unprintable


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


class AutoAnswer(StrEnum):
    """What has a phone answer by itself: each kind of phone goes by a header of its own."""

    CALL_INFO = "call-info"
    """Snom, Yealink, Grandstream, Fanvil and others."""
    ALERT_INFO = "alert-info"
    """Yealink, Aastra, Cisco's SIP phones for small offices."""
    RING_ANSWER = "ring-answer"
    """Polycom, whose settings have to give this alert the ring type of answering."""
    ANSWER_MODE = "answer-mode"
    """RFC 5373, for example Linphone's."""

    @property
    def header(self) -> str:
        """The SIP header, as name and value."""
        return _AUTO_ANSWER_HEADERS[self]


_AUTO_ANSWER_HEADERS = {
    AutoAnswer.CALL_INFO: "Call-Info: <sip:127.0.0.1>;answer-after=0",
    AutoAnswer.ALERT_INFO: "Alert-Info: info=alert-autoanswer",
    AutoAnswer.RING_ANSWER: "Alert-Info: Ring Answer",
    AutoAnswer.ANSWER_MODE: "Answer-Mode: Auto",
}


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


Text = Annotated[
    str, BeforeValidator(_text_is_quoted), StringConstraints(min_length=1), AfterValidator(_is_printable)
]
Id = Annotated[Text, of_form(r"[A-Za-z0-9_.-]+", "must be letters, digits, `.`, `_` and `-` only")]
Prefix = Annotated[Text, of_form(r"[0-9]{1,10}", 'must be 1 to 10 digits, like "0003"')]
Number = Annotated[
    Text, of_form(r"[0-9]{1,10}\*[0-9]{1,10}", 'must be a prefix, `*` and digits, like "0003*210"')
]
Device = Annotated[Text, AfterValidator(read_device)]
Dial = Annotated[Text, AfterValidator(read_dial)]
ShownCallerId = Annotated[CallerId, BeforeValidator(_caller_id)]


class Entry(BaseModel):
    """A part of the file: fixed once read, and nothing in it but what is known."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Organization(Entry):
    """A customer of the PBX; its extensions' numbers begin with `prefix` and `*`."""

    id: Id
    prefix: Prefix
    name: Text
    notice_tone: bool = False
    """Whether those who are supervised hear a tone when a supervisor joins: some laws ask for it."""


class User(Entry):
    """A person of an organization who owns extensions."""

    id: Id
    name: Text
    organization: Id


DEVICES_LIMIT = 12
"""All devices of an extension go into one line of AMI."""


# There are many of them: as a model each would have two dicts more.
@pydantic_dataclass(config=ConfigDict(extra="forbid", arbitrary_types_allowed=True), slots=True, frozen=True)
class Extension:
    """A number of an organization, and the devices of who has it."""

    number: Number
    type: ExtensionType
    owner: Id
    caller_id: ShownCallerId | None = None
    listed_devices: Annotated[tuple[Device, ...], Field(alias="devices", max_length=DEVICES_LIMIT)] = ()
    """As the directory lists them; `devices` has them in any case."""
    dial: Dial = ""
    """What rings the extension to supervise, where that is not all of its devices."""
    never_supervised: bool = False
    auto_answer: AutoAnswer | None = None

    @property
    def auto_answer_header(self) -> str:
        """The SIP header with which the extension's phone is rung to supervise; empty for a plain ring."""
        return self.auto_answer.header if self.auto_answer is not None else ""

    @property
    def prefix(self) -> str:
        return self.number.partition("*")[0]

    @property
    def devices(self) -> tuple[str, ...]:
        """How its channels' names begin: what is listed, else what is dialed, else `PJSIP/{number}`."""
        return self.listed_devices or (self.dial or f"PJSIP/{self.number}",)

    @property
    def is_dialed_by_dialplan(self) -> bool:
        """Whether the operator's own dialplan rings it, through a Local channel."""
        return is_local(self.dial)

    @property
    def rings(self) -> tuple[str, ...]:
        """What rings the extension to supervise, where Asterisk has asterisk-conf/uapi-dialplan.conf."""
        return (self.dial,) if self.dial else self.devices

    @property
    def rings_alone(self) -> str:
        """What rings it where Asterisk has not: one device, behind which nothing else can answer."""
        return self.devices[0] if self.is_dialed_by_dialplan else self.rings[0]

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


class App(Entry):
    """A program that uses the service: its OAuth client and the account it is registered to."""

    client_id: Id
    secret_hash: Annotated[Text, AfterValidator(_is_secret_hash)]
    account: Annotated[Account, BeforeValidator(_account)]


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
    extensions: frozenset[Number]
    modes: frozenset[SupervisionMode]

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
    extensions: tuple[Extension, ...]
    apps: tuple[App, ...]
    supervision_groups: tuple[SupervisionGroup, ...] = ()
