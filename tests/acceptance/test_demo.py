"""`make demo KEEP=1`: each line that it prints to be typed does what it says."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from adapter.lab.polling import poll_until
from adapter.lab.processes import die_with_parent, end_process, last_lines, run_process, start_process

DEADLINE_S = 90.0
LINE_DEADLINE_S = 30.0


async def test_the_lines_of_a_demo_that_stays_up_do_what_they_say(tmp_path: Path) -> None:
    """A shell of ours types them: list, barge in, end it; then the call is as it was, and Ctrl-C ends all."""
    output = tmp_path / "output"
    command = die_with_parent((sys.executable, "-m", "adapter", "demo", "--keep"))
    process = await start_process(command, tmp_path, output, dict(os.environ))
    try:
        is_up = await poll_until(lambda: True if "adapter's log" in _text(output) else None, DEADLINE_S)
        assert is_up, last_lines(output)
        typed = [line for line in _text(output).splitlines() if line.startswith(("export ", "curl "))]
        token, listing, barge_in, ending = typed

        async def type_line(line: str) -> tuple[str, str]:
            shell = (
                f"{token}\n{line.replace('curl ', 'curl --silent --show-error --write-out %{http_code} ', 1)}"
            )
            ended = await run_process("sh", "-c", shell, within=LINE_DEADLINE_S)
            assert ended.status == 0, ended
            return ended.out[-3:], ended.out[:-3]

        status, before = await type_line(listing)
        assert (status, before.count('"source"')) == ("200", 1)
        status, during = await type_line(barge_in)
        assert (status, during.count('"source"')) == ("200", 2)
        status, _ = await type_line(ending)
        assert status in ("200", "202", "204")
        assert (await type_line(listing))[1].count('"source"') == 1
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(DEADLINE_S):
            await process.wait()
    finally:
        await end_process(process)
    assert all(line.isprintable() for line in _text(output).splitlines())


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
