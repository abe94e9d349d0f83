"""Who asks: from the Authorization header to the App."""

import asyncio
from dataclasses import dataclass

import jwt

from adapter.directory import App, Directory
from adapter.uapi.errors import UapiError
from adapter.uapi.tokens import TokenError, Tokens

KEYS_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """An outside provider whose tokens are accepted; `claim` names an App of the directory."""

    issuer: str
    audience: str
    claim: str
    keys: jwt.PyJWKClient

    def read(self, token: str) -> str:
        """The client id in a token; may fetch the provider's keys, so not for the event loop."""
        try:
            claims = jwt.decode(
                token,
                self.keys.get_signing_key_from_jwt(token),
                # No HS256: who knows a public key must not be able to sign with it.
                algorithms=["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"],
                issuer=self.issuer,
                audience=self.audience,
                options={"require": ["exp", "iss", "aud"]},
            )
            return str(claims[self.claim])
        except (jwt.PyJWTError, UnicodeError, LookupError, TypeError) as invalid:
            raise TokenError(str(invalid)) from None


class Authenticator:
    """Knows the tokens of this service, and those of an OpenID provider where the operator has one."""

    def __init__(self, tokens: Tokens, provider: OpenIdProvider | None = None) -> None:
        self._tokens = tokens
        self._provider = provider

    async def find_app(self, authorization: str | None, directory: Directory) -> App:
        """The App that asks. Raises UapiError `access_denied`, which tells nothing of why."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() == "bearer":
            try:
                # An App that was taken out of the directory takes its tokens with it.
                return directory.apps[await self._read(token.strip())]
            except (TokenError, KeyError):
                pass
        raise UapiError(
            "access_denied",
            "The request needs a valid access token.",
            headers={"WWW-Authenticate": "Bearer"},
        )

    async def _read(self, token: str) -> str:
        try:
            return self._tokens.read(token)
        except TokenError:
            if self._provider is None:
                raise
            return await asyncio.to_thread(self._provider.read, token)
