import asyncio
import logging
import os
from pathlib import Path

import pytest

from adapter.directory.file import DirectoryFile

from .samples import DIRECTORY_TEXT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "directory.yaml"
    path.write_text(DIRECTORY_TEXT, encoding="utf-8")
    return path


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


async def test_a_changed_file_is_in_force_after_a_reload(path: Path) -> None:
    """And not before it."""
    file = DirectoryFile(path)
    _write(path, DIRECTORY_TEXT.replace("0003*500", "0003*501").encode())
    assert "0003*500" in file.current.extensions
    assert await file.reload()
    assert "0003*501" in file.current.extensions


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"organizations: [",
        b"organizations: 3\n",
        "name: Zoë".encode("latin-1"),
        b"a: \x00",
        b"\xff\xfe",
        b"? [a]\n: 1\n",
        b"a: !!timestamp x",
    ],
)
async def test_a_bad_file_is_logged_and_leaves_the_directory_as_it_was(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever somebody wrote into the file, the service goes on with what it knew."""
    file = DirectoryFile(path)
    before = file.current
    _write(path, content)
    with caplog.at_level(logging.ERROR):
        assert not await file.reload()
    assert file.current is before
    assert [record.levelname for record in caplog.records][:1] == ["ERROR"]


async def test_a_file_that_vanished_leaves_the_directory_as_it_was(path: Path) -> None:
    """The same for a file that cannot be read."""
    file = DirectoryFile(path)
    before = file.current
    os.unlink(path)  # noqa: PTH108 - pathlib's would be one too many for an async test
    assert not await file.reload()
    assert file.current is before


def test_a_start_without_a_usable_file_is_refused_with_its_name(tmp_path: Path) -> None:
    """There is nothing to go on with, but it may be mended meanwhile: no error of what stands in the file."""
    with pytest.raises(OSError, match="nowhere"):
        DirectoryFile(tmp_path / "nowhere")
    with pytest.raises(OSError, match=tmp_path.name):
        DirectoryFile(tmp_path)


@pytest.fixture(params=["fifo", "device"])
def no_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Something that opens, or would if one waited for ever, and has no end."""
    path = tmp_path / "no-file"
    if request.param == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    return path


def test_a_start_with_what_is_no_file_is_refused(no_file: Path) -> None:
    """Nobody may write at the other end of a pipe, and a device has no end."""
    with pytest.raises(OSError, match="no regular file"):
        DirectoryFile(no_file)


async def test_what_is_no_file_is_not_waited_for(path: Path, no_file: Path) -> None:
    """The same on a reload, which leaves the directory as it was."""
    file = DirectoryFile(path)
    before = file.current
    os.replace(no_file, path)  # noqa: PTH105 - as above
    async with asyncio.timeout(5.0):
        assert not await file.reload()
    assert file.current is before
