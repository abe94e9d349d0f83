"""`POST /oauth/token.php`, its tokens, and what a directory that is read again does to them."""

import base64
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest

from adapter.app import reload_directory
from adapter.auth.token_endpoint import hash_secret
from adapter.lab.adapter_process import Answer
from tests.integration.harness import TOKEN_KEY, Service, code_of
from tests.integration.rewriting import reload, replaced, rewrite
from tests.integration.streams import open_events

GOOD = {"grant_type": "client_credentials", "client_id": "wallboard", "client_secret": "demo-secret"}
FORM = "application/x-www-form-urlencoded"


async def ask(
    service: Service, form: dict[str, str], content_type: str = FORM, basic: str | None = None
) -> Answer:
    headers = {"Content-Type": content_type}
    if basic is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
    data = "&".join(f"{name}={value}" for name, value in form.items()).encode()
    return await service.request("POST", "/oauth/token.php", client=None, data=data, headers=headers)


def spoil(directory: Path, text: str | None) -> None:
    """Write something else into the directory's file, or take it away."""
    if text is None:
        directory.unlink()
    else:
        directory.write_text(text, encoding="utf-8")


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in GOOD.items() if name not in names}


@pytest.mark.parametrize(
    ("form", "basic"),
    [
        (GOOD, None),
        ({**GOOD, "redirect_uri": "https%3A%2F%2Fx%2Fy", "type": "unifiedapi"}, None),
        (without("client_id", "client_secret"), "wallboard:demo-secret"),
        (without("client_id", "client_secret"), "wall%62oard:demo%2Dsecret"),
    ],
    ids=["form", "with the ignored fields", "basic", "basic, encoded"],
)
async def test_an_app_that_proves_itself_gets_a_token_that_works(
    service: Service, form: dict[str, str], basic: str | None
) -> None:
    """The answer has RFC 6749's form, is not to be stored, and its token lists the calls."""
    answer = await ask(service, form, basic=basic)
    assert answer.status == 200
    token = answer.json.pop("access_token")
    assert answer.json == {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
    assert answer.headers["Cache-Control"] == "no-store"
    assert isinstance(token, str)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
    claims = jwt.decode(token, TOKEN_KEY, algorithms=["HS256"])
    assert claims["sub"] == "wallboard"
    assert abs(claims["exp"] - time.time() - 3600) < 5
    listed = await service.request(
        "GET", "/uapi/phoneCalls/@me/@self/", client=None, headers={"Authorization": f"Bearer {token}"}
    )
    assert listed.json["totalResults"] == 1


BAD_CLIENTS: list[tuple[dict[str, str], str | None]] = [
    ({**GOOD, "client_secret": "demo-secreT"}, None),
    ({**GOOD, "client_secret": ""}, None),
    ({**GOOD, "client_id": "nobody"}, None),
    ({**GOOD, "client_id": ""}, None),
    ({**GOOD, "client_secret": "%ED%A0%80"}, None),
    (without("client_id", "client_secret"), "wallboard:wrong"),
    (without("client_id", "client_secret"), "wallboard"),
    (without("client_id", "client_secret"), "nobody:demo-secret"),
    (GOOD, "wallboard:wrong"),
]
BAD_REQUESTS = [
    ({**GOOD, "grant_type": "password"}, FORM, "unsupported_grant_type"),
    ({**GOOD, "grant_type": "authorization_code"}, FORM, "unsupported_grant_type"),
    ({**GOOD, "grant_type": ""}, FORM, "invalid_request"),
    (without("grant_type"), FORM, "invalid_request"),
    (without("client_id"), FORM, "invalid_request"),
    (without("client_secret"), FORM, "invalid_request"),
    ({}, FORM, "invalid_request"),
    (GOOD, "application/json", "invalid_request"),
    (GOOD, "text/plain", "invalid_request"),
]


async def test_a_bad_client_is_401_invalid_client(service: Service) -> None:
    """Whether the secret is wrong or the client unknown is not told."""
    for form, basic in BAD_CLIENTS:
        answer = await ask(service, form, basic=basic)
        assert (answer.status, answer.json) == (401, {"error": "invalid_client"}), (form, basic)
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


async def test_a_request_that_is_none_is_400_in_rfc_6749s_form(service: Service) -> None:
    """Another grant, a parameter missing, another content type."""
    for form, content_type, error in BAD_REQUESTS:
        answer = await ask(service, form, content_type)
        assert (answer.status, answer.json) == (400, {"error": error}), (form, content_type)


async def test_the_token_of_an_app_that_left_the_directory_is_refused(
    service: Service, directory: Path
) -> None:
    """From the reload on; the other Apps' tokens go on."""
    assert (await service.get()).status == 200
    rewrite(directory, replaced("client_id: wallboard", "client_id: former"))
    assert (await service.get()).status == 200, "nothing changes before the reload"
    assert await reload_directory(service.app)
    refused = await service.get()
    assert (refused.status, code_of(refused)) == (401, "access_denied")
    assert (await service.get(client="agent-desktop")).status == 200
    assert (await ask(service, GOOD)).status == 401


@pytest.mark.parametrize(
    "change",
    [
        lambda text: re.sub(r"(: wallboard\n +secret_hash: ).*", rf"\g<1>{hash_secret('another')}", text),
        lambda text: re.sub(r"(: wallboard\n.*\n +account: ).*", r'\g<1>{organization: "4"}', text),
    ],
    ids=["another secret", "another account"],
)
async def test_the_token_of_an_app_that_is_another_now_is_refused(
    service: Service, directory: Path, change: Callable[[str], str]
) -> None:
    """An old secret may be known to others; an account under the same name may be another customer's."""
    assert (await service.get()).status == 200
    async with open_events(service) as events:
        assert (await events.next()).name == "reset"
        await reload(service, directory, change)
        assert await events.rest() == [], "its stream ends with it"
    refused = await service.get()
    assert (refused.status, code_of(refused)) == (401, "access_denied")
    assert (await service.get(client="agent-desktop")).status == 200


@pytest.mark.parametrize("bad", ["", "organizations: []\n", "{", "\t", "apps: [{client_id: x}]", None])
async def test_a_bad_directory_keeps_the_old_one_and_says_so(
    service: Service, directory: Path, caplog: pytest.LogCaptureFixture, bad: str | None
) -> None:
    """An error in the log; calls and tokens are as before, and a mended file is taken."""
    kept = shutil.copy(directory, directory.with_name("kept"))
    spoil(directory, bad)
    assert not await reload_directory(service.app)
    assert ("ERROR", "the directory was not reloaded") in [
        (record.levelname, record.getMessage()) for record in caplog.records
    ]
    assert await service.call_id()
    shutil.copy(kept, directory)
    await reload(service, directory, replaced('"0003*210"', '"0003*219"'))
    assert await service.calls("@me/@self") == []


async def test_a_reload_names_the_live_calls_anew(service: Service, directory: Path) -> None:
    """The phone now belongs to another extension: the same call, shown as that one's."""
    call_id = await service.call_id()
    other = 'number: "0003*219", dial: "PJSIP/0003*210"'
    await reload(service, directory, replaced('number: "0003*210"', other))
    assert await service.call_id("@me/0003*219") == call_id
    assert (await service.get("@me/0003*210")).status == 400
