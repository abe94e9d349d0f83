"""The contract's "Errors": one body for all, and each generic code."""

from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from tests.contract.client import CALLS, Wire
from tests.integration.harness import REQUEST, Service, running_service, token

LIMIT_BYTES = 64 * 1024


async def test_every_error_has_one_body(wire: Wire) -> None:
    """“Body on every 4xx and 5xx: `{"error": {"code": "...", "message": "..."}}`, `Content-Type:
    application/json`.”"""
    here = f"{CALLS}/12/0003*210"
    answers = [
        await wire.send("GET", "/nowhere"),
        await wire.send("POST", here),
        await wire.send("GET", f"{here}/x"),
        await wire.send("PUT", f"{here}/x", body=b"{"),
        await wire.send("DELETE", f"{here}/x"),
        await wire.send("GET", here, client=None),
        await wire.send("GET", f"{here}?count=0"),
    ]
    for answer in answers:
        assert set(answer.json) == {"error"}
        assert set(answer.json["error"]) == {"code", "message"}
        assert answer.headers["content-type"].startswith("application/json")
    assert sorted(answer.status for answer in answers) == [400, 400, 400, 401, 404, 405, 501]


async def test_every_success_has_a_json_body(wire: Wire) -> None:
    """“Every 2xx has a JSON body except 204.”"""
    call_id = await wire.call_id()
    for answer in (await wire.get("12/@self"), await wire.get(f"12/@self/{call_id}"), await wire.barge_in()):
        assert 200 <= answer.status < 300
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json


async def test_user_and_extension_invalid(wire: Wire) -> None:
    """“400 `user_invalid`, `extension_invalid`”."""
    for target in ("99/0003*210", "99/@self/x"):
        assert (await wire.get(target)).error == (400, "user_invalid")
    for target in ("12/0003*999", "12/0003*999/x"):
        assert (await wire.get(target)).error == (400, "extension_invalid")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"BargeIn"', b"null", b"1", b"\xff", b"action=BargeIn"])
async def test_a_body_that_is_no_json_object(wire: Wire, ami: FakeAmi, body: bytes) -> None:
    """“`request_invalid` (body is not a JSON object)”."""
    answer = await wire.send("PUT", f"{CALLS}/12/0003*210/{await wire.call_id()}", body=body)
    assert answer.error == (400, "request_invalid")
    assert not ami.took("Originate")


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer x.y.z", "Basic eDp5", "Bearer é"])
async def test_access_denied(wire: Wire, authorization: str | None) -> None:
    """“401 `access_denied` (with `WWW-Authenticate: Bearer`)”."""
    for method in ("GET", "PUT", "DELETE"):
        answer = await wire.send(
            method,
            f"{CALLS}/12/0003*210/x",
            client=None,
            body=REQUEST,
            headers={"Authorization": authorization},
        )
        assert answer.error == (401, "access_denied")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_access_forbidden(ami: FakeAmi, guarded: Path) -> None:
    """“403 `access_forbidden` (authenticated, the action itself is not allowed to this App)”."""
    ami.pbx.add_trunk_call("0003*211")
    async with running_service(ami, guarded) as service:
        await service.until_link("READY")
        wire = Wire(service.port)
        call_id = await wire.call_id("12/0003*211")  # to see is another thing
        assert (await wire.barge_in(call_id, "12/0003*211")).error == (403, "access_forbidden")
    assert not ami.took("Originate")


async def test_resource_not_found(wire: Wire) -> None:
    """“404 `resource_not_found` (no such path)”."""
    for target in (
        "/",
        "/uapi",
        "/uapi/",
        "/uapi/phoneCalls/@me",
        "/uapi/phonecalls/@me/@self",
        f"{CALLS}/a/b/c/d",
    ):
        for method in ("GET", "PUT", "DELETE"):
            assert (await wire.send(method, target)).error == (404, "resource_not_found"), target


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("POST", f"{CALLS}/12/0003*210", {"GET", "PUT", "DELETE"}),
        ("PATCH", f"{CALLS}/12/0003*210/x", {"GET", "PUT", "DELETE"}),
        ("GET", "/oauth/token.php", {"POST"}),
    ],
)
async def test_another_method_is_405_with_allow(
    wire: Wire, method: str, target: str, allowed: set[str]
) -> None:
    """“405 with `Allow`”."""
    answer = await wire.send(method, target)
    assert answer.error == (405, "method_not_allowed")
    named = {name.strip() for name in answer.headers["allow"].split(",")}
    assert named - {"HEAD", "OPTIONS"} == allowed


