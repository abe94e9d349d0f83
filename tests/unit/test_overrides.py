"""Overrides, and what a source adds to a directory file."""

from pathlib import Path

import pytest

from adapter.directory import AutoAnswer, DirectoryError, ExtensionType
from adapter.directory.candidates import Candidate, Candidates, LeftOut
from adapter.directory.loading import Loaded, load
from adapter.directory.shrinking import doubt

from .samples import SECRET_HASH

FILE = f"""\
organizations:
  - {{id: "3", prefix: "0003", name: Plain, devices: "PJSIP/{{local}}", tenant: ""}}
  - {{id: acme, prefix: "4", name: Acme, tenant: acme}}
users:
  - {{id: "12", name: Agent, organization: "3"}}
extensions:
  - {{number: "100-103", organization: "3", type: phone terminal, owner: "12"}}
apps:
  - {{client_id: one, secret_hash: "{SECRET_HASH}", account: administrator}}
"""
ANNA = Candidate("210", ("PJSIP/210", "PJSIP/99210"), "Anna")
BERT = Candidate("211", ("PJSIP/211",), "Bert")


def _load(more: str = "", *found: Candidate) -> Loaded:
    return load(FILE + more, Candidates(found) if found else None)


def _problems(more: str, *found: Candidate) -> list[str]:
    with pytest.raises(DirectoryError) as refused:
        _load(more, *found)
    return refused.value.problems


def _overrides(*entries: str) -> str:
    return "overrides:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


def test_an_override_changes_what_it_names_of_one_extension_or_of_a_range() -> None:
    """One after the other; the rest stays as it was."""
    found = _load(
        _overrides(
            'number: "0003*101", caller_id: "One <101>", devices: [SIP/1, "sip/{local}"], dial: sip/1',
            'number: "102-109", organization: "3", never_supervised: true, auto_answer: call-info',
            'number: "103", organization: "3", never_supervised: false, type: intercom',
        )
    ).directory.extensions
    assert (found["0003*101"].devices, found["0003*101"].rings) == (("SIP/1", "SIP/101"), ("SIP/1",))
    assert str(found["0003*101"].caller_id) == "One <101>"
    guarded = [(one.number[-1], one.never_supervised) for one in found.values()]
    assert guarded == [("0", False), ("1", False), ("2", True), ("3", False)]
    assert found["0003*103"].auto_answer is AutoAnswer.CALL_INFO
    assert found["0003*103"].type is ExtensionType.INTERCOM
    assert found["0003*100"].devices == ("PJSIP/100",)


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ('number: "104", organization: "3", dial: SIP/1', "there is no extension '104' of '3'"),
        ('number: "0003*200-299", dial: SIP/1', "there is no extension '0003*200-299'"),
        ('number: "104", organization: "9", dial: SIP/1', "there is no extension '104' of '9'"),
        ('number: "104", dial: SIP/1', "overrides.1.number: must be in full"),
        ('number: "100", organization: "3", fax: "1"', "overrides.1.fax: is not known here"),
        ('number: "100", organization: "3", devices: "PJSIP/{x}"', "overrides.1.devices.1: {x} is not known"),
    ],
)
def test_an_override_of_nobody_is_refused_with_its_line(override: str, problem: str) -> None:
    """As anything else that is wrong in the file."""
    [found] = _problems(_overrides(override))
    assert found.startswith(f"line 11: {problem}")


def test_an_overridden_extension_is_judged_as_any_other() -> None:
    """Its owner, its devices, its dial."""
    assert _problems(
        _overrides(
            'number: "100", organization: "3", owner: nobody',
            'number: "101", organization: "3", devices: PJSIP/102',
            'number: "103", organization: "3", dial: PJSIP/7',
        )
    ) == [
        "line 7: must be one of the extension's devices, or a Local channel",
        "line 7: the device 'PJSIP/102' is the extension '0003*101''s already",
        "line 7: there is no user 'nobody'",
    ]


# -- a source -------------------------------------------------------------------------------------------


