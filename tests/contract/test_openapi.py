"""The OpenAPI description says what is served, no more and no less, and a page shows it."""

import re
from pathlib import Path

import pytest
from multidict import CIMultiDict
from openapi_spec_validator import OpenAPIV31SpecValidator

from adapter.http.errors import HttpCode
from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.uapi.codes import UapiCode
from adapter.uapi.forms import PREFIXES
from adapter.uapi.schemas import PhoneCallAction
from tests.contract.description import Description, Json
from tests.integration.harness import REQUEST, Service, running_service, until_taken

CALLS = "/uapi/phoneCalls/{userId}/{extension}"
CALL = CALLS + "/{phoneCallId}"
SUPERVISION = "/uapi/supervision/{supervisionId}"
TOKEN = "/oauth/token.php"
USER_BUSY = 17


@pytest.fixture
async def description(service: Service) -> Description:
    """What the service says of itself to anybody."""
    answer = await service.request("GET", "/openapi.json", client=None)
    assert answer.status == 200
    return Description(answer.json)


async def test_the_description_is_valid(description: Description) -> None:
    """As OpenAPI 3.1."""
    assert description.document["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(description.document).iter_errors()) == []


async def test_the_description_follows_the_settings(ami: FakeAmi, directory: Path) -> None:
    """The public address, what one call is answered as, and how long a phone may ring."""
    settings = {"public_url": "https://pbx.example/telephony", "single_call": "collection"}
    async with running_service(ami, directory, **settings, pickup_limit_s=30) as service:
        document: Json = (await service.request("GET", "/openapi.json", client=None)).json
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert document["servers"] == [{"url": "https://pbx.example/telephony"}]
    flows = document["components"]["securitySchemes"]["oauth"]["flows"]
    assert flows["clientCredentials"]["tokenUrl"] == "https://pbx.example/telephony/oauth/token.php"
    found = Description(document).responses("GET", CALL)["200"]["content"]["application/json"]["schema"]
    assert found == {"$ref": "#/components/schemas/PhoneCallList"}
    fields = document["components"]["schemas"]["PhoneCallAction"]["properties"]
    assert fields["waitForPickup"]["anyOf"][0]["maximum"] == 30


async def test_every_route_is_described_and_nothing_more(service: Service, description: Description) -> None:
    """The slash at the end and the older prefix are told in words; HEAD and OPTIONS are everywhere."""
    served = {
        (route.method, route.resource.canonical)
        for route in service.app.router.routes()
        if route.resource is not None and route.method not in ("HEAD", "OPTIONS")
    }
    forms = set()
    for method, path in description.operations():
        prefixes = PREFIXES if path.startswith(PREFIXES[0]) else ("",)
        slashes = ("", "/") if path.startswith((*PREFIXES, "/oauth")) else ("",)
        bare = path.removeprefix(PREFIXES[0])
        if bare.startswith(("/supervision", "/events")):
            prefixes = (*prefixes, "")
        forms |= {(method, prefix + bare + slash) for prefix in prefixes for slash in slashes}
    assert served == forms
    assert all(prefix in description.document["info"]["description"] for prefix in PREFIXES)


async def test_every_error_code_is_described_and_no_other(description: Description) -> None:
    """Clients tell errors apart by them."""
    assert description.codes() == {kind.code for kind in (*HttpCode, *UapiCode)}


async def test_a_put_is_described_with_the_fields_that_are_read(description: Description) -> None:
    """The description names them as the model that reads does."""
    described = description.document["components"]["schemas"]["PhoneCallAction"]["properties"]
    assert set(described) == {field.alias or name for name, field in PhoneCallAction.model_fields.items()}


async def test_the_limits_are_those_of_the_settings(description: Description) -> None:
    """600 seconds where nothing else is set, as a number and as a string of as many digits."""
    schema = description.document["components"]["schemas"]["PhoneCallAction"]["properties"]["waitForPickup"]
    number, text, _ = schema["anyOf"]
    assert (number["minimum"], number["maximum"]) == (1, 600)
    assert [value for value in ("0", "1", "020", "600", "1000") if re.search(text["pattern"], value)] == [
        "1",
        "020",
        "600",
    ]


# -- real answers --------------------------------------------------------------------------------------


async def test_answers_to_a_get_are_as_described(service: Service, description: Description) -> None:
    """A list, parts of one, an empty one, one that the client has already, one call, refusals."""
    call = f"/uapi/phoneCalls/@me/@self/{await service.call_id()}"
    listed = CIMultiDict((await service.get()).headers)
    expected: list[tuple[int, str, str, dict[str, str]]] = [
        (200, CALLS, "/uapi/phoneCalls/@me/@self?count=1", {}),
        (200, CALLS, "/unifiedapi/phoneCalls/@me/@self/?fields=id,link&startIndex=1", {}),
        (204, CALLS, "/uapi/phoneCalls/@me/0003*211", {"Prefer": "return=minimal"}),
        (304, CALLS, "/uapi/phoneCalls/@me/@self", {"If-None-Match": listed["ETag"]}),
        (400, CALLS, "/uapi/phoneCalls/@me/@self?count=0", {}),
        (401, CALLS, "/uapi/phoneCalls/@me/@self", {"Authorization": "Bearer x"}),
        (200, CALL, call, {}),
        (400, CALL, call[:-1], {}),
        (400, CALL, call.replace("@me", "nobody"), {}),
        (200, "/health", "/health", {}),
        (200, "/docs", "/docs", {}),
        (404, "/docs/{file}", "/docs/x", {}),
    ]
    for status, path, address, headers in expected:
        answer = await service.request("GET", address, headers=headers)
        assert answer.status == status, (address, answer)
        assert description.faults("GET", path, answer) == [], address


async def test_answers_to_a_put_are_as_described(
    service: Service, ami: FakeAmi, description: Description
) -> None:
    """A barge-in that rings, one that is joined, one that meets a busy phone, and refusals of every kind."""

    async def put(expected: int, wait_s: int | None = None, **fields: object) -> Answer:
        answer = await service.barge_in(call, "@me/0003*210", client="wallboard", wait_s=wait_s, **fields)
        assert (answer.status, description.faults("PUT", CALL, answer)) == (expected, []), answer
        return answer

    def be_busy(action: ReceivedAction) -> None:
        ami.originate(action)
        ami.pbx.hang_up(action["ChannelId"], USER_BUSY)

    call = await service.call_id()
    accepted = await put(202)
    shown = await service.request("GET", accepted.headers["Location"].removeprefix(service.url))
    assert (shown.status, description.faults("GET", SUPERVISION, shown)) == (200, [])
    ring = await until_taken(ami, "Originate")
    ami.pbx.pick_up(ring["ChannelId"])
    ami.pbx.join(ring["ChannelId"])
    joined = await put(200, wait_s=5)
    assert joined.json["phoneCallView"]
    ami.scripts["Originate"] = be_busy
    await put(409, wait_s=5, sendCallTo="0003*025")
    await put(400, sendCallTo="0003*999")
    await put(501, action="Dance")
    await put(400, waitForPickup="0")
    large = await service.request("PUT", f"/uapi/phoneCalls/@me/0003*210/{call}", data=b" " * 100_000)
    assert (large.status, description.faults("PUT", CALL, large)) == (413, [])
    nobody = await service.request("PUT", f"/uapi/phoneCalls/@me/0003*210/{call}", client=None, body=REQUEST)
    assert (nobody.status, description.faults("PUT", CALL, nobody)) == (401, [])
    plain = await service.request(
        "PUT", f"/uapi/phoneCalls/@me/0003*210/{call}", data=b"x", headers={"Content-Type": "text/plain"}
    )
    assert (plain.status, description.faults("PUT", CALL, plain)) == (415, [])
    nameless = await service.request("PUT", "/uapi/phoneCalls/@me/0003*210", body=REQUEST)
    assert (nameless.status, description.faults("PUT", CALLS, nameless)) == (400, [])
    declined = await service.request("DELETE", f"/uapi/phoneCalls/@me/0003*210/{call}")
    assert (declined.status, description.faults("DELETE", CALL, declined)) == (501, [])
    ended = await service.request("DELETE", f"/uapi/phoneCalls/@me/0003*210/{call}?phoneNumber=024")
    assert (ended.status, description.faults("DELETE", CALL, ended)) == (200, [])
    again = await service.request("DELETE", f"/uapi/phoneCalls/@me/0003*210/{call}?phoneNumber=024")
    assert (again.status, description.faults("DELETE", CALL, again)) == (400, [])
    shown = await service.request("GET", accepted.headers["Location"].removeprefix(service.url))
    assert (shown.json["state"], description.faults("GET", SUPERVISION, shown)) == ("ended", [])
    nothing = await service.request("GET", "/uapi/supervision/" + "0" * 20)
    assert (nothing.status, description.faults("GET", SUPERVISION, nothing)) == (404, [])
    wrong = await service.request("POST", f"/uapi/phoneCalls/@me/0003*210/{call}")
    assert (wrong.status, description.faults("PUT", CALL, wrong)) == (405, [])
    await ami.stop()
    await service.until_link("DOWN")
    await put(503)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (b"grant_type=client_credentials&client_id=wallboard&client_secret=demo-secret", 200),
        (b"grant_type=client_credentials&client_id=wallboard&client_secret=x", 401),
        (b"grant_type=password&client_id=wallboard&client_secret=x", 400),
        (b"x" * 100_000, 413),
    ],
)
async def test_answers_of_the_token_endpoint_are_as_described(
    service: Service, description: Description, form: bytes, status: int
) -> None:
    """A token, and its refusals in RFC 6749's form."""
    answer = await service.request(
        "POST", TOKEN, client=None, data=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status, description.faults("POST", TOKEN, answer)) == (status, []), answer


# -- the page ------------------------------------------------------------------------------------------


async def test_the_page_loads_nothing_from_elsewhere(service: Service) -> None:
    """All it names is served here, and its policy forbids browsers anything else."""
    page = await service.request("GET", "/docs", client=None)
    named = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert len(named) == 4
    for address in named:
        if address != "data:,":
            assert (await service.request("GET", f"/{address}", client=None)).status == 200
    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    sources = {source for value in policy.values() for source in value.split()}
    assert sources <= {"'none'", "'self'", "data:"}
    begin = await service.request("GET", "/docs/begin.js", client=None)
    assert "validatorUrl: null" in begin.text
    styles = await service.request("GET", "/docs/swagger-ui.css", client=None)
    assert not re.findall(r"@import|url\(\s*['\"]?(?:https?:)?//", styles.text)
