"""The lab as a pytest plugin: fixtures for tests with a real Asterisk, real phones and the service.

pytest finds it by its entry point in whatever project the package is installed, so nothing is imported
before a fixture is used, and every name begins with `uapi_`. docs/lab.md tells how to use them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from adapter.lab import Adapter, HearsTable, Pbx, Phones

if find_spec("pytest_asyncio") is None:  # installed without the extra `lab`
    async_fixture = pytest.fixture
else:
    from pytest_asyncio import fixture as async_fixture


@pytest.fixture
def uapi_asterisk() -> Path | None:
    """Which Asterisk: a program or a Debian folder. Override it; None finds or makes one."""
    return None


@pytest.fixture
def uapi_directory() -> Path:
    """The directory that the service reads. Override it to have other groups, Apps or accounts."""
    from adapter.lab.adapter_process import DIRECTORY

    return DIRECTORY


@pytest.fixture
def uapi_settings() -> Mapping[str, str]:
    """Further `ADAPTER_...` settings of the service. Override it to have any."""
    return {}


@pytest.fixture
def uapi_app() -> str:
    """The App of the directory that `uapi_token` is for. Override it to be another."""
    return "wallboard"


@async_fixture
async def uapi_pbx(tmp_path: Path, uapi_asterisk: Path | None) -> AsyncIterator["Pbx"]:
    """A private Asterisk on free ports of 127.0.0.1, gone after the test."""
    from adapter.lab.asterisk import running_asterisk

    async with running_asterisk(tmp_path / "uapi-asterisk", asterisk=uapi_asterisk) as pbx:
        yield pbx


@async_fixture
async def uapi_phones(tmp_path: Path, uapi_pbx: "Pbx") -> AsyncIterator["Phones"]:
    """Simulated phones on demand; after the test they hang up."""
    from adapter.lab.phones import Phones

    async with Phones(uapi_pbx, tmp_path / "uapi-phones") as phones:
        yield phones


@async_fixture
async def uapi_adapter(
    tmp_path: Path, uapi_pbx: "Pbx", uapi_directory: Path, uapi_settings: Mapping[str, str]
) -> AsyncIterator["Adapter"]:
    """The service, a process of its own beside that Asterisk, its link READY."""
    from adapter.lab.adapter_process import running_adapter

    folder = tmp_path / "uapi-adapter"
    async with running_adapter(
        uapi_pbx, folder, directory=uapi_directory, settings=uapi_settings
    ) as adapter:
        yield adapter


@async_fixture
async def uapi_token(uapi_adapter: "Adapter", uapi_app: str) -> str:
    """An access token of that App."""
    return await uapi_adapter.token(uapi_app)


@pytest.fixture
def uapi_hears() -> Callable[..., Awaitable["HearsTable"]]:
    """`await uapi_hears(phones, pairs)`: the hears table, once exactly these pairs hear each other.

    A pair is (listener, speaker), by the phones' names. LabError, with the table, where it is not so in 5 s.
    """
    from adapter.lab.hears import wait_until_heard

    return wait_until_heard
