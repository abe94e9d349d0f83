"""Options of the test run."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record-traces",
        action="store_true",
        help="write what Asterisk says in each story of tests/acceptance/stories to tests/traces/",
    )
