"""`Idempotency-Key` on PUT: sent twice, done once, answered alike."""

import asyncio

import pytest

from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.polling import until
from tests.integration.harness import REQUEST, Service, code_of, until_taken

BUSY = 17


async def put(
    service: Service, key: str | None, *, client: str = "wallboard", wait_s: int = 0, **fields: object
) -> Answer:
    path = f"/uapi/phoneCalls/@me/0003*210/{await service.call_id()}"
    headers = {} if key is None else {"Idempotency-Key": key}
    if wait_s:
        headers["Prefer"] = f"wait={wait_s}"
    return await service.request("PUT", path, client=client, body={**REQUEST, **fields}, headers=headers)


def be_busy(ami: FakeAmi) -> None:
    def refuse(action: ReceivedAction) -> None:
        ami.originate(action)
        ami.pbx.hang_up(action["ChannelId"], BUSY)

    ami.scripts["Originate"] = refuse


async def test_the_same_request_again_is_answered_and_not_done_again(service: Service, ami: FakeAmi) -> None:
    """The same status, headers and body, though the phone has been busy meanwhile; without the key it rings
    again."""
    be_busy(ami)
    first = await put(service, "a")
    await until(lambda: not any(one.startswith("uapi-") for one in ami.pbx.channels))
    again = await put(service, "a")
    assert (again.status, again.text) == (first.status, first.text) == (202, first.text)
    assert again.headers["Location"] == first.headers["Location"]
    assert len(ami.took("Originate")) == 1
    assert (await put(service, None)).status == 202
    assert len(ami.took("Originate")) == 2


async def test_an_error_is_answered_again_too(service: Service, ami: FakeAmi) -> None:
    """A busy phone is not rung again under the same key."""
    be_busy(ami)
    answers = [await put(service, "a", wait_s=5) for _ in range(2)]
    assert [code_of(one) for one in answers] == ["pc_sendcallto_busy"] * 2
    assert answers[0].headers["Preference-Applied"] == answers[1].headers["Preference-Applied"]
    assert len(ami.took("Originate")) == 1


async def test_those_at_once_wait_for_the_first(service: Service, ami: FakeAmi) -> None:
    """Even before Asterisk has said anything."""
    held: list[ReceivedAction] = []
    ami.scripts["Originate"] = held.append
    sent = [asyncio.create_task(put(service, "a")) for _ in range(5)]
    await until(lambda: held)
    assert not any(task.done() for task in sent)
    ami.originate(held[0])
    answers = await asyncio.gather(*sent)
    assert {(one.status, one.text, one.headers["Location"]) for one in answers} == {
        (202, answers[0].text, answers[0].headers["Location"])
    }
    assert len(held) == 1


@pytest.mark.parametrize("fields", [{"sendCallTo": "0003*025"}, {"action": "Monitor"}, {"waitForPickup": 7}])
async def test_the_same_key_with_another_request_is_an_error(
    service: Service, ami: FakeAmi, fields: dict[str, object]
) -> None:
    """422, and nothing rings."""
    assert (await put(service, "a")).status == 202
    answer = await put(service, "a", **fields)  # type: ignore[arg-type]
    assert (answer.status, code_of(answer)) == (422, "idempotency_key_reused")
    assert len(ami.took("Originate")) == 1


async def test_keys_are_an_apps_own(service: Service, ami: FakeAmi) -> None:
    """Another App's request under the same key is another request."""
    assert (await put(service, "a")).status == 202
    other = await put(service, "a", client="operator", sendCallTo="0003*025")
    assert other.status == 202
    assert len(ami.took("Originate")) == 2


async def test_what_was_not_done_can_be_tried_again(service: Service, ami: FakeAmi) -> None:
    """503 is no answer to keep."""
    call_id = await service.call_id()
    path = f"/uapi/phoneCalls/@me/0003*210/{call_id}"
    connections = len(ami.connections)
    ami.drops_new_connections = True
    ami.drop()
    await service.until_link("DOWN")
    headers = {"Idempotency-Key": "a"}
    assert (await service.request("PUT", path, body=REQUEST, headers=headers)).status == 503
    ami.drops_new_connections = False
    await service.until_synced(ami, connections)
    assert (await service.request("PUT", path, body=REQUEST, headers=headers)).status == 202
    await until_taken(ami, "Originate")


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "\u00e4"])
async def test_a_key_has_a_form(service: Service, ami: FakeAmi, key: str) -> None:
    """1 to 255 printable ASCII characters."""
    answer = await put(service, key)
    assert (answer.status, code_of(answer)) == (400, "idempotency_key_invalid")
    assert not ami.took("Originate")
    assert (await put(service, "x" * 255)).status == 202
