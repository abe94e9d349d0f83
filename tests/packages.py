"""The package as others get it: built from the checkout, and installed where nothing else of it is.

Offline: setuptools comes from this environment, and so do the dependencies, whose folder is put on the clean
environment's path.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
LIMIT_S = 180.0

NOT_PACKAGED = shutil.ignore_patterns(
    ".*", "*.egg-info", "*.so", "build", "dist", "tests", "__pycache__", "secret.conf"
)


def build_package(folder: Path) -> Path:
    """A folder with the sdist, and the wheel that was built from it. The checkout had a secret in it."""
    source = Path(shutil.copytree(CHECKOUT, folder / "source", ignore=NOT_PACKAGED))
    (source / "asterisk-conf" / "site" / "secret.conf").write_text("secret = hush\n")
    run("-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(source))
    shutil.rmtree(source)
    return folder / "dist"


def install_package(dist: Path, clean: Path) -> Path:
    """The Python of a new environment that has nothing but the wheel, and the dependencies beside it."""
    run("-m", "venv", "--without-pip", str(clean))
    python = clean / "bin" / "python"
    [wheel] = dist.glob("*.whl")
    options = ("--quiet", "--no-index", "--no-deps")
    run("-m", "pip", "--python", str(python), "install", *options, str(wheel))
    [packages] = clean.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def run(
    *arguments: str, python: Path = Path(sys.executable), cwd: Path | None = None, within: float = LIMIT_S
) -> str:
    """What a Python prints, in a folder where it sees nothing of the checkout; it has to end with 0."""
    done = subprocess.run(  # noqa: S603 - this very Python, or one made of it
        (str(python), *arguments),
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
        env=environment(),
        cwd=cwd or python.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(**settings: str) -> dict[str, str]:
    """Nothing of ours but these settings, and which Asterisk the lab is to take."""
    ours = ("ADAPTER_", "PYTHON", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("ADAPTER_LAB_")}
    return {**kept, **settings}
