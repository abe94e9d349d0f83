"""The stage of tests/acceptance/stories, for these stories too."""

from tests.acceptance.stories.conftest import stage

__all__ = ["stage"]
