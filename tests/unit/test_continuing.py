"""May a supervision go on, and where may it move?"""

import pytest

from adapter.access.continuing import may_continue
from adapter.access.hearing import may_be_heard
from adapter.asterisk.events import Channel, ChannelState
from adapter.callcontrol.supervision.conversation import mode_on
from adapter.callcontrol.supervision.plan import Mode
from adapter.calls.legs import Leg
from adapter.directory import Directory, load_directory

from .samples import DIRECTORY_TEXT

AGENT, SECOND, OTHERS, STRANGER, UNKNOWN = "0003*210", "0003*211", "0003*024", "0004*300", "0009*999"
SUPERVISOR = "0003*025"
GROUPS = f"""supervision_groups:
  - {{name: Desk, organization: "3", members: {{apps: [wallboard]}},
     extensions: ["{AGENT}", "{SECOND}"], modes: [listen]}}
  - {{name: Barge, organization: "3", members: {{apps: [wallboard]}},
     extensions: ["{AGENT}"], modes: [barge]}}
"""
MONITOR, WHISPER, PRIVATE, BARGE_IN = Mode.MONITOR, Mode.WHISPER, Mode.PRIVATE_WHISPER, Mode.BARGE_IN


def directory(*, never: str = "", has_groups: bool = False) -> Directory:
    text = DIRECTORY_TEXT + (GROUPS if has_groups else "")
    assert f'number: "{never}"' in text or not never
    return load_directory(
        text.replace(f'number: "{never}"', f'number: "{never}", never_supervised: true') if never else text
    )


def leg(extension: str | None) -> Leg:
    """A channel of the extension; of None, one to the public network."""
    name = f"PJSIP/{extension or 'trunk'}-0000002a"
    uniqueid = f"1795405388.{extension or 0}"
    channel = Channel(name, ChannelState.UP, "", "", "", "", "s", uniqueid, uniqueid)
    return Leg(channel, uniqueid, "s", 0.0, extension)


PLAIN, GROUPED = directory(), directory(has_groups=True)
NOBODYS = load_directory(
    "".join(line for line in DIRECTORY_TEXT.splitlines(keepends=True) if f'number: "{AGENT}"' not in line)
)

