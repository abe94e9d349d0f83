"""`uapi-adapter discover` against an Asterisk that does not tell everything, or tells too much."""

import asyncio

import pytest

from adapter.ami import inventory as ami_inventory
from adapter.directory import load_directory
from adapter.lab.fake_ami import FakeAmi, ReceivedAction, Script, drop, ignore
from adapter.lab.fake_ami_events import message
from adapter.settings import Settings, settings_without_directory
from adapter.tools.discover.command import NOTHING_FOUND, run_discover
from tests.integration.ami_lists import LISTS, hint, listed, refused, valued

DEADLINE_S = 20.0
UNKNOWN = "Invalid/unknown command: X. Use Action: ListCommands to show available commands."


@pytest.fixture(autouse=True)
def short_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that does not end is waited for as short as any answer here."""
    monkeypatch.setattr(ami_inventory, "LIST_LIMIT_S", 0.3)


@pytest.fixture
def settings(ami: FakeAmi) -> Settings:
    return settings_without_directory(
        ami_host=ami.host,
        ami_port=ami.port,
        ami_secret=ami.secret,
        ami_connect_timeout_s=1.0,
        ami_action_timeout_s=0.3,
    )


@pytest.fixture
def asterisk(ami: FakeAmi) -> FakeAmi:
    """One with an extension, and nothing else to tell."""
    ami.scripts |= dict.fromkeys(LISTS, listed()) | {
        "CoreSettings": lambda action: action.connection.answer(action, ("AsteriskVersion", "22.10.1")),
        "ExtensionStateList": listed(hint()),
        "Getvar": valued(lambda function: "internal" if "context" in function else ""),
    }
    return ami


async def discover(settings: Settings) -> tuple[int, str, str]:
    """The exit status, what was printed, and what was complained of."""
    said: list[str] = []
    complained: list[str] = []
    async with asyncio.timeout(DEADLINE_S):
        status = await run_discover(settings, said.append, complained.append)
    return status, "\n".join(said), "\n".join(complained)


@pytest.mark.usefixtures("asterisk")
async def test_what_is_told_is_a_directory(settings: Settings) -> None:
    """It loads as it is printed."""
    status, printed, complained = await discover(settings)
    assert (status, complained) == (0, "")
    assert list(load_directory(printed).extensions) == ["0001*210"]


@pytest.mark.usefixtures("asterisk")
async def test_nothing_is_asked_that_is_answered_with_secrets_or_changes_anything(
    ami: FakeAmi, settings: Settings
) -> None:
    """By name: each of these is a question."""
    ami.scripts["DBGetTree"] = listed(
        (("Key", "/DEVICE/210/dial"), ("Val", "PJSIP/210")), (("Key", "/DEVICE/210/user"), ("Val", "210"))
    )
    await discover(settings)
    assert {action.name for action in ami.actions} <= {
        *LISTS, "Challenge", "Login", "CoreSettings", "Getvar", "ShowDialPlan",
    }  # fmt: skip
    assert {action["Family"] for action in ami.took("DBGetTree")} == {"DEVICE"}
    assert {action["Key"] for action in ami.took("DBGet")} == {"210/cidname"}
    asked = {action["Variable"].partition(",")[2] for action in ami.took("Getvar")}
    assert asked == {f"{setting})" for setting in ami_inventory.SETTINGS.values()}


@pytest.mark.parametrize(
    ("name", "script", "said"),
    [
        ("ExtensionStateList", refused("Permission denied"), "Asterisk does not tell: Permission denied"),
        ("ExtensionStateList", ignore, "no answer to ExtensionStateList within 0.3 s"),
        ("ExtensionStateList", listed(hint(), ends=False), "did not end within"),
        (
            "ExtensionStateList",
            listed(hint(), announced=2),
            "of the 2 items of ExtensionStateList only 1 came",
        ),
        ("DeviceStateList", drop, "the AMI connection broke"),
        ("QueueStatus", refused("Permission denied"), "Permission denied"),
        ("DBGetTree", listed(ends=False), "did not end within"),
        ("Getvar", ignore, "no answer to Getvar"),
        ("Getvar", drop, "the AMI connection broke"),
        ("CoreSettings", drop, "the AMI connection broke"),
        ("Login", refused("Authentication failed"), "Asterisk refuses the AMI login: Authentication failed"),
    ],
)
async def test_what_does_not_come_whole_is_an_error_and_nothing_is_printed(
    asterisk: FakeAmi, settings: Settings, name: str, script: Script, said: str
) -> None:
    """One line says why; half a directory would look like a whole one."""
    asterisk.scripts[name] = script
    status, printed, complained = await discover(settings)
    assert (status, printed) == (1, "")
    assert said in complained
    assert len(complained.splitlines()) == 1


async def test_nobody_who_listens_is_told_with_what_to_do(settings: Settings) -> None:
    """As `check` says it."""
    status, printed, complained = await discover(settings.model_copy(update={"ami_port": 1}))
    assert (status, printed) == (1, "")
    assert "enable AMI in manager.conf" in complained


@pytest.mark.parametrize("missing", ["DeviceStateList", "VoicemailUsersList", "QueueStatus", "DBGetTree"])
async def test_a_module_that_is_not_loaded_is_named_and_the_rest_is_told(
    asterisk: FakeAmi, settings: Settings, missing: str
) -> None:
    """Each of these is of a module, or of a version."""
    asterisk.scripts[missing] = refused(UNKNOWN)
    status, printed, _ = await discover(settings)
    assert (status, len(load_directory(printed).extensions)) == (0, 1)
    assert printed.count("# Asterisk did not tell") == 1


async def test_an_endpoint_that_asterisk_does_not_tell_of_is_left_out(
    asterisk: FakeAmi, settings: Settings
) -> None:
    """Its name may hold that of a function which could do harm; nobody knows whether it is a trunk."""

    def script(action: ReceivedAction) -> None:
        if "SHELL" in action["Variable"]:
            action.connection.refuse(action, "GetVar Access Forbidden: Variable")
        else:
            action.connection.answer(action, ("Value", "internal" if "context" in action["Variable"] else ""))

    asterisk.scripts |= {
        "Getvar": script,
        "ExtensionStateList": listed(hint(), hint("211", "PJSIP/SHELL")),
    }
    status, printed, _ = await discover(settings)
    assert (status, list(load_directory(printed).extensions)) == (0, ["0001*210"])
    assert "#  - PJSIP/SHELL: " in printed


async def test_a_name_that_could_end_an_argument_is_never_asked_for(
    asterisk: FakeAmi, settings: Settings
) -> None:
    """Nor does it stand in the directory."""
    names = ("PJSIP/a,b", "PJSIP/a)", "PJSIP/${x}", "PJSIP/a b", 'PJSIP/"', "PJSIP/" + "x" * 200)
    asterisk.scripts["DeviceStateList"] = listed(*((("Device", name),) for name in names))
    status, printed, _ = await discover(settings)
    assert (status, list(load_directory(printed).extensions)) == (0, ["0001*210"])
    assert {action["Variable"].partition(",")[0] for action in asterisk.took("Getvar")} == {
        "PJSIP_ENDPOINT(210"
    }


@pytest.mark.parametrize("text", ["\x1b]0;owned\x07", '"}]\n- evil', "\u202eevil", "# x", "x" * 900])
async def test_hostile_names_are_printed_as_text(asterisk: FakeAmi, settings: Settings, text: str) -> None:
    """A line a time, each of which a terminal can show."""
    shown = text.replace("\n", "")
    asterisk.scripts |= {
        "Getvar": valued(
            lambda f: "internal" if "context" in f else f'"{shown}" <210>' if "callerid" in f else ""
        ),
        "QueueStatus": listed((("Queue", shown), ("StateInterface", "PJSIP/210"))),
    }
    status, printed, _ = await discover(settings)
    assert (status, len(load_directory(printed).extensions)) == (0, 1)
    assert all(line.isprintable() for line in printed.split("\n"))


async def test_items_of_nobodys_list_are_not_taken(asterisk: FakeAmi, settings: Settings) -> None:
    """A name may hold a whole message; it does not know the ActionID."""

    def script(action: ReceivedAction) -> None:
        forged = (("Event", "ExtensionStatus"), ("ActionID", "list-1"), *hint("666", "PJSIP/666"))
        action.connection.send(message(*forged))
        listed(hint())(action)

    asterisk.scripts["ExtensionStateList"] = script
    assert "666" not in (await discover(settings))[1]


async def test_a_pbx_without_phones_is_told(asterisk: FakeAmi, settings: Settings) -> None:
    """The directory loads, and a line says what would help."""
    asterisk.scripts["ExtensionStateList"] = listed()
    status, printed, complained = await discover(settings)
    assert (status, load_directory(printed).extensions, complained) == (0, {}, NOTHING_FOUND)
