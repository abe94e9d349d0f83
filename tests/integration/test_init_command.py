"""`uapi-adapter init` as it is typed, beside a fake Asterisk: what it writes, asks, and leaves alone."""

import asyncio
import os
import pty
import signal
import sys
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from adapter.directory import load_directory
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.polling import until
from adapter.lab.processes import Ended, run_process
from tests.integration.ami_lists import LISTS, hint, listed, refused, valued

ENDS_WITHIN_S = 30.0
SETTINGS, DIRECTORY, MANAGER = "settings.toml", "directory.yaml", "uapi-adapter.conf"


@pytest.fixture
def asterisk(ami: FakeAmi) -> FakeAmi:
    """One with two extensions."""
    ami.scripts |= dict.fromkeys(LISTS, listed()) | {
        "CoreSettings": lambda action: action.connection.answer(action, ("AsteriskVersion", "22.10.1")),
        "ExtensionStateList": listed(hint("210", "PJSIP/210"), hint("211", "PJSIP/211")),
        "Getvar": valued(lambda function: "internal" if "context" in function else ""),
        "ShowDialPlan": refused("Did not find context"),
    }
    return ami


def environment(**variables: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **variables}


def arguments(ami: FakeAmi, folder: Path) -> tuple[str, ...]:
    return ("-m", "adapter", "init", "--folder", str(folder), "--ami-port", str(ami.port))


async def init(ami: FakeAmi, folder: Path, *more: str, **variables: str) -> Ended:
    """The command with nobody at a terminal."""
    command = (sys.executable, *arguments(ami, folder), *more)
    return await run_process(*command, within=ENDS_WITHIN_S, environment=environment(**variables))