def test_a_source_adds_extensions_and_their_users_to_the_files_own() -> None:
    """To the organization that names their tenant; overrides are of theirs too."""
    found = _load(
        _overrides('number: "210", organization: "3", never_supervised: true'),
        ANNA,
        Candidate("210", ("PJSIP/210-acme",), tenant="acme"),
        Candidate("600", (), "Sales", type=ExtensionType.QUEUE),
    )
    extensions = found.directory.extensions
    assert found.warnings == ()
    assert found.numbers == {"0003*210", "0003*600", "4*210"}
    assert extensions.keys() - found.numbers == {"0003*100", "0003*101", "0003*102", "0003*103"}
    anna = extensions["0003*210"]
    assert (anna.devices, anna.never_supervised) == (("PJSIP/210", "PJSIP/99210"), True)
    assert found.directory.users[anna.owner].name == "Anna"
    assert extensions["0003*600"].type is ExtensionType.QUEUE
    assert found.directory.extension_of_channel("PJSIP/210-acme-0000002a") == "4*210"


@pytest.mark.parametrize(
    ("found", "left_out"),
    [
        (
            [Candidate("1", ("PJSIP/x",), tenant="other")],
            "1 extensions of the tenant 'other': no organization",
        ),
        ([Candidate("21x", ("PJSIP/21x",))], "21x PJSIP/21x: its number is not of digits alone"),
        ([Candidate("210" * 5, ("PJSIP/7",))], "210210210210210 PJSIP/7: must be a prefix"),
        ([BERT, Candidate("211", ("PJSIP/x",))], "211 PJSIP/x: its number is there twice"),
        ([BERT, Candidate("212", ("PJSIP/211",))], "212 PJSIP/211: PJSIP/211 is another extension's too"),
        (
            [Candidate("9", ("PJSIP/100",))],
            "9 PJSIP/100: PJSIP/100 is the extension 0003*100's in the direct",
        ),
    ],
)
def test_what_is_ambiguous_or_nobodys_is_left_out_and_told_and_the_rest_is_there(
    found: list[Candidate], left_out: str
) -> None:
    """Of two that say the same neither is believed."""
    loaded = _load("", ANNA, *found)
    assert loaded.numbers == {"0003*210"}
    assert any(warning.startswith(left_out) for warning in loaded.warnings), loaded.warnings


def test_the_file_goes_before_the_source() -> None:
    """What it says of a number stands, and nobody is warned of that."""
    loaded = _load("", ANNA, Candidate("100", ("PJSIP/100",), "Other"))
    assert loaded.directory.extensions["0003*100"].owner == "12"
    assert not loaded.warnings
    assert loaded.numbers == {"0003*210"}


def test_hostile_names_are_shown_and_act_on_nothing() -> None:
    """A name is one printable line of bounded length, whatever stands in the source."""
    name = '"; DROP\r\nAction: x\x1b[2J\u202e' + "x" * 1_000_000
    loaded = _load("", Candidate("210", ("PJSIP/210",), name), BERT)
    shown = loaded.directory.users["3-210"].name
    assert shown.isprintable()
    assert len(shown) < 100
    assert "\u202e" not in shown


GROUP = """\
supervision_groups:
  - {name: Floor, organization: "3", members: {apps: [anna, one], users: ["3-210", "12"]},
     extensions: ["210", "100", "700-799"], modes: [listen]}
"""
ANNAS = FILE.replace(
    "apps:\n", f'apps:\n  - {{client_id: anna, secret_hash: "{SECRET_HASH}", account: {{user: "3-210"}}}}\n'
)


