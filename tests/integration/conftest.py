"""What the integration tests begin with."""

from tests.integration.fixtures import *  # noqa: F403 - pytest finds fixtures by their names
