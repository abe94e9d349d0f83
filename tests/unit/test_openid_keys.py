"""When an OpenID provider's keys are fetched, and which of them count."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ed25519

from adapter.auth.openid import KEYS_AGE_S, KEYS_END_S, REFRESH_INTERVAL_S, OpenIdProvider
from adapter.auth.tokens import TokenError
from adapter.lab.polling import poll_until

ISSUER, AUDIENCE = "https://id.example.com", "uapi"
KEYS = {kid: ed25519.Ed25519PrivateKey.generate() for kid in ("a", "b")}


def told(kid: str, **changed: object) -> dict[str, Any]:
    """A key as a provider publishes it; `...` leaves a field out."""
    public = jwt.algorithms.OKPAlgorithm.to_jwk(KEYS[kid].public_key(), as_dict=True)
    key = {**public, "kid": kid, "use": "sig", "alg": "EdDSA", **changed}
    return {name: value for name, value in key.items() if value is not ...}


def token(kid: str) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "azp": "wallboard", "iat": now, "exp": now + 600}
    return jwt.encode(claims, KEYS[kid], "EdDSA", headers={"kid": kid})


class Publisher:
    """A server that tells keys, and a clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.asked = 0
        self.now = 0.0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.status = 200
        self.address = ""

    async def tell(self, _: web.Request) -> web.Response:
        self.asked += 1
        await self.may_answer.wait()
        return web.json_response({"keys": self.keys}, status=self.status)

    def provider(self) -> OpenIdProvider:
        return OpenIdProvider(
            issuer=ISSUER,
            audience=AUDIENCE,
            claim="azp",
            keys_url=self.address,
            leeway_s=0,
            timeout_s=5.0,
            clock=lambda: self.now,
        )


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    one = Publisher()
    app = web.Application()
    app.router.add_get("/keys", one.tell)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.address = f"http://127.0.0.1:{runner.addresses[0][1]}/keys"
    try:
        yield one
    finally:
        await runner.cleanup()


async def is_taken(provider: OpenIdProvider, kid: str) -> bool:
    with contextlib.suppress(TokenError):
        return await provider.read(token(kid)) == "wallboard"
    return False


@pytest.mark.parametrize("left", [["b"], []], ids=["another is left", "none is left"])
async def test_a_key_that_was_withdrawn_ends_by_itself(publisher: Publisher, left: list[str]) -> None:
    """Nobody needs to send a token of an unknown one first."""
    publisher.keys = [told("a"), told("b")]
    provider = publisher.provider()
    assert await is_taken(provider, "a")
    publisher.keys = [told(kid) for kid in left]
    publisher.now = KEYS_AGE_S - 1
    assert await is_taken(provider, "a")
    publisher.now = KEYS_AGE_S
    assert not await is_taken(provider, "a")
    assert await is_taken(provider, "b") is ("b" in left)
    assert publisher.asked == 2


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        ({}, True),
        ({"use": ...}, True),
        ({"key_ops": ["verify"]}, True),
        ({"use": "enc"}, False),
        ({"use": "other"}, False),
        ({"use": None}, False),
        ({"use": ..., "key_ops": ["sign", "encrypt"]}, False),
        ({"key_ops": ["wrapKey"]}, False),
    ],
)
async def test_only_a_key_for_signatures_verifies_one(
    publisher: Publisher, changed: dict[str, object], *, counts: bool
) -> None:
    """One that is published to encrypt to may be kept less well."""
    publisher.keys = [told("a", **changed), told("b")]
    provider = publisher.provider()
    assert await is_taken(provider, "a") is counts
    assert await is_taken(provider, "b")


@pytest.mark.parametrize("keys", [[3], ["x"], [None], 3, None, {"a": "b"}])
async def test_keys_that_are_none_are_refused(publisher: Publisher, keys: Any) -> None:  # noqa: ANN401 - anything
    """By a TokenError; nothing else is raised."""
    publisher.keys = keys
    assert not await is_taken(publisher.provider(), "a")


async def test_a_provider_that_is_down_is_not_asked_for_each_unknown_key(publisher: Publisher) -> None:
    """Anybody can send such tokens, and each would be a request to somebody else's server."""
    publisher.status = 500
    provider = publisher.provider()
    assert not any([await is_taken(provider, "a") for _ in range(5)])
    assert publisher.asked == 1
    publisher.now, publisher.status, publisher.keys = REFRESH_INTERVAL_S, 200, [told("a")]
    assert await is_taken(provider, "a")
    assert publisher.asked == 2


async def test_known_keys_count_for_a_while_without_the_provider(publisher: Publisher) -> None:
    """Then they end: whether it has withdrawn them, nobody knows."""
    publisher.keys = [told("a")]
    provider = publisher.provider()
    assert await is_taken(provider, "a")
    publisher.status = 500
    for publisher.now in (KEYS_AGE_S, KEYS_END_S - 1):
        assert await is_taken(provider, "a")
    publisher.now = KEYS_END_S
    assert not await is_taken(provider, "a")
    publisher.now, publisher.status = KEYS_END_S + REFRESH_INTERVAL_S, 200
    assert await is_taken(provider, "a")


async def test_while_one_waits_for_new_keys_the_others_go_on(publisher: Publisher) -> None:
    """A provider that answers slowly does not hold up those whose key is known."""
    publisher.keys = [told("a")]
    provider = publisher.provider()
    assert await is_taken(provider, "a")
    publisher.now = KEYS_AGE_S
    publisher.may_answer.clear()
    first = asyncio.create_task(is_taken(provider, "a"))
    assert await poll_until(lambda: publisher.asked == 2 or None, 5.0)
    async with asyncio.timeout(5.0):
        assert await is_taken(provider, "a")
    assert not first.done()
    publisher.may_answer.set()
    assert await first
