import pytest

from adapter.asterisk.caller_id import CallerId
from adapter.directory import (
    Account,
    AccountLevel,
    AutoAnswer,
    DirectoryError,
    ExtensionType,
    load_directory,
)

from .samples import DIRECTORY_TEXT, SECRET_HASH, directory

# Line numbers of the sample: 1 organizations, 4 users, 8 extensions, 16 apps.


UNQUOTED = 'is a number here; write it in quotes, like "0003"'


def _problems(text: str) -> list[str]:
    with pytest.raises(DirectoryError) as refused:
        load_directory(text)
    return refused.value.problems


def _with(old: str, new: str) -> str:
    assert DIRECTORY_TEXT.count(old) == 1
    return DIRECTORY_TEXT.replace(old, new)


def test_a_valid_directory_is_indexed_by_its_ids_and_numbers() -> None:
    """Organizations, users, extensions and Apps, each under its key."""
    found = directory()
    assert list(found.organizations) == ["3", "4"]
    assert list(found.users) == ["12", "13", "40"]
    assert found.extensions["0003*500"].type is ExtensionType.QUEUE
    assert found.extensions["0003*024"].owner == "13"
    assert found.apps["wallboard"].account == Account(AccountLevel.ORGANIZATION, "3")
    assert found.apps["operator"].account == Account(AccountLevel.ADMINISTRATOR)
    assert found.organization_of(found.extensions["0004*300"]).name == "Other Organization"


def test_what_the_directory_does_not_name_has_its_default() -> None:
    """Its device is PJSIP and the number; the number is the name that is shown."""
    named, plain = directory().extensions["0003*024"], directory().extensions["0003*211"]
    assert named.shown_caller_id == CallerId("Supervisor", "0003*024")
    assert plain.shown_caller_id == CallerId("0003*211", "0003*211")
    assert plain.devices == ("PJSIP/0003*211",)
    assert directory().extensions["0003*025"].devices == ("PJSIP/second-desk",)


@pytest.mark.parametrize(
    ("channel", "number"),
    [
        ("PJSIP/0003*210-0000002a", "0003*210"),
        ("PJSIP/0003*21-0000002a", "0003*21"),
        ("PJSIP/0003*2100-0000002a", None),
        ("PJSIP/0003*2-0000002a", None),
        ("PJSIP/0003*210", None),
        ("SIP/0003*210-0000002a", None),
        ("PJSIP/second-desk-0000002a", "0003*025"),
        ("PJSIP/second-0000002a", None),
        ("PJSIP/0003*025-0000002a", None),
        ("-", None),
        ("", None),
    ],
)
def test_a_channel_is_its_extensions_by_the_whole_of_its_peer(channel: str, number: str | None) -> None:
    """No prefix, no other technology; a peer may have a dash of its own."""
    assert directory().extension_of_channel(channel) == number


@pytest.mark.parametrize(
    ("account", "numbers"),
    [
        (Account(AccountLevel.USER, "13"), ["0003*024", "0003*025"]),
        (Account(AccountLevel.USER, "40"), ["0004*300"]),
        (Account(AccountLevel.ORGANIZATION, "4"), ["0004*300"]),
        (Account(AccountLevel.ORGANIZATION, "12"), []),
        (Account(AccountLevel.USER, "3"), []),
        (Account(AccountLevel.ADMINISTRATOR), list(directory().extensions)),
    ],
)
def test_an_account_sees_what_stands_under_it(account: Account, numbers: list[str]) -> None:
    """A user its own, an organization all of its own, the administrator everything; ids do not mix levels."""
    assert directory().numbers_under(account) == set(numbers)


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        # duplicates: the second of its name
        ('id: "4", prefix', 'id: "3", prefix', "line 3: organizations have the id '3' twice"),
        ('prefix: "0004"', 'prefix: "0003"', "line 3: organizations have the prefix '0003' twice"),
        ('id: "13", name', 'id: "12", name', "line 6: users have the id '12' twice"),
        ('"0003*211"', '"0003*210"', "line 10: extensions have the number '0003*210' twice"),
        (
            "dial: PJSIP/second-desk",
            "dial: PJSIP/0003*21",
            "line 13: the device 'PJSIP/0003*21' is the extension '0003*21''s already",
        ),
        ("client_id: wallboard", "client_id: operator", "line 19: apps have the client_id 'operator' twice"),
        # unknown references
        (
            'name: Supervisor, organization: "3"',
            'name: Supervisor, organization: "9"',
            "line 6: there is no organization '9'",
        ),
        ('type: queue, owner: "12"', 'type: queue, owner: "99"', "line 14: there is no user '99'"),
        (
            'type: queue, owner: "12"',
            'type: queue, owner: "40"',
            "line 14: the user '40' is of another organization",
        ),
        ('"0004*300"', '"0009*300"', "line 15: no organization has the prefix '0009'"),
        ('account: {user: "12"}', 'account: {user: "3"}', "line 17: there is no user '3'"),
        (
            'account: {organization: "3"}',
            'account: {organization: "12"}',
            "line 18: there is no organization '12'",
        ),
        # overlapping prefixes
        (
            '{id: "4", prefix: "0004"',
            '{id: "4", prefix: "00031"',
            "line 3: the prefix '00031' overlaps with '0003'",
        ),
        # numbers not in quotes
        ('prefix: "0003"', "prefix: 0003", "line 2: organizations.1.prefix: " + UNQUOTED),
        ('id: "13"', "id: 13", "line 6: users.2.id: " + UNQUOTED),
        ('owner: "40"', "owner: 40", "line 15: extensions.7.owner: " + UNQUOTED),
    ],
)
def test_a_contradiction_is_refused_with_the_line_it_stands_on(old: str, new: str, problem: str) -> None:
    """Duplicates, unknown references, overlaps and lost zeros; the first problem is exactly this one."""
    assert _problems(_with(old, new))[0] == problem


