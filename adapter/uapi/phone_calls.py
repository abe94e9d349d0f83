"""The PhoneCalls resource: list, one, act."""

import asyncio
import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web

from adapter.ami.errors import LinkError
from adapter.calls.feed import Feed
from adapter.calls.model import Calls
from adapter.calls.views import PhoneCall, phone_call
from adapter.directory import App
from adapter.directory_file import DirectoryFile
from adapter.settings import Settings
from adapter.supervision.conductor import JOIN_LIMIT_S, PICKUP_MARGIN_S, Conductor, Supervision
from adapter.supervision.permission import may_supervise
from adapter.supervision.plan import Mode, Plan, Refusal, plan_supervision
from adapter.supervision.session import Reason, State
from adapter.uapi.addressing import find_extensions, is_in_sight
from adapter.uapi.authentication import Authenticator
from adapter.uapi.errors import UapiError, forbidden, phone_call_invalid, refused, too_many, unavailable
from adapter.uapi.limits import RateLimit
from adapter.uapi.listing import list_calls, read_query
from adapter.uapi.origin import find_origin, is_trusted
from adapter.uapi.prefer import read_prefer
from adapter.uapi.rendering import Renderer
from adapter.uapi.schemas import read_action

log = logging.getLogger(__name__)

_FAILURES = {
    Reason.BUSY: ("pc_sendcallto_busy", "The extension in sendCallTo is busy."),
    Reason.REJECTED: ("pc_sendcallto_rejected", "The extension in sendCallTo rejected the call."),
    Reason.SUPERVISOR_LEFT: ("pc_sendcallto_rejected", "The extension in sendCallTo hung up."),
    Reason.UNAVAILABLE: ("pc_sendcallto_unavailable", "The extension in sendCallTo cannot be reached."),
    Reason.PICKUP_TIMEOUT: ("pc_pickup_timeout", "Nobody picked up within waitForPickup."),
}


class _Scope:
    """What one request is about: the App that asks and the extensions that its address means."""

    def __init__(self, request: web.Request, app: App, extensions: frozenset[str]) -> None:
        self.app = app
        self.extensions = extensions
        self.user_id = request.match_info["userId"]
        self.extension = request.match_info["extension"]

    def has(self, call: PhoneCall) -> bool:
        """Whether an extension of the address takes part in the call."""
        return any(view.extension in self.extensions for view in call.views)

    def own_extension(self, call: PhoneCall) -> str:
        """The extension by which the address reaches the call: the one that pays, where it is among them."""
        if call.extension in self.extensions:
            return call.extension
        return next(
            (view.extension for view in call.views if view.extension in self.extensions), self.extension
        )


