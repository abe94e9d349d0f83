"""From an HTTP request to who asks and what its address means; refuses whoever may not get so far."""

import time
from collections.abc import Callable

from aiohttp import web

from adapter.access.principal import Principal, account_text
from adapter.auth.authentication import Authenticator
from adapter.http.audit_fields import note
from adapter.http.errors import too_many, unavailable
from adapter.http.limits import RateLimit
from adapter.http.origin import find_origin, is_trusted
from adapter.settings import Settings
from adapter.uapi.addressed import AddressedExtensions, resolve_address


class Requests:
    """What every handler asks of a request first."""

    def __init__(
        self, settings: Settings, authenticator: Authenticator, is_ready: Callable[[], bool]
    ) -> None:
        self._settings = settings
        self._authenticator = authenticator
        self._is_ready = is_ready
        self._rate = RateLimit(settings.requests_per_s, 2 * settings.requests_per_s)

    async def authenticate(self, request: web.Request, *, is_again: bool = False) -> Principal:
        """Who asks. Raises ApiError where that is nobody known, or one who asks too often.

        A request that had to wait is looked at again: it does not count twice.
        """
        principal = await self._authenticator.authenticate(request.headers.get("Authorization"))
        wait_s = 0.0 if is_again else self._rate.take(principal.id, time.monotonic())
        if wait_s:
            raise too_many(wait_s)
        note(request, app=principal.id, account=account_text(principal.account))
        return principal

    async def resolve_address(self, request: web.Request, *, is_again: bool = False) -> AddressedExtensions:
        """The extensions of a request to `/{userId}/{extension}...`. Raises ApiError where they may not be.

        That is `authenticate`'s errors, `user_invalid` and `extension_invalid`.
        """
        principal = await self.authenticate(request, is_again=is_again)
        where = request.match_info
        return resolve_address(principal, self.origin(request), where["userId"], where["extension"])

    async def resolve_again(
        self, request: web.Request, addressed: AddressedExtensions
    ) -> AddressedExtensions:
        """The extensions of a request that had to wait: as before, unless the directory is another by now."""
        if self.is_current(addressed):
            return addressed
        return await self.resolve_address(request, is_again=True)

    def is_current(self, addressed: AddressedExtensions) -> bool:
        """Whether they are by the directory that is in force."""
        return addressed.principal.directory is self._authenticator.directory

    def origin(self, request: web.Request) -> str:
        """What the service's public addresses begin with, for this client."""
        return find_origin(
            self._settings.public_url,
            request.scheme,
            request.host,
            request.headers,
            peer_is_trusted=is_trusted(request.remote, self._settings.trusted_proxies),
        )

    def charge(self, principal: Principal, cost: int) -> None:
        """Count a costly request as so many more. Raises ApiError where the App asks for too much."""
        wait_s = self._rate.take(principal.id, time.monotonic(), cost) if cost > 0 else 0.0
        if wait_s:
            raise too_many(wait_s)

    def require_ready(self) -> None:
        """Refuse while what is known of the calls may be over: it is neither shown nor acted upon.

        Raises ApiError `service_unavailable`.
        """
        if not self._is_ready():
            raise unavailable("The service is not in touch with Asterisk.")