async def test_a_body_that_is_too_large_is_413(wire: Wire, ami: FakeAmi) -> None:
    """“413”, and at the limit it is not."""
    target = f"{CALLS}/12/0003*210/{await wire.call_id()}"
    text = b'{"action": "Unheard", "x": "%s"}'
    for size, status in ((LIMIT_BYTES, 501), (LIMIT_BYTES + 1, 413)):
        body = text % (b"x" * (size - len(text) + 2))
        assert len(body) == size
        assert (await wire.send("PUT", target, body=body)).error[0] == status
    assert not ami.took("Originate")


async def test_a_body_that_is_not_declared_as_json_is_415(wire: Wire, ami: FakeAmi) -> None:
    """“415 `content_type_invalid`”."""
    target = f"{CALLS}/12/0003*210/{await wire.call_id()}"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", None):
        answer = await wire.send("PUT", target, body=REQUEST, headers={"Content-Type": kind})
        assert answer.error == (415, "content_type_invalid")
    assert not ami.took("Originate")
    for kind in ("application/json; charset=UTF-8", "Application/JSON"):
        assert (await wire.send("PUT", target, body=REQUEST, headers={"Content-Type": kind})).status == 202


async def test_too_many_requests_is_429_with_retry_after(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """“429 with `Retry-After`”."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, requests_per_s=0.5) as service:
        await service.until_link("READY")
        wire = Wire(service.port)
        answers = [await wire.get("12/0003*210") for _ in range(4)]
    assert [answer.status for answer in answers[:1]] == [200]
    assert answers[-1].status == 429
    assert answers[-1].error[1]
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_our_own_fault_is_500(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """“500 `internal_server_error`”: logged, and told to nobody else."""

    def fail(*_: object) -> None:
        raise RuntimeError("a bug at line 12")

    monkeypatch.setattr("adapter.uapi.phone_calls.find_page", fail)
    answer = await wire.get("12/0003*210")
    assert answer.error == (500, "internal_server_error")
    assert b"line 12" not in answer.body
    assert [record.getMessage() for record in caplog.records if record.exc_info] == ["a request failed"]
    caplog.clear()


async def test_request_not_implemented(wire: Wire) -> None:
    """“501 `request_not_implemented`”."""
    answer = await wire.send("DELETE", f"{CALLS}/12/0003*210/x")
    assert answer.error == (501, "request_not_implemented")


async def test_service_unavailable(wire: Wire, ami: FakeAmi, service: Service) -> None:
    """“503 `service_unavailable`”."""
    call_id = await wire.call_id()
    ami.drops_new_connections = True
    ami.drop()
    await service.until_link("DOWN")
    for answer in (await wire.get("12/0003*210"), await wire.get(f"12/0003*210/{call_id}")):
        assert answer.error == (503, "service_unavailable")
        assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("waitForPickup", "pc_timeout_invalid"),
        ("callerId", "pc_callerid_invalid"),
        ("phoneCallId", "pc_phonecall_invalid"),
        ("phoneCallViewId", "pc_phonecallview_invalid"),
        ("sendCallTo", "pc_sendcallto_invalid"),
    ],
)
async def test_messages_name_the_parameter(wire: Wire, field: str, code: str) -> None:
    """“Messages of the five `pc_*` codes: say what the founding table says, in our words, naming the
    offending parameter.”"""
    call_id = "nosuchcall" if field == "phoneCallId" else await wire.call_id()
    body = {**REQUEST, field: "?"}
    answer = await wire.send("PUT", f"{CALLS}/12/0003*210/{call_id}", body=body)
    assert answer.error == (400, code)
    message = answer.json["error"]["message"]
    assert field in message
    assert "invalid" in message
    assert "must be" in message or "must have" in message


async def test_two_requests_on_one_connection(wire: Wire) -> None:
    """“Body on every 4xx and 5xx”: and of the length that is said, so that the next answer is read too."""
    head = f"Host: x\r\nAuthorization: Bearer {token()}\r\n\r\n"
    first = f"GET /nowhere HTTP/1.1\r\n{head}"
    second = f"GET {CALLS}/12/0003*210/ HTTP/1.1\r\n{head}"
    answers = await wire.exchange_all((first + second).encode(), 2)
    assert [answer.status for answer in answers] == [404, 200]