GOES_ON: list[tuple[str, Directory, str | None, list[str | None], Mode, str, bool]] = [
    # what, by which directory, who is spied on, with whom, in which mode, for which App, may it
    ("the agent and the public network", PLAIN, AGENT, [None], BARGE_IN, "wallboard", True),
    ("nobody else there", PLAIN, AGENT, [], BARGE_IN, "wallboard", True),
    ("with one of another organization", PLAIN, AGENT, [STRANGER], BARGE_IN, "wallboard", True),
    ("with one whom the App does not see", PLAIN, AGENT, [OTHERS], BARGE_IN, "agent-desktop", True),
    ("the App is gone", PLAIN, AGENT, [None], MONITOR, "no-such-app", False),
    ("found, the App is not known", PLAIN, AGENT, [None], BARGE_IN, "", True),
    ("the agent is in the directory no more", NOBODYS, AGENT, [None], BARGE_IN, "wallboard", False),
    ("found, the agent is in the directory no more", NOBODYS, AGENT, [None], BARGE_IN, "", False),
    ("found, on the public network", PLAIN, None, [AGENT], BARGE_IN, "", True),
    ("the App's account ends elsewhere", PLAIN, OTHERS, [None], BARGE_IN, "agent-desktop", False),
    ("spied on in another organization", PLAIN, STRANGER, [None], BARGE_IN, "wallboard", False),
    ("and for the administrator", PLAIN, STRANGER, [None], BARGE_IN, "operator", False),
    ("the spied one is exempt", directory(never=AGENT), AGENT, [None], MONITOR, "wallboard", False),
    ("found, the spied one is exempt", directory(never=AGENT), AGENT, [None], MONITOR, "", False),
    ("the other side is exempt", directory(never=SECOND), AGENT, [SECOND], MONITOR, "wallboard", False),
    ("found, the other side is exempt", directory(never=SECOND), AGENT, [SECOND], MONITOR, "", False),
    ("one of many is exempt", directory(never=SECOND), AGENT, [None, SECOND], MONITOR, "wallboard", False),
    ("an exempt one is elsewhere", directory(never=SECOND), AGENT, [None], MONITOR, "wallboard", True),
    ("the group allows the mode", GROUPED, AGENT, [None], BARGE_IN, "wallboard", True),
    ("the group allows not the mode", GROUPED, AGENT, [None], WHISPER, "wallboard", False),
    ("a private whisper is a whisper", GROUPED, AGENT, [None], PRIVATE, "wallboard", False),
    ("the group allows it on others", GROUPED, SECOND, [None], BARGE_IN, "wallboard", False),
    ("the other side is in no group", GROUPED, AGENT, [OTHERS], BARGE_IN, "wallboard", True),
    ("the App is in no group", GROUPED, AGENT, [None], MONITOR, "operator", False),
    ("moved, alone with the public network", PLAIN, None, [], BARGE_IN, "wallboard", True),
    ("moved, public on both sides", PLAIN, None, [None], BARGE_IN, "wallboard", True),
    (
        "moved, nobody there, the agent is exempt now",
        directory(never=AGENT),
        None,
        [],
        MONITOR,
        "operator",
        False,
    ),
    (
        "moved, nobody there, the group allows not the mode",
        GROUPED,
        None,
        [None],
        WHISPER,
        "wallboard",
        False,
    ),
    ("moved, with one who may be", PLAIN, None, [SECOND], BARGE_IN, "wallboard", True),
    ("moved, with another organization", PLAIN, None, [STRANGER], BARGE_IN, "wallboard", False),
    ("and for the administrator", PLAIN, None, [STRANGER], BARGE_IN, "operator", False),
    ("moved, with one whom the App does not see", PLAIN, None, [OTHERS], MONITOR, "agent-desktop", False),
    ("moved, with one outside the groups", GROUPED, None, [OTHERS], MONITOR, "wallboard", False),
    ("moved, the group allows the mode", GROUPED, None, [SECOND], MONITOR, "wallboard", True),
    ("moved, the group allows not the mode", GROUPED, None, [SECOND], BARGE_IN, "wallboard", False),
    ("moved, one of two may not be", PLAIN, None, [SECOND, STRANGER], MONITOR, "wallboard", False),
    ("moved, an exempt one comes", directory(never=SECOND), None, [SECOND], MONITOR, "wallboard", False),
]


@pytest.mark.parametrize(
    ("known", "spied", "partners", "mode", "app", "may"),
    [row[1:] for row in GOES_ON],
    ids=[row[0] for row in GOES_ON],
)
def test_a_supervision_of_the_agent_goes_on_where_its_app_may_hear_all_of_them(
    known: Directory, spied: str | None, partners: list[str | None], mode: Mode, app: str, *, may: bool
) -> None:
    """Those who are never supervised end it on either side, the rest of the rules on the side it spies on."""
    assert (
        may_continue(
            known,
            leg(spied),
            iter([leg(one) for one in partners]),
            mode=mode.permission,
            app_id=app,
            extension=AGENT,
            supervisor=SUPERVISOR,
        )
        is may
    )


def test_a_supervision_of_an_extension_that_is_gone_from_the_directory_ends() -> None:
    """Nothing says any more who may hear it; one who is supervised and unknown is nobody's either."""
    common = {"mode": MONITOR, "app_id": "wallboard", "supervisor": SUPERVISOR}
    assert may_continue(PLAIN, leg(AGENT), [], **common, extension=UNKNOWN) is False  # type: ignore[arg-type]
    assert may_continue(PLAIN, leg(UNKNOWN), [], **common, extension=AGENT) is False  # type: ignore[arg-type]
    for stays in (leg(None), leg(SECOND)):
        moved = mode_on(PLAIN, stays, mode=MONITOR, app_id="wallboard", extension=UNKNOWN)
        assert moved is None


