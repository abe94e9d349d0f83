"""Every row of the contract's BargeIn table, each with all its bad values, over HTTP."""

import json
from typing import Any

import pytest

from adapter.asterisk.caller_id import NAME_LIMIT_BYTES
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from tests.integration.harness import REQUEST, Service, code_of

VIEW, SEND_CALL_TO, CALLER_ID, PICKUP = "phoneCallViewId", "sendCallTo", "callerId", "waitForPickup"
CODES = {
    VIEW: "pc_phonecallview_invalid",
    SEND_CALL_TO: "pc_sendcallto_invalid",
    CALLER_ID: "pc_callerid_invalid",
    PICKUP: "pc_timeout_invalid",
}
BAD: list[tuple[str, str, list[Any]]] = [
    (VIEW, "missing or empty", [..., None, ""]),
    (VIEW, "another type", [1, 1.0, True, ["01"], {"id": "01"}]),
    (VIEW, "no view of the call", ["1", "001", " 01", "01 ", "00", "02", "99", "\u0660\u0661", "x" * 5000]),
    (VIEW, "control characters", ["01\r\n", "01\nAction: Hangup", "01\x00", "\ud800"]),
    (SEND_CALL_TO, "missing or empty", [..., None, "", " ", "*", "0003*", "*024"]),
    (SEND_CALL_TO, "another type", [24, 3024, True, ["0003*024"], {"number": "0003*024"}]),
    (SEND_CALL_TO, "no extension", ["24", "0003*999", "999", "777888", "0003*0240", "x" * 5000]),
    (SEND_CALL_TO, "another organization's", ["0004*300", "0004*301"]),
    (SEND_CALL_TO, "no phone terminal", ["0003*500", "500"]),
    (SEND_CALL_TO, "a party to the call", ["0003*210", "210"]),
    (SEND_CALL_TO, "nearly one", ["0003*024 ", " 0003*024", "0003**024", "+0003*024", "\u0660003*024"]),
    (SEND_CALL_TO, "a dial string", ["PJSIP/0003*024", "0003*024&PJSIP/0003*025", "0003*024@trunk"]),
    (SEND_CALL_TO, "control characters", ["0003*024\r\nAction: Hangup", "0003*024\n", "\udc00"]),
    (CALLER_ID, "no name", ["", " ", "42420042", "<42420042>", " <42420042>"]),
    (
        CALLER_ID,
        "no number",
        ["John Doe", "John Doe <>", "John Doe <+>", "John Doe 42", "John <42", "John 42>"],
    ),
    (
        CALLER_ID,
        "bad number",
        ["J <42a>", "J <4 2>", "J <++4>", "J <4+>", "J <4> x", "J <\u0664>", f"J <{'4' * 33}>"],
    ),
    (
        CALLER_ID,
        "CR or LF",
        ["John\r\nAction: Hangup <42>", "J\rD <42>", "J\nD <42>", "J <42>\n", "J <42\r>"],
    ),
    (CALLER_ID, "CR or LF before the number", ["John\r<42>", "John\n <42>", "John\r\n <42>", "John \t<42>"]),
    (CALLER_ID, "other unprintables", ["J\tD <4>", "J\x00 <4>", "J\x7f <4>", "J\x85 <4>", "J\u2028 <4>"]),
    (CALLER_ID, "unprintables of Unicode", ["J\u2029D <4>", "J\u200b <4>", "\ud800 <4>", "\u202eJ <4>"]),
    (
        CALLER_ID,
        "too long",
        ["J" * (NAME_LIMIT_BYTES + 1) + " <42>", "\u00e9" * (NAME_LIMIT_BYTES // 2 + 1) + " <42>"],
    ),
    (CALLER_ID, "another type", [42, True, ["a <1>"], {"name": "a"}]),
    (PICKUP, "not above 0", [0, "0", "00", -1, "-1", -0.0]),
    (PICKUP, "no whole number", [1.5, "1.5", "1e1", 1e300, "", " ", "abc", "20s", "0x14", "\u0662\u0660"]),
    (PICKUP, "more than a number", [" 20", "20 ", "+20", "20\r\n"]),
    (PICKUP, "another type", [True, False, [], [20], {}]),
    (PICKUP, "above the limit", [601, "601", 10**12, 10**400, "9" * 50]),
]
GOOD: dict[str, list[Any]] = {
    SEND_CALL_TO: ["0003*024", "024", "0003*025", "0003*026"],
    CALLER_ID: [
        ...,
        None,
        "J <1>",
        "John  Doe <+3334444>",
        "J<*21#>",
        "J" * NAME_LIMIT_BYTES + " <42>",
        "<b> <42>",
    ],
    "callerId ": [
        'O\'Neil "Ace" \\ <1>',
        "\u0218tef\u0103ni\u021b\u0103 \u6f22 <1>",
        "a, b; c | d ${X} <42>",
    ],
    PICKUP: [..., 1, "1", "020", 600, "600"],
    PICKUP + " ": [None],
}


def sent(ami: FakeAmi) -> bytes:
    """Everything that Asterisk was told, over all connections."""
    return b"".join(connection.received for connection in ami.connections)


@pytest.mark.parametrize("name", CODES)
async def test_a_bad_value_is_answered_with_its_rows_status_and_code(
    service: Service, ami: FakeAmi, name: str
) -> None:
    """400, the row's own code, a message that names the parameter; Asterisk is told nothing."""
    call_id, before = await service.call_id(), sent(ami)
    wrong = []
    for what, value in [(what, value) for row, what, values in BAD if row == name for value in values]:
        answer = await service.barge_in(call_id, **{name: value})
        if (answer.status, code_of(answer)) != (400, CODES[name]) or name not in answer.text:
            wrong.append((what, ascii(value)[:60], answer.status, answer.text))
    assert not wrong
    assert sent(ami) == before


@pytest.mark.parametrize("name", GOOD)
async def test_a_good_value_rings_the_phone_once(service: Service, ami: FakeAmi, name: str) -> None:
    """202 with id, extension and link, the supervision's address in Location, and exactly one Originate."""
    call_id = await service.call_id()
    ami.scripts["Originate"] = ami.originate_without_phone
    for count, value in enumerate(GOOD[name], 1):
        answer = await service.barge_in(call_id, **{name.strip(): value})
        link = f"{service.url}/uapi/phoneCalls/@me/0003*210/{call_id}"
        assert answer.status == 202, (value, answer)
        becomes = answer.headers["Location"]
        assert becomes.startswith(f"{service.url}/uapi/supervision/")
        links = {"self": link, "supervision": becomes}
        assert answer.json == {"id": call_id, "extension": "0003*210", "link": links}
        assert len(ami.took("Originate")) == count


async def test_the_originate_says_what_was_asked_for(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """The phone of sendCallTo, ChanSpy on exactly the agent's channel, the caller id, the limit in ms."""
    assert (await service.barge_in(callerId='J "Ace" O\\Neil <+42>', waitForPickup="7")).status == 202
    [action] = ami.took("Originate")
    headers = {name: value for name, value in action.headers if name != "Variable"}
    assert [value for name, value in action.headers if name == "Variable"] == [
        "FORWARD_CONTEXT=uapi-nowhere",
        "__TRANSFER_CONTEXT=uapi-nowhere",
        "FRAME_DROP(RX)=DTMF_END",
    ]
    assert headers.pop("ChannelId").startswith("uapi-")
    assert headers.pop("ActionID")
    assert headers == {
        "Action": "Originate",
        "Application": "ChanSpy",
        "Async": "true",
        "CallerID": '"J \\"Ace\\" O\\\\Neil" <+42>',
        "Channel": "PJSIP/0003*024",
        "Data": f"{agent.uniqueid},quBE",
        "Timeout": "7000",
    }


async def test_the_defaults_are_the_extensions_caller_id_and_25_seconds(
    service: Service, ami: FakeAmi
) -> None:
    """Neither callerId nor waitForPickup given: what the founding document says."""
    assert (await service.barge_in(callerId=..., waitForPickup=...)).status == 202
    [action] = ami.took("Originate")
    assert (action["CallerID"], action["Timeout"]) == ('"Supervisor" <0003*024>', "25000")


NOT_SERVED = [
    "bargein",
    "BargeIn ",
    "Monitorr",
    "PickUp",
    "Park",
    "UnPark",
    "OnHold",
    "OffHold",
    "StartRecording",
]
NO_ACTION: list[Any] = [..., None, "", 1, True, [], ["BargeIn"], {}]
ODD_ACTIONS = ["StopRecording", "Transfer", "TransferToVoicemail", "BargeIn\r\nX: y", "\ud800"]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [(NO_ACTION, (400, "action_invalid")), (NOT_SERVED + ODD_ACTIONS, (501, "request_not_implemented"))],
)
async def test_an_action_that_is_none_or_not_served_is_refused(
    service: Service, ami: FakeAmi, actions: list[Any], expected: tuple[int, str]
) -> None:
    """No action at all is the client's mistake, another action is ours to come; Asterisk is told nothing."""
    call_id, before = await service.call_id(), sent(ami)
    for action in actions:
        answer = await service.barge_in(call_id, action=action)
        assert (answer.status, code_of(answer)) == expected, ascii(action)
    assert sent(ami) == before


async def test_parameters_are_judged_in_the_contracts_order(service: Service, ami: FakeAmi) -> None:
    """With everything wrong the first is named; mended one by one, each next one is."""
    call_id, before = await service.call_id(), sent(ami)
    path = {"user": "99", "extension": "0003*999", "call": "nosuchcall"}
    body: dict[str, object] = {
        "action": ...,
        "phoneCallViewId": "77",
        "sendCallTo": "0003*999",
        "callerId": "nobody",
        "waitForPickup": 0,
    }
    client: str | None = None

    async def code() -> tuple[int, object]:
        sent_body = {name: value for name, value in body.items() if value is not ...}
        address = f"/uapi/phoneCalls/{path['user']}/{path['extension']}/{path['call']}"
        answer = await service.request("PUT", address, client=client, body=sent_body)
        return answer.status, code_of(answer)

    assert await code() == (401, "access_denied")
    client = "wallboard"
    assert await code() == (400, "user_invalid")
    path["user"] = "12"
    assert await code() == (400, "extension_invalid")
    path["extension"] = "0003*210"
    assert await code() == (400, "action_invalid")
    body["action"] = "Unheard"
    assert await code() == (501, "request_not_implemented")
    body["action"] = "BargeIn"
    assert await code() == (400, "pc_phonecall_invalid")
    path["call"] = call_id
    assert await code() == (400, "pc_phonecallview_invalid")
    body["phoneCallViewId"] = "01"
    assert await code() == (400, "pc_sendcallto_invalid")
    body["sendCallTo"] = "0003*024"
    assert await code() == (400, "pc_callerid_invalid")
    body["callerId"] = REQUEST["callerId"]
    assert await code() == (400, "pc_timeout_invalid")
    assert sent(ami) == before
    body["waitForPickup"] = 20
    address = f"/uapi/phoneCalls/12/0003*210/{call_id}"
    assert (await service.request("PUT", address, body=body)).status == 202


@pytest.mark.parametrize(
    "call_id", ["", "0" * 20, "nosuchcall", "b817d2618fe6f1804333", "..%2F..", "%0D%0A", "@self"]
)
async def test_a_call_that_is_not_live_is_pc_phonecall_invalid(
    service: Service, ami: FakeAmi, call_id: str
) -> None:
    """For a PUT as for a GET, and for a PUT without any id."""
    before = sent(ami)
    slash = "/" if call_id else ""
    path = f"/uapi/phoneCalls/@me/0003*210{slash}{call_id}"
    answer = await service.request("PUT", path, body=REQUEST)
    assert (answer.status, code_of(answer)) == (400, "pc_phonecall_invalid")
    if call_id:
        seen = await service.request("GET", path)
        assert (seen.status, code_of(seen)) == (400, "pc_phonecall_invalid")
    assert sent(ami) == before


NOT_JSON, NOT_DECLARED, TOO_LARGE = (
    (400, "request_invalid"),
    (415, "content_type_invalid"),
    (413, "request_too_large"),
)
BODIES = [
    (b"", "application/json", NOT_JSON),
    (b"{", "application/json", NOT_JSON),
    (b"BargeIn", "application/json", NOT_JSON),
    (b"[]", "application/json", NOT_JSON),
    (b'"BargeIn"', "application/json", NOT_JSON),
    (b"null", "application/json", NOT_JSON),
    (b"1", "application/json", NOT_JSON),
    (b'{"action": NaN}', "application/json", NOT_JSON),
    (b'{"action": "\xff"}', "application/json", NOT_JSON),
    (b"[" * 60_000, "application/json", NOT_JSON),
    (b'{"waitForPickup": ' + b"9" * 5000 + b"}", "application/json", NOT_JSON),
    (b"{}", "text/plain", NOT_DECLARED),
    (b"{}", "application/x-www-form-urlencoded", NOT_DECLARED),
    (b"{}", "application/octet-stream", NOT_DECLARED),
    (b"{}", "", NOT_DECLARED),
    (b'{"action": "' + b"x" * 70_000 + b'"}', "application/json", TOO_LARGE),
]


async def test_a_body_that_is_no_json_object_is_refused(service: Service, ami: FakeAmi) -> None:
    """By what is wrong with it: not JSON, not an object, not declared as JSON, too large."""
    path = f"/uapi/phoneCalls/@me/0003*210/{await service.call_id()}"
    before = sent(ami)
    for data, content_type, expected in BODIES:
        answer = await service.request("PUT", path, data=data, headers={"Content-Type": content_type})
        assert (answer.status, code_of(answer)) == expected, (data[:30], content_type)
    assert sent(ami) == before


async def test_a_charset_and_unknown_fields_do_no_harm(service: Service) -> None:
    """Clients add a charset and fields of their own."""
    call_id = await service.call_id()
    answer = await service.request(
        "PUT",
        f"/uapi/phoneCalls/@me/0003*210/{call_id}",
        data=json.dumps({**REQUEST, "private": "1", "mood": None}).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    assert answer.status == 202
