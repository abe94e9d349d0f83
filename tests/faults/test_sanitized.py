"""The reader in C under AddressSanitizer and UndefinedBehaviorSanitizer."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.faults.extent import either
from tests.faults.figures import Tell

ROOT = Path(__file__).parents[2]
SEED = 20_261_123
INPUTS = either(1_000_000, 5_000)
COMPILER = shutil.which("cc")
FLAGS = ("-g", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror", "-fno-sanitize-recover=all")


@pytest.mark.skipif(COMPILER is None, reason="no C compiler, and so no reader in C")
@pytest.mark.timeout(3600)
def test_no_input_makes_the_reader_in_c_touch_what_is_not_its_own(tmp_path: Path, figures: Tell) -> None:
    """No byte before or behind a text, no overflow; and it reads what the one in Python reads."""
    compiler, built = str(COMPILER), str(tmp_path / "_wire.so")
    include = sysconfig.get_paths()["include"]
    source = str(ROOT / "adapter" / "asterisk" / "_wire.c")
    _output(compiler, *FLAGS, "-fsanitize=address,undefined", f"-I{include}", source, "-o", built)
    messages = _output(
        *(sys.executable, "-m", "tests.faults.sanitized", built, str(INPUTS), str(SEED)),
        LD_PRELOAD=_output(compiler, "-print-file-name=libasan.so").strip(),
        PYTHONMALLOC="malloc",  # each text is a piece of memory of its own, with guards around it
        ASAN_OPTIONS="detect_leaks=0",  # Python itself keeps much until its end
    )
    figures(f"{INPUTS:,} inputs, {int(messages):,} messages read alike in C and in Python, 0 found")
    assert int(messages) > INPUTS // 4


def _output(*command: str, **environment: str) -> str:
    ran = subprocess.run(  # noqa: S603 - a compiler and Python, with arguments made here
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    return ran.stdout
