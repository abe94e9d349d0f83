"""The lab as a pytest plugin: fixtures for tests with a real Asterisk, real phones and the service.

pytest finds it by its entry point in whatever project the package is installed. So every name begins with
`uapi_`, and no part of the lab is imported before a fixture asks for it (`lab.running_asterisk` imports it).
docs/lab.md tells how to use them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from pathlib import Path

import pytest

from adapter import lab

try:
    from pytest_asyncio import fixture as async_fixture
except ImportError:  # installed without the extra `lab`: they are there, and pytest says what they lack
    async_fixture = pytest.fixture  # type: ignore[assignment]


@pytest.fixture
def uapi_asterisk() -> Path | None:
    """Which Asterisk: a program or a Debian folder. Override it; None finds or makes one."""
    return None


@pytest.fixture
def uapi_layout() -> "lab.Layout":
    """How the PBX is laid out. Override it: `lab.ORDINARY` has plain endpoint names and two tenants."""
    return lab.FULL_NUMBERS


@pytest.fixture
def uapi_directory(uapi_layout: "lab.Layout", tmp_path: Path) -> Path:
    """The directory that the service reads. Override it to have other groups, Apps or accounts."""
    return uapi_layout.directory(tmp_path)


@pytest.fixture
def uapi_settings() -> Mapping[str, str]:
    """Further `ADAPTER_...` settings of the service. Override it to have any."""
    return {}


@pytest.fixture
def uapi_app() -> str:
    """The App of the directory that `uapi_token` is for. Override it to be another."""
    return "wallboard"


@pytest.fixture
def uapi_numbers(uapi_directory: Path) -> Iterable[str]:
    """The numbers that Asterisk has a phone for, besides the lab's: those of the directory's phones.

    Override it to have others.
    """
    return lab.phones_of(uapi_directory)


@async_fixture
async def uapi_pbx(
    tmp_path: Path, uapi_asterisk: Path | None, uapi_numbers: Iterable[str], uapi_layout: "lab.Layout"
) -> AsyncIterator["lab.Pbx"]:
    """A private Asterisk on free ports of 127.0.0.1, gone after the test."""
    folder = tmp_path / "uapi-asterisk"
    async with lab.running_asterisk(
        folder, asterisk=uapi_asterisk, numbers=uapi_numbers, layout=uapi_layout
    ) as pbx:
        yield pbx


@async_fixture
async def uapi_phones(tmp_path: Path, uapi_pbx: "lab.Pbx") -> AsyncIterator["lab.Phones"]:
    """Simulated phones on demand; after the test they hang up."""
    async with lab.Phones(uapi_pbx, tmp_path / "uapi-phones") as phones:
        yield phones


@async_fixture
async def uapi_adapter(
    tmp_path: Path, uapi_pbx: "lab.Pbx", uapi_directory: Path, uapi_settings: Mapping[str, str]
) -> AsyncIterator["lab.Adapter"]:
    """The service, a process of its own beside that Asterisk, its link READY."""
    folder = tmp_path / "uapi-adapter"
    async with lab.running_adapter(
        uapi_pbx, folder, directory=uapi_directory, settings=uapi_settings
    ) as adapter:
        yield adapter


@async_fixture
async def uapi_token(uapi_adapter: "lab.Adapter", uapi_app: str) -> str:
    """An access token of that App."""
    return await uapi_adapter.token(uapi_app)


@pytest.fixture
def uapi_hears() -> Callable[..., Awaitable["lab.HearsTable"]]:
    """The hears table of some phones, once exactly the pairs given with them are heard.

    Called as `await uapi_hears(phones, pairs)`. A pair is (listener, speaker), by the phones'
    names. LabError, with the last table, where it is not so within 5 s.
    """
    return lab.wait_until_heard
