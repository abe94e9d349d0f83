"""The contract's "Addresses": routes, aliases, encodings, users and extensions, the forms clients send."""

import pytest

from adapter.lab.fake_ami import FakeAmi
from tests.contract.client import CALLS, Wire
from tests.integration.harness import REQUEST, until_taken


async def test_get_lists_the_live_calls(wire: Wire) -> None:
    """“`GET` | `/uapi/phoneCalls/{userId}/{extension}` | list the live calls”."""
    listed = await wire.get("12/0003*210")
    assert (listed.status, listed.json["totalResults"]) == (200, 1)
    assert [call["extension"] for call in listed.json["entry"]] == ["0003*210"]


async def test_get_with_an_id_is_one_live_call(wire: Wire) -> None:
    """“`GET` | `/uapi/phoneCalls/{userId}/{extension}/{phoneCallId}` | one live call”."""
    call_id = await wire.call_id()
    one = await wire.get(f"12/0003*210/{call_id}")
    assert (one.status, one.json["id"]) == (200, call_id)


async def test_put_acts_on_a_call(wire: Wire, ami: FakeAmi) -> None:
    """“`PUT` | `/uapi/phoneCalls/{userId}/{extension}/{phoneCallId}` | act on a call; `action` says how”."""
    assert (await wire.barge_in()).status == 202
    assert len(ami.took("Originate")) == 1


async def test_delete_hangs_up_a_supervisor(wire: Wire, ami: FakeAmi) -> None:
    """“`DELETE` | `…/{phoneCallId}?phoneNumber=N` | hang up one party (N) or the call”: of the parties, those
    who supervise."""
    call_id = await wire.call_id()
    assert (await wire.barge_in(call_id)).status == 202
    uniqueid = (await until_taken(ami, "Originate"))["ChannelId"]
    answer = await wire.send("DELETE", f"{CALLS}/12/0003*210/{call_id}?phoneNumber=0003*024")
    assert (answer.status, answer.json["state"]) == (200, "ended")
    assert [action["Channel"] for action in ami.took("Hangup")] == [uniqueid]
    assert await wire.call_id() == call_id


async def test_delete_of_a_party_or_a_call_is_not_served_yet(wire: Wire, ami: FakeAmi) -> None:
    """“Whatever is not served yet answers 501 `request_not_implemented`.”"""
    call_id = await wire.call_id()
    for query in ("", "?phoneNumber=777888", "?phoneNumber=0003*210", "?phoneNumber=210"):
        for slash in ("", "/"):
            answer = await wire.send("DELETE", f"{CALLS}/12/0003*210/{call_id}{slash}{query}")
            assert answer.error == (501, "request_not_implemented")
    assert await wire.call_id() == call_id
    assert not ami.took("Hangup")


async def test_post_token_php_is_a_token(wire: Wire) -> None:
    """“`POST` | `/oauth/token.php` | OAuth 2.0 token for a trusted App”."""
    form = "grant_type=client_credentials&client_id=wallboard&client_secret=demo-secret"
    answer = await wire.token(form)
    assert answer.status == 200
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert (await wire.get("@me/@self", client=None, headers=headers)).json["totalResults"] == 1


@pytest.mark.parametrize("method", ["GET", "GET one", "PUT", "DELETE", "POST"])
async def test_a_slash_at_the_end_changes_nothing(wire: Wire, ami: FakeAmi, method: str) -> None:
    """“Every path works with and without a trailing slash, answered directly: clients in the field always
    send one and follow no redirect.”"""
    ami.scripts["Originate"] = ami.originate_without_phone
    call_id = await wire.call_id()
    form = b"grant_type=client_credentials&client_id=wallboard&client_secret=demo-secret"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = []
    for slash in ("", "/"):
        one = f"{CALLS}/12/0003*210/{call_id}{slash}"
        match method:
            case "GET":
                answer = await wire.get(f"12/0003*210{slash}")
            case "GET one":
                answer = await wire.send("GET", one)
            case "PUT":
                answer = await wire.send("PUT", one, body=REQUEST)
            case "DELETE":
                answer = await wire.send("DELETE", one)
            case _:
                answer = await wire.send("POST", f"/oauth/token.php{slash}", body=form, headers=kind)
        answers.append((answer.status, sorted(answer.json)))
    assert answers[0] == answers[1]
    assert answers[0][0] == {"PUT": 202, "DELETE": 501}.get(method, 200)


async def test_unifiedapi_is_the_same_service(wire: Wire, ami: FakeAmi) -> None:
    """“`/unifiedapi/...` is an older alias of `/uapi/...`; serve both.”"""
    call_id = await wire.call_id()
    old = "/unifiedapi/phoneCalls/12/0003*210"
    for slash in ("", "/"):
        assert (await wire.send("GET", old + slash)).ids == [call_id]
        assert (await wire.send("GET", f"{old}/{call_id}{slash}")).json["id"] == call_id
        assert (await wire.send("PUT", f"{old}/{call_id}{slash}", body=REQUEST)).status == 202
        assert (await wire.send("DELETE", f"{old}/{call_id}{slash}")).status == 501
    assert len(ami.took("Originate")) == 1


