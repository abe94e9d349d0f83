"""What a request is about: which calls it reaches, under which address, and what it may do there."""

from dataclasses import replace

import pytest

from adapter.access.hearing import may_be_heard
from adapter.access.principal import Principal, account_text
from adapter.access.sight import owns
from adapter.access.supervising import may_begin, may_begin_on_any
from adapter.callcontrol.supervision.plan import Mode
from adapter.calls.model import Calls
from adapter.calls.views import PhoneCall
from adapter.directory import Account, AccountLevel, Directory, load_directory
from adapter.uapi.addressed import AddressedExtensions, resolve_address, supervision_address

from .samples import DIRECTORY_TEXT, SECRET_HASH, Pbx, calls_after, events, only_call

APP = f'{{client_id: others, secret_hash: "{SECRET_HASH}", account: {{organization: "4"}}}}'
TEXT = f"{DIRECTORY_TEXT}  - {APP}\n"
TRUNK, AGENT, SECOND = "PJSIP/trunk", "PJSIP/0003*210", "PJSIP/0003*211"
SUPERVISOR, STRANGER = "PJSIP/0003*024", "PJSIP/0004*300"
FIRST = "http://pbx.example/uapi/phoneCalls/@me/"
MONITOR, WHISPER, BARGE_IN = Mode.MONITOR, Mode.WHISPER, Mode.BARGE_IN
GROUP = (
    'supervision_groups:\n  - {name: Desk, organization: "3", members: {apps: [wallboard]},\n'
    '     extensions: ["0003*210"], modes: [listen]}\n'
)


def directory(*, groups: str = "", never: str = "") -> Directory:
    number = f'number: "{never}"'
    assert not never or number in TEXT
    return load_directory(
        (TEXT.replace(number, f"{number}, never_supervised: true") if never else TEXT) + groups
    )


PLAIN = directory()


def addressed(
    app: str, extension: str = "@self", user: str = "@me", known: Directory = PLAIN
) -> AddressedExtensions:
    return resolve_address(Principal(known, known.apps[app]), "http://pbx.example", user, extension)


def calls(caller: str, callee: str) -> Calls:
    """One call, answered."""
    pbx = Pbx()
    pbx.call(caller, callee, number=caller.partition("/")[2])
    return calls_after(pbx.messages)


def reached(by: AddressedExtensions, live: Calls) -> PhoneCall | None:
    (call,) = live.live()
    return by.see(call)


# -- whose calls ---------------------------------------------------------------------------------------

REACHED: list[tuple[str, str, str, str, list[str] | None]] = [
    # the App, its address, who calls, who is called, whose views are shown
    ("agent-desktop", "@self", TRUNK, AGENT, ["0003*210"]),
    ("agent-desktop", "0003*210", TRUNK, AGENT, ["0003*210"]),
    ("agent-desktop", "0003*211", TRUNK, AGENT, None),
    ("agent-desktop", "0003*210", AGENT, SUPERVISOR, ["0003*210", "0003*024"]),
    ("agent-desktop", "0003*210", SUPERVISOR, AGENT, ["0003*024", "0003*210"]),
    ("agent-desktop", "@self", TRUNK, SUPERVISOR, None),
    ("agent-desktop", "@self", SUPERVISOR, STRANGER, None),
    ("wallboard", "@self", TRUNK, STRANGER, None),
    ("wallboard", "@self", AGENT, STRANGER, ["0003*210"]),
    ("wallboard", "0003*210", SECOND, SUPERVISOR, None),
    ("others", "@self", AGENT, STRANGER, ["0004*300"]),
    ("others", "@self", TRUNK, AGENT, None),
    ("operator", "@self", AGENT, STRANGER, ["0003*210", "0004*300"]),
    ("operator", "0004*300", AGENT, STRANGER, ["0003*210", "0004*300"]),
    ("operator", "0004*300", TRUNK, AGENT, None),
]


@pytest.mark.parametrize(("app", "extension", "caller", "callee", "shown"), REACHED)
def test_a_call_is_reached_by_an_extension_of_the_address_that_takes_part(
    app: str, extension: str, caller: str, callee: str, shown: list[str] | None
) -> None:
    """That the App sees one side of it is not enough; nor is another organization's side shown with it."""
    found = reached(addressed(app, extension), calls(caller, callee))
    assert (None if found is None else [view.extension for view in found.views]) == shown


