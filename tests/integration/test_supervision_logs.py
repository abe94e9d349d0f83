"""What the log says of a supervision: an operator finds all of it, by the call or by the supervision."""

import asyncio
import logging

import pytest

from adapter.lab.fake_ami import FakeAmi, ReceivedAction, drop
from adapter.lab.polling import until
from tests.integration.harness import Service
from tests.integration.supervising import (
    AGENT,
    SUPERVISOR,
    joined,
    once,
    supervision_of,
    until_ended,
)


@pytest.fixture
def has_include() -> bool:
    """The adapter stands beside an Asterisk with the dialplan include."""
    return True


def refuse(action: ReceivedAction) -> None:
    action.connection.refuse(action, "Permission denied")


def is_said(caplog: pytest.LogCaptureFixture, sentence: str) -> bool:
    return sentence in caplog.messages


def assert_whole(caplog: pytest.LogCaptureFixture, call_id: str, uniqueid: str) -> None:
    """Each line of the supervision's room has its call and its id."""
    said = [record for record in caplog.records if record.name.startswith("adapter.callcontrol.supervision")]
    found = {(one.getMessage(), vars(one).get("call_id"), vars(one).get("supervision")) for one in said}
    assert found == {(sentence, call_id, supervision_of(uniqueid)) for sentence, _, _ in found}


async def test_a_refused_hangup_says_whose_it_was(
    service: Service, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    """The line beside what Asterisk refused, and so every line before it."""
    caplog.set_level(logging.INFO)
    uniqueid, call_id = await joined(service, ami), await service.call_id()
    once(ami, "Hangup", refuse)
    path = f"/uapi/phoneCalls/@me/{AGENT}/{call_id}?phoneNumber={SUPERVISOR}"
    deleting = asyncio.create_task(service.request("DELETE", path))
    await until(lambda: is_said(caplog, "Asterisk does not hang up"))
    ami.pbx.leave_spy(uniqueid)
    ami.pbx.hang_up(uniqueid)
    assert (await deleting).status == 200
    assert_whole(caplog, call_id, uniqueid)


async def test_a_hangup_lost_with_the_link_says_whose_it_was(
    service: Service, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    """What is lost is named, too."""
    caplog.set_level(logging.INFO)
    uniqueid, call_id = await joined(service, ami), await service.call_id()
    once(ami, "Hangup", drop)
    path = f"/uapi/phoneCalls/@me/{AGENT}/{call_id}?phoneNumber={SUPERVISOR}"
    await service.request("DELETE", path)
    await until(lambda: is_said(caplog, "a channel was not hung up"))
    assert_whole(caplog, call_id, uniqueid)


async def test_a_switch_that_asterisk_refuses_says_whose_it_was(
    service: Service, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    """It ends, and every line tells which one and of which call."""
    caplog.set_level(logging.INFO)
    uniqueid, call_id = await joined(service, ami), await service.call_id()
    once(ami, "Redirect", refuse)
    await service.barge_in(action="Monitor", wait_s=5)
    assert await until_ended(service, uniqueid) == "cannot_follow"
    assert is_said(caplog, "a supervision could not be tuned")
    assert_whole(caplog, call_id, uniqueid)
