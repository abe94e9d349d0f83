"""Tokens of an outside OpenID provider: whose are taken, and what its absence does to everybody else."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until_seen
from tests.integration.harness import DEADLINE_S, Service, code_of, running_service
from tests.integration.harness import token as own_token
from tests.integration.rewriting import reload, replaced, without_app
from tests.integration.streams import SentEvent, open_events

LIST = "/uapi/phoneCalls/@me/@self"
ISSUER, AUDIENCE, KID = "https://id.example.com", "uapi", "key-1"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
KEY_LIMIT_S = 0.4
"""How long the adapter waits for keys here."""
Reply = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def key_set(*keys: tuple[str, rsa.RSAPrivateKey]) -> dict[str, Any]:
    return {
        "keys": [
            {
                **jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True),
                "kid": kid,
                "use": "sig",
                "alg": "RS256",
            }
            for kid, key in keys
        ]
    }


def token(
    key: rsa.RSAPrivateKey | bytes = KEY, algorithm: str = "RS256", kid: str = KID, **changed: object
) -> str:
    """A token of the provider for the App `wallboard`; `...` leaves a claim out."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "azp": "wallboard", "iat": now, "exp": now + 60, **changed}
    given = {name: value for name, value in claims.items() if value is not ...}
    return jwt.api_jws.encode(json.dumps(given).encode(), key, algorithm, headers={"kid": kid})


def signed_with_the_public_key() -> str:
    """The oldest trick but one: PyJWT itself would not sign so."""
    from jwt.utils import base64url_encode  # noqa: PLC0415 - for this trick alone

    head, claims, _ = token().split(".")
    head = base64url_encode(json.dumps({"alg": "HS256", "typ": "JWT", "kid": KID}).encode()).decode()
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return (
        f"{head}.{claims}."
        + base64url_encode(algorithm.sign(f"{head}.{claims}".encode(), PUBLIC_PEM)).decode()
    )


