"""The audit trail's file: only ever added to, whatever becomes of it."""

import json
import logging
import math
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from adapter.audit.file import AuditFile, _line_of_loss
from adapter.lab.polling import until


def lines(path: Path) -> list[str]:
    """Its lines. A file that is being kept under another name has none for a moment."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_it_is_added_to_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    """What stood there stays; nobody else may read it."""
    path = tmp_path / "audit.log"
    for text in ("one", "two"):
        file = AuditFile(path)
        file.write(text)
        file.close()
    assert lines(path) == ["one", "two"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_path_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    """Rather than run without a trail that the operator asked for."""
    with pytest.raises(OSError, match="none"):
        AuditFile(tmp_path / "none" / "audit.log")


async def test_a_file_that_grew_is_kept_under_another_name(tmp_path: Path) -> None:
    """However fast: no line is lost, no file written over."""
    path = tmp_path / "audit.log"
    file = AuditFile(path, max_bytes=50)
    written = []
    for count in range(40):
        written.append(f"line {count:02} " + "x" * 30)
        file.write(written[-1])
        await until(lambda: written[-1] in lines(path))
    file.close()
    files = files_in(tmp_path)
    assert len(files) == 20
    assert sorted(line for one in files for line in lines(one)) == written
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}


@pytest.mark.parametrize("asks", [True, False])
async def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path, *, asks: bool) -> None:
    """As logrotate does it: at once when asked to, else with the next line."""
    path = tmp_path / "audit.log"
    file = AuditFile(path)
    file.write("before")
    await until(lambda: lines(path) == ["before"])
    path.rename(tmp_path / "audit.log.1")
    if asks:
        file.reopen()
        await until(path.exists)
    file.write("after")
    file.close()
    assert (lines(tmp_path / "audit.log.1"), lines(path)) == (["before"], ["after"])


async def test_a_file_that_may_not_be_renamed_goes_on_growing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No line is lost for its size; the log is told once."""

    def rename(_: Path, target: Path) -> None:
        raise PermissionError(13, f"Permission denied: {target}")

    monkeypatch.setattr(Path, "rename", rename)
    path = tmp_path / "audit.log"
    file = AuditFile(path, max_bytes=1)
    for text in ("one", "two", "three"):
        file.write(text)
        await until(lambda: text in lines(path))  # noqa: B023 - it is called at once
    file.close()
    assert (file.error, lines(path), files_in(tmp_path)) == (None, ["one", "two", "three"], [path])
    assert [record.getMessage() for record in caplog.records] == [
        "the audit trail cannot be renamed and goes on growing"
    ]


class Disk:
    """Has space for so many bytes, for all at first; while it is held, whoever writes waits."""

    def __init__(self) -> None:
        self.space: float = math.inf
        self.is_free = threading.Event()
        self.is_free.set()
        self.is_asked = threading.Event()
        self._write = os.write

    def write(self, fd: int, data: bytes) -> int:
        self.is_asked.set()
        assert self.is_free.wait(5)
        if not self.space:
            raise OSError(28, "No space left on device")
        written = self._write(fd, data[: int(min(self.space, len(data)))])
        self.space -= written
        return written


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(os, "write", disk.write)
    return disk


def write_together(file: AuditFile, disk: Disk, *texts: str) -> None:
    """The first of the lines is being written, and has the disk wait, while the others come."""
    disk.is_asked.clear()
    disk.is_free.clear()
    file.write(texts[0])
    assert disk.is_asked.wait(5)
    for text in texts[1:]:
        file.write(text)
    disk.is_free.set()


