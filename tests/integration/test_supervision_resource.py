"""`/uapi/supervision/{id}` and DELETE: where a supervision stands, why it ended, and ending it."""

import re
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi, ignore
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until, until_seen
from tests.integration.harness import Json, Service, code_of, running_service, until_taken
from tests.integration.rewriting import group, rewrite, with_groups
from tests.integration.supervising import supervision_of

USER_BUSY, NO_ANSWER, REJECTED = 17, 19, 21


async def begin(service: Service, ami: FakeAmi, **fields: object) -> tuple[str, str]:
    """A supervision whose phone rings: its address and its channel."""
    before = len(ami.took("Originate"))
    answer = await service.barge_in(**fields)  # type: ignore[arg-type]
    assert answer.status == 202
    uniqueid = (await until_taken(ami, "Originate", before + 1))["ChannelId"]
    await until(lambda: uniqueid in ami.pbx.channels)
    return answer.headers["Location"].removeprefix(service.url), uniqueid


async def show(service: Service, address: str, client: str = "wallboard") -> Json:
    answer = await service.request("GET", address, client=client)
    assert answer.status == 200, answer
    return answer.json


async def until_state(service: Service, address: str, state: str) -> Json:
    return await until_seen(lambda: show(service, address), lambda found: found["state"] == state)


async def test_a_supervision_from_its_request_to_its_end(service: Service, ami: FakeAmi) -> None:
    """What was asked for and by whom, where it stands since when, and why it ended."""
    address, uniqueid = await begin(service, ami, action="Whisper", private="1", follow="call")
    rings = await until_state(service, address, "ringing")
    assert rings | {"since": "", "requested": ""} == {
        "id": supervision_of(uniqueid),
        "state": "ringing",
        "since": "",
        "requested": "",
        "action": "Whisper",
        "private": "1",
        "supervisor": "0003*024",
        "extension": "0003*210",
        "phoneCallId": await service.call_id(),
        "follow": "call",
        "media": "phone",
        "app": "wallboard",
        "link": {"self": service.url + address},
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", rings["since"])
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    await until_state(service, address, "joined")
    ami.pbx.hang_up(uniqueid)
    ended = await until_state(service, address, "ended")
    assert ended["reason"] == {"code": "supervisor_left", "message": "The supervisor hung up."}


@pytest.mark.parametrize(
    ("cause", "code"), [(USER_BUSY, "busy"), (REJECTED, "rejected"), (NO_ANSWER, "unavailable")]
)
async def test_who_did_not_join_is_told_with_the_reason(
    service: Service, ami: FakeAmi, cause: int, code: str
) -> None:
    """Long after the 202."""
    address, uniqueid = await begin(service, ami)
    ami.pbx.hang_up(uniqueid, cause)
    assert (await until_state(service, address, "ended"))["reason"]["code"] == code


async def test_an_address_is_served_in_all_its_forms(service: Service, ami: FakeAmi) -> None:
    """Under both prefixes and none, with a slash at the end and without."""
    address, _ = await begin(service, ami)
    bare = address.removeprefix("/uapi")
    found = [
        await show(service, prefix + bare + slash)
        for prefix in ("/uapi", "/unifiedapi", "")
        for slash in ("", "/")
    ]
    assert {one["id"] for one in found} == {address.rpartition("/")[2]}


async def test_who_does_not_see_the_extension_sees_no_supervision(service: Service, ami: FakeAmi) -> None:
    """It is answered as one that never was."""
    address, _ = await begin(service, ami)
    for client in ("agent-desktop", "wallboard", "operator"):
        await show(service, address, client)
    hidden = await service.request("GET", address, client="stranger")
    unknown = await service.request("GET", address[:-4] + "0000", client="stranger")
    assert (hidden.status, code_of(hidden)) == (404, "resource_not_found")
    assert (unknown.status, unknown.text) == (hidden.status, hidden.text)
    assert (await service.request("GET", address, client=None)).status == 401


async def test_who_follows_whom_by_default_is_a_setting(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """A request may say otherwise."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, follow="call") as service:
        await service.until_link("READY")
        plain, _ = await begin(service, ami, sendCallTo="0003*024")
        other, _ = await begin(service, ami, sendCallTo="0003*025", follow="extension")
        assert (await show(service, plain))["follow"] == "call"
        assert (await show(service, other))["follow"] == "extension"


async def delete(
    service: Service, number: str, client: str = "wallboard", headers: dict[str, str] | None = None
) -> tuple[int, object]:
    path = f"/uapi/phoneCalls/@me/0003*210/{await service.call_id()}?phoneNumber={number}"
    answer = await service.request("DELETE", path, client=client, headers=headers)
    return answer.status, None if answer.status < 300 else code_of(answer)


@pytest.mark.parametrize("number", ["0003*024", "024", "0003%2A024"])
@pytest.mark.parametrize("is_joined", [True, False])
async def test_delete_ends_the_supervision_and_leaves_the_call(
    service: Service, ami: FakeAmi, number: str, *, is_joined: bool
) -> None:
    """Whether the supervisor has joined or still rings; it has ended when the answer comes."""
    address, uniqueid = await begin(service, ami)
    if is_joined:
        ami.pbx.pick_up(uniqueid)
        ami.pbx.join(uniqueid)
        await until_state(service, address, "joined")
    assert await delete(service, number) == (200, None)
    assert uniqueid not in ami.pbx.channels
    [call] = await service.calls("@me/0003*210")
    assert [view["id"] for view in call["phoneCallView"]] == ["01"]
    assert (await show(service, address))["reason"]["code"] == "ended_by_request"
    assert await delete(service, number) == (400, "pc_phonenumber_invalid")


async def test_delete_answers_once_asterisk_has_hung_up(
    service: Service, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says so where it does not."""
    monkeypatch.setattr("adapter.callcontrol.hang_up.LIMIT_S", 0.2)
    _, uniqueid = await begin(service, ami)
    ami.scripts["Hangup"] = ignore
    assert await delete(service, "024") == (503, "service_unavailable")
    assert uniqueid in ami.pbx.channels


async def test_delete_without_a_body_for_who_wants_none(service: Service, ami: FakeAmi) -> None:
    """`Prefer: return=minimal` is 204."""
    await begin(service, ami)
    assert await delete(service, "024", headers={"Prefer": "return=minimal"}) == (204, None)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("777888", (501, "request_not_implemented")),
        ("210", (501, "request_not_implemented")),
        ("0003*210", (501, "request_not_implemented")),
        ("", (501, "request_not_implemented")),
        ("0003*025", (400, "pc_phonenumber_invalid")),
        ("0004*024", (400, "pc_phonenumber_invalid")),
        ("nobody", (400, "pc_phonenumber_invalid")),
    ],
)
async def test_delete_of_anybody_else_ends_nothing(
    service: Service, ami: FakeAmi, number: str, expected: tuple[int, str]
) -> None:
    """A party is not served yet, a stranger is invalid."""
    await begin(service, ami)
    assert await delete(service, number) == expected
    assert not ami.took("Hangup")


