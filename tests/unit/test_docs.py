"""What a reader copies from the documents is what a shell, or Docker, takes as it is meant."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("*/*.md")]


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
