"""The audit trail's file: only ever added to, whatever becomes of it."""

import json
import logging
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adapter.audit.file import AuditFile


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.002)


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


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


def test_a_file_that_grew_is_kept_under_another_name(tmp_path: Path) -> None:
    """However fast: no line is lost, no file written over."""
    path = tmp_path / "audit.log"
    file = AuditFile(path, max_bytes=50)
    written = []
    for count in range(40):
        written.append(f"line {count:02} " + "x" * 30)
        file.write(written[-1])
        until(lambda: written[-1] in lines(path))
    file.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 20
    assert sorted(line for one in files for line in lines(one)) == written
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}


@pytest.mark.parametrize("asks", [True, False])
def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path, *, asks: bool) -> None:
    """As logrotate does it: at once when asked to, else with the next line."""
    path = tmp_path / "audit.log"
    file = AuditFile(path)
    file.write("before")
    until(lambda: lines(path) == ["before"])
    path.rename(tmp_path / "audit.log.1")
    if asks:
        file.reopen()
        until(path.exists)
    file.write("after")
    file.close()
    assert (lines(tmp_path / "audit.log.1"), lines(path)) == (["before"], ["after"])


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """While it holds something, the disk takes a few bytes and then none."""
    full: list[bool] = []
    write = os.write

    def write_some(fd: int, data: bytes) -> int:
        if not full:
            return write(fd, data)
        if full[0]:
            full[0] = False
            return write(fd, data[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", write_some)
    return full


def test_a_full_disk_is_told_once_and_lines_are_counted(
    tmp_path: Path, full_disk: list[bool], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever writes is not held up; once there is space, the trail says how many are missing."""
    path = tmp_path / "audit.log"
    file = AuditFile(path)
    full_disk.append(True)
    with caplog.at_level(logging.WARNING, "adapter.audit.file"):
        for count in range(5):
            file.write(f"lost {count}")
        until(lambda: file.error is not None)
        file.write("lost 5")
        until(lambda: file._lost == 6)  # noqa: SLF001 - what no line can tell yet
        full_disk.clear()
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
