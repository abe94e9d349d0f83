"""The contract's "Authentication": accounts and what they see, the token endpoint and its tokens."""

import re

import pytest

from adapter.lab.fake_ami import FakeAmi
from tests.contract.client import FORM, Wire

GOOD = "grant_type=client_credentials&client_id=wallboard&client_secret=demo-secret"


@pytest.fixture
async def calls(wire: Wire, ami: FakeAmi) -> dict[str, str]:
    """The ids of four calls, by extension: users 12 and 13 of one organization, user 40 of another."""
    for number in ("0003*211", "0003*024", "0004*300"):
        ami.pbx.begin_trunk_call(number)
    found = await wire.calls(4, "@me/@self", client="operator")
    return {call["extension"]: call["id"] for call in found}


async def test_a_bearer_token(wire: Wire) -> None:
    """“`Authorization: Bearer <token>`.”"""
    token = (await wire.token(GOOD)).json["access_token"]
    for scheme in ("Bearer", "bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {token}"}
        assert (await wire.get("@me/@self/", client=None, headers=headers)).status == 200
    for value in (token, f"Basic {token}", f"Bearer {token[:-2]}"):
        answer = await wire.get("@me/@self/", client=None, headers={"Authorization": value})
        assert answer.error == (401, "access_denied")


@pytest.mark.parametrize("client", ["agent-desktop", "wallboard", "operator"])
async def test_an_app_of_each_kind_of_account_gets_a_token(wire: Wire, client: str) -> None:
    """“A token is issued to an App that is registered to an account: a User, an Organization or the
    Administrator.”"""
    token = (await wire.token(GOOD.replace("wallboard", client))).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await wire.get("@me/@self", client=None, headers=headers)).json["totalResults"] == 1


@pytest.mark.parametrize(
    ("client", "extensions"),
    [
        ("agent-desktop", {"0003*210", "0003*211"}),
        ("wallboard", {"0003*210", "0003*211", "0003*024"}),
        ("stranger", {"0004*300"}),
        ("operator", {"0003*210", "0003*211", "0003*024", "0004*300"}),
    ],
)
async def test_the_level_bounds_what_is_seen_and_done(
    wire: Wire, ami: FakeAmi, calls: dict[str, str], client: str, extensions: set[str]
) -> None:
    """“The account's level bounds what the App sees and may do: a User its own extensions' calls, an
    Organization all calls of the organization, the Administrator everything.”"""
    ami.scripts["Originate"] = ami.originate_without_phone
    listed = await wire.get("@me/@self", client=client)
    assert {call["extension"] for call in listed.json["entry"]} == extensions
    for extension, call_id in calls.items():
        supervisor = "0004*301" if extension.startswith("0004") else "0003*025"
        answer = await wire.barge_in(call_id, "@me/@self", client=client, sendCallTo=supervisor)
        if extension in extensions:
            assert answer.status == 202, extension
        else:
            assert answer.error == (400, "pc_phonecall_invalid"), extension


@pytest.mark.parametrize(("client", "count"), [("wallboard", 3), ("stranger", 1), ("operator", 4)])
async def test_me_is_the_account_itself(wire: Wire, calls: dict[str, str], client: str, count: int) -> None:
    """“`@me` for an Organization or Administrator App is that account itself: with `@self` it means all
    extensions under it.”"""
    for name in ("@me", "@viewer"):
        assert len((await wire.get(f"{name}/@self", client=client)).ids) == count
    assert len(calls) == 4


@pytest.mark.parametrize(
    "extra", ["", "&redirect_uri=https%3A%2F%2Fx%2Fy", "&type=unifiedapi", "&redirect_uri=&type=x&mood=good"]
)
async def test_the_token_endpoint(wire: Wire, extra: str) -> None:
    """“form-encoded: `grant_type=client_credentials`, `client_id`, `client_secret`, optional `redirect_uri`
    and `type=unifiedapi` (both ignored)”."""
    answer = await wire.token(GOOD + extra)
    assert answer.status == 200
    charset = await wire.token(GOOD + extra, **{"Content-Type": f"{FORM}; charset=utf-8"})
    assert charset.status == 200


async def test_the_answer_is_a_token(wire: Wire) -> None:
    """“answer `{"access_token", "token_type": "Bearer", "expires_in": 3600}`”."""
    answer = (await wire.token(GOOD)).json
    assert answer.pop("access_token")
    assert answer == {"token_type": "Bearer", "expires_in": 3600}


@pytest.mark.parametrize(
    "form",
    [
        GOOD.replace("demo-secret", "wrong"),
        GOOD.replace("demo-secret", "demo-secreT"),
        GOOD.replace("wallboard", "nobody"),
        GOOD.replace("demo-secret", ""),
    ],
)
async def test_a_bad_client_is_401(wire: Wire, form: str) -> None:
    """“a bad client: 401 `{"error": "invalid_client"}` (RFC 6749 form)”."""
    answer = await wire.token(form)
    assert (answer.status, answer.json) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize(
    ("form", "error"),
    [
        (GOOD.replace("client_credentials", "password"), "unsupported_grant_type"),
        (GOOD.replace("grant_type", "grant"), "invalid_request"),
        (GOOD.partition("&client_secret")[0], "invalid_request"),
    ],
)
async def test_a_bad_request_is_400_in_rfc_6749s_form(wire: Wire, form: str, error: str) -> None:
    """“`grant_type=client_credentials`, `client_id`, `client_secret`, … (RFC 6749 form)”."""
    answer = await wire.token(form)
    assert (answer.status, answer.json) == (400, {"error": error})


async def test_a_tokens_characters(wire: Wire) -> None:
    """“Token characters are limited to `A-Z a-z 0-9 _ . -`.”"""
    for client in ("wallboard", "agent-desktop", "operator"):
        token = (await wire.token(GOOD.replace("wallboard", client))).json["access_token"]
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)
