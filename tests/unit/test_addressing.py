import pytest

from adapter.access.sight import sees_views_of
from adapter.directory import Account, AccountLevel
from adapter.http.errors import ApiError
from adapter.uapi.addressing import find_extensions

from .samples import directory

AGENT = Account(AccountLevel.USER, "12")
SUPERVISOR = Account(AccountLevel.USER, "13")
ORGANIZATION = Account(AccountLevel.ORGANIZATION, "3")
OTHER = Account(AccountLevel.ORGANIZATION, "4")
ADMINISTRATOR = Account(AccountLevel.ADMINISTRATOR)

OF_12 = {"0003*210", "0003*211", "0003*21", "0003*500"}
OF_13 = {"0003*024", "0003*025"}
OF_40 = {"0004*300"}

USER = "user_invalid"
EXTENSION = "extension_invalid"

TABLE: list[tuple[Account, str, str, set[str] | str]] = [
    # a User: its own extensions
    (AGENT, "@me", "@self", OF_12),
    (AGENT, "@viewer", "@self", OF_12),
    (AGENT, "12", "@self", OF_12),
    (AGENT, "@me", "0003*210", {"0003*210"}),
    (AGENT, "@me", "210", {"0003*210"}),
    (AGENT, "@me", "21", {"0003*21"}),
    (AGENT, "12", "0003*210", {"0003*210"}),
    (AGENT, "12", "210", {"0003*210"}),
    (AGENT, "@owner", "0003*210", {"0003*210"}),
    (AGENT, "@owner", "210", {"0003*210"}),
    (AGENT, "@owner", "@self", EXTENSION),
    (AGENT, "@me", "0003*024", EXTENSION),
    (AGENT, "@me", "024", EXTENSION),
    (AGENT, "@owner", "0003*024", EXTENSION),
    (AGENT, "@me", "0004*300", EXTENSION),
    (AGENT, "@me", "0003*999", EXTENSION),
    (AGENT, "13", "@self", USER),
    (AGENT, "13", "0003*024", USER),
    (AGENT, "40", "0004*300", USER),
    (AGENT, "99", "0003*210", USER),
    (AGENT, "3", "@self", USER),
    # an Organization: all of its own
    (ORGANIZATION, "@me", "@self", OF_12 | OF_13),
    (ORGANIZATION, "@viewer", "024", {"0003*024"}),
    (ORGANIZATION, "12", "@self", OF_12),
    (ORGANIZATION, "13", "@self", OF_13),
    (ORGANIZATION, "13", "0003*024", {"0003*024"}),
    (ORGANIZATION, "13", "0003*210", EXTENSION),
    (ORGANIZATION, "13", "210", EXTENSION),
    (ORGANIZATION, "@owner", "0003*024", {"0003*024"}),
    (ORGANIZATION, "@owner", "@self", EXTENSION),
    (ORGANIZATION, "@me", "0004*300", EXTENSION),
    (ORGANIZATION, "@me", "300", EXTENSION),
    (ORGANIZATION, "40", "@self", USER),
    (ORGANIZATION, "40", "0004*300", USER),
    (ORGANIZATION, "99", "@self", USER),
    (OTHER, "@me", "300", {"0004*300"}),
    (OTHER, "@me", "210", EXTENSION),
    (OTHER, "12", "0003*210", USER),
    # the Administrator: everything, but no organization to be inside of
    (ADMINISTRATOR, "@me", "@self", OF_12 | OF_13 | OF_40),
    (ADMINISTRATOR, "@me", "0004*300", {"0004*300"}),
    (ADMINISTRATOR, "@owner", "0003*210", {"0003*210"}),
    (ADMINISTRATOR, "@me", "210", EXTENSION),
    (ADMINISTRATOR, "40", "@self", OF_40),
    (ADMINISTRATOR, "40", "300", {"0004*300"}),
    (ADMINISTRATOR, "12", "210", {"0003*210"}),
    (ADMINISTRATOR, "12", "0004*300", EXTENSION),
    (ADMINISTRATOR, "99", "@self", USER),
    # what is no address
    (ADMINISTRATOR, "@self", "@self", USER),
    (ADMINISTRATOR, "@you", "@self", USER),
    (ADMINISTRATOR, "", "@self", USER),
    (ADMINISTRATOR, "@me", "", EXTENSION),
    (ADMINISTRATOR, "@me", "@me", EXTENSION),
    (ORGANIZATION, "@me", "*210", EXTENSION),
    (ORGANIZATION, "@me", "0003*", EXTENSION),
    (ORGANIZATION, "@me", "", EXTENSION),
    (ORGANIZATION, "012", "@self", USER),
]


@pytest.mark.parametrize(("account", "user_id", "extension", "expected"), TABLE)
def test_every_account_level_has_its_answer_to_every_address(
    account: Account, user_id: str, extension: str, expected: set[str] | str
) -> None:
    """The extensions that the address means, or the code by which it is refused."""
    if isinstance(expected, set):
        assert find_extensions(directory(), account, user_id, extension) == expected
    else:
        with pytest.raises(ApiError) as refused:
            find_extensions(directory(), account, user_id, extension)
        assert refused.value.code == expected


def test_what_is_hidden_is_answered_exactly_as_what_does_not_exist() -> None:
    """Code and message alike: nothing tells one from the other."""
    for hidden, missing in (
        (("40", "0004*300"), ("99", "0004*300")),
        (("@me", "0004*300"), ("@me", "0003*999")),
        (("13", "0003*024"), ("98", "0003*024")),
        (("@me", "0003*024"), ("@me", "0003*998")),
    ):
        bodies = []
        for address in (hidden, missing):
            with pytest.raises(ApiError) as refused:
                find_extensions(directory(), AGENT, *address)
            bodies.append(refused.value.body)
        assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    ("account", "number", "is_seen"),
    [
        (AGENT, "0003*210", True),
        (AGENT, "0003*024", True),
        (AGENT, "0004*300", False),
        (SUPERVISOR, "0003*210", True),
        (ORGANIZATION, "0003*210", True),
        (ORGANIZATION, "0004*300", False),
        (OTHER, "0004*300", True),
        (OTHER, "0003*210", False),
        (ADMINISTRATOR, "0004*300", True),
    ],
)
def test_another_organizations_side_of_a_call_stays_its_own(
    account: Account, number: str, *, is_seen: bool
) -> None:
    """Within one organization both sides of a shared call are shown."""
    found = directory()
    assert sees_views_of(found, account, found.extensions[number]) is is_seen
