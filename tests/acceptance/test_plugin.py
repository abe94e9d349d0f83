"""The lab's pytest plugin in a stranger's project: the wheel installed, the example copied, real calls."""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from adapter.lab.configuration import CHECKOUT
from tests.integration.test_package import NOT_PACKAGED

BUILD_LIMIT_S = 180.0
# A barge-in takes a few seconds; this is for a machine that is busy with something else.
TEST_LIMIT_S = 120.0

CONFTEST = '''
import sys

import pytest


@pytest.fixture(autouse=True)
def _how_much_is_imported():
    yield
    print("imported:", sorted(name for name in sys.modules if name.partition(".")[0] == "adapter"))
'''


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel, and the dependencies beside it."""
    folder = tmp_path_factory.mktemp("package")
    source = Path(shutil.copytree(CHECKOUT, folder / "source", ignore=NOT_PACKAGED))
    options = ("-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder))
    run(Path(sys.executable), *options, str(source), cwd=folder)
    shutil.rmtree(source)
    run(Path(sys.executable), "-m", "venv", "--without-pip", "environment", cwd=folder)
    its_python = folder / "environment/bin/python"
    [wheel] = folder.glob("*.whl")
    install = ("-m", "pip", "--python", str(its_python), "install", "--quiet", "--no-index", "--no-deps")
    run(Path(sys.executable), *install, str(wheel), cwd=folder)
    [packages] = folder.glob("environment/lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return its_python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has nothing of ours and takes each warning for an error."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project/pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return tmp_path / "project"


def run(python: Path, *arguments: str, cwd: Path, within: float = BUILD_LIMIT_S, status: int = 0) -> str:
    done = subprocess.run(  # noqa: S603 - a Python of ours
        (str(python), *arguments), capture_output=True, text=True, timeout=within, check=False, cwd=cwd
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_the_example_passes_in_a_strangers_project(python: Path, project: Path) -> None:
    """Real Asterisk, real audio, from the wheel alone: no checkout, no configuration of pytest."""
    shutil.copy(CHECKOUT / "examples" / "test_barge_in.py", project)
    where = run(python, "-c", "import adapter.lab.configuration as it; print(it.LAB_FILES)", cwd=project)
    assert where.startswith(str(python.parents[1]))
    output = run(python, "-m", "pytest", "-p", "no:cacheprovider", cwd=project, within=TEST_LIMIT_S)
    assert "1 passed" in output
    assert not re.search("skipped|warning", output)


def test_who_uses_no_fixture_pays_nothing(python: Path, project: Path) -> None:
    """The plugin is there, and has imported nothing but itself."""
    (project / "conftest.py").write_text(CONFTEST)
    (project / "test_own.py").write_text("def test_one():\n    pass\n")
    output = run(python, "-m", "pytest", "-s", "-p", "no:cacheprovider", cwd=project, within=TEST_LIMIT_S)
    assert "imported: ['adapter', 'adapter.lab', 'adapter.lab.plugin']" in output


def test_a_project_has_its_own_directory_and_settings(python: Path, project: Path) -> None:
    """By overriding the fixtures of these names."""
    directory = (CHECKOUT / "examples" / "directory.yaml").read_text(encoding="utf-8")
    (project / "directory.yaml").write_text(directory.replace("client_id: wallboard", "client_id: ours"))
    (project / "test_own.py").write_text(
        "from pathlib import Path\n"
        "import pytest\n"
        "@pytest.fixture\n"
        "def uapi_directory():\n    return Path(__file__).with_name('directory.yaml')\n"
        "@pytest.fixture\n"
        "def uapi_settings():\n    return {'ADAPTER_REQUESTS_PER_S': '1'}\n"
        "@pytest.fixture\n"
        "def uapi_app():\n    return 'ours'\n"
        "@pytest.mark.asyncio\n"
        "async def test_own(uapi_adapter, uapi_token):\n"
        "    statuses = [(await uapi_adapter.request('GET', '/uapi/phoneCalls/@me/@self', token=uapi_token)).status\n"
        "                for _ in range(30)]\n"
        "    assert statuses[0] == 200 and statuses[-1] == 429, statuses\n"
    )
    assert "1 passed" in run(
        python, "-m", "pytest", "-p", "no:cacheprovider", cwd=project, within=TEST_LIMIT_S
    )
