"""What one request is about: who asks, for which extensions, and how they address the service."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from adapter.access.permission import may_be_heard, may_supervise
from adapter.auth.authentication import Authenticator
from adapter.callcontrol.supervision.plan import Mode
from adapter.calls.call import Call
from adapter.calls.legs import Leg
from adapter.calls.shown_to import Row, ShownTo
from adapter.calls.views import PhoneCall, phone_call
from adapter.directory import Account, AccountLevel, App, Directory
from adapter.directory.file import DirectoryFile
from adapter.http.audit_fields import note
from adapter.http.errors import access_denied, too_many, unavailable
from adapter.http.limits import RateLimit
from adapter.http.origin import find_origin, is_trusted
from adapter.settings import Settings
from adapter.uapi.addressing import find_extensions, find_organization_id, is_in_sight
from adapter.uapi.refusals import forbidden


@dataclass(frozen=True)
class Visitor:
    """The App that asks and how it addresses the service, by one directory from begin to end."""

    directory: Directory
    app: App
    origin: str

    def owns(self, number: str) -> bool:
        """Whether the extension stands under the App's account.

        One that the directory does not know (any more) stands under the administrator's alone.
        """
        extension = self.directory.extensions.get(number)
        if extension is None:
            return self.app.account.level is AccountLevel.ADMINISTRATOR
        return self.directory.is_under(extension, self.app.account)

    def supervision_address(self, supervision_id: str) -> str:
        """The public address of a supervision."""
        return f"{self.origin}/uapi/supervision/{supervision_id}"


@dataclass(frozen=True)
class Scope(Visitor):
    """A request's App and the extensions that its address means."""

    user_id: str
    extension: str
    extensions: frozenset[str]

    @property
    def organization_prefix(self) -> str | None:
        """The prefix of the organization whose calls the App sees; none where it sees all."""
        organization_id = find_organization_id(self.directory, self.app.account)
        return None if organization_id is None else self.directory.organizations[organization_id].prefix

    def reach(self, call: Call | None) -> PhoneCall | None:
        """The call as the App sees it, if an extension of the address takes part in it."""
        if call is None:
            return None
        seen = phone_call(call, self._sees)
        if seen is None or not any(view.extension in self.extensions for view in seen.views):
            return None
        return seen

    def find(self, shown: ShownTo, call_id: str) -> PhoneCall | None:
        """The call as the App sees it, looked for among those of the App's organization."""
        return self.reach(shown.find(call_id, self.organization_prefix, self.extensions))

    def rows(self, shown: ShownTo) -> Sequence[Row]:
        """The calls of the address, in order."""
        account = self.app.account
        if account.level is not AccountLevel.USER and self.extensions == self.directory.numbers_under(
            account
        ):
            return shown.rows_of_organization(self.organization_prefix)
        return shown.rows(self.extensions)

    def address(self, extension: str | None = None, call_id: str | None = None) -> str:
        """The public address of the list, or of one call in it."""
        parts = [self.user_id, self.extension if extension is None else extension]
        if call_id is not None:
            parts.append(call_id)
        return f"{self.origin}/uapi/phoneCalls/" + "/".join(quote(part, safe="*@") for part in parts)

    def address_of(self, call: PhoneCall) -> str:
        """The call's own address, by the extension that pays where the request's address means it too."""
        own = [view.extension for view in call.views if view.extension in self.extensions]
        extension = call.extension if call.extension in self.extensions or not own else own[0]
        return self.address(extension, call.id)

    def require_permission(self, mode: Mode | None) -> None:
        """Refuse where no extension of the address may be supervised; which one is meant shows later.

        Raises ApiError `access_forbidden`.
        """
        if self.extensions and not any(self._is_permitted(number, mode) for number in self.extensions):
            raise forbidden()

    def require_permission_on(self, number: str, mode: Mode) -> None:
        """Refuse where this extension may not be supervised. Raises ApiError `access_forbidden`."""
        if not self._is_permitted(number, mode):
            raise forbidden()

    def require_all_may_be_heard(self, legs: Iterable[Leg]) -> None:
        """Refuse a call with an extension that is never supervised: on whichever side, it would be heard.

        Raises ApiError `access_forbidden`.
        """
        if not all(may_be_heard(self.directory, leg) for leg in legs):
            raise forbidden()

    def _is_permitted(self, number: str, mode: Mode | None) -> bool:
        extension = self.directory.extensions.get(number)
        wanted = None if mode is None else mode.permission
        return extension is not None and may_supervise(self.directory, self.app, extension, wanted)

    def _sees(self, number: str) -> bool:
        extension = self.directory.extensions.get(number)
        return extension is not None and is_in_sight(self.directory, self.app.account, extension)