def test_who_is_gone_from_the_source_is_passed_over_in_groups_and_apps() -> None:
    """And told; a group stays, as without any everybody might supervise."""
    there = load(ANNAS + GROUP, Candidates((ANNA, BERT)))
    gone = load(ANNAS + GROUP, Candidates((BERT,)))
    [group] = there.directory.supervision_groups
    assert group.extensions == {"0003*210", "0003*100"}
    assert group.members.users == {"3-210", "12"}
    assert there.directory.apps.keys() == {"anna", "one"}
    [group] = gone.directory.supervision_groups
    assert group.extensions == {"0003*100"}
    assert group.members.users == {"12"}
    assert group.members.apps == {"one"}
    assert gone.directory.apps.keys() == {"one"}
    assert len(gone.warnings) == 4
    with pytest.raises(DirectoryError):
        load(ANNAS + GROUP, None)


def test_a_stranger_in_a_group_is_refused_with_a_source_too() -> None:
    """Only who could have come from the source is passed over."""
    acme = Candidate("210", ("PJSIP/x",), tenant="acme")
    for stranger in ("4*210", "4*999"):
        foreign = GROUP.replace('"100"', f'"{stranger}"')
        with pytest.raises(DirectoryError) as refused:
            load(ANNAS + foreign, Candidates((ANNA, acme)))
        [problem] = refused.value.problems
        assert problem.endswith(f"the organization has no extension '{stranger}'")


def test_who_is_never_supervised_must_be_there() -> None:
    """Gone from the directory, others could listen to that person; another override only waits."""
    guard = _overrides('number: "212", organization: "3", never_supervised: true')
    assert _problems(guard, ANNA) == ["line 11: there is no extension '212' of '3'"]
    loaded = _load(_overrides('number: "212", organization: "3", auto_answer: call-info'), ANNA)
    assert loaded.warnings == ("overrides: there is no extension '212' of '3'",)


@pytest.mark.parametrize(("kept", "is_held"), [(10, False), (8, False), (7, True), (0, True)])
def test_a_source_that_loses_more_than_a_fifth_is_doubted(kept: int, *, is_held: bool) -> None:
    """However many it says beside them."""
    ten = [Candidate(f"2{n}", (f"PJSIP/2{n}",)) for n in range(10)]
    more = [Candidate(f"3{n}", (f"PJSIP/3{n}",)) for n in range(20)]
    said = doubt(_load("", *ten), _load("", *ten[:kept], *more))
    assert said == (f"{10 - kept} of 10 extensions are gone from it" if is_held else "")


def test_a_source_that_loses_whom_nobody_may_hear_is_doubted() -> None:
    """The extension, or one of its devices: what is added, or lost of others, is not."""
    many = [Candidate(f"3{n}", (f"PJSIP/3{n}",)) for n in range(20)]
    guard = _overrides('number: "200-299", organization: "3", never_supervised: true')
    old = _load(guard, ANNA, BERT, *many)
    assert doubt(old, old) == ""
    assert doubt(old, _load(guard, BERT, *many)) == "0003*210, which is never supervised, is gone from it"
    one = Candidate("210", ("PJSIP/210",))
    assert doubt(old, _load(guard, one, BERT, *many)).endswith("has no longer the device PJSIP/99210")
    assert doubt(old, _load(guard, ANNA, BERT, *many[1:])) == ""
    assert doubt(_load(guard, one, BERT, *many), old) == ""


def test_what_a_source_left_out_itself_is_told() -> None:
    """With why."""
    candidates = Candidates((ANNA,), (LeftOut("PJSIP/carrier", "a trunk"),))
    assert load(FILE, candidates).warnings == ("PJSIP/carrier: a trunk",)


def test_the_example_of_an_overlay_loads_with_a_source() -> None:
    """Without a word of warning, where its extensions are there."""
    text = (Path(__file__).parents[2] / "examples" / "directory-overlay.yaml").read_text(encoding="utf-8")
    found = [Candidate(each, (f"PJSIP/{each}",)) for each in ("100", "200", "210", "211")]
    loaded = load(text, Candidates((*found, Candidate("210", ("PJSIP/210-acme",), tenant="acme"))))
    assert not loaded.warnings
    assert loaded.directory.extensions["0003*100"].never_supervised
    [group] = loaded.directory.supervision_groups
    assert group.extensions == {"0003*210", "0003*211"}
