"""The operator's commands beside a real Asterisk: what is recorded replays, what is missing is named."""

import asyncio
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapter.lab import Pbx, Phones, running_asterisk
from adapter.lab.adapter_process import adapter_environment
from adapter.lab.polling import poll_until
from adapter.lab.processes import die_with_parent, end_process, last_lines, start_process
from tests.acceptance.harness import changed_directory

DEADLINE_S = 20.0
INCLUDED = ("spy@uapi-spy", "notice@uapi-spy", "0@uapi-phones", "s@uapi-device", "s@uapi-left")
DIALPLAN = [f"dialplan {part}" for part in INCLUDED]
MODULES = (
    "module app_chanspy",
    "module func_logic",
    "module func_frame_drop",
    "module bridge_native_rtp",
    "module func_hangupcause",
    "module app_softhangup",
    "module func_channel",
    "module res_manager_devicestate",
    "module func_pjsip_aor",
    "module func_pjsip_contact",
)
OK, WARN, FAIL, UNKNOWN = "ok", "warn", "fail", "unknown"


@dataclass(frozen=True)
class Commands:
    """The commands as an operator types them, with the settings of the adapter beside `pbx`."""

    pbx: Pbx
    folder: Path

    @asynccontextmanager
    async def running(
        self, *arguments: str, settings: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[asyncio.subprocess.Process, Path]]:
        """The process of one command, and where its words go."""
        environment = adapter_environment(self.pbx, settings or {})
        output = self.folder / f"output-{secrets.token_hex(4)}"
        command = die_with_parent((sys.executable, "-m", "adapter", *arguments))
        process = await start_process(command, self.folder, output, environment)
        try:
            yield process, output
        finally:
            await end_process(process)

    async def run(self, *arguments: str, settings: Mapping[str, str] | None = None) -> tuple[int, str]:
        """The exit status of one command and what it printed."""
        async with self.running(*arguments, settings=settings) as (process, output):
            async with asyncio.timeout(DEADLINE_S):
                status = await process.wait()
            return status, output.read_text()

    async def check(self, **settings: str) -> tuple[int, dict[str, str]]:
        """The exit status of `check`, and how it is with each thing."""
        status, printed = await self.run("check", settings=settings)
        head, *lines = printed.splitlines()
        column = head.index("found")
        cells = (line[:column].rstrip().rpartition(" ") for line in lines)
        return status, {name.rstrip(): verdict for name, _, verdict in cells}


@pytest.fixture
async def pbx(tmp_path: Path) -> AsyncIterator[Pbx]:
    async with running_asterisk(tmp_path / "asterisk") as running:
        yield running


@pytest.fixture
def commands(pbx: Pbx, tmp_path: Path) -> Commands:
    return Commands(pbx, tmp_path)


async def reconfigure(pbx: Pbx, file: str, *changes: tuple[str, str]) -> None:
    """Change a file of Asterisk's, which has to say so before; it takes it at its next start."""
    path = pbx.folder / "etc" / file
    text = path.read_text()
    for before, after in changes:
        assert before in text, f"{file} does not say {before!r}"
        text = text.replace(before, after)
    path.write_text(text)


async def restart(pbx: Pbx) -> None:
    await pbx.stop()
    await pbx.start()


async def test_the_labs_asterisk_passes_with_the_least_rights(
    commands: Commands, pbx: Pbx, tmp_path: Path
) -> None:
    """What these rights do not show is unknown, not well; an extension with a phone is registered."""
    async with Phones(pbx, tmp_path / "phones") as phones:
        await phones.register("0003*210")
        status, found = await commands.check()
    assert status == 0
    assert FAIL not in found.values()
    for name in (
        *("AMI", "login", "Asterisk", "write call", "write originate", "write reporting", "no other right"),
        *("clocks", *DIALPLAN, "phones"),
    ):
        assert found[name] == OK
    assert (found["writetimeout"], found["read call"]) == (UNKNOWN, UNKNOWN)
    assert modules(found) == dict.fromkeys(MODULES, UNKNOWN)
    assert "phone 0003*210" not in found
    assert found["phone 0003*211"] == WARN