async def test_delete_needs_the_right_to_supervise(ami: FakeAmi, agent: FakeChannel, directory: Path) -> None:
    """As the PUT does; and what may not be seen does not exist."""
    assert agent.uniqueid in ami.pbx.channels
    rewrite(directory, with_groups(group("Floor", "apps: [wallboard]", '"0003*210"', "barge")))
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        await begin(service, ami)
        assert await delete(service, "024", client="agent-desktop") == (403, "access_forbidden")
        path = f"/uapi/phoneCalls/@owner/0003*210/{await service.call_id()}?phoneNumber=024"
        hidden = await service.request("DELETE", path, client="stranger")
        assert (hidden.status, code_of(hidden)) == (400, "extension_invalid")
        assert not ami.took("Hangup")


async def test_a_supervisor_who_supervises_elsewhere_is_busy(service: Service, ami: FakeAmi) -> None:
    """409 at once, whether waited for or not; the first supervision goes on."""
    address, _ = await begin(service, ami)
    ami.pbx.begin_trunk_call("0003*211")

    async def other_call() -> Json | None:
        calls = await service.calls("@me/0003*211")
        return calls[0] if calls and calls[0]["phoneCallView"][0]["status"] == "5" else None

    await until_seen(other_call)
    for wait_s in (None, 5):
        answer = await service.barge_in(None, "@me/0003*211", wait_s=wait_s)
        assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_busy")
    assert (await show(service, address))["state"] == "ringing"
    assert len(ami.took("Originate")) == 1


async def test_another_mode_without_the_dialplan_include_is_refused(service: Service, ami: FakeAmi) -> None:
    """409, and the supervision goes on as it was."""
    address, uniqueid = await begin(service, ami)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    await until_state(service, address, "joined")
    answer = await service.barge_in(action="Monitor")
    assert (answer.status, code_of(answer)) == (409, "pc_switch_unavailable")
    assert (await show(service, address))["action"] == "BargeIn"
    assert len(ami.took("Originate")) == 1
