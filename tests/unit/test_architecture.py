"""The page that walks through the code names what is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PLACES = re.findall(r"`(adapter/[\w/]+\.py)` `([\w.]+)`", PAGE)
MOST_DOWN, MOST_UP = 12, 2


def names_in(path: Path) -> set[str]:
    """Every function and class of a file, those of a class behind its name."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            functions = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}.{one.name}" for one in functions}
    return found


def rows_of(heading: str) -> list[str]:
    """The numbered rows of a section."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| \d+ \| .*$", section, re.MULTILINE)


@pytest.mark.parametrize(("file", "name"), PLACES)
def test_each_place_that_the_walk_names_is_there(file: str, name: str) -> None:
    """A file, and a function or class that stands in it."""
    assert name in names_in(ROOT / file)


@pytest.mark.parametrize("heading", ["A PUT: down", "And up", "An event"])
def test_each_step_names_a_place(heading: str) -> None:
    """No step is told in words alone."""
    rows = rows_of(heading)
    assert rows
    assert [row for row in rows if not re.search(r"`adapter/[\w/]+\.py` `[\w.]+`", row)] == []


def test_a_put_takes_about_twelve_steps_down_and_two_up() -> None:
    """More is a house in which one gets lost."""
    assert len(rows_of("A PUT: down")) <= MOST_DOWN
    assert len(rows_of("And up")) <= MOST_UP
