"""`uapi-adapter check` against a fake Asterisk that answers as one would rather not have it."""

import asyncio
from pathlib import Path

import pytest

from adapter.directory.file import DirectoryFile
from adapter.lab.fake_ami import FakeAmi, ReceivedAction, Script, drop, ignore
from adapter.lab.fake_ami_events import FakeChannel, event, message
from adapter.settings import Settings
from adapter.tools.check.command import run_check
from adapter.tools.check.facts import NATIVE_BRIDGE
from adapter.tools.trace.record import RecordOptions, run_record
from tests.integration.command_settings import command_settings
from tests.integration.rewriting import replaced, rewrite

DEADLINE_S = 20.0
COMMANDS = (
    ("Hangup", "Hangup channel.  (Priv: system,call,all)"),
    ("Redirect", "Redirect (transfer) a call.  (Priv: call,all)"),
    ("Setvar", "Sets a channel variable or function value.  (Priv: call,all)"),
    ("Originate", "Originate a call.  (Priv: originate,all)"),
    ("CoreShowChannels", "List currently active channels.  (Priv: system,reporting,all)"),
    ("Ping", "Keepalive command.  (Priv: <none>)"),
)
"""The end of Asterisk's answer to ListCommands, as written there."""
MODULE_CHECK = ("ModuleCheck", "Check if module is loaded.  (Priv: system,all)")


@pytest.fixture
def settings(ami: FakeAmi, directory: Path) -> Settings:
    return command_settings(ami, directory, ami_connect_timeout_s=1.0, ami_action_timeout_s=0.2)


@pytest.fixture
def asterisk(ami: FakeAmi) -> FakeAmi:
    """One that is well, as far as the adapter's rights let it be seen."""
    ami.scripts |= {
        "ListCommands": lambda action: action.connection.answer(action, *COMMANDS),
        "CoreSettings": lambda action: action.connection.answer(action, ("AsteriskVersion", "22.10.1")),
        "ShowDialPlan": lambda action: action.connection.answer(action, ("EventList", "start")),
        "Getvar": lambda action: action.connection.answer(action, ("Value", value_of(action["Variable"]))),
        "PJSIPQualify": lambda action: action.connection.answer(action),
    }
    return ami


def value_of(function: str) -> str:
    if function.startswith("IFMODULE"):
        return "0" if NATIVE_BRIDGE in function else "1"
    return "PJSIP/x/sip:x@192.0.2.1:5060"


async def check(settings: Settings, listen_s: float = 0.0) -> tuple[int, dict[str, str]]:
    """The exit status, and of each line but the first what stands behind its name."""
    lines: list[str] = []
    async with asyncio.timeout(DEADLINE_S):
        status = await run_check(settings, DirectoryFile(settings.directory), listen_s, lines.append)
    column = lines[0].index("found")
    names = (line[:column].rsplit(maxsplit=1)[0].strip() for line in lines[1:])
    return status, dict(zip(names, (line[:column].split()[-1] for line in lines[1:]), strict=True))


def refuse(why: str) -> Script:
    """A script: say no."""
    return lambda action: action.connection.refuse(action, why)


@pytest.mark.usefixtures("asterisk")
async def test_an_asterisk_that_is_well_passes(settings: Settings) -> None:
    """What the rights do not show is unknown, and no failure."""
    status, verdicts = await check(settings)
    assert status == 0
    assert {name for name, verdict in verdicts.items() if verdict != "ok"} == {
        "read call",
        "read reporting",
        "read agent",
        "writetimeout",
    }
    assert verdicts["phones"] == "ok"


async def test_the_check_changes_nothing(asterisk: FakeAmi, settings: Settings) -> None:
    """It asks, and rings nobody."""
    await check(settings)
    harmless = {"Challenge", "Login", "Ping", "ListCommands", "CoreSettings", "CoreShowChannels"}
    harmless |= {"ShowDialPlan", "Getvar", "PJSIPQualify"}
    assert {action.name for action in asterisk.actions} <= harmless


async def test_an_event_of_a_call_shows_that_one_may_read_it(asterisk: FakeAmi, settings: Settings) -> None:
    """And ends the listening."""
    checking = asyncio.create_task(check(settings, listen_s=2 * DEADLINE_S))
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not checking.done():
                asterisk.emit(event("Newchannel", 1.0, privilege="call,all"))
                await asyncio.wait({checking}, timeout=0.05)
        assert checking.result()[1]["read call"] == "ok"
    finally:
        checking.cancel()


async def test_an_asterisk_that_answers_no_question_is_not_waited_for(
    asterisk: FakeAmi, settings: Settings
) -> None:
    """Each question has its deadline; what was not told is unknown."""
    asterisk.scripts |= dict.fromkeys(("ListCommands", "CoreSettings", "ShowDialPlan", "Ping"), ignore)
    _, verdicts = await check(settings)
    unknown = {"Asterisk", "write call", "write originate", "clocks", "dialplan spy@uapi-spy"}
    assert {verdicts[name] for name in unknown} == {"unknown"}