class PhoneCalls:
    """`/uapi/phoneCalls/{userId}/{extension}[/{phoneCallId}]`."""

    def __init__(
        self,
        *,
        settings: Settings,
        directory: DirectoryFile,
        calls: Calls,
        feed: Feed,
        conductor: Conductor,
        authenticator: Authenticator,
        is_ready: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._calls = calls
        self._feed = feed
        self._conductor = conductor
        self._authenticator = authenticator
        self._is_ready = is_ready
        self._timezone = ZoneInfo(settings.timezone)
        self._rate = RateLimit(settings.requests_per_s, 2 * settings.requests_per_s)
        self._process = secrets.token_hex(4)

    # -- handlers ----------------------------------------------------------------------------------

    async def list(self, request: web.Request) -> web.Response:
        """List the live calls of the address."""
        scope = await self._scope(request)
        query = read_query(request.query)
        self._require_ready()
        tag = self._tag(request, scope)
        if tag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers={"ETag": tag})
        found = [call for live in self._calls.live() if (call := self._see(live.id, scope)) is not None]
        envelope = list_calls(found, query, self._renderer(request, scope), self._address(request, scope))
        if not found and read_prefer(request.headers.getall("Prefer", ())).wants_minimal:
            return web.Response(status=204, headers={"Preference-Applied": "return=minimal"})
        return web.json_response(
            envelope, headers={"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        )

    async def get(self, request: web.Request) -> web.Response:
        """Answer one live call."""
        scope = await self._scope(request)
        query = read_query(request.query)
        self._require_ready()
        call = self._see(request.match_info["phoneCallId"], scope)
        renderer = self._renderer(request, scope)
        if self._settings.single_call == "collection":
            found = [] if call is None else [call]
            return web.json_response(list_calls(found, query, renderer, self._address(request, scope)))
        if call is None:
            raise phone_call_invalid()
        return web.json_response(renderer.phone_call(call))

    async def act(self, request: web.Request) -> web.Response:
        """Carry out an action on a call (founding document)."""
        scope = await self._scope(request)
        self._require_permission(scope, None)
        wanted = read_action(await self._read_json(request))
        self._require_permission(scope, wanted.mode)
        self._require_ready()
        call = self._see(request.match_info.get("phoneCallId", ""), scope)
        try:
            plan = plan_supervision(
                wanted,
                scope.extensions,
                call,
                self._directory.current,
                pickup_limit_s=self._settings.pickup_limit_s,
            )
        except Refusal as refusal:
            raise refused(refusal) from None
        if not self._is_permitted(scope, plan.extension, plan.mode):
            raise forbidden()
        try:
            supervision = await self._conductor.begin(plan)
        except LinkError as error:
            log.warning("a supervision could not begin", extra={"call_id": plan.call_id, "error": str(error)})
            raise unavailable("Asterisk did not take the request.") from None
        wait_s = min(read_prefer(request.headers.getall("Prefer", ())).wait_s or 0, plan.pickup_s)
        if wait_s and await self._is_settled(supervision, plan, wait_s):
            return self._outcome(request, scope, supervision, wait_s)
        return self._accepted(request, scope, plan, wait_s)

    async def decline(self, request: web.Request) -> web.Response:
        """Answer what the contract has and the service does not yet."""
        await self._scope(request)
        raise UapiError("request_not_implemented", "The service does not carry out this action.")

    # -- answering a PUT ---------------------------------------------------------------------------

    @staticmethod
    async def _is_settled(supervision: Supervision, plan: Plan, wait_s: int) -> bool:
        """Wait until the supervisor has joined or will not; whether that is known in time.

        Who waits for as long as the phone may ring waits for the end of the ringing too.
        """
        margin_s = PICKUP_MARGIN_S + JOIN_LIMIT_S + 0.5 if wait_s >= plan.pickup_s else 0
        try:
            async with asyncio.timeout(wait_s + margin_s):
                await supervision.until(lambda one: one.state in (State.JOINED, State.ENDED))
        except TimeoutError:
            return False
        return True

    def _outcome(
        self, request: web.Request, scope: _Scope, supervision: Supervision, wait_s: int
    ) -> web.Response:
        applied = {"Preference-Applied": f"wait={wait_s}"}
        if supervision.state is State.JOINED:
            call = self._see(supervision.call_id, scope)
            if call is not None:
                return web.json_response(self._renderer(request, scope).phone_call(call), headers=applied)
        if supervision.reason in _FAILURES:
            code, message = _FAILURES[supervision.reason]
            raise UapiError(code, message, headers=applied)
        if supervision.reason in (None, Reason.CALL_ENDED):
            return web.Response(status=204, headers=applied)  # "There are no phone calls to be returned."
        raise unavailable("The link to Asterisk broke.")

    def _accepted(self, request: web.Request, scope: _Scope, plan: Plan, wait_s: int) -> web.Response:
        self._require_ready()
        address = self._address(request, scope, plan.extension, plan.call_id)
        headers = {"Location": address}
        if wait_s:
            headers["Preference-Applied"] = f"wait={wait_s}"
        body = {"id": plan.call_id, "extension": plan.extension, "link": {"self": address}}
        return web.json_response(body, status=202, headers=headers)

    # -- what all of them need ---------------------------------------------------------------------

    async def _scope(self, request: web.Request) -> _Scope:
        directory = self._directory.current
        app = await self._authenticator.find_app(request.headers.get("Authorization"), directory)
        wait_s = self._rate.take(app.client_id, time.monotonic())
        if wait_s:
            raise too_many(wait_s)
        extensions = find_extensions(
            directory, app.account, request.match_info["userId"], request.match_info["extension"]
        )
        return _Scope(request, app, extensions)

    def _is_permitted(self, scope: _Scope, number: str, mode: Mode | None) -> bool:
        directory = self._directory.current
        wanted = None if mode is None else mode.permission
        return may_supervise(directory, scope.app, directory.extensions[number], wanted)

    def _require_permission(self, scope: _Scope, mode: Mode | None) -> None:
        """Refuse where no extension of the address may be supervised; which one is meant shows later."""
        if not any(self._is_permitted(scope, number, mode) for number in scope.extensions):
            raise forbidden()

    def _tag(self, request: web.Request, scope: _Scope) -> str:
        """Names what a list would show: it changes whenever a call, the directory or the question does."""
        asked = f"{scope.app.client_id} {self._address(request, scope)} {request.query_string}"
        question = hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()
        return f'"{self._process}-{self._feed.revision}-{question}"'

    def _require_ready(self) -> None:
        if not self._is_ready():
            # What was known before the link broke may be over: neither shown nor acted upon.
            raise unavailable("The service is not in touch with Asterisk.")

    def _see(self, call_id: str, scope: _Scope) -> PhoneCall | None:
        """The live call with this id, if the request's address reaches it."""
        live = self._calls.call(call_id)
        if live is None:
            return None
        directory = self._directory.current
        call = phone_call(
            live, lambda number: is_in_sight(directory, scope.app.account, directory.extensions[number])
        )
        return call if call is not None and scope.has(call) else None

    def _renderer(self, request: web.Request, scope: _Scope) -> Renderer:
        return Renderer(
            self._directory.current,
            self._timezone,
            lambda call: self._address(request, scope, scope.own_extension(call), call.id),
        )

    def _address(
        self, request: web.Request, scope: _Scope, extension: str | None = None, call_id: str | None = None
    ) -> str:
        """The public address of the list, or of one call in it."""
        peer_is_trusted = is_trusted(request.remote, self._settings.trusted_proxies)
        base = find_origin(
            self._settings.public_url,
            request.scheme,
            request.host,
            request.headers,
            peer_is_trusted=peer_is_trusted,
        )
        parts = [scope.user_id, scope.extension if extension is None else extension]
        if call_id is not None:
            parts.append(call_id)
        return f"{base}/uapi/phoneCalls/" + "/".join(quote(part, safe="*@") for part in parts)

    async def _read_json(self, request: web.Request) -> object:
        if request.content_type != "application/json":
            raise UapiError(
                "content_type_invalid", "The Content-Type of the request must be application/json."
            )
        try:
            async with asyncio.timeout(self._settings.request_timeout_s):
                body = await request.read()
        except TimeoutError:
            raise UapiError("request_timeout", "The body of the request did not arrive in time.") from None
        try:
            return json.loads(body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise UapiError("request_invalid", "The body of the request must be a JSON object.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
