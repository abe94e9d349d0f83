"""The package as an operator gets it: built, installed in a clean environment, served from elsewhere.

The program is the wheel's; nothing of the checkout can be seen from there.
"""

import asyncio
import contextlib
import json
import shutil
import sysconfig
import tarfile
import tomllib
import zipfile
from collections.abc import AsyncIterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import aiohttp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.polling import poll_until, until_seen
from tests.integration.harness import TOKEN_KEY, listening_at
from tests.packages import CHECKOUT, build_package, environment, install_package, run

START_LIMIT_S = 30.0


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    return build_package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def program(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`uapi-adapter` in an environment that has nothing but the wheel, and the dependencies beside it."""
    return install_package(built, tmp_path_factory.mktemp("clean")).with_name("uapi-adapter")


@contextlib.asynccontextmanager
async def serving(program: Path, folder: Path, **settings: str) -> AsyncIterator[str]:
    """The address of the installed program, serving from this folder."""
    output = folder / "output"
    with output.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            str(program), "serve", cwd=folder, env=environment(**settings), stderr=written
        )
    try:

        def look() -> str | None:
            found = listening_at(output)
            return None if found is None else f"http://{found[0]}:{found[1]}"

        url = await poll_until(look, START_LIMIT_S)
        assert url, output.read_text()
        assert f"ami_reader={'C' if _compiled() else 'Python'}" in output.read_text()
        yield url
        process.terminate()
        async with asyncio.timeout(START_LIMIT_S):
            assert await process.wait() == 0, output.read_text()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_the_wheel_holds_the_program_and_what_the_lab_needs_and_nothing_else(built: Path) -> None:
    """Every module, the mark of its types, the lab's files; no test, no site of an Asterisk, no secret."""
    [wheel] = built.glob("*.whl")
    names = {
        name for name in zipfile.ZipFile(wheel).namelist() if not name.partition("/")[0].endswith("dist-info")
    }
    modules = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "adapter").rglob("*.py")}
    of_asterisk = [
        path
        for folder in (CHECKOUT / "asterisk-conf", CHECKOUT / "asterisk-conf" / "ordinary")
        for path in folder.iterdir()
        if path.suffix in (".conf", ".md")
    ]
    scenarios = list((CHECKOUT / "sipp-scenarios").glob("*.*"))
    assert len(of_asterisk) > 5
    assert len(scenarios) > 5
    lab = [*of_asterisk, *scenarios, CHECKOUT / "examples" / "directory.yaml"]
    data = {f"adapter/lab/data/{path.relative_to(CHECKOUT)}" for path in lab}
    assert names == modules | {"adapter/py.typed", "adapter/asterisk/_wire.pyi", *_compiled()} | data


def _compiled() -> list[str]:
    """The reader in C, where this machine can make it."""
    return [f"adapter/asterisk/_wire{sysconfig.get_config_var('EXT_SUFFIX')}"] if shutil.which("cc") else []


def test_every_package_that_is_installed_is_pinned() -> None:
    """With all extras, and what those need in turn, in the version that the tests run with."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    needed: dict[str, str] = {}
    waiting = [Requirement(one) for one in (*project["dependencies"], *extras)]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        for extra in {"", *one.extras}:
            if (one.marker and not one.marker.evaluate({"extra": extra})) or f"{name}[{extra}]" in needed:
                continue
            with contextlib.suppress(PackageNotFoundError):  # for another platform
                needed[f"{name}[{extra}]"] = f"{name}=={version(name)}"
                further = [Requirement(line) for line in requires(name) or ()]
                waiting += [
                    Requirement(str(line).partition(";")[0])
                    for line in further
                    if line.marker is None or line.marker.evaluate({"extra": extra})
                ]
    lines = (CHECKOUT / "constraints.txt").read_text().split()
    pinned = {f"{canonicalize_name(line.partition('==')[0])}=={line.partition('==')[2]}" for line in lines}
    assert len(needed) > 50
    assert set(needed.values()) - pinned == set()


def test_the_sdist_holds_what_an_operator_needs_beside_it(built: Path) -> None:
    """The files to copy to Asterisk, the unit, the guide and the constraints; a secret never."""
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {
        "CHANGELOG.md",
        "SECURITY.md",
        "asterisk-conf/uapi-adapter.conf",
        "asterisk-conf/uapi-dialplan.conf",
        "constraints.txt",
        "docs/operator-guide.md",
        "examples/directory.yaml",
        "examples/uapi-adapter.service",
    }
    assert not [name for name in names if "secret.conf" in name or name.startswith("tests/")]


async def test_the_installed_program_serves_from_anywhere(
    program: Path, ami: FakeAmi, tmp_path: Path
) -> None:
    """Health, readiness, the description and its page; the code is the wheel's, not the checkout's."""
    where = "import adapter; print(adapter.__file__)"
    assert str(program.parents[1]) in run("-c", where, python=program.with_name("python"))
    settings = {
        "ADAPTER_LISTEN_PORT": "0",
        "ADAPTER_DIRECTORY": str(shutil.copy(CHECKOUT / "examples" / "directory.yaml", tmp_path)),
        "ADAPTER_TOKEN_KEY": TOKEN_KEY,
        "ADAPTER_AMI_PORT": str(ami.port),
        "ADAPTER_AMI_USERNAME": ami.username,
        "ADAPTER_AMI_SECRET": ami.secret,
    }
    async with serving(program, tmp_path, **settings) as url, aiohttp.ClientSession(url) as http:

        async def get(path: str) -> tuple[int, str]:
            async with http.get(path) as answer:
                return answer.status, await answer.text()

        async def look() -> str | None:
            status, text = await get("/ready")
            return text if status == 200 else None

        assert json.loads((await get("/health"))[1])["status"] == "ok"
        assert json.loads(await until_seen(look, within=START_LIMIT_S))["status"] == "ready"
        for path in ("/metrics", "/openapi.json", "/docs", "/docs/swagger-ui.css"):
            assert (await get(path))[0] == 200, path