@pytest.mark.parametrize(
    "address",
    ["@me/0003*210", "@me/0003%2A210", "@me/0003%2a210", "%40me/0003*210", "%40me/0003%2A210",
     "%40viewer/%40self", "@viewer/@self", "%40owner/0003%2A210", "12/%40self"],
)  # fmt: skip
async def test_asterisks_and_ats_arrive_raw_or_encoded(wire: Wire, ami: FakeAmi, address: str) -> None:
    """“`*` and `@` arrive raw or percent-encoded (`0003*210`, `0003%2A210`, `@me`, `%40me`). Both mean the
    same.”"""
    call_id = await wire.call_id()
    assert (await wire.get(f"{address}/")).ids == [call_id]
    assert (await wire.get(f"{address}/{call_id}/")).json["id"] == call_id
    assert (await wire.barge_in(call_id, address)).status == 202
    assert len(ami.took("Originate")) == 1


@pytest.mark.parametrize("name", ["@me", "@viewer"])
async def test_me_and_viewer_are_the_authenticated_user(wire: Wire, ami: FakeAmi, name: str) -> None:
    """“`@me` and `@viewer` = the authenticated user”."""
    mine = await wire.call_id()
    ami.pbx.begin_trunk_call("0003*024")  # user 13's
    await wire.call("@me/0003*024")
    assert (await wire.get(f"{name}/@self", client="agent-desktop")).ids == [mine]
    theirs = await wire.get(f"{name}/0003*024", client="agent-desktop")
    assert theirs.error == (400, "extension_invalid")


async def test_owner_is_who_owns_the_extension_in_the_path(wire: Wire, ami: FakeAmi) -> None:
    """“`@owner` = the user who owns the extension in the path”."""
    ami.pbx.begin_trunk_call("0003*024")
    await wire.call("@me/0003*024")
    assert (await wire.get("@owner/0003*210")).ids == (await wire.get("12/0003*210")).ids
    assert (await wire.get("@owner/0003*024")).ids == (await wire.get("13/0003*024")).ids
    assert (await wire.get("@owner/@self")).error == (400, "extension_invalid")


async def test_a_user_id_is_an_opaque_string(wire: Wire) -> None:
    """“else a user id, an opaque string (`12`, `0241`; never an int)”."""
    assert (await wire.get("12/0003*210")).status == 200
    for other in ("012", "12.0", "0012", "+12", "1_2", "%D9%A1%D9%A2"):
        assert (await wire.get(f"{other}/0003*210")).error == (400, "user_invalid"), other


@pytest.mark.parametrize(
    ("client", "user"), [("wallboard", "@me"), ("agent-desktop", "@me"), ("operator", "12")]
)
async def test_an_extension_has_a_long_and_a_short_form(wire: Wire, client: str, user: str) -> None:
    """“a number `0003*210` (organization prefix `*` local number), the short form `210` (resolved inside the
    caller's organization)”."""
    long, short = (
        await wire.get(f"{user}/0003*210", client=client),
        await wire.get(f"{user}/210", client=client),
    )
    assert long.ids == short.ids == [await wire.call_id()]
    assert (await wire.get(f"{user}/21", client=client)).ids == [], "0003*21 is another extension"
    assert (await wire.get("@me/210", client="stranger")).error == (400, "extension_invalid")


async def test_self_is_all_extensions_under_the_user(wire: Wire, ami: FakeAmi) -> None:
    """“or `@self` = all extensions under that user”."""
    ami.pbx.begin_trunk_call("0003*211")
    ami.pbx.begin_trunk_call("0003*024")
    ami.pbx.begin_trunk_call("0004*300")
    await wire.calls(4, "@me/@self", client="operator")
    for user, expected in {"12": ["0003*210", "0003*211"], "13": ["0003*024"]}.items():
        calls = (await wire.get(f"{user}/@self")).json["entry"]
        assert sorted(call["extension"] for call in calls) == expected


async def test_self_and_an_id_find_a_call_whose_extension_is_unknown(wire: Wire, ami: FakeAmi) -> None:
    """“With the extension unknown, `@self` plus a phoneCallId finds the call.”"""
    call_id = await wire.call_id()
    assert (await wire.get(f"12/@self/{call_id}")).json["extension"] == "0003*210"
    assert (await wire.get(f"13/@self/{call_id}")).error == (400, "pc_phonecall_invalid")
    assert (await wire.barge_in(call_id, "12/@self")).status == 202
    assert len(ami.took("Originate")) == 1


async def test_a_content_type_where_there_is_no_body_does_no_harm(wire: Wire) -> None:
    """“Clients send `Content-Type: application/json` also on GET and DELETE”."""
    call_id = await wire.call_id()
    for kind in (None, "application/json", "application/json; charset=utf-8", "text/plain"):
        headers = {"Content-Type": kind}
        assert (await wire.get("12/0003*210/", headers=headers)).ids == [call_id]
        assert (await wire.get(f"12/0003*210/{call_id}/", headers=headers)).status == 200
        answer = await wire.send("DELETE", f"{CALLS}/12/0003*210/{call_id}/", headers=headers)
        assert answer.error == (501, "request_not_implemented")


@pytest.mark.parametrize(
    "fields", [{"waitForPickup": "20", "private": "1"}, {"waitForPickup": 20, "private": 1}]
)
async def test_a_number_is_a_json_number_or_a_numeric_string(
    wire: Wire, ami: FakeAmi, fields: dict[str, object]
) -> None:
    """“Accept a JSON number or a numeric string wherever a number is meant.”"""
    assert (await wire.barge_in(None, **fields)).status == 202  # type: ignore[arg-type]
    assert [action["Timeout"] for action in ami.took("Originate")] == ["20000"]
