"""Addresses, authentication and what an account may see, over HTTP."""

import time
from dataclasses import replace
from pathlib import Path

import jwt
import pytest

from adapter.auth.tokens import Tokens, binding_of
from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until_seen
from tests.integration.harness import APPS, REQUEST, TOKEN_KEY, Service, code_of, running_service, token
from tests.integration.supervising import joined, said

NOW = int(time.time())
NOBODY = APPS["wallboard"].model_copy(update={"client_id": "nobody"})
CLAIMS = {
    "iss": "uapi-adapter",
    "sub": "wallboard",
    "app": binding_of(APPS["wallboard"]),
    "iat": NOW,
    "exp": NOW + 600,
}


def signed(claims: dict[str, object], key: str = TOKEN_KEY, algorithm: str = "HS256") -> str:
    return "Bearer " + jwt.encode(claims, key, algorithm)


NO_AUTHORITY = [
    None,
    "",
    "Bearer",
    "Bearer ",
    "Bearer x",
    "Bearer a.b.c",
    "Basic d2FsbGJvYXJkOmRlbW8tc2VjcmV0",
    f"Token {token()}",
    token(),
    f"Bearer {token()}x",
    f"Bearer {token()}=",
    f"Bearer {token()} {token()}",
    "Bearer " + Tokens(TOKEN_KEY, 60).issue(NOBODY, NOW),
    "Bearer " + Tokens(TOKEN_KEY, 60).issue(APPS["wallboard"], NOW - 120),
    "Bearer " + Tokens("k" * 64, 60).issue(APPS["wallboard"], NOW),
    signed({**CLAIMS, "iss": "another"}),
    signed({name: value for name, value in CLAIMS.items() if name != "exp"}),
    signed({name: value for name, value in CLAIMS.items() if name != "sub"}),
    signed(CLAIMS, algorithm="HS512"),
    "Bearer " + jwt.encode(CLAIMS, "", "none"),
]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_whoever_has_no_valid_token_is_denied(service: Service, ami: FakeAmi, method: str) -> None:
    """401 access_denied with WWW-Authenticate: Bearer, whatever is wrong with the token."""
    path, before = "/uapi/phoneCalls/@me/0003*210/x", len(ami.actions)
    for value in NO_AUTHORITY:
        headers = {} if value is None else {"Authorization": value}
        answer = await service.request(method, path, client=None, headers=headers, body=REQUEST)
        assert (answer.status, code_of(answer)) == (401, "access_denied"), value
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert len(ami.actions) == before


NOWHERE = [
    ("GET", "/"),
    ("GET", "/uapi"),
    ("GET", "/uapi/phoneCalls"),
    ("GET", "/uapi/phoneCalls/@me"),
    ("GET", "/uapi/phoneCalls/@me//"),
    ("GET", "/uapi/phonecalls/@me/0003*210"),
    ("GET", "/uapi/phoneCalls/@me/0003*210/x/y"),
    ("PUT", "/UAPI/phoneCalls/@me/0003*210/x"),
    ("POST", "/oauth/token"),
]
WRONG_METHODS = [
    ("POST", "/uapi/phoneCalls/@me/0003*210", {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}),
    ("POST", "/uapi/phoneCalls/@me/0003*210/x", {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}),
    ("PATCH", "/unifiedapi/phoneCalls/@me/0003*210/x/", {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}),
    ("GET", "/oauth/token.php", {"POST", "OPTIONS"}),
]


async def test_an_unknown_path_is_404_in_the_errors_form(service: Service) -> None:
    """404 resource_not_found with a JSON body."""
    for method, path in NOWHERE:
        answer = await service.request(method, path)
        assert (answer.status, code_of(answer)) == (404, "resource_not_found"), path


async def test_a_method_that_a_path_does_not_take_is_405_with_allow(service: Service) -> None:
    """405 method_not_allowed with a JSON body, and Allow names the methods that it takes."""
    for method, path, allowed in WRONG_METHODS:
        answer = await service.request(method, path)
        assert (answer.status, code_of(answer)) == (405, "method_not_allowed"), path
        assert {name.strip() for name in answer.headers["Allow"].split(",")} == allowed


ALIKE = [
    "@me/0003*210",
    "@me/0003%2A210",
    "%40me/0003*210",
    "@viewer/0003*210",
    "@owner/0003*210",
    "12/0003*210",
    "@me/210",
    "@viewer/210",
    "@owner/210",
    "12/210",
    "@me/@self",
    "%40me/%40self",
    "@viewer/@self",
    "12/@self",
]


