"""The lab's pytest plugin in a stranger's project: the wheel installed, the example copied, real calls."""

import re
import shutil
from pathlib import Path

import pytest

from tests.packages import CHECKOUT, build_package, install_package, run

# A barge-in takes a few seconds; this is for a machine that is busy with something else.
LIMIT_S = 120.0

# Without the second line pytest-asyncio itself warns.
INI = "[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n"

CONFTEST = """
import sys

import pytest


@pytest.fixture(autouse=True)
def _how_much_is_imported():
    yield
    print("imported:", sorted(name for name in sys.modules if name.partition(".")[0] == "adapter"))
"""


OWN_TEST = """
from pathlib import Path

import pytest


@pytest.fixture
def uapi_directory():
    return Path(__file__).with_name("directory.yaml")


@pytest.fixture
def uapi_settings():
    return {"ADAPTER_REQUESTS_PER_S": "1"}


@pytest.fixture
def uapi_app():
    return "ours"


@pytest.mark.asyncio
async def test_own(uapi_adapter, uapi_token):
    path = "/uapi/phoneCalls/@me/@self"
    answers = [await uapi_adapter.request("GET", path, token=uapi_token) for _ in range(30)]
    assert (answers[0].status, answers[-1].status) == (200, 429)
"""


OWN_NUMBERS_TEST = """
from pathlib import Path

import pytest


@pytest.fixture
def uapi_directory():
    return Path(__file__).with_name("directory.yaml")


@pytest.mark.asyncio
async def test_own(uapi_adapter, uapi_phones, uapi_token):
    desk = await uapi_phones.callee("0009*100", name="desk")
    await uapi_phones.caller("777888", callee="0009*100", name="customer", trunk=True)
    await desk.ringing()
    desk.pick_up()
    await desk.answered()
    [call] = await uapi_adapter.list("@me/0009*100", uapi_token)
    assert call["extension"] == "0009*100"
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel, and the dependencies beside it."""
    dist = build_package(tmp_path_factory.mktemp("package"))
    return install_package(dist, tmp_path_factory.mktemp("clean"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has nothing of ours and takes each warning for an error."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project/pytest.ini").write_text(INI)
    return tmp_path / "project"


def run_tests(python: Path, project: Path, *options: str) -> str:
    return run("-m", "pytest", "-p", "no:cacheprovider", *options, python=python, cwd=project, within=LIMIT_S)


def test_the_example_passes_in_a_strangers_project(python: Path, project: Path) -> None:
    """Real Asterisk, real audio, from the wheel alone; nothing of the checkout is seen from there."""
    shutil.copy(CHECKOUT / "examples" / "test_barge_in.py", project)
    ask = "import adapter.lab.files as it; print(it.LAB_FILES)"
    where = run("-c", ask, python=python, cwd=project)
    assert where.startswith(str(python.parents[1]))
    output = run_tests(python, project)
    assert "1 passed" in output
    assert not re.search("skipped|warning", output)


def test_who_uses_no_fixture_pays_nothing(python: Path, project: Path) -> None:
    """The plugin is there, and has imported nothing but itself."""
    (project / "conftest.py").write_text(CONFTEST)
    (project / "test_own.py").write_text("def test_one():\n    pass\n")
    output = run_tests(python, project, "-s")
    assert "imported: ['adapter', 'adapter.lab', 'adapter.lab.plugin']" in output


def test_a_project_has_its_own_directory_and_settings(python: Path, project: Path) -> None:
    """By overriding the fixtures of these names."""
    directory = (CHECKOUT / "examples" / "directory.yaml").read_text(encoding="utf-8")
    (project / "directory.yaml").write_text(directory.replace("client_id: wallboard", "client_id: ours"))
    (project / "test_own.py").write_text(OWN_TEST)
    run_tests(python, project)


def test_a_project_has_phones_of_its_own_numbers(python: Path, project: Path) -> None:
    """Those of its directory: Asterisk has a phone for each, and they are called by their numbers."""
    directory = (CHECKOUT / "examples" / "directory.yaml").read_text(encoding="utf-8")
    own = directory.replace("0003*210", "0009*100").replace("0003", "0009")
    (project / "directory.yaml").write_text(own)
    (project / "test_own.py").write_text(OWN_NUMBERS_TEST)
    run_tests(python, project)