@contextlib.asynccontextmanager
async def provider(keys: dict[str, Any]) -> AsyncIterator[str]:
    """A server that tells these keys, in its state when asked; its address."""

    async def tell(_: web.Request) -> web.Response:
        return web.json_response(keys)

    app = web.Application()
    app.router.add_get("/keys", tell)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/keys"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def ill_provider(reply: Reply) -> AsyncIterator[str]:
    """A server that answers so; its address."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            await reply(reader, writer)
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    finally:
        server.close()


@contextlib.asynccontextmanager
async def trusting(ami: FakeAmi, directory: Path, address: str) -> AsyncIterator[Service]:
    """The adapter, with the provider at the address."""
    openid = {"openid_issuer": ISSUER, "openid_audience": AUDIENCE, "openid_jwks_url": address}
    async with running_service(ami, directory, **openid) as service:
        await service.until_link("READY")
        yield service


@pytest.fixture
async def service(ami: FakeAmi, agent: FakeChannel, directory: Path) -> AsyncIterator[Service]:
    assert agent
    async with provider(key_set((KID, KEY))) as address, trusting(ami, directory, address) as running:
        yield running


async def ask(service: Service, bearer: str) -> Answer:
    headers = {"Authorization": f"Bearer {bearer}"}
    return await service.request("GET", LIST, client=None, headers=headers)


def is_refused(answer: Answer) -> bool:
    return (answer.status, code_of(answer), answer.headers.get("WWW-Authenticate")) == (
        401,
        "access_denied",
        "Bearer",
    )


async def test_a_token_of_the_provider_names_its_app(service: Service, directory: Path) -> None:
    """As good as one of our own, which go on; an App that left the directory is refused."""
    assert (await ask(service, token())).text == (await ask(service, own_token())).text
    assert len((await ask(service, token(aud=["x", AUDIENCE]))).json["entry"]) == 1  # type: ignore[arg-type]
    assert (await ask(service, token(azp="stranger"))).json["entry"] == []
    await reload(service, directory, replaced("client_id: wallboard", "client_id: former"))
    assert is_refused(await ask(service, token()))


BAD: dict[str, Callable[[], str]] = {
    "another audience": lambda: token(aud="another"),
    "no audience": lambda: token(aud=...),
    "another issuer": lambda: token(iss="https://evil.example.com"),
    "our own issuer": lambda: token(iss="uapi-adapter"),
    "no issuer": lambda: token(iss=...),
    "expired": lambda: token(exp=int(time.time()) - 60),
    "no end": lambda: token(exp=...),
    "not yet": lambda: token(nbf=int(time.time()) + 60),
    "no App's claim": lambda: token(azp="nobody"),
    "without the claim": lambda: token(azp=...),
    "a claim of another kind": lambda: token(azp=["wallboard"]),
    "a claim that is null": lambda: token(azp=None),
    "another key": lambda: token(OTHER_KEY),
    "another key's name": lambda: token(OTHER_KEY, kid="key-2"),
    "an unknown key's name": lambda: token(kid="key-2"),
    "HS256 by the public key": signed_with_the_public_key,
    "another hash": lambda: token(algorithm="PS512")[:-4] + "AAAA",
    "unsigned": lambda: token().rpartition(".")[0] + ".",
}


async def test_any_other_token_is_refused(service: Service) -> None:
    """401 and nothing of why, the same for each; the good one goes on between them."""
    answers = {name: await ask(service, make()) for name, make in BAD.items()}
    assert not {name: answer for name, answer in answers.items() if not is_refused(answer)}
    assert len({answer.text for answer in answers.values()}) == 1
    assert (await ask(service, token())).status == 200


async def test_without_a_provider_its_tokens_are_refused(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """It is the operator who trusts it."""
    assert agent
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert is_refused(await ask(service, token()))


async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def dripping(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _again in range(30):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


def saying(raw: bytes) -> Reply:
    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return say


async def resetting(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()


ILL: dict[str, Reply] = {
    "mute": mute,
    "dripping": dripping,
    "resetting": resetting,
    "no JSON": saying(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>maintenance</html>"),
    "no keys": saying(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"keys": []}'),
    "no object": saying(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[1]"),
    "odd keys": saying(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"keys": [1, null, {"kty": 5}]}'),
    "deep": saying(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"[" * 100_000),
    "bytes": saying(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\xff\xfe\xff"),
    "ill": saying(b"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n"),
    "no HTTP": saying(b"\x00\x01\x02\r\n\r\n"),
    "closing": saying(b""),
}


@pytest.mark.parametrize("ill", ILL)
async def test_while_the_provider_is_ill_its_tokens_are_refused_soon_and_nobody_else_waits(
    ami: FakeAmi, agent: FakeChannel, directory: Path, monkeypatch: pytest.MonkeyPatch, ill: str
) -> None:
    """401 to all ten that ask at once within its limit and some; our own tokens and logins go on."""
    assert agent
    monkeypatch.setattr("adapter.app.KEYS_TIMEOUT_S", KEY_LIMIT_S)
    async with ill_provider(ILL[ill]) as address, trusting(ami, directory, address) as service:
        began = time.monotonic()
        waiting = [asyncio.create_task(ask(service, token())) for _ in range(10)]
        await asyncio.sleep(0)
        for _ in range(5):
            asked = time.monotonic()
            assert (await service.get()).status == 200
            assert time.monotonic() - asked < 1.0, "the event loop waited for the provider"
        form = b"grant_type=client_credentials&client_id=wallboard&client_secret=demo-secret"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        path = "/oauth/token.php"
        asked = time.monotonic()
        logged_in = await service.request("POST", path, client=None, data=form, headers=headers)
        assert logged_in.status == 200
        logged_in_s = time.monotonic() - asked
        async with asyncio.timeout(12 * KEY_LIMIT_S):
            answers = await asyncio.gather(*waiting)
        assert all(is_refused(answer) for answer in answers), answers[0]
        assert time.monotonic() - began < 7 * KEY_LIMIT_S, "they wait for each other"
        assert logged_in_s < 3, "a login waits for strangers"


@contextlib.asynccontextmanager
async def slow_provider() -> AsyncIterator[tuple[str, asyncio.Event, asyncio.Event]]:
    """A server that tells its keys when it may: its address, whether it was asked, whether it may."""
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def reply(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await may_answer.wait()
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + json.dumps(key_set((KID, KEY))).encode()
        )
        await writer.drain()

    async with ill_provider(reply) as address:
        yield address, asked, may_answer


ELSEWHERE = 'account: {organization: "4"}'
NARROWER = 'account: {user: "13"}'


def with_wallboard(account: str) -> Callable[[str], str]:
    """The App `wallboard` has another account."""

    def change(text: str) -> str:
        head, mark, tail = text.partition("client_id: wallboard")
        assert mark
        return head + mark + tail.replace('account: {organization: "3"}', account, 1)

    return change


@pytest.mark.parametrize("account", [ELSEWHERE, NARROWER], ids=["elsewhere", "narrower"])
async def test_an_app_whose_account_changes_while_keys_are_fetched_sees_by_the_new_one(
    ami: FakeAmi, agent: FakeChannel, directory: Path, account: str
) -> None:
    """The answer is of the directory as it is when it is given, and no older list is kept for later."""
    assert agent
    async with slow_provider() as (address, asked, may_answer), trusting(ami, directory, address) as service:
        assert len(await service.calls()) == 1
        waiting = asyncio.create_task(ask(service, token()))
        await asked.wait()
        await reload(service, directory, with_wallboard(account))
        may_answer.set()
        assert (await waiting).json["entry"] == []
        assert is_refused(await ask(service, own_token())), "one of our own is bound to the account before"


async def test_a_stream_that_began_while_keys_were_fetched_is_of_the_apps_account_now(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """It tells of the organization's calls that the App belongs to by then, and of no other's."""
    assert agent
    async with slow_provider() as (address, asked, may_answer), trusting(ami, directory, address) as service:

        async def first_call_told() -> SentEvent:
            headers = {"Authorization": f"Bearer {token()}"}
            async with open_events(service, headers=headers) as events:
                await events.next("reset")
                ami.pbx.begin_trunk_call("0003*211")
                ami.pbx.begin_trunk_call("0004*300")
                return await events.next("call")

        waiting = asyncio.create_task(first_call_told())
        await asked.wait()
        await reload(service, directory, with_wallboard(ELSEWHERE))
        may_answer.set()
        async with asyncio.timeout(DEADLINE_S):
            told = await waiting
        assert [view["extension"] for view in told.data["phoneCallView"]] == ["0004*300"]


async def test_an_app_that_leaves_the_directory_while_keys_are_fetched_is_refused(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Its token names nobody by then."""
    assert agent
    async with slow_provider() as (address, asked, may_answer), trusting(ami, directory, address) as service:
        waiting = asyncio.create_task(ask(service, token()))
        await asked.wait()
        await reload(service, directory, without_app("wallboard"))
        may_answer.set()
        assert is_refused(await waiting)


async def test_a_provider_that_comes_back_is_heard(
    ami: FakeAmi, agent: FakeChannel, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was ill for the first token, and is asked again a while later."""
    assert agent
    monkeypatch.setattr("adapter.auth.openid.REFRESH_INTERVAL_S", 0.3)
    replies = [
        saying(b"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps(key_set((KID, KEY))).encode()),
    ]

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await replies.pop(0)(reader, writer)

    async with ill_provider(reply) as address, trusting(ami, directory, address) as service:
        assert is_refused(await ask(service, token()))
        await until_seen(
            lambda: ask(service, token()), lambda answer: answer.status == 200, within=DEADLINE_S
        )
