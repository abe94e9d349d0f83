"""Numbers written short, ranges, and templates of devices: what a directory may leave out."""

import time

import pytest

from adapter.directory import Directory, DirectoryError, load_directory

from .samples import SECRET_HASH


def _text(*extensions: str, acme: str = "", groups: str = "") -> str:
    lines = [
        "organizations:",
        '  - {id: "3", prefix: "0003", name: Plain, devices: "PJSIP/{local}"}',
        f'  - {{id: acme, prefix: "4", name: Acme{acme}}}',
        "users:",
        '  - {id: "12", name: Agent, organization: "3"}',
        '  - {id: "40", name: Other, organization: acme}',
        "apps:",
        f'  - {{client_id: one, secret_hash: "{SECRET_HASH}", account: administrator}}',
        "extensions:",
        *(f"  - {{type: phone terminal, {extension}}}" for extension in extensions),
    ]
    return "\n".join(lines) + "\n" + groups


def _load(*extensions: str, acme: str = "", groups: str = "") -> Directory:
    return load_directory(_text(*extensions, acme=acme, groups=groups))


def _problems(*extensions: str, acme: str = "", groups: str = "") -> list[str]:
    with pytest.raises(DirectoryError) as refused:
        _load(*extensions, acme=acme, groups=groups)
    return refused.value.problems


OURS, THEIRS = 'owner: "12"', 'owner: "40"'


@pytest.mark.parametrize(
    ("words", "number", "devices"),
    [
        # the first line of extensions is line 10
        (f'number: "210", organization: "3", {OURS}', "0003*210", ["PJSIP/210"]),
        (f'number: "0003*210", {OURS}', "0003*210", ["PJSIP/210"]),
        (f'number: "007", organization: "3", {OURS}', "0003*007", ["PJSIP/007"]),
        (f'number: "0", organization: "3", {OURS}', "0003*0", ["PJSIP/0"]),
        (f'number: "210", organization: acme, {THEIRS}', "4*210", ["PJSIP/4*210"]),
        (f'number: "210", organization: "3", {OURS}, dial: sip/7', "0003*210", ["SIP/7"]),
        (
            f'number: "210", organization: "3", {OURS}, devices: [sip/7, SIP/8]',
            "0003*210",
            ["SIP/7", "SIP/8"],
        ),
        (
            f'number: "210", organization: "3", {OURS}, devices: "pjsip/99{{local}}"',
            "0003*210",
            ["PJSIP/99210"],
        ),
        (f'number: "210", organization: "3", {OURS}, devices: []', "0003*210", ["PJSIP/210"]),
    ],
)
def test_a_number_may_be_short_and_its_devices_are_named_by_the_template(
    words: str, number: str, devices: list[str]
) -> None:
    """In full on the wire, zeros kept; what the extension says of its devices itself beats the template."""
    found = _load(words)
    assert list(found.extensions) == [number]
    assert list(found.extensions[number].devices) == devices
    assert [found.extension_of_channel(f"{device}-0000002a") for device in devices] == [number] * len(devices)


@pytest.mark.parametrize(
    ("template", "devices"),
    [
        ('"PJSIP/{local}-acme"', ["PJSIP/210-acme"]),
        ('"PJSIP/{prefix}-{local}"', ["PJSIP/4-210"]),
        ('"pjsip/{number}"', ["PJSIP/4*210"]),
        ('["PJSIP/{local}", "PJSIP/99{local}", "sip/{local}.w"]', ["PJSIP/210", "PJSIP/99210", "SIP/210.w"]),
        ("[]", ["PJSIP/4*210"]),
    ],
)
def test_a_template_names_one_device_or_several(template: str, devices: list[str]) -> None:
    """Of the number, the number without its prefix, and the prefix; spelled as in the names of channels."""
    found = _load(f'number: "4*210", {THEIRS}', acme=f", devices: {template}")
    assert list(found.extensions["4*210"].devices) == devices


def test_a_local_dial_goes_with_the_devices_of_the_template() -> None:
    """The template names whose channels may answer; without one nothing would."""
    dial = 'dial: "Local/{local}@from-internal"'
    one = _load(f'number: "210", organization: "3", {OURS}, {dial}').extensions["0003*210"]
    assert (one.rings, one.devices) == (("Local/210@from-internal/n",), ("PJSIP/210",))
    [problem] = _problems(f'number: "210", organization: acme, {THEIRS}, {dial}')
    assert problem.startswith("line 10: anything may answer a Local channel")


