"""The contract's "Other actions of the service": what is not served yet is said to be."""

import pytest

from adapter.lab.fake_ami import FakeAmi
from tests.contract.client import Wire

ACTIONS = [
    ("Monitor", {}),
    ("Whisper", {"private": "1"}),
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