async def test_a_wrong_secret_and_a_port_where_nobody_listens_are_told_apart(commands: Commands) -> None:
    assert await commands.check(ADAPTER_AMI_SECRET="wrong") == (1, {"AMI": OK, "login": FAIL})
    assert await commands.check(ADAPTER_AMI_PORT="1") == (1, {"AMI": FAIL})


async def test_each_thing_that_is_missing_is_named(commands: Commands, pbx: Pbx) -> None:
    """ChanSpy, the include, a right and an endpoint; with `config` and `system` all can be read.

    A module that only the include uses is not, without it.
    """
    await reconfigure(pbx, "modules.conf", ("load = app_chanspy.so", ""), ("load = app_softhangup.so", ""))
    await reconfigure(pbx, "extensions.conf", ("#include uapi-dialplan.conf", ""))
    await reconfigure(pbx, "pjsip.conf", ("[0003*211]", "[0003*299]"))
    await reconfigure(
        pbx,
        "uapi-adapter.conf",
        ("write = originate,call,reporting", "write = call,reporting,config,system"),
        ("read = call,reporting", "read = reporting"),
        ("writetimeout = 5000", "writetimeout = 100"),
    )
    await restart(pbx)
    status, found = await commands.check()
    assert status == 1
    assert {name for name, verdict in found.items() if verdict == FAIL} == {
        "write originate",
        "read call",
        "module app_chanspy",
        *DIALPLAN,
        "phone 0003*211",
    }
    assert "module app_softhangup" not in found
    assert (found["writetimeout"], found["no other right"], found["read reporting"]) == (WARN, WARN, OK)
    assert UNKNOWN not in found.values()


async def test_beside_a_session_of_the_adapter_a_hardened_asterisk_takes_a_check(
    commands: Commands, pbx: Pbx, tmp_path: Path
) -> None:
    """By the line in the AMI user's own file; without it the check says what to do: the secret is right."""
    await reconfigure(pbx, "manager.conf", ("enabled = yes", "enabled = yes\nallowmultiplelogin = no"))
    await restart(pbx)
    async with commands.running("record", str(tmp_path / "first.ami")) as (_, output):
        await until_text(output, "recording to")
        found = (await commands.check())[1]
        assert (found["login"], found["second session"]) == (OK, OK)
    await reconfigure(pbx, "uapi-adapter.conf", ("allowmultiplelogin = yes\n", "\n"))
    await restart(pbx)
    status, found = await commands.check()
    assert (status, found["login"], found["second session"]) == (0, OK, WARN)
    async with commands.running("record", str(tmp_path / "second.ami")) as (_, output):
        await until_text(output, "recording to")
        status, printed = await commands.run("check")
        assert status == 1
        for said in (printed, (await commands.run("record", str(tmp_path / "third.ami")))[1]):
            assert "Login Already In Use" in said
            assert "allowmultiplelogin = yes for the AMI user" in said
            assert "ADAPTER_AMI_USERNAME" not in said


async def test_a_systemname_that_makes_each_barge_in_a_400_is_named(commands: Commands, pbx: Pbx) -> None:
    """As Asterisk has it, a letter beyond ASCII too; a plain one is well."""
    conf = pbx.folder / "etc" / "asterisk.conf"
    plain = conf.read_text()
    for name, verdict in (("Büro @ 1", FAIL), ("uapi-1", FAIL), ("pbx-1.example", OK)):
        conf.write_text(f"{plain}[options]\nsystemname = {name}\n")
        await restart(pbx)
        status, found = await commands.check()
        assert (status, found["systemname"]) == (int(verdict == FAIL), verdict), name


@pytest.mark.parametrize(
    ("device", "found"),
    [
        ("PJSP/0003*211", FAIL),
        ("SIP/0003*211", FAIL),
        ("PJSIP/0003*2111", FAIL),
        ("PJSIP/0003*211", WARN),
        ("pjsip/0003*211", WARN),
    ],
)
async def test_a_device_that_can_never_match_is_named(
    commands: Commands, pbx: Pbx, tmp_path: Path, device: str, found: str
) -> None:
    """A technology that this Asterisk does not have, or a mistyped name; the case of letters is no matter."""
    await reconfigure(
        pbx, "modules.conf", ("load = pbx_config.so", "load = pbx_config.so\nload = func_devstate.so")
    )
    await restart(pbx)
    entry = 'number: "0003*211", type: phone terminal'
    directory = changed_directory(tmp_path, {entry: f"{entry}, devices: [{device}]"})
    _, verdicts = await commands.check(ADAPTER_DIRECTORY=str(directory))
    assert verdicts["phone 0003*211"] == found


