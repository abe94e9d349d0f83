"""What a reader copies from the documents is what a shell, or Docker, takes as it is meant."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("*/*.md")]
DECISIONS = ROOT / "docs" / "decisions" / "README.md"
CELLS = 5
LINK = re.compile(r"\[[\w./-]+\]\((\.\./\.\./[\w./-]+)\)")


def blocks() -> Iterator[tuple[str, str]]:
    """Every line of every fenced block, with the page that it stands on."""
    for page in PAGES:
        for block in re.findall(
            r"^ *```\w*\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        ):
            yield from ((page.name, line) for line in block.splitlines())


def unquoted(line: str) -> str:
    """What of a line stands in no quotes."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "", line)


def test_no_address_that_is_typed_has_a_star_without_quotes() -> None:
    """A shell would look for files of such names, and zsh would end there."""
    typed = [(page, line) for page, line in blocks() if "curl " in line or "barge" in line]
    assert typed
    assert [each for each in typed if "*" in unquoted(each[1])] == []


def test_no_value_of_an_environment_file_has_a_comment() -> None:
    """Docker takes all behind the `=` for the value."""
    values = [line for _, line in blocks() if re.match(r"ADAPTER_\w+=", line)]
    assert values
    assert [line for line in values if re.search(r"\s", line)] == []


def fault_of(row: str) -> str | None:
    """What is wrong with the row of a decision: date, question, decision, why, links to code."""
    cells = row.removeprefix("| ").removesuffix(" |").split(" | ")
    if len(cells) != CELLS:
        return f"{len(cells)} cells"
    if not re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", cells[0]):
        return "no date"
    links = LINK.findall(cells[-1])
    if not links or LINK.sub("", cells[-1]).strip(", "):
        return "no links"
    return next((f"no {link}" for link in links if not (DECISIONS.parent / link).is_file()), None)


def test_each_decision_has_its_date_and_links_to_the_code_that_carries_it() -> None:
    """Who reads of a decision finds its code, and when it was made."""
    lines = DECISIONS.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("|") and not line.startswith(("| --- |", "| date |"))]
    assert len(rows) > 100
    assert [(fault, row) for row in rows if (fault := fault_of(row))] == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("| 2026-11-23 | q | d | w | [calls/ids.py](../../adapter/calls/ids.py) |", None),
        ("| q | d | w |", "3 cells"),
        ("| today | q | d | w | [calls/ids.py](../../adapter/calls/ids.py) |", "no date"),
        ("| 2026-11-23 | q | d | w | calls/ids.py |", "no links"),
        ("| 2026-11-23 | q | d | w | [calls/none.py](../../adapter/none.py) |", "no ../../adapter/none.py"),
    ],
)
def test_a_row_without_one_of_them_would_be_seen(row: str, fault: str | None) -> None:
    """Whatever it lacks is told with the row."""
    assert fault_of(row) == fault
