"""`uapi-adapter record` against a fake Asterisk: what is in the file, and what ends a recording."""

import asyncio
import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi, ignore
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.files import CHECKOUT
from adapter.lab.polling import until
from adapter.lab.processes import end_process, last_lines, start_process
from adapter.process.cli import main
from adapter.settings import Settings
from adapter.tools.trace.playing import Happening, any_extension, play
from adapter.tools.trace.record import RecordOptions, run_record
from adapter.tools.trace.recording import create_file
from adapter.tools.trace.text import Problem, Recorded, read_messages
from tests.integration.command_settings import command_settings
from tests.integration.rewriting import replaced, rewrite

DEADLINE_S = 10.0

Recording = asyncio.Task[int]


@pytest.fixture
def settings(ami: FakeAmi, directory: Path) -> Settings:
    return command_settings(ami, directory, ami_action_timeout_s=2.0, ami_ping_interval_s=0.2)


class Said(list[str]):
    """What the command said."""

    @property
    def text(self) -> str:
        return "\n".join(self)


@pytest.fixture
def said() -> Said:
    return Said()


def messages_in(path: Path) -> list[dict[str, str]]:
    with path.open("rb") as file:
        read = list(read_messages(file))
    assert not [each for each in read if isinstance(each, Problem)]
    return [each.headers for each in read if isinstance(each, Recorded)]


def names_in(path: Path) -> list[str]:
    return [headers["Event"] for headers in messages_in(path)] if path.exists() else []


def told_in(path: Path) -> list[str]:
    """The first line of each happening, but for whose call it is."""
    with path.open("rb") as file:
        played = list(play(read_messages(file), any_extension))
    return [each.text[0].partition(" of ")[0] for each in played if isinstance(each, Happening)]


async def ended(recording: Recording) -> int:
    async with asyncio.timeout(DEADLINE_S):
        return await recording


async def test_a_recording_is_a_snapshot_and_then_every_event(
    ami: FakeAmi, agent: FakeChannel, settings: Settings, tmp_path: Path, said: Said
) -> None:
    """In the order of the wire, its headers as Asterisk wrote them; each is in the file at once."""
    path = tmp_path / "trace.ami"
    recording = asyncio.create_task(run_record(settings, RecordOptions(path, is_masked=False), said.append))
    await until(lambda: said, within=DEADLINE_S)
    channels = ["CoreShowChannel", "CoreShowChannel", "CoreShowChannelsComplete"]
    assert names_in(path) == ["BridgeListItem", "BridgeListComplete", *channels]

    ami.pbx.hang_up(agent.uniqueid)
    await until(lambda: "Hangup" in names_in(path), within=DEADLINE_S)
    hangup = messages_in(path)[-1]
    assert list(hangup)[:4] == ["Event", "Privilege", "Timestamp", "Channel"]
    assert (hangup["Channel"], hangup["Uniqueid"]) == (agent.name, agent.uniqueid)

    os.kill(os.getpid(), signal.SIGTERM)
    assert await ended(recording) == 0
    assert f"messages are in {path}" in said.text
    assert ami.took("Originate") == ami.took("Hangup") == []


async def test_what_asterisk_does_not_stamp_gets_the_time_of_its_clock(
    ami: FakeAmi, agent: FakeChannel, settings: Settings, tmp_path: Path, said: Said
) -> None:
    """An item of a snapshot has no time; a replay needs one."""
    assert agent.uniqueid in ami.pbx.channels
    path = tmp_path / "trace.ami"
    clock = ami.pbx.clock
    ami.pbx.clock = lambda: clock() + 1000.0
    assert await run_record(settings, RecordOptions(path, seconds=0.0), said.append) == 0
    stamps = {float(headers["Timestamp"]) for headers in messages_in(path)}
    assert all(abs(stamp - ami.pbx.clock()) < DEADLINE_S for stamp in stamps)


async def test_numbers_and_names_are_masked_unless_one_asks_for_them(
    ami: FakeAmi, agent: FakeChannel, settings: Settings, tmp_path: Path, said: Said
) -> None:
    """And the recording still replays to the call."""
    assert agent.uniqueid in ami.pbx.channels
    masked, plain = tmp_path / "masked.ami", tmp_path / "plain.ami"
    assert await run_record(settings, RecordOptions(masked, seconds=0.0), said.append) == 0
    wanted = RecordOptions(plain, seconds=0.0, is_masked=False)
    assert await run_record(settings, wanted, said.append) == 0
    assert "777888" in plain.read_text()
    assert "Customer" in plain.read_text()
    assert "777888" not in masked.read_text()
    assert "Customer" not in masked.read_text()
    assert told_in(masked) == told_in(plain) != []


async def test_no_secret_is_in_a_recording(
    ami: FakeAmi, settings: Settings, tmp_path: Path, said: Said
) -> None:
    path = tmp_path / "trace.ami"
    assert await run_record(settings, RecordOptions(path, seconds=0.0, is_masked=False), said.append) == 0
    assert ami.secret not in path.read_text() + said.text


async def test_a_recording_is_its_owners_alone(settings: Settings, tmp_path: Path, said: Said) -> None:
    """A file written over becomes so."""
    path = tmp_path / "trace.ami"
    path.touch(0o644)
    assert await run_record(settings, RecordOptions(path, seconds=0.0, force=True), said.append) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_file_is_not_written_over_unless_one_says_so(
    ami: FakeAmi, settings: Settings, tmp_path: Path, said: Said
) -> None:
    """Nobody even connects."""
    path = tmp_path / "trace.ami"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="--force"):
        await run_record(settings, RecordOptions(path), said.append)
    assert path.read_text() == "precious"
    assert ami.connections == []


