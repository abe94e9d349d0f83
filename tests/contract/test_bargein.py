"""The contract's "PUT: BargeIn": every row of the table, and the order in which it is judged."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from tests.contract.client import CALLS, Wire
from tests.contract.lines import local_call
from tests.integration.harness import REQUEST, running_service, until_taken


async def refused(wire: Wire, ami: FakeAmi, code: str, values: Sequence[object], name: str) -> None:
    """Each value is answered 400 with the code, the parameter is named, and nothing rings."""
    call_id = await wire.call_id()
    for value in values:
        answer = await wire.barge_in(call_id, **{name: value})  # type: ignore[arg-type]
        assert answer.error == (400, code), value
        assert name in answer.json["error"]["message"]
    assert not ami.took("Originate")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ([..., None, "", 1, ["BargeIn"]], (400, "action_invalid")),
        (["bargein", "Unheard", "BargeIn "], (501, "request_not_implemented")),
    ],
    ids=["missing", "unknown"],
)
async def test_action(wire: Wire, ami: FakeAmi, values: list[Any], error: tuple[int, str]) -> None:
    """“`action` | yes | `BargeIn` | unknown action: 501 `request_not_implemented`; missing: 400
    `action_invalid`”."""
    for value in values:
        assert (await wire.barge_in(action=value)).error == error
    assert not ami.took("Originate")


async def test_phone_call_view_id(wire: Wire, ami: FakeAmi) -> None:
    """“`phoneCallViewId` | yes | a view of this call, … | 400 `pc_phonecallview_invalid`”."""
    values = [..., None, "", "02", "1", 1, "01 ", ["01"]]
    await refused(wire, ami, "pc_phonecallview_invalid", values, "phoneCallViewId")


async def test_the_view_is_the_extensions_unless_that_is_self(wire: Wire, ami: FakeAmi) -> None:
    """“a view of this call, and of the extension in the path unless that is `@self`”."""
    _, callee = local_call(ami)
    call_id = await wire.call_id("@me/0003*211")
    other = await wire.barge_in(call_id, "12/0003*210", phoneCallViewId="02")
    assert other.error == (400, "pc_phonecallview_invalid")
    assert (await wire.barge_in(call_id, "12/@self", phoneCallViewId="02")).json["extension"] == "0003*211"
    assert (await until_taken(ami, "Originate"))["Data"].startswith(callee.uniqueid + ",")


async def test_send_call_to(wire: Wire, ami: FakeAmi) -> None:
    """“`sendCallTo` | yes | a Phone Terminal extension of the same Organization as the extension in the path,
    not itself a party to the call | 400 `pc_sendcallto_invalid`”."""
    values = [..., None, "", 24, "0003*999", "0003*500", "0004*300", "0003*210", "777888", "PJSIP/0003*024"]
    await refused(wire, ami, "pc_sendcallto_invalid", values, "sendCallTo")
    assert (await wire.barge_in(sendCallTo="0003*025")).status == 202
    assert (await until_taken(ami, "Originate"))["Channel"] == "PJSIP/0003*025"


async def test_caller_id(wire: Wire, ami: FakeAmi) -> None:
    """“`callerId` | no | `Name <number>`: name printable, no control characters; number digits, optionally a
    leading `+`, also `*` and `#`; … | 400 `pc_callerid_invalid`”."""
    values = ["", "John", "<42>", "42", "J <>", "J <4a>", "J <4+2>", "J\r\nX: y <42>", "J\tD <42>", 42]
    await refused(wire, ami, "pc_callerid_invalid", values, "callerId")
    for count, value in enumerate(("John Doe <42420042>", "John <+3334444>", "Jo <*21#>"), 1):
        supervisor = f"0003*02{count + 3}"
        assert (await wire.barge_in(callerId=value, sendCallTo=supervisor)).status == 202
        name, _, number = value.partition(" <")
        assert (await until_taken(ami, "Originate", count))["CallerID"] == f'"{name}" <{number}'


@pytest.mark.parametrize("value", [..., None])
async def test_caller_id_is_that_of_the_supervisor_unless_told(
    wire: Wire, ami: FakeAmi, value: object
) -> None:
    """“shown on the supervisor's phone. Default: the callerId of `sendCallTo`”."""
    assert (await wire.barge_in(callerId=value)).status == 202
    assert (await until_taken(ami, "Originate"))["CallerID"] == '"Supervisor" <0003*024>'


async def test_wait_for_pickup(wire: Wire, ami: FakeAmi) -> None:
    """“`waitForPickup` | no | whole seconds > 0, number or numeric string, … | 400 `pc_timeout_invalid`”."""
    values: list[object] = [0, "0", -1, "-1", 1.5, "1.5", "", "soon", True, [], "20s", 601, "601"]
    await refused(wire, ami, "pc_timeout_invalid", values, "waitForPickup")
    for count, value in enumerate((1, "20", 600), 1):
        supervisor = f"0003*02{count + 3}"
        assert (await wire.barge_in(waitForPickup=value, sendCallTo=supervisor)).status == 202
        assert (await until_taken(ami, "Originate", count))["Timeout"] == f"{value}000"


async def test_wait_for_pickup_is_25_unless_told(wire: Wire, ami: FakeAmi) -> None:
    """“number or numeric string, default 25”."""
    assert (await wire.barge_in(waitForPickup=...)).status == 202
    assert (await until_taken(ami, "Originate"))["Timeout"] == "25000"


