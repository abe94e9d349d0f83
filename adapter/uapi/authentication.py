"""Who asks: from the Authorization header to the App."""

from adapter.directory import App, Directory
from adapter.uapi.errors import UapiError
from adapter.uapi.openid import OpenIdProvider
from adapter.uapi.tokens import TokenError, Tokens


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
            return await self._provider.read(token)