def files(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """What is in the folder: content, mode, and when it was written."""
    if not folder.exists():
        return {}
    stats = {path: path.stat() for path in folder.iterdir()}
    return {
        path.name: (path.read_bytes(), stat.st_mode & 0o777, stat.st_mtime_ns) for path, stat in stats.items()
    }


def read_settings(folder: Path) -> Mapping[str, object]:
    return tomllib.loads((folder / SETTINGS).read_text(encoding="utf-8"))


async def test_without_a_login_it_makes_a_secret_and_says_what_to_type(
    asterisk: FakeAmi, tmp_path: Path
) -> None:
    """The secret stands in two files that only their owner reads; nowhere else."""
    folder = tmp_path / "new" / "folder"
    ended = await init(asterisk, folder)
    assert ended.status == 1
    written = files(folder)
    assert {name: mode for name, (_, mode, _) in written.items()} == {SETTINGS: 0o600, MANAGER: 0o600}
    secret = str(read_settings(folder)["ami_secret"])
    assert f"secret = {secret}".encode() in written[MANAGER][0]
    for line in (
        "asterisk -rx 'manager reload'",
        "asterisk -rx 'dialplan reload'",
        "type `uapi-adapter init`",
    ):
        assert line in ended.out
    assert secret not in ended.out + ended.err
    assert "Traceback" not in ended.err

    asterisk.secret = secret  # somebody has typed the lines
    ended = await init(asterisk, folder)
    assert f"{folder / DIRECTORY} is new" in ended.out
    assert len(load_directory((folder / DIRECTORY).read_text(encoding="utf-8")).extensions) == 2
    assert files(folder)[SETTINGS] == written[SETTINGS]
    assert (folder / DIRECTORY).stat().st_mode & 0o777 == 0o600


async def test_the_apps_secret_is_shown_once_and_its_hash_is_kept(asterisk: FakeAmi, tmp_path: Path) -> None:
    """It gets a token: the settings and the directory are those that the service takes."""
    ended = await init(asterisk, tmp_path, ADAPTER_AMI_SECRET=asterisk.secret)
    [secret] = [
        line.strip() for line in ended.out.splitlines() if len(line.strip()) == 48 and " " not in line.strip()
    ]
    text = (tmp_path / DIRECTORY).read_text(encoding="utf-8")
    [app] = load_directory(text).apps.values()
    assert (app.client_id, app.account.id) == ("wallboard", "main")
    assert secret not in text
    assert asterisk.secret not in ended.out + ended.err
    again = await init(asterisk, tmp_path)
    assert secret not in again.out
    token = await run_process(
        sys.executable, "-m", "adapter", "token", "--app", "wallboard",
        within=ENDS_WITHIN_S, environment=environment(ADAPTER_CONFIG=str(tmp_path / SETTINGS)),
    )  # fmt: skip
    assert (token.status, token.err) == (0, "")


async def test_again_nothing_that_is_there_changes_and_what_is_new_is_shown(
    asterisk: FakeAmi, tmp_path: Path
) -> None:
    """Not a byte, and not the time of a file; also where somebody has changed it."""
    await init(asterisk, tmp_path, ADAPTER_AMI_SECRET=asterisk.secret)
    with (tmp_path / DIRECTORY).open("a", encoding="utf-8") as directory:
        directory.write("# mine\n")
    before = files(tmp_path)
    asterisk.scripts["ExtensionStateList"] = listed(
        hint("210", "PJSIP/210&PJSIP/99210"), hint("300", "PJSIP/300")
    )
    ended = await init(asterisk, tmp_path, "--ami-username", "another")
    assert files(tmp_path) == before
    assert "stays as it is" in ended.out
    for line in ("  300 Extension 300: PJSIP/300", "  0001*210: PJSIP/99210", "  0001*211: PJSIP/211"):
        assert line in ended.out.splitlines()
    assert "it stands, not the options" in ended.err


@pytest.mark.parametrize("way", ["file", "input", "environment"])
async def test_the_secret_comes_by_a_file_or_input_or_the_environment(
    asterisk: FakeAmi, tmp_path: Path, way: str
) -> None:
    """Never by the command line, which others see."""
    secret_file, folder = tmp_path / "secret", tmp_path / "folder"
    secret_file.write_text(f"{asterisk.secret}\n")
    match way:
        case "file":
            ended = await init(asterisk, folder, "--ami-secret-file", str(secret_file))
        case "environment":
            ended = await init(asterisk, folder, ADAPTER_AMI_SECRET=asterisk.secret)
        case _:
            line = " ".join((sys.executable, *arguments(asterisk, folder)))
            command = ("sh", "-c", f"{line} --ami-secret-file - <{secret_file}")
            ended = await run_process(*command, within=ENDS_WITHIN_S, environment=environment())
    assert "is new" in ended.out, ended
    assert read_settings(folder)["ami_secret"] == asterisk.secret


async def test_a_given_secret_that_is_refused_is_not_written(asterisk: FakeAmi, tmp_path: Path) -> None:
    """It may be mistyped; the next time it would stand."""
    ended = await init(asterisk, tmp_path, ADAPTER_AMI_SECRET="wrong")
    assert (ended.status, files(tmp_path)) == (1, {})
    assert "Authentication failed" in ended.err
    assert "Nothing was written" in ended.err


async def test_an_answer_that_breaks_off_leaves_no_directory(asterisk: FakeAmi, tmp_path: Path) -> None:
    """The next time it goes on."""
    asterisk.scripts["QueueStatus"] = lambda action: action.connection.drop()
    ended = await init(asterisk, tmp_path, ADAPTER_AMI_SECRET=asterisk.secret)
    assert (ended.status, files(tmp_path)) == (1, {})
    assert "Asterisk did not tell everything: the AMI connection broke" in ended.err


async def test_a_pbx_without_phones_gets_no_directory(asterisk: FakeAmi, tmp_path: Path) -> None:
    """It would be there the next time, and nothing would be written into it."""
    asterisk.scripts["ExtensionStateList"] = listed()
    ended = await init(asterisk, tmp_path, ADAPTER_AMI_SECRET=asterisk.secret)
    assert (ended.status, set(files(tmp_path))) == (1, {SETTINGS})
    assert "no extension was found" in ended.err


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        (SETTINGS, "not toml", "is no TOML"),
        (SETTINGS, "ami_secret = 'x'\n", "ADAPTER_DIRECTORY: is missing"),
        (DIRECTORY, "organizations: []\n", "the directory cannot be used"),
    ],
)
async def test_a_broken_file_is_named_and_left_as_it_is(
    asterisk: FakeAmi, tmp_path: Path, file: str, content: str, said: str
) -> None:
    """By plain words, without a traceback."""
    (tmp_path / file).write_text(content)
    ended = await init(asterisk, tmp_path, ADAPTER_AMI_SECRET=asterisk.secret)
    assert ended.status in (1, 2)
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert (tmp_path / file).read_text() == content