async def test_the_upper_limit_is_configurable(ami: FakeAmi, agent: FakeChannel, directory: Path) -> None:
    """“upper limit configurable (default 600)”."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, pickup_limit_s=30) as service:
        await service.until_link("READY")
        wire = Wire(service.port)
        assert (await wire.barge_in(waitForPickup="31")).error == (400, "pc_timeout_invalid")
        assert (await wire.barge_in(waitForPickup="30")).status == 202


async def test_path_phone_call_id(wire: Wire, ami: FakeAmi) -> None:
    """“path `phoneCallId` | yes | alphanumeric and a live call of that extension; a PUT without it is
    answered the same | 400 `pc_phonecall_invalid`”."""
    call_id = await wire.call_id()
    for target in ("/x", "/a-b", "/" + "0" * 20, "/%0D%0A", "", "/", f"/{call_id[:-1]}", f"/{call_id}x/"):
        answer = await wire.send("PUT", f"{CALLS}/12/0003*210{target}", body=REQUEST)
        assert answer.error == (400, "pc_phonecall_invalid"), target
        assert "phoneCallId" in answer.json["error"]["message"]
    other = await wire.barge_in(call_id, "12/0003*211")
    assert other.error == (400, "pc_phonecall_invalid"), "live, and not of that extension"
    assert not ami.took("Originate")


async def test_path_extension(wire: Wire, ami: FakeAmi) -> None:
    """“path `extension` | yes | known, owned by `userId` | 400 `extension_invalid`”."""
    call_id = await wire.call_id()
    for address in ("12/0003*999", "12/0003*024", "13/0003*210", "@me/0004*300", "@owner/999", "12/x"):
        assert (await wire.barge_in(call_id, address)).error == (400, "extension_invalid"), address
    assert not ami.took("Originate")


async def test_path_user_id(wire: Wire, ami: FakeAmi) -> None:
    """“path `userId` | yes | known | 400 `user_invalid`”."""
    call_id = await wire.call_id()
    for user in ("99", "40", "@you", "x", "%20"):
        assert (await wire.barge_in(call_id, f"{user}/0003*210")).error == (400, "user_invalid"), user
    assert not ami.took("Originate")


async def test_the_order_of_validation(ami: FakeAmi, agent: FakeChannel, guarded: Path) -> None:
    """“Validation order: authentication, userId, extension, permission, action, phoneCallId, phoneCallViewId,
    sendCallTo, callerId, waitForPickup.”"""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, guarded) as service:
        await service.until_link("READY")
        wire = Wire(service.port)
        call_id = await wire.call_id()
        # Everything is wrong; each step mends what the step before was refused for.
        user, extension, one = "99", "0003*999", "nosuchcall"
        body: dict[str, object] = {"action": "", "phoneCallViewId": "77", "sendCallTo": "x"}
        body |= {"callerId": "x", "waitForPickup": "x"}
        mended: list[tuple[str, str, tuple[int, str]]] = [
            ("authentication", "", (400, "user_invalid")),
            ("user", "12", (400, "extension_invalid")),
            ("extension", "0003*211", (403, "access_forbidden")),
            ("extension", "0003*210", (400, "action_invalid")),
            ("action", "BargeIn", (400, "pc_phonecall_invalid")),
            ("call", call_id, (400, "pc_phonecallview_invalid")),
            ("phoneCallViewId", "01", (400, "pc_sendcallto_invalid")),
            ("sendCallTo", "0003*024", (400, "pc_callerid_invalid")),
            ("callerId", "John Doe <42420042>", (400, "pc_timeout_invalid")),
        ]
        denied = await wire.send("PUT", f"{CALLS}/{user}/{extension}/{one}", body=body, client=None)
        assert denied.error == (401, "access_denied")
        for name, value, error in mended:
            user = value if name == "user" else user
            extension = value if name == "extension" else extension
            one = value if name == "call" else one
            body |= {name: value} if name in REQUEST else {}
            answer = await wire.send("PUT", f"{CALLS}/{user}/{extension}/{one}", body=body)
            assert answer.error == error, name
        assert not ami.took("Originate")
        body["waitForPickup"] = "20"
        assert (await wire.send("PUT", f"{CALLS}/12/0003*210/{one}", body=body)).status == 202


async def test_what_may_not_be_seen_does_not_exist(wire: Wire, ami: FakeAmi) -> None:
    """“Whatever an account may not see is answered exactly as if it did not exist.”"""
    ami.pbx.begin_trunk_call("0004*300")
    theirs = str((await wire.call("40/0004*300", client="operator"))["id"])
    mine, none = await wire.call_id(), "0" * 20

    async def same(one: Any, other: Any) -> None:  # noqa: ANN401 - coroutines of answers
        first, second = await one, await other
        assert first.status >= 400
        assert (first.status, first.body) == (second.status, second.body)

    await same(wire.get("40/@self"), wire.get("99/@self"))
    await same(wire.get("@me/0004*300"), wire.get("@me/0003*999"))
    await same(wire.get(f"@me/@self/{theirs}"), wire.get(f"@me/@self/{none}"))
    await same(wire.barge_in(theirs, "@me/@self"), wire.barge_in(none, "@me/@self"))
    await same(wire.barge_in(theirs, "40/0004*300"), wire.barge_in(none, "99/0003*999"))
    await same(wire.barge_in(mine, sendCallTo="0004*301"), wire.barge_in(mine, sendCallTo="0003*999"))
