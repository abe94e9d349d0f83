"""Who asks: from the Authorization header to the principal whose token it has."""

from adapter.access.principal import Principal
from adapter.auth.openid import OpenIdProvider
from adapter.auth.tokens import Grant, TokenError, Tokens
from adapter.directory import Directory
from adapter.directory.file import DirectoryFile
from adapter.http.errors import access_denied


class Authenticator:
    """Knows the tokens of this service, and those of an OpenID provider where the operator has one."""

    def __init__(
        self, tokens: Tokens, directory: DirectoryFile, provider: OpenIdProvider | None = None
    ) -> None:
        self._tokens = tokens
        self._directory = directory
        self._provider = provider

    @property
    def directory(self) -> Directory:
        """The directory that is in force."""
        return self._directory.current

    async def authenticate(self, authorization: str | None) -> Principal:
        """Whose token it is. Raises ApiError `access_denied`.

        An OpenID provider's keys may have to be fetched first.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise access_denied()
        try:
            grant = await self._read(token.strip())
        except TokenError:
            raise access_denied() from None
        # Only now: that may have taken seconds, and the directory may be another since. An App that was
        # taken out of it takes its tokens with it; so does one whose secret or account is another.
        directory = self.directory
        app = directory.apps.get(grant.client_id)
        if app is None or not grant.is_for(app):
            raise access_denied()
        return Principal(directory, app)

    async def _read(self, token: str) -> Grant:
        try:
            return self._tokens.read(token)
        except TokenError:
            if self._provider is None:
                raise
            return Grant(await self._provider.read(token))