@pytest.mark.parametrize("after_s", [0.3, 0.6, 0.9, 1.2])
async def test_killed_at_any_point_it_leaves_whole_files_and_goes_on(
    asterisk: FakeAmi, tmp_path: Path, after_s: float
) -> None:
    """What is there has all of its text; the next run makes the rest."""
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments(asterisk, tmp_path)),
        env=environment(ADAPTER_AMI_SECRET=asterisk.secret),
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
    )
    try:
        async with asyncio.timeout(after_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
    if (tmp_path / SETTINGS).exists():
        assert {"directory", "token_key", "ami_secret"} <= read_settings(tmp_path).keys()
    if (tmp_path / DIRECTORY).exists():
        assert load_directory((tmp_path / DIRECTORY).read_text(encoding="utf-8")).extensions
    await init(asterisk, tmp_path, ADAPTER_AMI_SECRET=asterisk.secret)
    assert load_directory((tmp_path / DIRECTORY).read_text(encoding="utf-8")).extensions


# -- at a terminal --------------------------------------------------------------------------------------


class Terminal:
    """A terminal at which somebody types."""

    def __init__(self, master: int, process: asyncio.subprocess.Process) -> None:
        self._master = master
        self.process = process
        self.shown = ""
        os.set_blocking(master, False)

    async def until_shown(self, text: str) -> None:
        """Wait until the text is shown."""

        def look() -> bool:
            with suppress(OSError):  # there is nothing to read yet, or any more
                self.shown += os.read(self._master, 65536).decode(errors="replace")
            return text in self.shown

        await until(look, within=ENDS_WITHIN_S)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())


@asynccontextmanager
async def terminal(ami: FakeAmi, folder: Path) -> AsyncIterator[Terminal]:
    """The command with a terminal of its own."""
    master, slave = pty.openpty()
    # A session of its own, so that the secret is not asked for at the terminal of whoever runs the tests.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments(ami, folder)),
        env=environment(),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(master)


async def test_at_a_terminal_it_asks_and_waits_until_asterisk_has_the_login(
    asterisk: FakeAmi, tmp_path: Path
) -> None:
    """Enter takes what is usual; the secret that is typed is not shown."""
    async with terminal(asterisk, tmp_path) as typing:
        await typing.until_shown("Address of Asterisk's AMI [127.0.0.1]: ")
        typing.type("\n")
        await typing.until_shown("AMI user [uapi]: ")
        typing.type("\n")
        await typing.until_shown("Its secret")
        typing.type("\n")
        await typing.until_shown("Press Enter once Asterisk has reloaded: ")
        asterisk.secret = str(read_settings(tmp_path)["ami_secret"])
        typing.type("\n")
        await typing.until_shown("Press Enter once that is done: ")  # the include is missing
        typing.type("\n")
        await typing.until_shown("Next:")
        await typing.until_shown("token --app wallboard")
        async with asyncio.timeout(ENDS_WITHIN_S):
            assert await typing.process.wait() == 1  # check says what is missing
    assert load_directory((tmp_path / DIRECTORY).read_text(encoding="utf-8")).extensions


@pytest.mark.parametrize("at", ["Address of", "Its secret", "Press Enter once Asterisk has reloaded: "])
async def test_ctrl_c_ends_it_with_one_line(asterisk: FakeAmi, tmp_path: Path, at: str) -> None:
    """At any question."""
    async with terminal(asterisk, tmp_path) as typing:
        for question in ("Address of", "AMI user", "Its secret", "Press Enter once Asterisk has reloaded: "):
            await typing.until_shown(question)
            if question == at:
                typing.process.send_signal(signal.SIGINT)
                break
            typing.type("\n")
        await typing.until_shown("stopped; `uapi-adapter init` goes on from here")
        async with asyncio.timeout(ENDS_WITHIN_S):
            assert await typing.process.wait() not in (0, -signal.SIGINT)
    assert "Traceback" not in typing.shown