SUPERVISORS: list[tuple[str, str, bool]] = [
    # what, the supervisor, may it hear on
    ("a phone of the organization", "0003*025", True),
    ("no phone terminal", "0003*500", False),
    ("of another organization", STRANGER, False),
    ("gone from the directory", "0003*026", False),
    ("not known", "", False),
]


@pytest.mark.parametrize("app", ["wallboard", ""])
@pytest.mark.parametrize(
    ("supervisor", "may"), [row[1:] for row in SUPERVISORS], ids=[row[0] for row in SUPERVISORS]
)
def test_a_supervision_goes_on_while_its_supervisor_is_a_phone_of_the_organization(
    supervisor: str, app: str, *, may: bool
) -> None:
    """Whoever asked for it; the directory may be another since."""
    heard = may_continue(
        PLAIN,
        leg(AGENT),
        [leg(None)],
        mode=MONITOR.permission,
        app_id=app,
        extension=AGENT,
        supervisor=supervisor,
    )
    assert heard is may


MOVES: list[tuple[str, Directory, str | None, Mode, str, Mode | None]] = [
    # what, by which directory, to whom, from which mode, for which App, in which mode
    ("to the public network, listening", PLAIN, None, MONITOR, "wallboard", MONITOR),
    ("what is whispered was for the agent", PLAIN, None, WHISPER, "wallboard", MONITOR),
    ("nor is a private whisper", PLAIN, None, PRIVATE, "wallboard", MONITOR),
    ("a barge-in is for all", PLAIN, None, BARGE_IN, "wallboard", BARGE_IN),
    ("to a colleague", PLAIN, SECOND, BARGE_IN, "wallboard", BARGE_IN),
    ("to a colleague, whispering", PLAIN, SECOND, WHISPER, "wallboard", WHISPER),
    ("to another organization", PLAIN, STRANGER, MONITOR, "wallboard", None),
    ("and for the administrator", PLAIN, STRANGER, MONITOR, "operator", None),
    ("to one whom the App does not see", PLAIN, OTHERS, MONITOR, "agent-desktop", None),
    ("to one who is exempt", directory(never=SECOND), SECOND, MONITOR, "wallboard", None),
    ("to one outside the groups", GROUPED, OTHERS, MONITOR, "wallboard", None),
    ("to one whom the group allows so", GROUPED, SECOND, MONITOR, "wallboard", MONITOR),
    ("to one whom the group allows not so", GROUPED, SECOND, BARGE_IN, "wallboard", None),
    ("the App is gone", PLAIN, None, MONITOR, "no-such-app", None),
    ("found, the App is not known", PLAIN, None, MONITOR, "", None),
]


@pytest.mark.parametrize(
    ("known", "stays", "mode", "app", "expected"), [row[1:] for row in MOVES], ids=[row[0] for row in MOVES]
)
def test_a_supervision_moves_to_the_party_that_stays_where_that_may_be_heard(
    known: Directory, stays: str | None, mode: Mode, app: str, expected: Mode | None
) -> None:
    """As it is or listening only; where it may not move it ends with the extension."""
    assert mode_on(known, leg(stays), mode=mode, app_id=app, extension=AGENT) is expected


def test_a_private_whisper_that_moves_to_the_public_network_needs_the_right_to_listen() -> None:
    """It heard nothing before: by moving it would begin to."""
    whispers = load_directory(
        DIRECTORY_TEXT
        + 'supervision_groups:\n  - {name: W, organization: "3", members: {apps: [wallboard]}, '
        + f'extensions: ["{AGENT}"], modes: [whisper]}}\n'
    )
    moved = mode_on(whispers, leg(None), mode=PRIVATE, app_id="wallboard", extension=AGENT)
    assert moved is None


@pytest.mark.parametrize(
    ("extension", "may"), [(AGENT, True), (None, True), (UNKNOWN, True), (STRANGER, True), (SECOND, False)]
)
def test_everybody_may_be_heard_but_who_is_never_supervised(extension: str | None, *, may: bool) -> None:
    """The public network and other organizations take part in calls, too."""
    assert may_be_heard(directory(never=SECOND), leg(extension)) is may