def test_no_call_is_reached_as_no_call() -> None:
    """One that has ended is looked up in vain."""
    assert addressed("operator").see(None) is None


def test_an_extension_that_came_with_a_later_directory_is_not_shown_to_a_request_of_the_one_before() -> None:
    """A request goes by one directory from begin to end; the calls are named after the newest."""
    later = load_directory(
        TEXT.replace(
            ' - {number: "0003*500"',
            ' - {number: "0003*212", type: phone terminal, owner: "12"}\n  - {number: "0003*500"',
        )
    )
    pbx = Pbx()
    pbx.call(AGENT, "PJSIP/0003*212", number="0003*210")
    live = Calls(later.extension_of_channel)
    for event in events(pbx.messages):
        live.apply(event)
    for known, shown in ((PLAIN, ["0003*210"]), (later, ["0003*210", "0003*212"])):
        found = reached(addressed("agent-desktop", known=known), live)
        assert found is not None
        assert [view.extension for view in found.views] == shown


@pytest.mark.parametrize(
    ("app", "owned"),
    [
        ("agent-desktop", ["0003*210"]),
        ("wallboard", ["0003*210", "0003*024"]),
        ("others", ["0004*300"]),
        ("operator", ["0003*210", "0003*024", "0004*300", "0003*999"]),
    ],
)
def test_an_extension_that_the_directory_does_not_know_stands_under_the_administrator_alone(
    app: str, owned: list[str]
) -> None:
    """All others under the account that they belong to, and those above it."""
    principal = Principal(PLAIN, PLAIN.apps[app])
    numbers = ["0003*210", "0003*024", "0004*300", "0003*999"]
    assert [number for number in numbers if owns(principal, number)] == owned


@pytest.mark.parametrize(
    ("app", "prefix"),
    [("agent-desktop", "0003"), ("wallboard", "0003"), ("others", "0004"), ("operator", None)],
)
def test_the_administrator_is_inside_of_no_organization(app: str, prefix: str | None) -> None:
    """A user and an organization see the calls of one."""
    assert addressed(app).organization_prefix == prefix


# -- addresses -----------------------------------------------------------------------------------------


def test_an_address_repeats_what_the_request_said_and_names_what_it_did_not() -> None:
    """As it came, `@me` and the short form too; what an address cannot hold is quoted."""
    short = addressed("agent-desktop", "210")
    assert short.address() == f"{FIRST}210"
    assert short.address(call_id="b817") == f"{FIRST}210/b817"
    assert short.address("0003*211") == f"{FIRST}0003*211"
    assert short.address("0003*211", "b817") == f"{FIRST}0003*211/b817"
    assert replace(short, user_id="1 2/3").address().endswith("/1%202%2F3/210")
    assert supervision_address(short.origin, "4c1f") == "http://pbx.example/uapi/supervision/4c1f"


@pytest.mark.parametrize(
    ("extension", "expected"),
    [("@self", "0003*210"), ("0003*211", "0003*211"), ("0003*210", "0003*210")],
)
def test_a_call_that_another_user_pays_has_the_address_of_the_first_extension_that_takes_part(
    extension: str, expected: str
) -> None:
    """One that the request can be repeated with: the payer's would be refused."""
    pbx = Pbx()
    caller = pbx.new(SUPERVISOR, state="Ring")
    for phone in (AGENT, SECOND):
        pbx.dial(caller, pbx.new(phone, linkedid=caller))
    found = reached(by := addressed("agent-desktop", extension), calls_after(pbx.messages))
    assert found is not None
    assert found.extension == "0003*024"
    assert by.address_of(found) == f"{FIRST}{expected}/{found.id}"


