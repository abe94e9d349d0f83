"""Who asks: from the Authorization header to what its token grants."""

from adapter.auth.openid import OpenIdProvider
from adapter.auth.tokens import Grant, TokenError, Tokens
from adapter.http.errors import access_denied


class Authenticator:
    """Knows the tokens of this service, and those of an OpenID provider where the operator has one."""

    def __init__(self, tokens: Tokens, provider: OpenIdProvider | None = None) -> None:
        self._tokens = tokens
        self._provider = provider

    async def find_grant(self, authorization: str | None) -> Grant:
        """What the token grants, for the caller to look up its App in the directory as it is then.

        An OpenID provider's keys may have to be fetched first. Raises ApiError `access_denied`.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise access_denied()
        try:
            return await self._read(token.strip())
        except TokenError:
            raise access_denied() from None

    async def _read(self, token: str) -> Grant:
        try:
            return self._tokens.read(token)
        except TokenError:
            if self._provider is None:
                raise
            return Grant(await self._provider.read(token))
