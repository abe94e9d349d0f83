"""`statements.md` is held to the tests: nothing in it is made up, and no test is missing from it."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SECTIONS = [
    "Addresses",
    "PhoneCall",
    "PhoneCallView",
    "List",
    "PUT: BargeIn",
    "Other actions of the service",
    "Presence",
    "Errors",
    "Authentication",
]
ABOUT_THE_CONTRACT = "The contract's \""
"""So begins the docstring of a module whose tests pin statements."""
NOT_SERVED = "not served yet: "
QUOTE = re.compile(r"“[^”]{3,}”")


@dataclass(frozen=True)
class Statement:
    """A line of the index: one statement of the contract, and what is said of it."""

    section: str
    name: str
    pinned_by: str

    @property
    def is_served(self) -> bool:
        return not self.pinned_by.startswith(NOT_SERVED)

    @property
    def tests(self) -> list[str]:
        """The tests that the line names, `file::test`."""
        return re.findall(r"`([^`]+::[^`]+)`", self.pinned_by)


def read_index(text: str) -> Iterable[Statement]:
    """Every row of the index. A line that is none where one must be fails."""
    section = ""
    for line in text.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif line.startswith("|") and line not in ("| statement | pinned by |", "| --- | --- |"):
            row = re.fullmatch(r"\| ([^|]+) \| ([^|]+) \|", line)
            assert row, line
            yield Statement(section, row[1], row[2])


def read_tests() -> dict[str, str]:
    """The docstring of every test of a statement, by `file::test`."""
    found: dict[str, str] = {}
    for path in sorted(HERE.glob("test_*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        if not (ast.get_docstring(module) or "").startswith(ABOUT_THE_CONTRACT):
            continue
        for node in module.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                name = f"{path.name}::{node.name}"
                assert name not in found, f"{name} stands twice, and only the second runs"
                found[name] = ast.get_docstring(node) or ""
    return found


INDEX = list(read_index((HERE / "statements.md").read_text(encoding="utf-8")))
TESTS = read_tests()


def test_the_sections_are_the_contracts() -> None:
    """In its order, each with statements."""
    assert list(dict.fromkeys(statement.section for statement in INDEX)) == SECTIONS


def test_no_statement_stands_twice() -> None:
    """A second line of the same name would hide which is meant."""
    names = [(statement.section, statement.name) for statement in INDEX]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("statement", INDEX, ids=lambda one: f"{one.section}, {one.name}")
def test_each_statement_has_a_test_or_a_reason(statement: Statement) -> None:
    """A test that exists and quotes the contract; or why it is not served."""
    if statement.is_served:
        assert statement.tests
    else:
        assert len(statement.pinned_by) > len(NOT_SERVED)
    for name in statement.tests:
        assert name in TESTS, f"there is no test {name}"
        assert QUOTE.search(TESTS[name]), f"{name} quotes nothing"


def test_each_test_is_in_the_index() -> None:
    """And by that pins a statement."""
    named = {name for statement in INDEX for name in statement.tests}
    assert set(TESTS) - named == set()


def test_the_index_would_show_a_gap() -> None:
    """A line without a test, and one with a test that is not there, are seen as such."""
    head = "## Errors\n\n| statement | pinned by |\n| --- | --- |\n"
    text = head + "| 418 | `test_error_answers.py::test_x` |\n| 419 | soon |"
    missing, empty = read_index(text)
    assert missing.tests == ["test_error_answers.py::test_x"]
    assert missing.tests[0] not in TESTS
    assert empty.is_served
    assert not empty.tests
