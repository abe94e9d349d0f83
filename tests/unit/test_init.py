"""The pieces of `uapi-adapter init` that write and compare: whole files, nobody's overwritten, all of it read back."""
# ruff: noqa: E501 - tables of cases

import tomllib
from pathlib import Path

import pytest

from adapter.directory import load_directory
from adapter.directory.candidates import Candidate, Candidates
from adapter.directory.proposing import propose
from adapter.directory.writing import directory_text
from adapter.lab.files import lab_file
from adapter.tools.init.asterisk_side import SECRET_PLACE, AsteriskSide, manager_text
from adapter.tools.init.comparing import SHOWN_LIMIT, differences
from adapter.tools.init.files import InitError, create_file, make_folder
from adapter.tools.init.settings_file import settings_text

SHIPPED = lab_file("asterisk-conf")


# -- files ----------------------------------------------------------------------------------------------


def test_a_new_file_is_its_owners_alone_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    create_file(tmp_path / "a", "text\n")
    assert (tmp_path / "a").read_text() == "text\n"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("kind", ["file", "folder", "dangling"])
def test_what_is_there_already_stays(tmp_path: Path, kind: str) -> None:
    """A file, a folder, a link to nothing."""
    path = tmp_path / "a"
    match kind:
        case "file":
            path.write_text("mine")
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InitError, match="is there already"):
        create_file(path, "text")
    assert [each.name for each in tmp_path.iterdir()] == ["a"]
    assert kind != "file" or path.read_text() == "mine"


def test_a_file_that_cannot_be_written_whole_is_not_there(tmp_path: Path) -> None:
    """Whatever breaks off the writing."""
    with pytest.raises(UnicodeEncodeError):
        create_file(tmp_path / "a", "x" * 100_000 + "\ud800")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file/below", "/proc/uapi-adapter"])
def test_a_folder_that_cannot_be_is_one_plain_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InitError, match=r"^[^\n]*cannot be written: [^\n]*--folder names another$"):
        make_folder(tmp_path / place)


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


# -- settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "secret", ['"', "\\", "\\u0041", "'", "#", "\x7f", "\x01", "ë🙂", "a\tb", "${x}", "x" * 500]
)
def test_settings_are_read_as_they_were_written(secret: str) -> None:
    """Whatever the secret holds."""
    values = {"ami_secret": secret, "ami_port": 5038, "ami_tls": True}
    assert tomllib.loads(settings_text(values)) == values


# -- Asterisk -------------------------------------------------------------------------------------------


def test_asterisks_user_is_the_shipped_one_with_a_secret() -> None:
    """`;` would begin a comment."""
    shipped = (SHIPPED / "uapi-adapter.conf").read_text(encoding="utf-8")
    text = manager_text(shipped, "mine", "a;b")
    assert "\n[mine]\n" in text
    assert "\nsecret = a\\;b\n" in text
    assert SECRET_PLACE not in text
    assert "\nwrite = originate,call,reporting\n" in text


@pytest.mark.parametrize("username", ["a]", "a b", "", "a\nb"])
def test_a_user_that_is_no_name_of_a_section_is_refused(username: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a section"):
        manager_text((SHIPPED / "uapi-adapter.conf").read_text(encoding="utf-8"), username, "x")


@pytest.mark.parametrize(
    ("is_freepbx", "manager", "extensions"),
    [
        (True, ">>/etc/asterisk/manager_custom.conf", ">>/etc/asterisk/extensions_custom.conf"),
        (False, ">>/etc/asterisk/manager.conf", ">>/etc/asterisk/extensions.conf"),
        (None, ">>/etc/asterisk/manager.conf   # FreePBX: manager_custom.conf",
         ">>/etc/asterisk/extensions.conf   # FreePBX: extensions_custom.conf"),
    ],
)  # fmt: skip
def test_the_lines_go_into_the_operators_own_files(
    is_freepbx: bool | None,  # noqa: FBT001 - a case
    manager: str,
    extensions: str,
) -> None:
    """FreePBX writes the others anew; where nobody knows, both are named."""
    side = AsteriskSide(Path("/a b/uapi-adapter.conf"), SHIPPED / "uapi-dialplan.conf", is_freepbx)
    lines = list(side.login_lines())
    assert f"(echo; echo '#include uapi-adapter.conf') {manager}" in lines
    assert lines[0] == "install -m 640 '/a b/uapi-adapter.conf' /etc/asterisk/uapi-adapter.conf"
    assert f"(echo; echo '#include uapi-dialplan.conf') {extensions}" in list(side.dialplan_lines())


# -- a directory and a PBX ------------------------------------------------------------------------------


def test_what_only_one_of_them_has_is_told() -> None:
    """New extensions, further devices, and devices that are gone."""
    before = (
        Candidate("210", ("PJSIP/210",)),
        Candidate("211", ("PJSIP/211",)),
        Candidate("9", ("PJSIP/9",)),
    )
    directory = load_directory(directory_text(propose(Candidates(before))))
    now = (
        Candidate("210", ("PJSIP/210", "PJSIP/99210")),
        Candidate(
            "211", ("PJSIP/211",), tenant="acme"
        ),  # in an organization that the operator gave another id
        Candidate("212", ("PJSIP/212",), name="Zoë"),
    )
    assert list(differences(directory, propose(Candidates(now)))) == [
        "1 extensions of the PBX that the directory does not have:",
        "  212 Zoë: PJSIP/212",
        "1 devices of the PBX that the directory does not give to their extension:",
        "  0001*210: PJSIP/99210",
        "1 devices of the directory that were not found as phones on the PBX:",
        "  0001*9: PJSIP/9",
    ]
    assert list(differences(directory, propose(Candidates(before)))) == []


def test_of_many_differences_some_are_shown_and_the_others_counted() -> None:
    directory = load_directory(directory_text(propose(Candidates(()))))
    many = tuple(Candidate(str(number), (f"PJSIP/{number}",)) for number in range(200, 300))
    lines = list(differences(directory, propose(Candidates(many))))
    assert (lines[0].partition(" ")[0], len(lines), lines[-1]) == ("100", SHOWN_LIMIT + 2, "  and 80 more")
