"""A bug of ours in the link must not leave a service that answers 503 for ever."""

import os
import sys
from pathlib import Path

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.processes import run_process

ENDS_WITHIN_S = 15.0
WITH_A_BUG = """
from adapter.ami.link import Link
from adapter.process.cli import main

async def run(self):
    raise ZeroDivisionError("a bug")

Link.run = run
main(["serve"])
"""


async def test_a_process_whose_link_dies_of_a_bug_ends_and_says_why(ami: FakeAmi, directory: Path) -> None:
    """With an exit status upon which systemd and Docker start it again."""
    settings = {
        "ADAPTER_DIRECTORY": str(directory),
        "ADAPTER_TOKEN_KEY": "k" * 32,
        "ADAPTER_LISTEN_PORT": "0",
        "ADAPTER_AMI_HOST": ami.host,
        "ADAPTER_AMI_PORT": str(ami.port),
        "ADAPTER_AMI_SECRET": ami.secret,
    }
    command = (sys.executable, "-c", WITH_A_BUG)
    ended = await run_process(*command, within=ENDS_WITHIN_S, environment={**os.environ, **settings})
    assert ended.status == 1, ended
    assert "a task failed" in ended.err
    assert "ZeroDivisionError" in ended.err
