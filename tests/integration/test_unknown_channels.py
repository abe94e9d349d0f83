"""Events about channels that the adapter has never heard of."""

import pytest

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until_seen
from tests.integration.harness import Service

STRANGER = FakeChannel(name="PJSIP/trunk-0000ffff", uniqueid="1.1", linkedid="1.1")


async def test_what_is_told_of_an_unknown_channel_stands_in_the_log_once(
    service: Service, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    """Once for each kind, however often it comes; the calls are what they were."""
    caplog.set_level("INFO")
    before = await service.calls("@me/0003*210")
    for _ in range(3):
        ami.emit(say.channel_event("Newstate", ami.pbx.clock(), STRANGER))
        ami.emit(say.channel_event("Hangup", ami.pbx.clock(), STRANGER, ("Cause", "16")))
    ami.pbx.begin_trunk_call("0003*211")
    assert await until_seen(lambda: service.calls("@me/0003*211"))
    told = [record.about for record in caplog.records if "unknown channel" in record.getMessage()]  # type: ignore[attr-defined]
    assert told == ["update", "hangup"]
    assert await service.calls("@me/0003*210") == before
