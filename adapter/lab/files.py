"""Files of the repository that the lab needs, from the checkout or from the installed package."""

from pathlib import Path

from adapter.lab.errors import LabError

CHECKOUT = Path(__file__).resolve().parents[2]
# An installed package has no checkout around it: setup.py put what the lab needs of one into the package.
_INSTALLED = Path(__file__).resolve().parent / "data"
LAB_FILES = _INSTALLED if _INSTALLED.is_dir() else CHECKOUT

DIRECTORY = LAB_FILES / "examples" / "directory.yaml"
"""The organizations, extensions and Apps that the lab's first layout has phones for."""


def lab_file(name: str) -> Path:
    """Return a file or folder of the repository that the lab needs.

    Raises LabError if it is missing, as in an image with the service only.
    """
    path = LAB_FILES / name
    if not path.exists():
        raise LabError(f"The lab needs {name}, from a checkout or a wheel of the repository: no {path}.")
    return path