@pytest.mark.parametrize(
    ("old", "new", "start"),
    [
        ('{id: "3", prefix', '{id: "3", fax: "1", prefix', "line 2: organizations.1.fax: "),
        ("name: Stranger, ", "", "line 7: users.3.name: "),
        ('id: "13"', 'id: ""', "line 6: users.2.id: "),
        ('id: "13"', 'id: "1 3"', "line 6: users.2.id: "),
        ('id: "13"', "id: ", "line 6: users.2.id: "),
        ('id: "13"', "id:", "line 6: found unexpected ':'"),
        ('"0003*500"', '"0003500"', "line 14: extensions.6.number: "),
        ('"0003*500"', '"0003*5x"', "line 14: extensions.6.number: "),
        ('"0003*500"', '"*500"', "line 14: extensions.6.number: "),
        ('"0003*500"', '"0003*500\\n"', "line 14: extensions.6.number: "),
        ("type: queue", "type: phone", "line 14: extensions.6.type: "),
        ("PJSIP/second-desk", "second-desk", "line 13: extensions.5.dial: "),
        ("PJSIP/second-desk", "PJSIP/a&PJSIP/b", "line 13: extensions.5.dial: "),
        ("PJSIP/second-desk", '"PJSIP/a,b"', "line 13: extensions.5.dial: "),
        ("PJSIP/second-desk", '"PJSIP/${EXTEN}"', "line 13: extensions.5.dial: "),
        ("PJSIP/second-desk", '"PJSIP/a\\nAction: Command"', "line 13: extensions.5.dial: "),
        ('"Agent <0003*210>"', '"Agent"', "line 9: extensions.1.caller_id: "),
        ('"Agent <0003*210>"', "12", "line 9: extensions.1.caller_id: "),
        (
            f'agent-desktop, secret_hash: "{SECRET_HASH}"',
            'agent-desktop, secret_hash: "secret"',
            "line 17: apps.1.secret_hash: ",
        ),
        ('account: {user: "12"}', "account: root", "line 17: apps.1.account: "),
        ('account: {user: "12"}', "account: {user: 12}", "line 17: apps.1.account: "),
        ('account: {user: "12"}', 'account: {user: "12", organization: "3"}', "line 17: apps.1.account: "),
        ('account: {user: "12"}', "account: {}", "line 17: apps.1.account: "),
        ("apps:\n", "applications:\n", "line 1: apps: "),
    ],
)
def test_a_malformed_entry_is_refused_with_its_line_and_name(old: str, new: str, start: str) -> None:
    """Unknown keys, missing ones and values that are not of their form."""
    assert _problems(_with(old, new))[0].startswith(start)