@pytest.mark.parametrize("name", ["ListCommands", "ShowDialPlan", "Getvar"])
async def test_a_link_that_breaks_during_the_check_is_a_failure(
    asterisk: FakeAmi, settings: Settings, name: str
) -> None:
    """Though nothing else was found wrong."""
    asterisk.scripts[name] = drop
    status, verdicts = await check(settings)
    assert (status, verdicts["AMI"]) == (1, "fail")
    assert "fail" not in [verdict for what, verdict in verdicts.items() if what != "AMI"]


async def test_a_systemname_with_which_nobody_can_be_supervised_is_named(
    asterisk: FakeAmi, settings: Settings
) -> None:
    """As Asterisk tells it beside its version."""
    asterisk.scripts["CoreSettings"] = lambda action: action.connection.answer(
        action, ("AsteriskVersion", "22.10.1"), ("SystemName", "Büro @ 1")
    )
    status, verdicts = await check(settings)
    assert (status, verdicts["systemname"]) == (1, "fail")


async def test_a_list_of_channels_that_cannot_be_read_is_named(
    asterisk: FakeAmi, settings: Settings, agent: FakeChannel
) -> None:
    """One line of it: it works, but not always. All of them: nothing is seen of this PBX."""
    assert agent.uniqueid in asterisk.pbx.channels
    assert (await check(settings))[1]["live channels"] == "ok"
    old = message(("Event", "CoreShowChannel"), ("Channel", "PJSIP/0003*210-00000001"), ("ChannelState", "6"))
    asterisk.during_snapshot = [old]
    assert (await check(settings))[1]["live channels"] == "warn"
    asterisk.pbx.channels.clear()
    assert (await check(settings))[1]["live channels"] == "fail"