@pytest.mark.parametrize("prefix", ["/uapi", "/unifiedapi"])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("client", ["wallboard", "agent-desktop"])
async def test_every_form_of_an_address_means_the_same(
    service: Service, prefix: str, slash: str, client: str
) -> None:
    """With a slash at the end or none, both aliases, raw and encoded, long and short, by name and by id."""
    call_id = await service.call_id()
    for address in ALIKE:
        listed = await service.request("GET", f"{prefix}/phoneCalls/{address}{slash}", client=client)
        assert listed.status == 200, address
        entry = listed.json["entry"]
        assert isinstance(entry, list)
        assert [call["id"] for call in entry] == [call_id], address
        one = await service.request("GET", f"{prefix}/phoneCalls/{address}/{call_id}{slash}", client=client)
        assert (one.status, one.json.get("id")) == (200, call_id), address
        assert one.json.get("extension") == "0003*210"
        path = f"{prefix}/phoneCalls/{address}/{call_id}{slash}"
        acted = await service.request("PUT", path, client=client, body=REQUEST)
        assert (acted.status, acted.json["id"]) == (202, call_id), address


@pytest.mark.parametrize("address", ["40/0004*300", "@owner/0004*300", "@me/0004*300"])
async def test_the_administrator_sees_every_organization(
    service: Service, ami: FakeAmi, address: str
) -> None:
    """By user id, by @owner and by @me."""
    ami.pbx.begin_trunk_call("0004*300")
    [call] = await until_seen(lambda: service.calls(address, client="operator"), bool)
    assert call["extension"] == "0004*300"


def form(answer: Answer) -> tuple[int, str, dict[str, str]]:
    """All that a client can tell one answer from another by."""
    return (
        answer.status,
        answer.text,
        {name: value for name, value in answer.headers.items() if name != "Date"},
    )


@pytest.mark.parametrize("client", ["wallboard", "agent-desktop"])
async def test_what_an_account_may_not_see_is_answered_as_if_it_did_not_exist(
    service: Service, ami: FakeAmi, client: str
) -> None:
    """Another organization's users, extensions, calls and phones: byte for byte as what is not there."""
    stranger = ami.pbx.begin_trunk_call("0004*300")
    ami.pbx.begin_trunk_call("0003*024")
    [theirs] = await service.calls("@me/@self", client="stranger")
    mine = await service.call_id()
    assert stranger.uniqueid in ami.pbx.channels
    before = len(ami.actions)

    async def put(address: str, **fields: object) -> tuple[int, str, dict[str, str]]:
        path = f"/uapi/phoneCalls/{address}"
        return form(await service.request("PUT", path, client=client, body={**REQUEST, **fields}))

    async def get(address: str) -> tuple[int, str, dict[str, str]]:
        return form(await service.request("GET", f"/uapi/phoneCalls/{address}", client=client))

    assert await get("40/@self") == await get("99/@self")
    assert await get("@me/0004*300") == await get("@me/0003*999")
    assert await get("12/0004*300") == await get("12/0003*999")
    assert await get("@owner/0004*300") == await get("@owner/0003*999")
    assert await get(f"@me/@self/{theirs['id']}") == await get("@me/@self/nosuchcall")
    assert await get(f"@me/0003*210/{theirs['id']}") == await get("@me/0003*210/nosuchcall")
    assert await put(f"40/0004*300/{theirs['id']}") == await put("99/0003*999/nosuchcall")
    assert await put(f"@me/@self/{theirs['id']}") == await put("@me/@self/nosuchcall")
    assert await put(f"@me/0003*210/{mine}", sendCallTo="0004*301") == await put(
        f"@me/0003*210/{mine}", sendCallTo="0003*999"
    )
    assert (await get("@me/0003*999"))[0] == 400
    if client == "agent-desktop":  # a user's App: its colleagues' extensions and calls are as far away
        [colleague] = await service.calls("@me/0003*024")
        assert await get("13/@self") == await get("99/@self")
        assert await get("@me/0003*024") == await get("@me/0003*999")
        assert await put(f"@me/@self/{colleague['id']}") == await put("@me/@self/nosuchcall")
    assert len(ami.actions) == before


