"""A fake Asterisk with one call, and the adapter beside it, as the integration tests have them."""

from pathlib import Path

import pytest

from tests.contract.client import Wire
from tests.integration.fixtures import *  # noqa: F403 - pytest finds fixtures by their names
from tests.integration.harness import Service


@pytest.fixture
def wire(service: Service) -> Wire:
    """The adapter as a client in the field sees it: in sync, with the one call of 0003*210."""
    return Wire(service.port)


@pytest.fixture
def guarded(directory: Path) -> Path:
    """A directory in which 0003*211 is not to be supervised by anybody."""
    text, extension = directory.read_text(encoding="utf-8"), '{number: "0003*211", type: phone terminal,'
    assert extension in text
    directory.write_text(text.replace(extension, extension + " never_supervised: true,"), encoding="utf-8")
    return directory
