import itertools
import time

import pytest

from adapter.access.supervising import may_supervise
from adapter.directory import App, Directory, DirectoryError, SupervisionMode, load_directory

from .samples import DIRECTORY_TEXT

LISTEN, WHISPER, BARGE = SupervisionMode.LISTEN, SupervisionMode.WHISPER, SupervisionMode.BARGE
GROUP = (
    '  - {name: Desk, organization: "3", members: {users: ["12"], apps: [wallboard]},\n'
    '     extensions: ["0003*210", "0003*024"], modes: [listen, whisper]}\n'
)
SECOND = (
    '  - {name: Barge, organization: "3", members: {apps: [wallboard]},\n'
    '     extensions: ["0003*211"], modes: [barge]}\n'
)


def directory(groups: str = "", *, never: str = "") -> Directory:
    text = DIRECTORY_TEXT + ("supervision_groups:\n" + groups if groups else "")
    if never:
        assert f'number: "{never}"' in text
        text = text.replace(f'number: "{never}"', f'number: "{never}", never_supervised: true')
    return load_directory(text)


def may(known: Directory, app: str, number: str, mode: SupervisionMode | None) -> bool:
    return may_supervise(known, known.apps[app], known.extensions[number], mode)


def test_without_a_group_the_level_decides() -> None:
    """Nothing is refused here: what an account cannot address it never gets to ask about."""
    known = directory()
    for app, number, mode in itertools.product(known.apps, known.extensions, [None, *SupervisionMode]):
        assert may(known, app, number, mode) is True


@pytest.mark.parametrize(
    ("app", "number", "modes"),
    [
        ("wallboard", "0003*210", [None, LISTEN, WHISPER]),
        ("wallboard", "0003*024", [None, LISTEN, WHISPER]),
        ("wallboard", "0003*211", []),
        ("agent-desktop", "0003*210", [None, LISTEN, WHISPER]),
        ("agent-desktop", "0003*211", []),
        ("operator", "0003*210", []),
        ("operator", "0003*211", []),
        ("operator", "0004*300", [None, LISTEN, WHISPER, BARGE]),
    ],
)
def test_with_a_group_only_its_members_may_and_only_as_it_says(
    app: str, number: str, modes: list[SupervisionMode | None]
) -> None:
    """Its extensions, its modes, the administrator no exception; an organization without one goes on."""
    known = directory(GROUP)
    assert [mode for mode in (None, *SupervisionMode) if may(known, app, number, mode)] == modes


def test_two_groups_allow_what_either_allows_and_nothing_in_between() -> None:
    """The extensions of one are not supervised in the modes of the other."""
    known = directory(GROUP + SECOND)
    allowed = {
        (number, mode)
        for number, mode in itertools.product(("0003*210", "0003*211"), SupervisionMode)
        if may(known, "wallboard", number, mode)
    }
    assert allowed == {("0003*210", LISTEN), ("0003*210", WHISPER), ("0003*211", BARGE)}
    assert not may(known, "agent-desktop", "0003*211", BARGE)


@pytest.mark.parametrize(
    "empty",
    [
        GROUP.replace('"0003*210", "0003*024"', ""),
        GROUP.replace("listen, whisper", ""),
        GROUP.replace('users: ["12"], apps: [wallboard]', ""),
    ],
    ids=["no extensions", "no modes", "no members"],
)
def test_a_group_that_allows_nothing_refuses_all(empty: str) -> None:
    """That there is one is what counts: an emptied group does not open the door."""
    known = directory(empty)
    for app, mode in itertools.product(known.apps, [None, *SupervisionMode]):
        assert may(known, app, "0003*210", mode) is False


@pytest.mark.parametrize("groups", ["", GROUP, GROUP.replace("whisper", "whisper, barge")])
def test_a_never_supervised_extension_never_is(groups: str) -> None:
    """By nobody, whatever a group says; those beside it are."""
    known = directory(groups, never="0003*210")
    for app, mode in itertools.product(known.apps, [None, *SupervisionMode]):
        assert may(known, app, "0003*210", mode) is False
    assert may(known, "wallboard", "0003*024", LISTEN) is True


def test_a_users_app_is_a_member_by_its_user_alone() -> None:
    """An organization or administrator with the id of the user is somebody else."""
    known = directory(GROUP.replace("apps: [wallboard]", "apps: []"))
    [group] = known.supervision_groups
    same_id = App.model_validate(
        {
            "client_id": "x",
            "secret_hash": known.apps["wallboard"].secret_hash,
            "account": {"organization": "12"},
        }
    )
    assert [group.has_member(app) for app in known.apps.values()] == [True, False, False]
    assert not group.has_member(same_id)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"3", members', '"9", members', "there is no organization '9'"),
        ('"0003*210"', '"0003*999"', "the organization has no extension '0003*999'"),
        ('"0003*210"', '"0004*300"', "the organization has no extension '0004*300'"),
        ('users: ["12"]', 'users: ["99"]', "the organization has no user '99'"),
        ('users: ["12"]', 'users: ["40"]', "the organization has no user '40'"),
        ("apps: [wallboard]", "apps: [nobody]", "there is no App 'nobody'"),
        ("[listen, whisper]", "[listen, shout]", "modes"),
        ("modes: [listen, whisper]", "mode: [listen]", "mode"),
        ("members: ", "member: ", "member"),
        ('"0003*210", ', "210, ", "is a number here"),
        ("name: Desk, ", "", "name"),
    ],
)
def test_what_is_wrong_with_a_group_is_told_with_its_line(old: str, new: str, problem: str) -> None:
    """In the group that has it, the second of two here."""
    assert old in GROUP
    groups = SECOND + GROUP.replace(old, new)
    with pytest.raises(DirectoryError) as refused:
        directory(groups)
    first = len((DIRECTORY_TEXT + "supervision_groups:\n" + SECOND).splitlines()) + 1
    told = [one for one in refused.value.problems if problem in one]
    assert told, refused.value.problems
    for one in refused.value.problems:
        assert one.startswith((f"line {first}: ", f"line {first + 1}: ")), one


def test_what_one_organization_has_set_up_costs_another_nothing() -> None:
    """Whether an App may act is asked of each extension of its address: not of every group that there is."""
    others = "".join(
        f'  - {{name: G{index}, organization: "4", members: {{}}, extensions: [], modes: [listen]}}\n'
        for index in range(1000)
    )
    known = load_directory(DIRECTORY_TEXT + "supervision_groups:\n" + others)
    app, extension = known.apps["wallboard"], known.extensions["0003*210"]
    began = time.process_time()
    assert all(may_supervise(known, app, extension) for _ in range(5000))
    assert time.process_time() - began < 0.1
