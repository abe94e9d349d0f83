"""Authentication: from the Authorization header to the principal of its token."""

from adapter.access.principal import Principal
from adapter.auth.openid import OpenIdProvider
from adapter.auth.tokens import Grant, TokenError, Tokens
from adapter.directory import Directory
from adapter.directory.file import DirectoryFile
from adapter.http.errors import access_denied


class Authenticator:
    """Verifies the tokens of this service and, if the operator has set one, of an OpenID provider."""

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
        """The principal of the request's token. Raises ApiError `access_denied`.

        This may first fetch the keys of the OpenID provider.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise access_denied()
        try:
            grant = await self._read(token.strip())
        except TokenError:
            raise access_denied() from None
        # Read the directory only now: fetching keys may take seconds, and a reload may have replaced it. The
        # tokens of an App end if the App is removed, or if its secret or account changes.
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
