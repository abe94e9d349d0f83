"""Devices: how the names of an extension's channels begin, apart from how it is dialed."""

import pytest

from adapter.directory import Directory, DirectoryError, load_directory, warnings

from .samples import DIRECTORY_TEXT

SECOND_DESK = "dial: PJSIP/second-desk"


def _with(*changes: tuple[str, str]) -> str:
    text = DIRECTORY_TEXT
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def _desk(new: str) -> Directory:
    """The sample with these words in place of the second supervisor's `dial`."""
    return load_directory(_with((SECOND_DESK, new)))


def _problems(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(DirectoryError) as refused:
        load_directory(_with(*changes))
    return refused.value.problems


@pytest.mark.parametrize(
    ("channel", "number"),
    [
        ("PJSIP/210-0000002a", "0003*025"),
        ("PJSIP/99210-0000002a", "0003*025"),
        ("PJSIP/210-mobile-0000002a", "0003*025"),
        ("PJSIP/210-acme-0000002a", "0004*300"),
        ("SIP/acme.24-0000002a", "0003*025"),
        ("IAX2/210-4711", "0003*025"),
        ("DAHDI/7-1", "0003*025"),
        # none of them: longer or shorter, no channel, another technology, the default where others are named
        ("PJSIP/210-mobile-2-0000002a", None),
        ("PJSIP/21-0000002a", None),
        ("PJSIP/210", None),
        ("SIP/210-0000002a", None),
        ("PJSIP/0003*025-0000002a", None),
    ],
)
def test_a_call_on_any_device_is_the_extensions(channel: str, number: str | None) -> None:
    """By all of the channel's name but what follows its last dash, whatever the device is called."""
    mine = "devices: [PJSIP/210, PJSIP/99210, PJSIP/210-mobile, SIP/acme.24, iax2/210, Dahdi/7]"
    other = ('type: phone terminal, owner: "40"', 'type: phone terminal, owner: "40", dial: pjsip/210-acme')
    found = load_directory(_with((SECOND_DESK, mine), other))
    assert found.extension_of_channel(channel) == number


@pytest.mark.parametrize(
    ("words", "devices", "rings", "alone"),
    [
        ("dial: PJSIP/210", ["PJSIP/210"], ["PJSIP/210"], "PJSIP/210"),
        ("dial: pjSip/210", ["PJSIP/210"], ["PJSIP/210"], "PJSIP/210"),
        ("devices: [PJSIP/210]", ["PJSIP/210"], ["PJSIP/210"], "PJSIP/210"),
        ("devices: [pjsip/210, SIP/7]", ["PJSIP/210", "SIP/7"], ["PJSIP/210", "SIP/7"], "PJSIP/210"),
        ("devices: [PJSIP/210, SIP/7], dial: sip/7", ["PJSIP/210", "SIP/7"], ["SIP/7"], "SIP/7"),
        ("dial: Local/210@uapi-phones/n", ["PJSIP/210"], ["PJSIP/210"], "PJSIP/210"),
        (
            "devices: [PJSIP/24, PJSIP/9924], dial: local/24@from-internal",
            ["PJSIP/24", "PJSIP/9924"],
            ["Local/24@from-internal/n"],
            "PJSIP/24",
        ),
        ("type: phone terminal", ["PJSIP/0003*025"], ["PJSIP/0003*025"], "PJSIP/0003*025"),
    ],
)
def test_what_rings_a_supervisor_is_apart_from_whose_channels_are_its_own(
    words: str, devices: list[str], rings: list[str], alone: str
) -> None:
    """All devices, or what `dial` says; without the include one device, behind which nothing else answers."""
    text = _with((f", {SECOND_DESK}", "" if words.startswith("type") else f", {words}"))
    found = load_directory(text).extensions["0003*025"]
    assert (list(found.devices), list(found.rings), found.rings_alone) == (devices, rings, alone)


NEVER_A_CHANNELS = [
    "PJSIP/100/sip:100@192.0.2.1",
    "PJSIP/0172@trunk",
    "SIP/trunk/0172",
    "Local/210@from-internal/n",
    "Local/210@uapi-phones/n",
    "DAHDI/g1",
    "dahdi/R2",
    "second-desk",
    "PJSIP/",
    "/210",
    "PJSIP/a&PJSIP/b",
    "PJSIP/a,b",
    "PJSIP/a^b",
    "PJSIP/a;1",
    "PJSIP/a b",
    "PJSIP/a|b",
    "PJSIP/a(b)",
    "PJSIP/${EXTEN}",
    "PJSIP/a\\nAction: Command",
    "PJSIP/" + "2" * 80,
    "PJSIP/٢",
]


@pytest.mark.parametrize("device", NEVER_A_CHANNELS)
def test_a_device_that_begins_no_channels_name_is_refused_with_its_line(device: str) -> None:
    """In the list, and as the short form where it is no Local channel."""
    [problem] = _problems((SECOND_DESK, f'devices: [PJSIP/210, "{device}"]'))
    assert problem.startswith("line 13: extensions.5.devices.2: ")
    if not device.startswith("Local"):
        [problem] = _problems((SECOND_DESK, f'dial: "{device}"'))
        assert problem.startswith("line 13: extensions.5.dial: ")


@pytest.mark.parametrize(
    "dial",
    [
        "Local/24@from-internal/nj",
        "Local/24@from-internal/n/x",
        "Local/24",
        "Local/24@a@b/n",
        "Local/a,b@c/n",
    ],
)
def test_a_local_channel_of_another_form_is_refused_with_its_line(dial: str) -> None:
    """Only `/n` keeps the channel that a supervision ends with."""
    [problem] = _problems((SECOND_DESK, f'devices: [PJSIP/24], dial: "{dial}"'))
    assert problem.startswith("line 13: extensions.5.dial: a Local channel must be written like ")


def test_a_directory_in_which_a_guard_cannot_hold_is_refused_with_its_line() -> None:
    """A channel would be two extensions', or nobody could tell who answers."""
    mine = (SECOND_DESK, "devices: [PJSIP/210, PJSIP/7]")

    def stranger(words: str) -> tuple[str, str]:
        return ('type: phone terminal, owner: "40"', f'type: phone terminal, owner: "40", {words}')

    taken = "the device {!r} is the extension {!r}'s already"
    assert _problems(mine, stranger("devices: [PJSIP/300, pjsip/7]")) == [
        "line 15: " + taken.format("PJSIP/7", "0003*025")
    ]
    assert _problems(mine, stranger("dial: PJSIP/7")) == ["line 15: " + taken.format("PJSIP/7", "0003*025")]
    assert _problems((SECOND_DESK, "devices: [PJSIP/0004*300]")) == [
        "line 15: " + taken.format("PJSIP/0004*300", "0003*025")
    ]
    assert _problems((SECOND_DESK, "devices: [PJSIP/7, pjsip/7]")) == [
        "line 13: the extension '0003*025' has a device twice"
    ]
    assert _problems((SECOND_DESK, "devices: [PJSIP/7], dial: PJSIP/8")) == [
        "line 13: must be one of the extension's devices, or a Local channel"
    ]
    assert _problems((SECOND_DESK, "dial: Local/24@from-internal/n")) == [
        "line 13: anything may answer a Local channel: list the devices of the extension, like [PJSIP/210]"
    ]
    local = "dial: Local/24@from-internal/n, devices: "
    assert _problems((SECOND_DESK, local + "[PJSIP/24]"), stranger(local + "[PJSIP/25]")) == [
        "line 15: the extension '0003*025' has the same dial"
    ]


def test_an_extension_has_at_most_twelve_devices() -> None:
    """They go into one line of AMI."""
    _desk("devices: [" + ", ".join(f"PJSIP/{'9' * 60}{number:02}" for number in range(12)) + "]")
    [problem] = _problems((SECOND_DESK, "devices: [" + ", ".join(f"SIP/{n}" for n in range(13)) + "]"))
    assert problem.startswith("line 13: extensions.5.devices: ")


def test_where_a_guard_may_be_weaker_than_it_looks_the_directory_warns() -> None:
    """Of what no line shows to be wrong: a dialplan that rings more, and marks that protect nobody."""
    assert warnings(load_directory(DIRECTORY_TEXT)) == {}
    local = "dial: Local/24@from-internal/n, devices: [PJSIP/24]"
    [(number, why)] = warnings(_desk(local)).items()
    assert (number, why.endswith("is hung up as a supervisor.")) == ("0003*025", True)
    assert warnings(_desk(local + ", never_supervised: true"))["0003*025"].endswith(
        "is hung up as a supervisor, and its calls are supervised."
    )
    queue = load_directory(_with(("type: queue", "type: queue, never_supervised: true")))
    [(number, why)] = warnings(queue).items()
    assert (number, why.startswith("never_supervised protects nobody on a queue: ")) == ("0003*500", True)
    assert list(warnings(_desk("devices: [PJSIP/Acme, PJSIP/acme]"))) == ["0003*025"]
