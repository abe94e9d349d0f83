"""The lab's layout `ordinary`: what people are called there, and what is written for them."""

import re
from pathlib import Path

import pytest

from adapter.directory import load_directory
from adapter.lab import FULL_NUMBERS, ORDINARY, LabError
from adapter.lab.installation import Installation
from adapter.lab.numbers import known_phones
from adapter.lab.ordinary import Ordinary


def asterisk(folder: Path, version: str) -> Installation:
    """A program that says this version."""
    program = folder / f"asterisk-{version}"
    program.write_text(f"#!/bin/sh\necho Asterisk {version}.1.0~dfsg\n")
    program.chmod(0o755)
    return Installation((str(program),))


def written(folder: Path, version: str, numbers: tuple[str, ...] = ()) -> Path:
    for name in ("etc", "db"):
        (folder / name).mkdir()
    ORDINARY.write(folder, numbers, asterisk(folder, version))
    return folder / "etc"


@pytest.mark.parametrize(
    ("number", "endpoint", "dialled"),
    [
        ("0003*210", "210", "210"),
        ("0003*21", "21", "21"),
        ("0004*300", "300-acme", "02300"),
        ("99210", "99210", "99210"),
        ("*80003*024", "*80003*024", "**024"),
        ("701", "701", "71"),
    ],
)
def test_the_directory_s_numbers_have_names_of_their_own_there(
    number: str, endpoint: str, dialled: str
) -> None:
    """An endpoint and what is dialled; the first layout has the numbers for both."""
    assert (ORDINARY.endpoint(number), ORDINARY.here(number)) == (endpoint, dialled)
    assert (FULL_NUMBERS.endpoint(number), FULL_NUMBERS.here(number)) == (number, number)


def test_a_channel_begins_with_its_endpoint() -> None:
    """As tests that look for one write it."""
    assert ORDINARY.here("PJSIP/0003*210") == "PJSIP/210"
    assert ORDINARY.here("PJSIP/0004*300") == "PJSIP/300-acme"
    assert ORDINARY.here("PJSIP/trunk") == "PJSIP/trunk"


@pytest.mark.parametrize("extensions", [300, 1_000])
def test_everybody_has_an_endpoint_and_stands_in_the_directory(tmp_path: Path, extensions: int) -> None:
    """So many extensions; every device of the directory is one of Asterisk's endpoints."""
    layout = Ordinary(extensions)
    people = list(layout.people())
    assert len({one.full_number for one in people}) == extensions
    directory = load_directory(layout.directory(tmp_path).read_text(encoding="utf-8"))
    for name in ("etc", "db"):
        (tmp_path / name).mkdir()
    layout.write(tmp_path, (), asterisk(tmp_path, "22"))
    endpoints = known_phones(tmp_path / "etc")
    for one in people:
        devices = directory.extensions[one.full_number].devices
        assert devices == tuple(f"PJSIP/{name}" for name in one.devices)
        assert set(one.devices) <= endpoints
        assert {directory.extension_of_channel(f"{name}-0000002a") for name in devices} == {one.full_number}


@pytest.mark.parametrize(("version", "is_there"), [("22", True), ("16", False)])
def test_an_asterisk_that_knows_no_tenantid_is_told_none(
    tmp_path: Path, version: str, *, is_there: bool
) -> None:
    """It would turn the whole endpoint down."""
    text = (written(tmp_path, version) / "pjsip.endpoint.conf").read_text()
    assert ("tenantid=acme" in text) is is_there


def test_a_number_of_ones_own_is_one_more_extension(tmp_path: Path) -> None:
    """With a hint; a device that is there already is not made twice."""
    etc = written(tmp_path, "22", ("7777", "99210"))
    assert "exten => 7777,hint,PJSIP/7777" in (etc / "extensions_additional.conf").read_text()
    sections = re.findall(r"^\[(.+?)\]", (etc / "pjsip.endpoint.conf").read_text(), re.MULTILINE)
    assert len(sections) == len(set(sections))


def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    """It would be another line of Asterisk's configuration."""
    with pytest.raises(LabError, match="Not a number"):
        written(tmp_path, "22", ("200\n[evil]",))


def test_a_program_that_says_no_version_is_no_asterisk(tmp_path: Path) -> None:
    """In plain words."""
    with pytest.raises(LabError, match="does not tell its version"):
        written(tmp_path, "nothing")
