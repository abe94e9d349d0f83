"""Times that tests measure, as a table at the end of the run, whichever worker measured them."""

from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

import pytest

FIGURES = pytest.StashKey[dict[str, list[float]]]()

Note = Callable[[str, Iterable[float]], None]


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Keep measured times, in seconds, for the table at the end of the run."""
    figures = request.config.stash.setdefault(FIGURES, {})
    return lambda what, times: figures.setdefault(what, []).extend(times)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several workers hands its figures on."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["figures"] = session.config.stash.get(FIGURES, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - xdist's worker, which has no types
    """The one that started the workers collects them."""
    figures = node.config.stash.setdefault(FIGURES, {})
    for what, times in getattr(node, "workeroutput", {}).get("figures", {}).items():
        figures.setdefault(what, []).extend(times)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash.get(FIGURES, {})
    if figures:
        terminalreporter.section("measured, in ms")
    for what, times in figures.items():
        terminalreporter.line(
            f"{what:<56} n {len(times):>3}  median {median(times) * 1000:>4.0f}"
            f"  worst {max(times) * 1000:>4.0f}"
        )
