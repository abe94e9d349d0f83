"""Nothing that comes from outside acts on the terminal of whoever runs a command."""

import os
import sys
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.processes import Ended, run_process
from tests.integration.rewriting import replaced, rewrite

ENDS_WITHIN_S = 20.0
HARMFUL = "\x1b]0;owned\x07\x9b2J\u202eevil\u2066"
ESCAPED = r"\x1b]0;owned\x07\x9b2J\u202eevil\u2066"

TRACE = f"""Event: Newchannel
Timestamp: 1000000000.000000
Channel: PJSIP/0003*210-00000001
ChannelState: 6
CallerIDNum: 0003*210
CallerIDName: {HARMFUL}
ConnectedLineNum: 777888
ConnectedLineName: {HARMFUL}
Exten: {HARMFUL}
Uniqueid: 1
Linkedid: 1

{HARMFUL}
"""


async def run(*arguments: str, **environment: str) -> Ended:
    """A command with nothing in its environment but what it is given."""
    settings = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment}
    return await run_process(
        sys.executable, "-m", "adapter", *arguments, within=ENDS_WITHIN_S, environment=settings
    )


def beside(ami: FakeAmi, directory: Path) -> dict[str, str]:
    """The settings of the commands that ask Asterisk."""
    return {
        "ADAPTER_DIRECTORY": str(directory),
        "ADAPTER_TOKEN_KEY": "k" * 32,
        "ADAPTER_AMI_PORT": str(ami.port),
        "ADAPTER_AMI_SECRET": ami.secret,
    }


def line_of(path: Path, text: str) -> int:
    """The number of the only line of the file that holds the text."""
    lines = path.read_text(encoding="utf-8").splitlines()
    [line] = [number for number, each in enumerate(lines, 1) if text in each]
    return line


def shown(ended: Ended) -> str:
    """All that it printed, each line of which a terminal can show as it is."""
    text = ended.out + ended.err
    assert [line for line in text.split("\n") if not line.isprintable()] == []
    return text


async def test_a_replay_shows_callers_names_and_paths_escaped(tmp_path: Path) -> None:
    """And a line that is no header."""
    trace = tmp_path / f"{HARMFUL.replace('/', '')}.ami"
    trace.write_text(TRACE)
    text = shown(await run("replay", str(trace)))
    assert "caller_id" in text
    assert text.count(ESCAPED) >= 3


async def test_a_check_shows_what_asterisk_says_escaped(ami: FakeAmi, directory: Path) -> None:
    """Its version, and each of its refusals."""
    ami.scripts |= {
        "CoreSettings": lambda action: action.connection.answer(action, ("AsteriskVersion", HARMFUL)),
        "ShowDialPlan": lambda action: action.connection.refuse(action, HARMFUL),
    }
    assert ESCAPED in shown(await run("check", **beside(ami, directory)))


@pytest.mark.parametrize("command", ["check", "record"])
async def test_a_refused_login_is_told_escaped(
    ami: FakeAmi, directory: Path, tmp_path: Path, command: str
) -> None:
    """By both commands that log in."""
    ami.scripts["Login"] = lambda action: action.connection.refuse(action, HARMFUL)
    file = [str(tmp_path / "call.ami")] if command == "record" else []
    assert ESCAPED in shown(await run(command, *file, **beside(ami, directory)))


async def test_a_directory_and_settings_are_refused_with_what_is_wrong_escaped(
    ami: FakeAmi, directory: Path
) -> None:
    """A key that is not known, a value, a file that is not there, an argument."""
    settings = beside(ami, directory)
    rewrite(directory, replaced("name: Agent", f'"{HARMFUL.encode("unicode_escape").decode()}": x'))
    assert ESCAPED in shown(await run("check", **settings))
    for wrong in ("TRUSTED_PROXIES", "DIRECTORY", "CONFIG"):
        assert ESCAPED in shown(await run("check", **(settings | {f"ADAPTER_{wrong}": HARMFUL}))), wrong
    assert ESCAPED in shown(await run("replay", HARMFUL))
    assert ESCAPED in shown(await run(HARMFUL))
    assert ESCAPED in shown(await run("replay", "x", HARMFUL))


@pytest.mark.parametrize(
    ("letter", "code"), [("\\e", "U+001B"), ("\\u202e", "U+202E"), ("\\u2066", "U+2066"), ("\\N", "U+0085")]
)
async def test_a_directory_whose_names_would_act_on_a_terminal_is_refused_with_the_line(
    ami: FakeAmi, directory: Path, letter: str, code: str
) -> None:
    """The character by its number: nobody sees it in the file."""
    line = line_of(directory, "name: Agent")
    rewrite(directory, replaced("name: Agent", f'name: "A{letter}gent"'))
    text = shown(await run("check", **beside(ami, directory)))
    assert f"line {line}: users.1.name: holds a character that cannot be printed ({code})" in text


async def test_a_terminal_without_a_letter_shows_it_escaped(tmp_path: Path) -> None:
    """Where output is ASCII, a replay ends as it should."""
    trace = tmp_path / "call.ami"
    trace.write_text(TRACE.replace(HARMFUL, "Zoë Müller"))
    ended = await run("replay", str(trace), PYTHONIOENCODING="ascii")
    assert (ended.status, r"Zo\xeb M\xfcller" in ended.out) == (0, True), ended