class Gate:
    """Lets requests in: who has a token, has not asked too often, and addresses what exists for them."""

    def __init__(
        self,
        settings: Settings,
        directory: DirectoryFile,
        authenticator: Authenticator,
        is_ready: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._authenticator = authenticator
        self._is_ready = is_ready
        self._rate = RateLimit(settings.requests_per_s, 2 * settings.requests_per_s)

    async def admit(self, request: web.Request, *, is_again: bool = False) -> Visitor:
        """Who asks. Raises ApiError where that is nobody known, or one who asks too often.

        A request that had to wait is looked at again: it does not count twice.
        """
        grant = await self._authenticator.find_grant(request.headers.get("Authorization"))
        # Only now: that may have taken seconds, and the directory may be another since. An App that was
        # taken out of it takes its tokens with it; so does one whose secret or account is another.
        directory = self._directory.current
        app = directory.apps.get(grant.client_id)
        if app is None or not grant.is_for(app):
            raise access_denied()
        wait_s = 0.0 if is_again else self._rate.take(app.client_id, time.monotonic())
        if wait_s:
            raise too_many(wait_s)
        note(request, app=app.client_id, account=account_text(app.account))
        return Visitor(
            directory=directory,
            app=app,
            origin=find_origin(
                self._settings.public_url,
                request.scheme,
                request.host,
                request.headers,
                peer_is_trusted=is_trusted(request.remote, self._settings.trusted_proxies),
            ),
        )

    async def enter(self, request: web.Request, *, is_again: bool = False) -> Scope:
        """The scope of a request to `/{userId}/{extension}...`. Raises ApiError where it may not enter."""
        visitor = await self.admit(request, is_again=is_again)
        return scope_of(visitor, request.match_info["userId"], request.match_info["extension"])

    async def enter_again(self, request: web.Request, scope: Scope) -> Scope:
        """The scope of a request that had to wait: as it was, unless the directory is another by now."""
        if self.is_current(scope):
            return scope
        return await self.enter(request, is_again=True)

    def is_current(self, scope: Scope) -> bool:
        """Whether the scope is by the directory that is in force."""
        return scope.directory is self._directory.current

    def charge(self, visitor: Visitor, cost: int) -> None:
        """Count a costly request as so many more. Raises ApiError where the App asks for too much."""
        wait_s = self._rate.take(visitor.app.client_id, time.monotonic(), cost) if cost > 0 else 0.0
        if wait_s:
            raise too_many(wait_s)

    def require_ready(self) -> None:
        """Refuse while what is known of the calls may be over: it is neither shown nor acted upon.

        Raises ApiError `service_unavailable`.
        """
        if not self._is_ready():
            raise unavailable("The service is not in touch with Asterisk.")


def scope_of(visitor: Visitor, user_id: str, extension: str) -> Scope:
    """What this address means to the visitor. Raises ApiError `user_invalid` or `extension_invalid`."""
    account = visitor.app.account
    return Scope(
        directory=visitor.directory,
        app=visitor.app,
        origin=visitor.origin,
        user_id=user_id,
        extension=extension,
        extensions=find_extensions(visitor.directory, account, user_id, extension),
    )


def account_text(account: Account) -> str:
    """The account in one word: `user 12`, `organization 3`, `administrator`."""
    return f"{account.level} {account.id}".rstrip()
