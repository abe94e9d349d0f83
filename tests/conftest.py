"""Options of the test run, and the figures that it ends with."""

import pytest
from hypothesis import HealthCheck, settings

from tests.databases.fixtures import database, mariadb, mariadb_server, postgresql, postgresql_server, sqlite
from tests.figures import note, pytest_sessionfinish, pytest_terminal_summary, pytest_testnodedown

__all__ = [
    "database",
    "mariadb",
    "mariadb_server",
    "note",
    "postgresql",
    "postgresql_server",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
    "sqlite",
]

# How long a machine takes that does other things besides says nothing of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record-traces",
        action="store_true",
        help="write what Asterisk says in each story of tests/acceptance/stories to tests/traces/",
    )