async def test_a_list_of_channels_that_does_not_end_is_not_waited_for(
    asterisk: FakeAmi, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the channels are like is unknown then."""
    monkeypatch.setattr("adapter.tools.check.gathering.SNAPSHOT_LIMIT_S", 0.2)
    asterisk.scripts["CoreShowChannels"] = lambda action: action.connection.answer(action)
    assert (await check(settings))[1]["live channels"] == "unknown"


@pytest.mark.parametrize(
    ("refusal", "verdict"), [("Login Already In Use", "warn"), ("Authentication failed", "unknown")]
)
async def test_a_second_session_that_asterisk_refuses_is_named_before_there_is_an_adapter(
    asterisk: FakeAmi, settings: Settings, refusal: str, verdict: str
) -> None:
    """The check has a session itself: it sees what an adapter would meet after a cut."""
    assert (await check(settings))[1]["second session"] == "ok"
    before = len(asterisk.connections)

    def log_in(action: ReceivedAction) -> None:
        if any(each.is_logged_in and each.is_open for each in asterisk.connections[before:]):
            action.connection.refuse(action, refusal)
        else:
            asterisk.log_in(action)

    asterisk.scripts["Login"] = log_in
    status, verdicts = await check(settings)
    assert (status, verdicts["login"], verdicts["second session"]) == (0, "ok", verdict)


async def test_a_login_that_is_in_use_is_told_with_what_to_do(
    asterisk: FakeAmi, settings: Settings, tmp_path: Path
) -> None:
    """By `check` and by `record`: the secret is right."""
    asterisk.scripts["Login"] = refuse("Login Already In Use")
    said: list[str] = []
    async with asyncio.timeout(DEADLINE_S):
        assert await run_check(settings, DirectoryFile(settings.directory), 0.0, said.append) == 1
        assert await run_record(settings, RecordOptions(tmp_path / "call.ami"), said.append) == 1
    told = [line for line in said if "Login Already In Use" in line]
    assert len(told) == 2
    assert all("allowmultiplelogin = yes" in line and "SECRET" not in line for line in told)


async def test_a_refused_login_and_a_closed_port_are_failures(asterisk: FakeAmi, settings: Settings) -> None:
    asterisk.accepts_login = False
    assert await check(settings) == (1, {"AMI": "ok", "login": "fail"})
    await asterisk.stop()
    assert await check(settings) == (1, {"AMI": "fail"})


async def test_a_mute_peer_is_a_failure(asterisk: FakeAmi, settings: Settings) -> None:
    """Within the deadline of the login."""
    asterisk.is_mute = True
    assert await check(settings) == (1, {"AMI": "fail"})


@pytest.mark.parametrize(
    ("action", "why", "finding"),
    [
        ("ShowDialPlan", "Did not find extension spy@uapi-spy", ("dialplan spy@uapi-spy", "fail")),
        ("ShowDialPlan", "Permission denied", ("dialplan spy@uapi-spy", "unknown")),
        ("CoreSettings", "Permission denied", ("Asterisk", "unknown")),
        ("Getvar", "GetVar Access Forbidden: Variable", ("module app_chanspy", "unknown")),
        ("Getvar", "GetVar Access Forbidden: Variable", ("module func_channel", "unknown")),
    ],
)
async def test_a_refusal_is_no_answer_unless_it_is_one(
    asterisk: FakeAmi, settings: Settings, action: str, why: str, finding: tuple[str, str]
) -> None:
    """`Permission denied` says nothing of what is there."""
    asterisk.scripts[action] = refuse(why)
    _, verdicts = await check(settings)
    assert finding in verdicts.items()


MODULES = [
    ("app_chanspy", (1, "fail")),
    ("func_logic", (1, "fail")),
    ("func_frame_drop", (0, "warn")),
    ("func_hangupcause", (0, "warn")),
    ("app_softhangup", (0, "warn")),
    ("func_channel", (0, "warn")),
]
"""Each module, and what comes of it where that one is not loaded."""


@pytest.mark.parametrize(("module", "outcome"), MODULES)
async def test_a_module_that_is_not_loaded_is_named(
    asterisk: FakeAmi, settings: Settings, module: str, outcome: tuple[int, str]
) -> None:
    """That one alone, as the dialplan function tells."""
    asterisk.scripts["Getvar"] = lambda action: action.connection.answer(
        action, ("Value", "0" if f"({module}.so)" in action["Variable"] else value_of(action["Variable"]))
    )
    status, verdicts = await check(settings)
    assert (status, modules_not_well(verdicts)) == (outcome[0], {f"module {module}": outcome[1]})


@pytest.mark.parametrize(("module", "outcome"), MODULES)
async def test_with_the_right_to_ask_for_modules_no_function_is_needed(
    asterisk: FakeAmi, settings: Settings, module: str, outcome: tuple[int, str]
) -> None:
    """What ModuleCheck says holds; a refusal that names no module is no answer."""

    def answer(action: ReceivedAction) -> None:
        if action["Module"] in (module, NATIVE_BRIDGE):
            action.connection.refuse(action, "Module not loaded")
        else:
            action.connection.answer(action)

    asterisk.scripts |= {
        "ListCommands": lambda action: action.connection.answer(action, *COMMANDS, MODULE_CHECK),
        "Getvar": lambda action: action.connection.answer(action, ("Value", "")),
        "ModuleCheck": answer,
    }
    status, verdicts = await check(settings)
    assert (status, modules_not_well(verdicts)) == (outcome[0], {f"module {module}": outcome[1]})
    asterisk.scripts["ModuleCheck"] = refuse("Permission denied")
    assert (await check(settings))[1][f"module {module}"] == "unknown"


def modules_not_well(verdicts: dict[str, str]) -> dict[str, str]:
    return {
        name: verdict for name, verdict in verdicts.items() if name.startswith("module") and verdict != "ok"
    }


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("NOT_INUSE", None),
        ("INUSE", None),
        ("UNAVAILABLE", "warn"),
        ("INVALID", "fail"),
        ("UNKNOWN", "unknown"),
        ("", "unknown"),
    ],
)
async def test_a_device_of_another_technology_is_judged_by_its_state(
    asterisk: FakeAmi, settings: Settings, directory: Path, state: str, verdict: str | None
) -> None:
    """Empty where Asterisk has no function for it."""
    rewrite(
        directory,
        replaced('"0003*211", type: phone terminal', '"0003*211", type: phone terminal, devices: [SCCP/211]'),
    )
    asterisk.scripts["Getvar"] = lambda action: action.connection.answer(
        action,
        ("Value", state if action["Variable"] == "DEVICE_STATE(SCCP/211)" else value_of(action["Variable"])),
    )
    assert (await check(settings))[1].get("phone 0003*211") == verdict


async def test_an_endpoint_whose_name_asterisk_refuses_to_look_up_is_asked_for_otherwise(
    asterisk: FakeAmi, settings: Settings
) -> None:
    """Getvar refuses names like SHELLEY; PJSIPQualify knows every endpoint."""
    asterisk.scripts["Getvar"] = refuse("GetVar Access Forbidden: Variable")
    assert (await check(settings))[1]["phone 0003*210"] == "warn"
    asterisk.scripts["PJSIPQualify"] = refuse("Unable to retrieve endpoint")
    assert (await check(settings))[1]["phone 0003*210"] == "fail"
    asterisk.scripts["PJSIPQualify"] = refuse("Permission denied")
    assert (await check(settings))[1]["phone 0003*210"] == "unknown"