@pytest.mark.parametrize("number", ['"0098-0101", organization: "3"', '"0003*0098-0101"'])
def test_a_range_makes_an_extension_of_each_number_and_keeps_its_width(number: str) -> None:
    """In full or short; all of it has what the entry says."""
    found = _load(f"number: {number}, {OURS}, never_supervised: true, auto_answer: call-info")
    assert list(found.extensions) == ["0003*0098", "0003*0099", "0003*0100", "0003*0101"]
    assert [one.devices for one in found.extensions.values()] == [
        ("PJSIP/0098",), ("PJSIP/0099",), ("PJSIP/0100",), ("PJSIP/0101",)
    ]  # fmt: skip
    assert all(one.never_supervised and one.owner == "12" for one in found.extensions.values())


def test_a_range_of_one_and_the_widest_numbers_are_ranges_too() -> None:
    """The ends of what can be written."""
    found = _load(
        f'number: "7-7", organization: "3", {OURS}',
        f'number: "9999999998-9999999999", organization: "3", {OURS}',
    )
    assert list(found.extensions) == ["0003*7", "0003*9999999998", "0003*9999999999"]


FORM = "line 10: extensions.1.number: "


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ('"210"', FORM + 'must be in full, like "0003*210", or have its `organization` beside it'),
        ('"0100-0199"', FORM + 'must be in full, like "0003*210", or have its `organization` beside it'),
        ('"0003*210", organization: "3"', FORM + "a number in full names its organization already"),
        ('"0003*210", organization: acme', FORM + "a number in full names its organization already"),
        ('"210", organization: "9"', "line 10: there is no organization '9'"),
        ('"9*210"', "line 10: no organization has the prefix '9'"),
        ('"200-100", organization: "3"', FORM + "the range ends before it begins: did you mean 100-200?"),
        ('"99-100", organization: "3"', FORM + "both ends of a range must have as many digits"),
        ('"100-", organization: "3"', FORM + "must be a prefix"),
        ('"-100", organization: "3"', FORM + "must be a prefix"),
        ('"100-200-300", organization: "3"', FORM + "must be a prefix"),
        ('"100 - 200", organization: "3"', FORM + "must be a prefix"),
        ('"0003*100-0003*200"', FORM + "must be a prefix"),
        ('"12345678901", organization: "3"', FORM + "must be a prefix"),
        ('"٢١٠", organization: "3"', FORM + "must be a prefix"),
        ('"210\\n", organization: "3"', FORM),
        ('210, organization: "3"', FORM + "is a number here; write it in quotes"),
        ('"210", organization: 3', "line 10: extensions.1.organization: is a number here"),
        (
            '"0000000000-9999999999", organization: "3"',
            "line 10: the ranges make more than 100000 extensions",
        ),
    ],
)
def test_a_number_that_says_nothing_certain_is_refused_with_its_line(number: str, problem: str) -> None:
    """Nobody guesses an organization, an end or a width."""
    [found] = _problems(f"number: {number}, {OURS}")
    assert found.startswith(problem)


def test_all_ranges_together_have_a_limit() -> None:
    """What is one too many is told; what is within is made."""
    half = f'number: "00000-49999", organization: "3", {OURS}'
    within = f'number: "50000-99999", organization: "3", {OURS}'
    assert len(_load(half, within).extensions) == 100_000
    [problem] = _problems(half, within, f'number: "1-2", organization: "3", {OURS}')
    assert problem == "line 12: the ranges make more than 100000 extensions"


def test_overlaps_of_ranges_are_told_once_each_with_how_many_more() -> None:
    """A hundred lines about one line help nobody."""
    assert _problems(
        f'number: "100-199", organization: "3", {OURS}',
        f'number: "0003*150", {OURS}, devices: sip/150',
        f'number: "190-209", organization: "3", {OURS}, devices: "sip/{{local}}"',
    ) == [
        "line 11: extensions have the number '0003*150' twice",
        "line 12: extensions have the number '0003*190' twice; and 9 more",
    ]


