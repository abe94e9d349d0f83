"""The contract's "Other actions of the service": what is not served yet is said to be."""

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from tests.contract.client import Wire
from tests.contract.test_bargein_success import pick_up_and_join
from tests.integration.harness import until_taken

ACTIONS = [
    ("PickUp", {}),
    ("Park", {"maxInParking": "180"}),
    ("UnPark", {}),
    ("OnHold", {}),
    ("OffHold", {}),
    ("StartRecording", {"format": "wav49"}),
    ("StopRecording", {}),
    ("Transfer", {"transferFromNumber": "0003*210", "transferNumber": "777889"}),
    ("TransferToVoicemail", {}),
]


@pytest.mark.parametrize(("action", "fields"), ACTIONS, ids=[action for action, _ in ACTIONS])
async def test_what_is_not_served_yet_is_501(
    wire: Wire, ami: FakeAmi, action: str, fields: dict[str, object]
) -> None:
    """“Whatever is not served yet answers 501 `request_not_implemented`.”"""
    call_id, before = await wire.call_id(), len(ami.actions)
    for address in ("12/0003*210", "12/@self"):
        answer = await wire.barge_in(call_id, address, action=action, **fields)  # type: ignore[arg-type]
        assert answer.error == (501, "request_not_implemented")
    assert len(ami.actions) == before


MODES = [
    ("Monitor", ..., "quE"),
    ("Whisper", ..., "quwE"),
    ("Whisper", None, "quwE"),
    ("Whisper", 0, "quwE"),
    ("Whisper", "0", "quwE"),
    ("Whisper", 1, "quWE"),
    ("Whisper", "1", "quWE"),
    ("Monitor", "1", "quE"),
    ("BargeIn", "1", "quBE"),
]


@pytest.mark.parametrize(("action", "private", "options"), MODES)
async def test_monitor_and_whisper(
    wire: Wire, ami: FakeAmi, agent: FakeChannel, *, action: str, private: object, options: str
) -> None:
    """“`Monitor` (listen), `Whisper` (`private` 0/1, default 0; 1 = the supervisor talks to the extension but
    does not hear), with BargeIn's fields and rules.”"""
    assert (await wire.barge_in(action=action, private=private)).status == 202
    sent = await until_taken(ami, "Originate")
    assert (sent["Channel"], sent["Data"]) == ("PJSIP/0003*024", f"{agent.uniqueid},{options}")
    assert sent["CallerID"] == '"John Doe" <42420042>'


@pytest.mark.parametrize("action", ["Monitor", "Whisper", "BargeIn"])
async def test_each_action_can_be_waited_for(wire: Wire, ami: FakeAmi, action: str) -> None:
    """“with BargeIn's fields and rules”: the success too."""
    pick_up_and_join(ami)
    answer = await wire.barge_in(action=action, prefer="wait=5")
    assert (answer.status, [view["id"] for view in answer.json["phoneCallView"]]) == (200, ["01", "02"])


@pytest.mark.parametrize("private", ["2", 2, -1, "", True, False, "yes", [1]])
async def test_private_is_0_or_1(wire: Wire, ami: FakeAmi, private: object) -> None:
    """“`private` 0/1, default 0”: anything else is `pc_private_invalid`."""
    answer = await wire.barge_in(action="Whisper", private=private)
    assert answer.error == (400, "pc_private_invalid")
    assert "private" in answer.json["error"]["message"]
    assert not ami.took("Originate")


@pytest.mark.parametrize("follow", ["Agent", "Call", 1, ["call"], ""])
async def test_follow_is_extension_call_or_agent(wire: Wire, ami: FakeAmi, follow: object) -> None:
    """“with BargeIn's fields and rules”, and one of our own; a value that it has not is
    `pc_follow_invalid`."""
    answer = await wire.barge_in(follow=follow)
    assert answer.error == (400, "pc_follow_invalid")
    assert "follow" in answer.json["error"]["message"]
    assert not ami.took("Originate")
    for good in ("extension", "call", "agent", None, ...):
        assert (await wire.barge_in(follow=good)).status == 202