async def test_a_full_disk_is_told_once_and_lines_are_counted(
    tmp_path: Path, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever writes is not held up; once there is space, the trail says how many are missing."""
    path = tmp_path / "audit.log"
    file = AuditFile(path)
    disk.space = 3
    with caplog.at_level(logging.WARNING, "adapter.audit.file"):
        for count in range(5):
            file.write(f"lost {count}")
        await until(lambda: file.error is not None)
        file.write("lost 5")
        await until(lambda: file._lost == 6)  # noqa: SLF001 - what no line can tell yet
        disk.space = math.inf
        file.write("found")
        file.close()
    assert file.error is None
    half, loss, found = lines(path)
    assert (half, found) == ("los", "found")
    told = json.loads(loss)
    assert (told["event"], told["lines"]) == ("lost", 6)
    assert [record.getMessage() for record in caplog.records] == [
        "the audit trail is not written",
        "the audit trail is written again",
    ]


async def test_lines_that_the_disk_took_before_it_was_full_are_not_counted_as_lost(
    tmp_path: Path, disk: Disk
) -> None:
    """Of several that are written together: two stand there whole, half of the third, and three are lost."""
    path = tmp_path / "audit.log"
    file = AuditFile(path)
    disk.space = len("zero\none\ntwo\nthr")
    write_together(file, disk, "zero", "one", "two", "three", "four", "five")
    await until(lambda: file.error is not None)
    disk.space = math.inf
    file.write("six")
    file.close()
    *whole, half, loss, last = lines(path)
    assert (whole, half, last) == (["zero", "one", "two"], "thr", "six")
    assert json.loads(loss)["lines"] == 3


async def test_a_loss_is_told_once_though_the_disk_is_full_again_right_behind_it(
    tmp_path: Path, disk: Disk
) -> None:
    """Who adds the counts up has the number of lines that are missing."""
    path = tmp_path / "audit.log"
    file = AuditFile(path)
    disk.space = 0
    file.write("lost")
    await until(lambda: file.error is not None)
    disk.space = len(_line_of_loss(1)) + 3
    file.write("lost too")
    await until(lambda: not disk.space)
    disk.space = math.inf
    file.write("found")
    file.close()
    first, half, second, found = lines(path)
    assert [json.loads(loss)["lines"] for loss in (first, second)] == [1, 1]
    assert (half, found) == ("lo", "found")


async def test_what_the_disk_does_not_confirm_counts_as_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that may be missing after a power cut is one that may be missing."""

    def fsync(_: int) -> None:
        raise OSError(5, "Input/output error")

    path = tmp_path / "audit.log"
    file = AuditFile(path)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fsync)
        file.write("perhaps")
        await until(lambda: file.error is not None)
    file.write("surely")
    file.close()
    perhaps, loss, surely = lines(path)
    assert (perhaps, json.loads(loss)["lines"], surely) == ("perhaps", 1, "surely")


def link_elsewhere(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize(
    "stands_there", [link_elsewhere, os.mkfifo, Path.mkdir], ids=["link", "pipe", "folder"]
)
def test_only_a_file_of_its_own_is_begun(tmp_path: Path, stands_there: Callable[[Path], None]) -> None:
    """A link would have the lines written anywhere; a pipe would be waited for, and nothing said of it."""
    path = tmp_path / "audit.log"
    stands_there(path)
    with pytest.raises(OSError, match=r"audit\.log"):
        AuditFile(path)
    assert not path.with_name("elsewhere").exists()


@pytest.mark.parametrize("stands_there", [link_elsewhere, os.mkfifo], ids=lambda one: one.__name__)
async def test_what_takes_the_place_of_the_file_is_told_and_not_written_to(
    tmp_path: Path, stands_there: Callable[[Path], None]
) -> None:
    """The health tells of it; once a file may stand there again the trail says how much is missing."""
    path = tmp_path / "audit.log"
    file = AuditFile(path)
    path.rename(tmp_path / "moved")
    stands_there(path)
    file.write("lost")
    await until(lambda: file.error)
    path.unlink()
    file.write("kept")
    file.close()
    assert [json.loads(line)["lines"] for line in lines(path)[:-1]] == [1]
    assert lines(path)[-1] == "kept"
    assert not path.with_name("elsewhere").exists()


async def test_a_link_to_the_file_itself_is_no_file(tmp_path: Path) -> None:
    """Whoever moved the file away may choose later where the link leads."""
    path = tmp_path / "audit.log"
    file = AuditFile(path)
    path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    file.write("lost")
    await until(lambda: file.error)
    path.unlink()
    file.close()
    assert lines(tmp_path / "moved") == []