def test_a_device_that_a_template_gives_twice_is_told() -> None:
    """Two organizations whose templates do not tell them apart, a range with one device, a list with two."""
    assert _problems(
        f'number: "100-199", organization: "3", {OURS}',
        f'number: "150-209", organization: acme, {THEIRS}',
        acme=', devices: "PJSIP/{local}"',
    ) == ["line 11: the device 'PJSIP/150' is the extension '0003*150''s already; and 49 more"]
    assert _problems(f'number: "100-199", organization: "3", {OURS}, devices: PJSIP/desk') == [
        "line 10: the device 'PJSIP/desk' is the extension '0003*100''s already; and 98 more"
    ]
    assert _problems(f'number: "4*1", {THEIRS}', acme=', devices: ["PJSIP/{local}", "pjsip/{local}"]') == [
        "line 10: the extension '4*1' has a device twice"
    ]


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ('"PJSIP/{lokal}"', "{lokal} is not known here; a template may hold {local}, {number}, {prefix}"),
        ('"PJSIP/{}"', "{} is not known here"),
        ('"PJSIP/{local.__class__}"', "{local.__class__} is not known here"),
        ('"PJSIP/{local"', "must be a technology and a device"),
        ('"PJSIP/{{local}}"', "must be a technology and a device"),
        ('"{local}/210"', "a technology stands before the `/`"),
        ('"PJSIP/${local}"', "must be a technology and a device"),
        ('"PJSIP/{local}@trunk"', "no channel's name begins so"),
        ('"PJSIP/{local}/sip:1@192.0.2.1"', "no channel's name begins so"),
        ('"Local/{local}@from-internal"', "a Local channel is no device"),
        ('"DAHDI/g{local}"', "no channel's name begins like this"),
        (f'"PJSIP/{"x" * 60}{{local}}"', "must be a technology and a device"),
        ('"PJSIP/desk"', "'PJSIP/desk' must hold {local} or {number}"),
        ('"PJSIP/{prefix}"', "'PJSIP/{prefix}' must hold {local} or {number}"),
        ("12", "must be a list"),
        ("[12]", "is a number here"),
    ],
)
def test_a_template_that_names_no_devices_is_refused_at_the_organization(template: str, problem: str) -> None:
    """Once, where it stands, and not at each extension."""
    [found] = _problems(f'number: "4*1", {THEIRS}', acme=f", devices: {template}")
    assert found.startswith("line 3: organizations.2.devices")
    assert f": {problem}" in found


def test_a_range_has_no_caller_id() -> None:
    """All of its phones would show one number."""
    [problem] = _problems(f'number: "1-9", organization: "3", {OURS}, caller_id: "A <1>"')
    assert problem == "line 10: extensions.1.caller_id: is of one number: a range cannot have it"


def test_all_that_is_wrong_with_numbers_is_told_at_once() -> None:
    """Each with its line, as everything else."""
    problems = _problems(
        f'number: "210", {OURS}',
        f'number: "2-1", organization: "3", {OURS}',
        f'number: "211", organization: "3", {OURS}, devices: "PJSIP/{{x}}"',
        acme=', devices: "PJSIP/{y}"',
    )
    assert [problem.partition(":")[0] for problem in problems] == ["line 3", "line 10", "line 11", "line 12"]


def _group(extensions: str, organization: str = '"3"') -> str:
    return (
        f"supervision_groups:\n  - {{name: Floor, organization: {organization}, members: {{apps: [one]}}, "
        f"extensions: {extensions}, modes: [listen]}}\n"
    )


def test_a_group_may_name_its_extensions_short_and_by_range() -> None:
    """They are its organization's; of a range it has those that there are."""
    extensions = (
        f'number: "100-103", organization: "3", {OURS}',
        f'number: "0210", organization: "3", {OURS}',
        f'number: "2100", organization: "3", {OURS}',
        f'number: "101", organization: acme, {THEIRS}',
    )
    found = _load(*extensions, groups=_group('["102-999", "0210", "0003*100"]'))
    [group] = found.supervision_groups
    assert group.extensions == {"0003*102", "0003*103", "0003*0210", "0003*100"}
    for wrong, problem in [
        ('["104"]', "the organization has no extension '0003*104'"),
        ('["4*101"]', "the organization has no extension '4*101'"),
        ('["200-299"]', "there is no extension of the range '200-299'"),
        ('["4*100-102"]', "the organization has no extension '4*101'"),
    ]:
        assert _problems(*extensions, groups=_group(wrong)) == [f"line 15: {problem}"]
    assert _problems(*extensions, groups=_group('["9-1"]'))[0].startswith(
        "line 15: supervision_groups.1.extensions"
    )


def test_ten_thousand_extensions_by_a_range_load_as_fast_as_written_out() -> None:
    """A range is there to save work."""
    ranged = _text(f'number: "0000-9999", organization: "3", {OURS}')
    written = _text(*(f'number: "{n:04}", organization: "3", {OURS}' for n in range(10_000)))

    def seconds(text: str) -> float:
        begun = time.process_time()
        assert len(load_directory(text).extensions) == 10_000
        return time.process_time() - begun

    assert min(seconds(ranged) for _ in range(2)) < min(seconds(written) for _ in range(2))
