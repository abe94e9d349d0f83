"""What the integration tests begin with."""

from tests.integration.fixtures import (
    agent,
    ami,
    directory,
    has_include,
    nothing_broke,
    pytest_asyncio_loop_factories,
    service,
)

__all__ = [
    "agent",
    "ami",
    "directory",
    "has_include",
    "nothing_broke",
    "pytest_asyncio_loop_factories",
    "service",
]