def test_a_call_has_the_address_of_the_extension_that_pays_where_the_request_means_it_too() -> None:
    """Whichever view comes first; and where no extension of the request takes part, there is no other."""
    live = calls(SECOND, AGENT)
    paid = only_call(live)
    callee_first = replace(paid, views=paid.views[::-1])
    assert addressed("agent-desktop").address_of(callee_first) == f"{FIRST}0003*211/{paid.id}"
    assert addressed("agent-desktop", "0003*21").address_of(paid) == f"{FIRST}0003*211/{paid.id}"


# -- permission ----------------------------------------------------------------------------------------

GROUPED = directory(groups=GROUP)
EXEMPT = directory(never="0003*210")
PERMITTED: list[tuple[str, Directory, str, Mode | None, bool]] = [
    # the App, by which directory, its address, the mode, may it
    ("agent-desktop", PLAIN, "@self", BARGE_IN, True),
    ("wallboard", GROUPED, "@self", MONITOR, True),  # on one of many
    ("wallboard", GROUPED, "@self", None, True),
    ("wallboard", GROUPED, "@self", BARGE_IN, False),
    ("wallboard", GROUPED, "0003*210", MONITOR, True),
    ("wallboard", GROUPED, "0003*210", WHISPER, False),
    ("wallboard", GROUPED, "0003*210", None, True),
    ("wallboard", GROUPED, "0003*211", MONITOR, False),
    ("wallboard", GROUPED, "0003*211", None, False),
    ("operator", GROUPED, "0003*210", MONITOR, False),
    ("operator", GROUPED, "@self", MONITOR, True),  # on one of another organization
    ("wallboard", EXEMPT, "0003*210", MONITOR, False),
    ("wallboard", EXEMPT, "@self", MONITOR, True),
]


@pytest.mark.parametrize(("app", "known", "extension", "mode", "may"), PERMITTED)
def test_a_request_is_refused_where_no_extension_of_its_address_may_be_supervised(
    app: str, known: Directory, extension: str, mode: Mode | None, *, may: bool
) -> None:
    """403, before anything of the call is told; of many extensions one is enough."""
    asked = addressed(app, extension, known=known)
    assert may_begin_on_any(asked.principal, asked.numbers, None if mode is None else mode.permission) is may


def test_an_account_without_extensions_is_not_told_that_it_may_not() -> None:
    """There is nothing to supervise: the call does not exist for it."""
    text = TEXT.replace('owner: "40"', 'owner: "41"').replace(
        "extensions:\n", '  - {id: "41", name: Busy, organization: "4"}\nextensions:\n', 1
    )
    asked = addressed("operator", user="40", known=load_directory(text))
    assert not asked.numbers
    assert may_begin_on_any(asked.principal, asked.numbers, BARGE_IN.permission)


def test_the_extension_that_is_meant_is_judged_by_itself() -> None:
    """That another one of the address may be supervised is not enough."""
    asked = addressed("wallboard", known=GROUPED)
    wanted = [("0003*210", MONITOR), ("0003*211", MONITOR), ("0003*210", BARGE_IN)]
    allowed = [may_begin(asked.principal, number, mode.permission) for number, mode in wanted]
    assert allowed == [True, False, False]


@pytest.mark.parametrize(
    ("caller", "callee", "may"),
    [
        (TRUNK, AGENT, False),
        (AGENT, SUPERVISOR, False),
        (SUPERVISOR, AGENT, False),
        (STRANGER, AGENT, False),
        (TRUNK, SUPERVISOR, True),
        (SECOND, "PJSIP/0003*999", True),
    ],
)
def test_a_call_with_one_who_is_never_supervised_is_refused_on_whichever_side_that_is(
    caller: str, callee: str, *, may: bool
) -> None:
    """It would be heard from the other side, too; those whom the directory does not know are no obstacle."""
    (call,) = calls(caller, callee).live()
    assert all(may_be_heard(EXEMPT, leg) for leg in call.legs.values()) is may


@pytest.mark.parametrize(
    ("account", "text"),
    [
        (Account(AccountLevel.USER, "12"), "user 12"),
        (Account(AccountLevel.ORGANIZATION, "3"), "organization 3"),
        (Account(AccountLevel.ADMINISTRATOR), "administrator"),
    ],
)
def test_an_account_is_told_in_one_word(account: Account, text: str) -> None:
    """As the audit trail has it."""
    assert account_text(account) == text
