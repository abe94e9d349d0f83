"""The stage of tests/acceptance/stories, and the figures that these tests measure."""

from collections.abc import Callable, Iterable
from statistics import median

import pytest

from tests.acceptance.stories.conftest import stage

__all__ = ["stage"]

FIGURES = pytest.StashKey[dict[str, list[float]]]()

Note = Callable[[str, Iterable[float]], None]


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Keep measured times, in seconds, for the table at the end of the run."""
    figures = request.config.stash.setdefault(FIGURES, {})
    return lambda what, times: figures.setdefault(what, []).extend(times)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash.get(FIGURES, {})
    if figures:
        terminalreporter.section("measured, in ms")
    for what, times in figures.items():
        terminalreporter.line(
            f"{what:<56} n {len(times):>3}  median {median(times) * 1000:>4.0f}"
            f"  worst {max(times) * 1000:>4.0f}"
        )
