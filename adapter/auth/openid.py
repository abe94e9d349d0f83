"""Tokens of an outside OpenID provider."""

import asyncio
import json
import logging
import math
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import jwt

from adapter.auth.tokens import TokenError, require_one_form

log = logging.getLogger(__name__)

KEYS_LIMIT_BYTES = 256 * 1024
REFRESH_INTERVAL_S = 10.0
"""The least time between two requests for the keys: anybody can send tokens of unknown keys."""
KEYS_AGE_S = 300.0
"""The age at which keys are fetched again: the provider may have withdrawn one."""
KEYS_END_S = 3600.0
"""The age at which keys are no longer valid, though the provider does not answer."""

# Without HS256: otherwise anybody who knows a public key could sign with it.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class OpenIdProvider:
    """Verifies the tokens of an OpenID provider. Their `claim` must name an App of the directory.

    It fetches the provider's keys when a token has an unknown key, and when the known keys are old. While the
    provider does not answer, the known keys stay valid for some time.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        claim: str,
        keys_url: str,
        leeway_s: int,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._claim = claim
        self._keys_url = keys_url
        self._leeway_s = leeway_s
        self._timeout_s = timeout_s
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetching = asyncio.Lock()
        self._fetches = 0
        self._clock = clock
        self._asked_at = -math.inf
        """When the keys were last requested, successfully or not."""
        self._fetched_at = -math.inf
        """When the known keys were fetched."""

    async def read(self, token: str) -> str:
        """The client id that the token names. Raises TokenError, after the time-out at the latest."""
        try:
            key = await self._find_key(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=self._leeway_s,
                options={"require": ["exp", "iss", "aud"]},
            )
            require_one_form(token)
            return str(claims[self._claim])
        except (jwt.PyJWTError, ValueError, LookupError, TypeError) as invalid:
            raise TokenError(str(invalid)) from None

    async def _find_key(self, key_id: str | None) -> jwt.PyJWK:
        is_known = key_id in self._keys
        # One request fetches old keys again; the others meanwhile use the known ones.
        is_wanted = not is_known or (
            self._age(self._fetched_at) >= KEYS_AGE_S and not self._fetching.locked()
        )
        if is_wanted and self._age(self._asked_at) >= REFRESH_INTERVAL_S:
            fetches = self._fetches
            async with self._fetching:
                if fetches == self._fetches:  # otherwise another request fetched meanwhile; its result counts
                    await self._fetch()
        if self._age(self._fetched_at) >= KEYS_END_S:
            raise LookupError("the provider's keys are too old")
        return self._keys[key_id]

    def _age(self, since: float) -> float:
        return self._clock() - since

    async def _fetch(self) -> None:
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                aiohttp.ClientSession() as http,
                http.get(self._keys_url) as answer,
            ):
                answer.raise_for_status()
                text = await answer.content.read(KEYS_LIMIT_BYTES)
                while not answer.content.at_eof() and len(text) < KEYS_LIMIT_BYTES:
                    text += await answer.content.read(KEYS_LIMIT_BYTES)
            self._keys = _keys_for_signatures(json.loads(text))
            self._fetched_at = self._clock()
        except (
            aiohttp.ClientError,
            OSError,  # TimeoutError is one
            RecursionError,
            jwt.PyJWTError,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,  # PyJWT on keys that are no objects
        ) as failed:
            log.warning("the OpenID provider's keys could not be fetched", extra={"error": repr(failed)})
        finally:
            self._fetches += 1
            self._asked_at = self._clock()


def _keys_for_signatures(told: dict[str, Any]) -> dict[str | None, jwt.PyJWK]:
    """The keys by their ids, without those that are not for signatures (RFC 7517, sections 4.2 and 4.3).

    The set is empty if the provider has withdrawn its last key.
    """
    meant = [
        key
        for key in told["keys"]
        if key.get("use", "sig") == "sig" and "verify" in key.get("key_ops", ["verify"])
    ]
    if not meant:
        return {}
    return {key.key_id: key for key in jwt.PyJWKSet.from_dict({**told, "keys": meant}).keys}