async def test_the_far_side_of_a_call_between_organizations_is_not_seen(
    service: Service, ami: FakeAmi
) -> None:
    """Each sees its own view only, and a view that is not seen cannot be acted on."""
    agent = ami.pbx.begin_trunk_call("0004*300")
    ami.pbx.hang_up(agent.uniqueid)
    [customer] = [one for one in ami.pbx.channels.values() if one.linkedid == agent.linkedid]
    ami.pbx.channels.pop(customer.uniqueid)
    ami.pbx.channels |= {
        "77.1": replace(customer, uniqueid="77.1", linkedid="77.1", name="PJSIP/0003*211-000000f1"),
        "77.2": replace(agent, uniqueid="77.2", linkedid="77.1", name="PJSIP/0004*300-000000f2"),
    }
    ami.drop()
    await service.until_synced(ami, 1)

    async def views(client: str, address: str) -> list[tuple[str, str]]:
        [call] = await service.calls(address, client=client)
        return [(view["id"], view["extension"]) for view in call["phoneCallView"]]

    [call] = await service.calls("@me/0003*211")
    assert await views("wallboard", "@me/0003*211") == [("01", "0003*211")]
    assert await views("stranger", "@me/0004*300") == [("02", "0004*300")]
    assert await views("operator", "40/0004*300") == [("01", "0003*211"), ("02", "0004*300")]
    answers = [
        form(await service.barge_in(str(call["id"]), "@me/@self", phoneCallViewId=view_id))
        for view_id in ("02", "07")
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 400
    assert not ami.took("Originate")


async def test_delete_is_authenticated_and_not_served_yet(
    service: Service, agent: FakeChannel, ami: FakeAmi
) -> None:
    """501 request_not_implemented, and the call goes on."""
    path = f"/uapi/phoneCalls/@me/0003*210/{await service.call_id()}?phoneNumber=777888"
    answer = await service.request("DELETE", path)
    assert (answer.status, code_of(answer)) == (501, "request_not_implemented")
    assert agent.uniqueid in ami.pbx.channels


NOT_SERVED = [
    ("DELETE", "@me/0003*210"),
    ("DELETE", "@me/@self/?phoneNumber=024"),
    ("POST", "@me/simple"),
    ("POST", "@me/simple/?waitForPickup=20"),
    ("POST", "12/callback"),
    ("POST", "@me/conferenceInvite"),
]


@pytest.mark.parametrize("prefix", ["/uapi", "/unifiedapi"])
@pytest.mark.parametrize(("method", "address"), NOT_SERVED)
async def test_what_uapi_does_and_this_service_does_not_yet_is_501(
    service: Service, ami: FakeAmi, method: str, address: str, prefix: str
) -> None:
    """Creating a call, and hanging up without naming one; not 405, and 401 without a token."""
    before = len(ami.actions)
    path = f"{prefix}/phoneCalls/{address}"
    answer = await service.request(method, path, body={})
    assert (answer.status, code_of(answer)) == (501, "request_not_implemented")
    answer = await service.request(method, path, client=None, body={})
    assert (answer.status, code_of(answer)) == (401, "access_denied")
    assert len(ami.actions) == before


async def test_who_is_to_leave_is_named_once(service: Service, ami: FakeAmi) -> None:
    """Of two, the first would be taken in silence: here it is the supervisor, who stays."""
    uniqueid = await joined(service, ami)
    path = f"/uapi/phoneCalls/@me/0003*210/{await service.call_id()}?phoneNumber=024&phoneNumber=025"
    answer = await service.request("DELETE", path)
    assert (answer.status, code_of(answer)) == (400, "pc_phonenumber_invalid")
    assert (await said(service, uniqueid))["state"] == "joined"
    assert not ami.took("Hangup")


@pytest.mark.parametrize(
    "body",
    [
        b'{"action": "Monitor", "action": "BargeIn", "sendCallTo": "0003*024", "phoneCallViewId": "01"}',
        b'{"action": "BargeIn", "sendCallTo": "0003*024", "sendCallTo": "025", "phoneCallViewId": "01"}',
    ],
)
async def test_a_name_that_stands_twice_in_a_body_is_refused(
    service: Service, ami: FakeAmi, body: bytes
) -> None:
    """400 request_invalid: of two values, nobody knows which is meant."""
    path = f"/uapi/phoneCalls/@me/0003*210/{await service.call_id()}"
    answer = await service.request("PUT", path, data=body)
    assert (answer.status, code_of(answer)) == (400, "request_invalid")
    assert not ami.took("Originate")


@pytest.mark.parametrize(
    ("name", "code"),
    [("phoneCallViewId", "pc_phonecallview_invalid"), ("sendCallTo", "pc_sendcallto_invalid")],
)
async def test_a_number_where_an_id_is_meant_is_told_to_be_a_string(
    service: Service, name: str, code: str
) -> None:
    """Not that there is no such view or extension."""
    path = f"/uapi/phoneCalls/@me/0003*210/{await service.call_id()}"
    answer = await service.request("PUT", path, body={**REQUEST, name: 1})
    assert (answer.status, code_of(answer)) == (400, code)
    assert "must be a string" in answer.text


async def test_who_asks_too_often_is_told_when_to_come_back(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """429 with Retry-After for that App alone, and Asterisk is told nothing."""
    assert agent
    async with running_service(ami, directory, requests_per_s=1.0) as service:
        await service.until_link("READY")
        call_id = await service.call_id()
        before = len(ami.actions)
        answers = [await service.barge_in(call_id, action="Unheard") for _ in range(10)]
        last = answers[-1]
        assert (last.status, code_of(last)) == (429, "too_many_requests")
        assert int(last.headers["Retry-After"]) >= 1
        assert len(ami.actions) == before
        assert (await service.get(client="agent-desktop")).status == 200
