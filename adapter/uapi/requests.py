"""Finds the principal and the addressed extensions of a request, or rejects the request."""

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
    """The first steps of every handler: authentication, rate limit, address."""

    def __init__(
        self, settings: Settings, authenticator: Authenticator, is_ready: Callable[[], bool]
    ) -> None:
        self._settings = settings
        self._authenticator = authenticator
        self._is_ready = is_ready
        self._rate = RateLimit(settings.requests_per_s, 2 * settings.requests_per_s)

    async def authenticate(self, request: web.Request, *, is_again: bool = False) -> Principal:
        """The principal of the request. Raises ApiError without a valid token, and beyond the App's rate.

        A request that has waited is authenticated again; it does not count twice.
        """
        principal = await self._authenticator.authenticate(request.headers.get("Authorization"))
        wait_s = 0.0 if is_again else self._rate.take(principal.id, time.monotonic())
        if wait_s:
            raise too_many(wait_s)
        note(request, app=principal.id, account=account_text(principal.account))
        return principal

    async def resolve_address(self, request: web.Request, *, is_again: bool = False) -> AddressedExtensions:
        """The addressed extensions of a request to `/{userId}/{extension}...`.

        Raises ApiError: those of `authenticate`, `user_invalid` and `extension_invalid`.
        """
        principal = await self.authenticate(request, is_again=is_again)
        where = request.match_info
        return resolve_address(principal, self.origin(request), where["userId"], where["extension"])

    async def resolve_again(
        self, request: web.Request, addressed: AddressedExtensions
    ) -> AddressedExtensions:
        """The addressed extensions after a wait; they change only if the directory has changed."""
        if self.is_current(addressed):
            return addressed
        return await self.resolve_address(request, is_again=True)

    def is_current(self, addressed: AddressedExtensions) -> bool:
        """Whether these extensions were resolved with the present directory."""
        return addressed.principal.directory is self._authenticator.directory

    def origin(self, request: web.Request) -> str:
        """The beginning of the service's public addresses for this client."""
        return find_origin(
            self._settings.public_url,
            request.scheme,
            request.host,
            request.headers,
            peer_is_trusted=is_trusted(request.remote, self._settings.trusted_proxies),
        )

    def charge(self, principal: Principal, cost: int) -> None:
        """Count a costly request as several more. Raises ApiError beyond the App's rate."""
        wait_s = self._rate.take(principal.id, time.monotonic(), cost) if cost > 0 else 0.0
        if wait_s:
            raise too_many(wait_s)

    def require_ready(self) -> None:
        """Raise ApiError `service_unavailable` if the link is not READY: the known calls may be outdated."""
        if not self._is_ready():
            raise unavailable("The service is not in touch with Asterisk.")
