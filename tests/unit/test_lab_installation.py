"""Which Asterisk the lab runs."""

import platform
from pathlib import Path

import pytest

from adapter.lab import LabError
from adapter.lab.installation import ASTERISK_VARIABLE, find_asterisk

LIBRARIES = f"{platform.machine()}-linux-gnu"
LOADER = "ld-linux-any.so.2"


def make_root(root: Path, modules: str, *, is_merged: bool) -> Path:
    """A Debian folder as far as the lab looks: with /lib in /usr, as today, or beside it, as in bullseye."""
    for folder in ("usr/sbin", f"usr/lib/{LIBRARIES}", modules):
        (root / folder).mkdir(parents=True)
    if is_merged:
        (root / "lib").symlink_to("usr/lib")
    else:
        (root / "lib" / LIBRARIES).mkdir(parents=True)
    (root / "lib" / LIBRARIES / LOADER).touch()
    (root / "usr/sbin/asterisk").touch()
    return root


@pytest.mark.parametrize(
    ("version", "modules", "is_merged"),
    [("16", "usr/lib/asterisk/modules", False), ("22", f"usr/lib/{LIBRARIES}/asterisk/modules", True)],
)
async def test_a_version_names_the_lab_s_own_folder_of_it(
    version: str, modules: str, *, is_merged: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ADAPTER_LAB_ASTERISK=16 runs the Asterisk of the kept folder, with its loader and libraries."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(ASTERISK_VARIABLE, version)
    root = make_root(tmp_path / f"uapi-adapter/asterisk-{version}", modules, is_merged=is_merged)
    found = await find_asterisk(print)
    loader, option, libraries, program = found.command
    assert (loader, option) == (f"{root}/lib/{LIBRARIES}/{LOADER}", "--library-path")
    assert {f"{root}/lib/{LIBRARIES}", f"{root}/usr/lib/{LIBRARIES}"} <= set(libraries.split(":"))
    assert program == f"{root}/usr/sbin/asterisk"
    assert found.modules_folder == root / modules


async def test_a_version_that_the_lab_cannot_make_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names those that it can."""
    monkeypatch.setenv(ASTERISK_VARIABLE, "18")
    with pytest.raises(LabError, match=r"nor a version that the lab makes \(16, 22\)"):
        await find_asterisk(print)


async def test_a_folder_given_goes_before_the_version_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who names one in the program means that one."""
    monkeypatch.setenv(ASTERISK_VARIABLE, "16")
    root = make_root(tmp_path / "given", "usr/lib/asterisk/modules", is_merged=False)
    assert (await find_asterisk(print, root)).command[-1] == f"{root}/usr/sbin/asterisk"
