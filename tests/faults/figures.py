"""What the tests of faults measure, as lines at the end of the run."""

from collections.abc import Callable

import pytest

FIGURES = pytest.StashKey[list[str]]()
Tell = Callable[[str], None]


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Tell:
    """Takes what was measured; `make faults` prints it at the end."""
    told = request.config.stash.setdefault(FIGURES, [])
    name = request.node.name

    def tell(what: str) -> None:
        told.append(f"{name}: {what}")

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    told = terminalreporter.config.stash.get(FIGURES, [])
    if told:
        terminalreporter.section("figures")
        for line in told:
            terminalreporter.write_line(line)