async def test_func_module_tells_of_modules_without_another_right(commands: Commands, pbx: Pbx) -> None:
    """Loaded, and not loaded."""
    await reconfigure(
        pbx, "modules.conf", ("load = pbx_config.so", "load = pbx_config.so\nload = func_module.so")
    )
    await restart(pbx)
    assert modules((await commands.check())[1]) == dict(
        zip(MODULES, (OK, OK, OK, WARN, OK, OK, OK, OK, OK, OK), strict=True)
    )
    await reconfigure(pbx, "modules.conf", ("load = app_chanspy.so", ""), ("load = func_channel.so", ""))
    await reconfigure(
        pbx, "modules.conf", ("load = bridge_native_rtp.so", ""), ("load = func_frame_drop.so", "")
    )
    await reconfigure(pbx, "modules.conf", ("load = func_hangupcause.so", ""))
    await restart(pbx)
    status, found = await commands.check()
    assert (status, modules(found)) == (
        1,
        dict(zip(MODULES, (FAIL, OK, WARN, OK, WARN, OK, WARN, OK, OK, OK), strict=True)),
    )


async def test_an_include_that_cannot_end_a_supervision_by_itself_stops_no_barge_in(
    commands: Commands, pbx: Pbx
) -> None:
    """Each of the two modules is named, as those with the right `system` are told."""
    await reconfigure(pbx, "modules.conf", ("load = app_softhangup.so", ""), ("load = func_channel.so", ""))
    await reconfigure(
        pbx,
        "uapi-adapter.conf",
        ("write = originate,call,reporting", "write = originate,call,reporting,system"),
    )
    await restart(pbx)
    status, found = await commands.check()
    assert (status, modules(found)) == (
        0,
        dict(zip(MODULES, (OK, OK, OK, WARN, OK, WARN, WARN, OK, OK, OK), strict=True)),
    )


def modules(found: Mapping[str, str]) -> dict[str, str]:
    return {name: verdict for name, verdict in found.items() if name.startswith("module ")}


async def test_without_write_reporting_the_dialplan_is_unknown(commands: Commands, pbx: Pbx) -> None:
    """Asterisk's `Permission denied` says nothing of what is there."""
    await reconfigure(
        pbx, "uapi-adapter.conf", ("write = originate,call,reporting", "write = originate,call")
    )
    await restart(pbx)
    status, found = await commands.check()
    assert (status, found["write reporting"], found["dialplan spy@uapi-spy"]) == (1, FAIL, UNKNOWN)


async def test_a_recorded_call_replays_to_what_happened(commands: Commands, pbx: Pbx, tmp_path: Path) -> None:
    """From ringing to its end, with the numbers masked; nobody else may read the file."""
    trace = tmp_path / "call.ami"
    async with (
        Phones(pbx, tmp_path / "phones") as phones,
        commands.running("record", str(trace)) as (process, output),
    ):
        await until_text(output, "recording to")
        agent = await phones.callee("0003*210", name="agent")
        customer = await phones.caller("777888", callee="0003*210", name="customer", trunk=True)
        await agent.ringing()
        agent.pick_up()
        await customer.answered()
        agent.hang_up()
        await customer.ended()
        # Of the two channels the one that is hung up last.
        await until_text(trace, "Event: Hangup", count=2)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(DEADLINE_S):
            assert await process.wait() == 0
    assert trace.stat().st_mode & 0o777 == 0o600
    recorded = trace.read_text()
    assert "777888" not in recorded
    assert "0003*210" not in recorded
    assert pbx.ami_secret not in recorded

    status, printed = await commands.run("replay", str(trace))
    assert status == 0
    lines = printed.splitlines()
    assert lines[0].endswith(" began")
    assert lines[-1].endswith(" ended")
    for status_name in ("ringing", "on-call"):
        assert f"status={status_name} flow=incoming-public" in printed


async def until_text(path: Path, text: str, count: int = 1) -> None:
    def look() -> bool | None:
        return True if path.exists() and path.read_text().count(text) >= count else None

    assert await poll_until(look, DEADLINE_S), last_lines(path)
