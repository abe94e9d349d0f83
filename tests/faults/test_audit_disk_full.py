"""The disk of the audit trail is full: the service goes on and says so, once in its log and in /health."""

import json
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.polling import until_seen
from tests.faults.conftest import Tell
from tests.faults.one_call import another_call, answer_phone, end_supervision, ours
from tests.integration.harness import Service, running_service, until

FULL = Path("/dev/full")
"""A file on which every write fails for want of space."""
BARGE_INS = 20
LINES = 3
"""Of each: its request, its join, its end."""


async def until_health_says(service: Service, audit: str) -> None:
    async def said() -> object:
        return (await service.request("GET", "/health", client=None)).json["audit"]

    await until_seen(said, lambda said: said == audit)


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
async def test_with_a_full_disk_the_service_goes_on_and_says_so(
    ami: FakeAmi, directory: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, figures: Tell
) -> None:
    """Twenty barge-ins with nowhere to write; once there is space, the trail says how much is missing."""
    trail = tmp_path / "audit.log"
    trail.symlink_to(FULL)
    async with running_service(ami, directory, audit_file=trail) as service:
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
        assert "No space left" in vars(complaints[0])["error"]
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
