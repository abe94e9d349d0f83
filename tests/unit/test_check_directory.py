"""What `check` says of a directory that is valid, and that its operator may not mean."""

import pytest

from adapter.directory import load_directory
from adapter.tools.check.directory import find_doubts
from adapter.tools.check.findings import Verdict

from .samples import DIRECTORY_TEXT


def found(members: str, extensions: str = '"0003*210"') -> list[str]:
    """What is found of a group with these members; all of it is a warning."""
    group = (
        f'  - {{name: Floor, organization: "3", members: {{{members}}},'
        f" extensions: [{extensions}], modes: [barge]}}\n"
    )
    findings = list(find_doubts(load_directory(f"{DIRECTORY_TEXT}supervision_groups:\n{group}")))
    assert {(finding.name, finding.verdict) for finding in findings} <= {("group Floor", Verdict.WARN)}
    return [finding.found for finding in findings]


@pytest.mark.parametrize(
    ("members", "extensions", "problems"),
    [
        ("apps: [wallboard]", '"0003*210"', []),
        ('users: ["12"]', '"0003*210"', []),
        ('users: ["12"]', '"0003*024", "0003*210"', []),
        ("apps: [operator]", '"0003*210"', []),
        ('users: ["13"]', '"0003*210"', ["no App is registered to the user 13"]),
        ('users: ["12"]', '"0003*024"', ["no App of the user 12 sees any of its extensions"]),
        ("apps: [agent-desktop]", '"0003*024"', ["the App agent-desktop sees none of its extensions"]),
        (
            "apps: [agent-desktop, wallboard]",
            "",
            [
                "the App agent-desktop sees none of its extensions",
                "the App wallboard sees none of its extensions",
            ],
        ),
    ],
)
def test_a_member_who_sees_no_extension_of_the_group_is_named(
    members: str, extensions: str, problems: list[str]
) -> None:
    """An App addresses what its account sees, in a group or not; a user is its Apps."""
    assert found(members, extensions) == problems


def test_an_extension_whose_guard_may_not_hold_is_named() -> None:
    """As the directory's own warnings say it."""
    text = DIRECTORY_TEXT.replace(
        '"0003*500", type: queue', '"0003*500", never_supervised: true, type: queue'
    )
    [finding] = find_doubts(load_directory(text))
    assert (finding.name, finding.verdict) == ("extension 0003*500", Verdict.WARN)
    assert finding.found.startswith("never_supervised protects nobody on a queue")


def test_without_groups_nothing_is_said() -> None:
    """The level of the account decides then."""
    assert list(find_doubts(load_directory(DIRECTORY_TEXT))) == []
