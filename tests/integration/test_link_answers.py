"""When a call was answered that was up before the link was: Asterisk's call records tell."""

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.fake_ami_events import FakeChannel
from tests.integration.harness import running_service

BEGAN_AGO_S, ANSWERED_AGO_S = 60, 45


def status(channels: Mapping[str, str]) -> object:
    """A script: Asterisk's answer to Status, with this variable of each channel."""

    def answer(action: ReceivedAction) -> None:
        assert action["Variables"] == "CDR(answer,u)"
        action.connection.answer(action, ("EventList", "start"), ("Message", "Channel status will follow"))
        for uniqueid, variable in channels.items():
            action.connection.send(
                say.message(
                    ("Event", "Status"),
                    ("Uniqueid", uniqueid),
                    ("Variable", variable),
                    ("ActionID", action["ActionID"]),
                )
            )

    return answer


@pytest.mark.parametrize(
    ("value", "answered_ago_s"),
    [
        ("{answered:.6f}", ANSWERED_AGO_S),
        ("", BEGAN_AGO_S),  # no call records are kept
        ("0.000000", BEGAN_AGO_S),
        ("yesterday", BEGAN_AGO_S),
        ("12.0", BEGAN_AGO_S),  # before it began
        ("{later:.6f}", BEGAN_AGO_S),
    ],
)
async def test_a_call_that_was_up_before_us_was_answered_when_its_record_says(
    ami: FakeAmi, directory: Path, value: str, answered_ago_s: int
) -> None:
    """Where there is no record, or none that can be true, the beginning of the channel stands for it."""
    now = time.time()
    clock, ami.pbx.clock = ami.pbx.clock, lambda: now - BEGAN_AGO_S
    agent: FakeChannel = ami.pbx.add_trunk_call()
    ami.pbx.clock = clock
    answer = value.format(answered=now - ANSWERED_AGO_S, later=now + 60)
    customer = next(uniqueid for uniqueid in ami.pbx.channels if uniqueid != agent.uniqueid)
    ami.scripts["Status"] = status(  # type: ignore[assignment]
        dict.fromkeys((agent.uniqueid, customer), f"CDR(answer,u)={answer}")
    )
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        [call] = await service.calls("@me/0003*210")
    [view] = call["phoneCallView"]
    for shown in (call["answered"], view["answered"]):
        assert datetime.fromisoformat(shown).timestamp() == pytest.approx(now - answered_ago_s, abs=1.5)
    assert datetime.fromisoformat(call["published"]).timestamp() == pytest.approx(now - BEGAN_AGO_S, abs=1.5)
