"""Tokens of an outside OpenID provider."""

import asyncio
import json
import logging
import time

import aiohttp
import jwt

from adapter.auth.tokens import TokenError, require_one_form

log = logging.getLogger(__name__)

KEYS_LIMIT_BYTES = 256 * 1024
REFRESH_INTERVAL_S = 10.0
"""Anybody can send a token of an unknown key: the provider is not asked for each of them."""

# No HS256: who knows a public key must not be able to sign with it.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class OpenIdProvider:
    """A provider whose tokens are accepted, where their `claim` names an App of the directory.

    Its keys are fetched when a token of an unknown one comes; while it is away, those known still count.
    """

    def __init__(
        self, *, issuer: str, audience: str, claim: str, keys_url: str, leeway_s: int, timeout_s: float
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
        self._fetched_at: float | None = None

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
        if key_id not in self._keys and not self._is_fresh():
            fetches = self._fetches
            async with self._fetching:
                if (
                    fetches == self._fetches
                ):  # else somebody fetched while we waited: well or not, that counts
                    await self._fetch()
        return self._keys[key_id]

    def _is_fresh(self) -> bool:
        return self._fetched_at is not None and time.monotonic() - self._fetched_at < REFRESH_INTERVAL_S

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
            self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(json.loads(text)).keys}
            self._fetched_at = time.monotonic()
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
