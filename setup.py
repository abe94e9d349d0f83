"""What pyproject.toml cannot say: the wheel carries what the lab needs from beside the package.

And the reader in C may be missing: without a compiler the one in Python does its work.
"""

import shutil
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
LAB_NEEDS = ("asterisk-conf", "sipp-scenarios", "examples/directory.yaml")
# The lab writes its own site/; a checkout that runs an Asterisk has a secret in there.
NOT_SHIPPED = shutil.ignore_patterns("site", "Dockerfile", ".*")


class BuildWithLab(build_py):
    """The package, and `adapter/lab/data`, where adapter/lab/configuration.py looks for it."""

    def run(self) -> None:
        if not self.editable_mode:  # what an older version has left there would be packed again
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        if self.editable_mode:  # a checkout has them where they are
            return
        data = Path(self.build_lib, "adapter", "lab", "data")
        shutil.rmtree(data, ignore_errors=True)
        for name in LAB_NEEDS:
            source = HERE / name
            if source.is_dir():
                shutil.copytree(source, data / name, ignore=NOT_SHIPPED)
            elif source.is_file():
                (data / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, data / name)
            # A container's build context lacks some, and its image needs no lab.


LINES = Extension("adapter.asterisk._wire", ["adapter/asterisk/_wire.c"], optional=True)

setup(cmdclass={"build_py": BuildWithLab}, ext_modules=[LINES])
