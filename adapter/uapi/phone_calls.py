"""The PhoneCalls resource: list, one, act."""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from typing import NoReturn
from zoneinfo import ZoneInfo

from aiohttp import web

from adapter.ami.errors import LinkError
from adapter.calls.model import Calls
from adapter.settings import Settings
from adapter.supervision.conductor import JOIN_LIMIT_S, PICKUP_MARGIN_S, Conductor
from adapter.supervision.plan import Plan, Refusal, plan_supervision
from adapter.supervision.session import Reason, State
from adapter.supervision.supervision import Supervision
from adapter.uapi.entity_tag import is_known, make_tag
from adapter.uapi.errors import UapiError, phone_call_invalid, refused, unavailable
from adapter.uapi.listing import list_calls, read_query
from adapter.uapi.prefer import read_prefer
from adapter.uapi.rendering import Renderer
from adapter.uapi.revisions import Revisions
from adapter.uapi.schemas import read_action
from adapter.uapi.scope import Gate, Scope

log = logging.getLogger(__name__)

_FAILURES = {
    Reason.BUSY: ("pc_sendcallto_busy", "The extension in sendCallTo is busy."),
    Reason.REJECTED: ("pc_sendcallto_rejected", "The extension in sendCallTo rejected the call."),
    Reason.SUPERVISOR_LEFT: ("pc_sendcallto_rejected", "The extension in sendCallTo hung up."),
    Reason.UNAVAILABLE: ("pc_sendcallto_unavailable", "The extension in sendCallTo cannot be reached."),
    Reason.PICKUP_TIMEOUT: ("pc_pickup_timeout", "Nobody picked up within waitForPickup."),
}


class PhoneCalls:
    """`/uapi/phoneCalls/{userId}/{extension}[/{phoneCallId}]`."""

    def __init__(
        self,
        *,
        settings: Settings,
        gate: Gate,
        calls: Calls,
        revisions: Revisions,
        conductor: Conductor,
        is_ready: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._gate = gate
        self._calls = calls
        self._revisions = revisions
        self._conductor = conductor
        self._is_ready = is_ready
        self._timezone = ZoneInfo(settings.timezone)
        self._process = secrets.token_hex(4)

    # -- handlers ----------------------------------------------------------------------------------

    async def list(self, request: web.Request) -> web.Response:
        """List the live calls of the address."""
        scope = await self._gate.enter(request)
        query = read_query(request.query)
        self._require_ready()
        tag = make_tag(
            self._process,
            self._revisions.of(scope.organization_prefix),
            scope.app.client_id,
            scope.address(),
            request.query_string,
        )
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        if is_known(tag, ",".join(request.headers.getall("If-None-Match", ()))):
            return web.Response(status=304, headers=headers)
        found = [call for live in self._calls.live() if (call := scope.reach(live)) is not None]
        if not found and read_prefer(request.headers.getall("Prefer", ())).wants_minimal:
            return web.Response(status=204, headers={**headers, "Preference-Applied": "return=minimal"})
        return web.json_response(
            list_calls(found, query, self._renderer(scope), scope.address()), headers=headers
        )

    async def get(self, request: web.Request) -> web.Response:
        """Answer one live call."""
        scope = await self._gate.enter(request)
        query = read_query(request.query)
        self._require_ready()
        call = scope.reach(self._calls.call(request.match_info["phoneCallId"]))
        if self._settings.single_call == "collection":
            found = [] if call is None else [call]
            return web.json_response(list_calls(found, query, self._renderer(scope), scope.address()))
        if call is None:
            raise phone_call_invalid()
        return web.json_response(self._renderer(scope).phone_call(call))

    async def act(self, request: web.Request) -> web.Response:
        """Carry out an action on a call (founding document)."""
        scope = await self._gate.enter(request)
        scope.require_permission(None)
        wanted = read_action(await self._read_json(request))
        scope.require_permission(wanted.mode)
        self._require_ready()
        call = scope.reach(self._calls.call(request.match_info.get("phoneCallId", "")))
        limit_s = self._settings.pickup_limit_s
        try:
            plan = plan_supervision(wanted, scope.extensions, call, scope.directory, pickup_limit_s=limit_s)
        except Refusal as refusal:
            raise refused(refusal) from None
        scope.require_permission_on(plan.extension, plan.mode)
        scope.require_no_exempt(self._calls.call(plan.call_id))
        try:
            supervision = await self._conductor.begin(plan, scope.app.client_id)
        except LinkError as error:
            log.warning("a supervision could not begin", extra={"call_id": plan.call_id, "error": str(error)})
            raise unavailable("Asterisk did not take the request.") from None
        wait_s = min(read_prefer(request.headers.getall("Prefer", ())).wait_s or 0, plan.pickup_s)
        if wait_s and await self._is_settled(supervision, plan, wait_s):
            return self._outcome(scope, supervision, wait_s)
        return self._accepted(scope, plan, wait_s)

    async def decline(self, request: web.Request) -> web.Response:
        """Answer what the contract has and the service does not yet."""
        await self._gate.enter(request)
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

    def _outcome(self, scope: Scope, supervision: Supervision, wait_s: int) -> web.Response:
        applied = {"Preference-Applied": f"wait={wait_s}"}
        if supervision.state is State.JOINED:
            call = scope.reach(self._calls.call(supervision.call_id))
            if call is not None:
                return web.json_response(self._renderer(scope).phone_call(call), headers=applied)
        if supervision.reason in _FAILURES:
            code, message = _FAILURES[supervision.reason]
            raise UapiError(code, message, headers=applied)
        if supervision.reason in (None, Reason.CALL_ENDED):
            return web.Response(status=204, headers=applied)  # "There are no phone calls to be returned."
        raise unavailable("The link to Asterisk broke.")

    def _accepted(self, scope: Scope, plan: Plan, wait_s: int) -> web.Response:
        self._require_ready()
        address = scope.address(plan.extension, plan.call_id)
        headers = {"Location": address}
        if wait_s:
            headers["Preference-Applied"] = f"wait={wait_s}"
        body = {"id": plan.call_id, "extension": plan.extension, "link": {"self": address}}
        return web.json_response(body, status=202, headers=headers)

    # -- what all of them need ---------------------------------------------------------------------

    def _require_ready(self) -> None:
        if not self._is_ready():
            # What was known before the link broke may be over: neither shown nor acted upon.
            raise unavailable("The service is not in touch with Asterisk.")

    def _renderer(self, scope: Scope) -> Renderer:
        return Renderer(scope.directory, self._timezone, scope.address_of)

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