@pytest.mark.parametrize("value", ["12", "1.5", "true", "[]", "{}", "[x]", "{x: y}", "2012-01-01", "~"])
@pytest.mark.parametrize(
    ("old", "line"),
    [
        ('"0003"', 2),
        ("Default Organization", 2),
        ('"40"', 7),
        ('"0003*210", type', 9),
        ('"Agent <0003*210>"', 9),
        ("PJSIP/second-desk", 13),
        ("queue", 14),
        ("agent-desktop", 17),
        ('{user: "12"}', 17),
    ],
)
def test_a_value_of_another_kind_is_refused_and_nothing_else_is_raised(
    old: str, line: int, value: str
) -> None:
    """A number, a date, a list or nothing where text is meant; only a caller id may be nothing."""
    kept = old.removeprefix('"0003*210"') if old.endswith("type") else ""
    text = DIRECTORY_TEXT.replace(old, value + kept, 1)
    if (old, value) == ('"Agent <0003*210>"', "~"):
        assert load_directory(text).extensions["0003*210"].caller_id is None
    else:
        assert _problems(text)[0].startswith(f"line {line}: ")


@pytest.mark.parametrize("character", ["\\r", "\\n", "\\0", "\\x1b"])
def test_a_name_with_a_control_character_is_refused(character: str) -> None:
    """Names are logged and answered: they are one printable line."""
    assert _problems(_with("name: Stranger", f'name: "Stran{character}ger"'))[0].startswith(
        "line 7: users.3.name: "
    )


def test_bad_yaml_is_refused_with_its_line() -> None:
    """What the parser says, where it says it."""
    assert [one.partition(":")[0] for one in _problems(_with("users:\n", "users: [\n"))] == ["line 5"]


def test_a_key_that_stands_twice_is_refused() -> None:
    """YAML would take the last one and lose the other."""
    twice = _with('{id: "13", name', '{id: "13", id: "14", name')
    assert _problems(twice) == ["line 6: 'id' stands here twice"]
    assert _problems(DIRECTORY_TEXT + "users: []\n") == ["line 20: 'users' stands here twice"]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    """An adapter that serves nobody is a mistake, not a wish."""
    assert len(_problems(text)) == 1


@pytest.mark.parametrize("text", ["[]", "text", "1", "null", "{}", "organizations: 3\nusers: x\n"])
def test_a_file_that_is_no_directory_is_refused(text: str) -> None:
    """Every document that YAML can hold is judged, none raises anything else."""
    assert all(problem.startswith("line ") for problem in _problems(text))


def test_all_malformed_entries_are_told_at_once() -> None:
    """An operator mends the file in one go."""
    text = DIRECTORY_TEXT.replace('id: "13"', "id: 13").replace("type: queue", "type: x")
    text = text.replace("account: administrator", "account: root")
    assert [problem.partition(":")[0] for problem in _problems(text)] == ["line 6", "line 14", "line 19"]


def test_all_contradictions_are_told_at_once_in_the_order_of_lines() -> None:
    """The same for what no entry shows alone."""
    text = DIRECTORY_TEXT.replace('{user: "12"}', '{user: "77"}').replace('"0003*500"', '"0003*21"')
    text = text.replace('name: Stranger, organization: "4"', 'name: Stranger, organization: "5"')
    assert _problems(text) == [
        "line 7: there is no organization '5'",
        "line 14: extensions have the number '0003*21' twice",
        "line 15: the user '40' is of another organization",
        "line 17: there is no user '77'",
    ]


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        ("call-info", "Call-Info: <sip:127.0.0.1>;answer-after=0"),
        ("alert-info", "Alert-Info: info=alert-autoanswer"),
        ("ring-answer", "Alert-Info: Ring Answer"),
        ("answer-mode", "Answer-Mode: Auto"),
    ],
)
def test_a_phone_answers_by_itself_by_its_makers_header(kind: str, header: str) -> None:
    """Only where the directory says so, and of the kinds that are known."""
    text = _with('owner: "13", dial', f'owner: "13", auto_answer: {kind}, dial')
    found = load_directory(text)
    assert found.extensions["0003*025"].auto_answer is AutoAnswer(kind)
    assert found.extensions["0003*025"].auto_answer_header == header
    assert found.extensions["0003*024"].auto_answer_header == ""
    assert len(_problems(text.replace(kind, "always"))) == 1


def test_an_organization_may_want_a_notice_tone() -> None:
    """It wants none unless it says so."""
    found = load_directory(_with('prefix: "0004"', 'prefix: "0004", notice_tone: true'))
    assert [one.notice_tone for one in found.organizations.values()] == [False, True]
