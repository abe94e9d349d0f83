"""The disk of the audit trail is full: the service goes on and says so, once in its log and in /health."""

import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.polling import until, until_seen
from tests.faults.figures import Tell
from tests.faults.one_call import another_call, answer_phone, end_supervision, ours
from tests.integration.harness import Service, running_service

FULL_BYTES = 100_000_000
"""While the disk is full the kernel lets no file of this process grow beyond it; no other is as large."""
BARGE_INS = 20
LINES = 3
"""Of each: its request, its join, its end."""


@pytest.fixture
def _trail_is_full(tmp_path: Path) -> Iterator[None]:
    """Nothing can be added to the trail: it is as long as a file may be, with nothing on the disk."""
    trail = tmp_path / "audit.log"
    with trail.open("wb") as file:
        file.truncate(FULL_BYTES)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def until_health_says(service: Service, audit: str) -> None:
    async def said() -> object:
        return (await service.request("GET", "/health", client=None)).json["audit"]

    await until_seen(said, lambda said: said == audit)


@pytest.mark.usefixtures("_trail_is_full")
async def test_with_a_full_disk_the_service_goes_on_and_says_so(
    ami: FakeAmi, directory: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, figures: Tell
) -> None:
    """Twenty barge-ins with nowhere to write; once there is space, the trail says how much is missing."""
    trail = tmp_path / "audit.log"
    async with running_service(ami, directory, audit_file=trail, audit_max_mb=0.0) as service:
        await service.until_link("READY")
        call_id = await another_call(ami, service)
        for _ in range(BARGE_INS):
            assert (await service.barge_in(call_id)).status == 202
            await until(lambda: ours(ami))
            answer_phone(ami)
            await end_supervision(ami, service)
        await until_health_says(service, "failing")
        complaints = [one for one in caplog.records if one.getMessage() == "the audit trail is not written"]
        assert [one.levelname for one in complaints] == ["ERROR"], "once, not for each line"
        assert "too large" in vars(complaints[0])["error"]
        trail.unlink()
        trail.touch()
        assert (await service.barge_in(call_id, sendCallTo="0003*025")).status == 202
        await until_health_says(service, "ok")
    told = [json.loads(line) for line in trail.read_text(encoding="utf-8").splitlines()]
    figures(
        f"{told[0]['lines']} lines of {BARGE_INS} barge-ins were lost and counted, none delayed a request"
    )
    assert told[0]["event"] == "lost"
    # What still waited when there was space again stands there, all else is counted.
    late = [one for one in told[1:] if one.get("supervisor") != "0003*025"]
    assert told[0]["lines"] + len(late) == LINES * BARGE_INS
    assert told[0]["lines"] > BARGE_INS
    assert told[-1]["supervisor"] == "0003*025"