def test_a_file_that_appears_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    """Between the first look and the login."""
    path = tmp_path / "trace.ami"
    path.write_text("precious")
    with pytest.raises(FileExistsError):
        create_file(path, force=False)
    assert path.read_text() == "precious"


async def test_a_refused_login_leaves_no_file(
    ami: FakeAmi, settings: Settings, tmp_path: Path, said: Said
) -> None:
    ami.accepts_login = False
    assert await run_record(settings, RecordOptions(tmp_path / "trace.ami"), said.append) == 1
    assert said.text.startswith("Asterisk refuses the AMI login: Authentication failed; compare ADAPTER_AMI_")
    assert not (tmp_path / "trace.ami").exists()


async def test_a_refused_snapshot_ends_the_recording(
    ami: FakeAmi, settings: Settings, tmp_path: Path, said: Said
) -> None:
    ami.scripts["CoreShowChannels"] = lambda action: action.connection.refuse(action, "Permission denied")
    assert await run_record(settings, RecordOptions(tmp_path / "trace.ami"), said.append) == 1
    assert "Asterisk refused CoreShowChannels: Permission denied" in said.text


@pytest.mark.parametrize("how", ["drop", "fall mute"])
async def test_a_link_that_breaks_ends_the_recording_and_keeps_the_file(
    ami: FakeAmi, settings: Settings, tmp_path: Path, said: Said, how: str
) -> None:
    """A recording with a hole in it would replay to calls that never were."""
    ami.pbx.add_trunk_call()
    path = tmp_path / "trace.ami"
    recording = asyncio.create_task(run_record(settings, RecordOptions(path), said.append))
    await until(lambda: said, within=DEADLINE_S)
    if how == "drop":
        ami.drop()
    else:
        ami.scripts["Ping"] = ignore
    assert await ended(recording) == 1
    assert "the recording ended: " in said.text
    assert names_in(path)[-1] == "CoreShowChannelsComplete"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
async def test_a_full_disk_ends_the_recording(settings: Settings, said: Said) -> None:
    wanted = RecordOptions(Path("/dev/full"), force=True)
    async with asyncio.timeout(DEADLINE_S):
        assert await run_record(settings, wanted, said.append) == 1
    assert "/dev/full can no longer be written: No space left on device" in said.text


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_command_well(
    ami: FakeAmi, directory: Path, tmp_path: Path, ending: signal.Signals
) -> None:
    """The process as an operator starts it: exit status 0, and it says where the messages are."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ADAPTER_")},
        "PYTHONPATH": str(CHECKOUT),
        "ADAPTER_DIRECTORY": str(directory),
        "ADAPTER_TOKEN_KEY": "k" * 32,
        "ADAPTER_AMI_PORT": str(ami.port),
        "ADAPTER_AMI_SECRET": ami.secret,
    }
    output = tmp_path / "output"
    command = (sys.executable, "-m", "adapter", "record", "trace.ami")
    process = await start_process(command, tmp_path, output, environment)
    try:
        await until(
            lambda: "recording to trace.ami" in last_lines(output),
            within=DEADLINE_S,
            log=lambda: last_lines(output),
        )
        process.send_signal(ending)
        async with asyncio.timeout(DEADLINE_S):
            assert await process.wait() == 0
    finally:
        await end_process(process)
    recorded = names_in(tmp_path / "trace.ami")
    assert last_lines(output).endswith(f"{len(recorded)} messages are in trace.ami")
    assert "CoreShowChannelsComplete" in recorded


def test_replay_prints_what_it_can_and_complains_of_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for the time, one for each view; the line number of what is malformed; status 0."""
    trace = CHECKOUT / "tests" / "traces" / "inbound-barge-in.ami"
    broken = tmp_path / "broken.ami"
    broken.write_bytes(b"Event: Hangup\n\n" + trace.read_bytes())
    assert main(["replay", str(broken)]) == 0
    output, complaint = capsys.readouterr()
    assert complaint == f"{broken}: line 1: Hangup: no header 'Channel'\n"
    assert output.splitlines()[0].endswith("of 0003*210 began")
    assert "view 01 0003*210: 777888 -> 0003*210 status=ringing" in output


def test_replay_knows_the_extensions_of_a_directory(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And no others."""
    trace = str(CHECKOUT / "tests" / "traces" / "inbound-barge-in.ami")
    assert main(["replay", trace, "--directory", str(directory)]) == 0
    assert "of 0003*210 began" in capsys.readouterr().out
    rewrite(directory, replaced("0003*210", "0003*299"))
    assert main(["replay", trace, "--directory", str(directory)]) == 1
    assert "0003*210: 777888" not in capsys.readouterr().out
    assert main(["replay", str(tmp_path / "nothing.ami")]) == 1
    assert "No such file" in capsys.readouterr().err


def test_a_replay_that_tells_nothing_says_so(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A masked recording beside its PBX's directory, or numbers of another form: status 1, and why."""
    text = (CHECKOUT / "tests" / "traces" / "inbound-barge-in.ami").read_text()
    masked, plain = tmp_path / "masked.ami", tmp_path / "plain.ami"
    masked.write_text(text.replace("0003*210", "0003*000").replace("0003*024", "0003*001"))
    plain.write_text(text.replace("0003*", ""))
    assert main(["replay", str(masked)]) == 0
    assert capsys.readouterr().err == ""
    assert main(["replay", str(masked), "--directory", str(directory)]) == 1
    assert "leave --directory out" in capsys.readouterr().err
    assert main(["replay", str(plain)]) == 1
    assert "--directory says which" in capsys.readouterr().err
