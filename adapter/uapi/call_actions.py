"""Acting on a call: PUT begins or switches a supervision, DELETE ends one."""

import json
from dataclasses import replace
from typing import NoReturn
from zoneinfo import ZoneInfo

from aiohttp import web

from adapter.access.supervising import may_begin_on_any
from adapter.callcontrol.supervision.decision import may_end
from adapter.callcontrol.supervision.plan import Obstacle, Plan, Refusal
from adapter.callcontrol.supervision.request import Asked
from adapter.callcontrol.supervision.ringing import OUTCOME_MARGIN_S
from adapter.callcontrol.supervision.session import Reason, State
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.shown_to import ShownTo
from adapter.calls.views import PhoneCall
from adapter.http.answers import json_answer
from adapter.http.audit_fields import note
from adapter.http.bodies import Bodies
from adapter.http.errors import ApiError, unavailable
from adapter.http.idempotency import IdempotencyStore
from adapter.http.places import Places
from adapter.http.prefer import read_prefer
from adapter.settings import Settings
from adapter.uapi.addressed import AddressedExtensions, resolve_address, supervision_address
from adapter.uapi.codes import UapiCode, because
from adapter.uapi.refusals import phone_call_invalid, refused
from adapter.uapi.rendering import Renderer
from adapter.uapi.requests import Requests
from adapter.uapi.resources import Accepted, AcceptedLink
from adapter.uapi.schemas import read_action
from adapter.uapi.supervision_actions import SupervisionActions
from adapter.uapi.supervisions import audio_address, render_supervision, sentence

_FAILURES = {
    Reason.BUSY: UapiCode.SEND_CALL_TO_BUSY,
    Reason.REJECTED: UapiCode.SEND_CALL_TO_REJECTED,
    Reason.SUPERVISOR_LEFT: UapiCode.SEND_CALL_TO_REJECTED,
    Reason.UNAVAILABLE: UapiCode.SEND_CALL_TO_UNAVAILABLE,
    Reason.PICKUP_TIMEOUT: UapiCode.PICKUP_TIMEOUT,
}
_FAILURE_SENTENCES = {Reason.SUPERVISOR_LEFT: "The extension in sendCallTo hung up."}
"""Where it is not the code's."""


_LINK_FAILURES = (Reason.LINK_LOST, Reason.ORIGINATE_REFUSED, Reason.SHUTDOWN)


class CallActions:
    """PUT and DELETE of `/uapi/phoneCalls/{userId}/{extension}/{phoneCallId}`."""

    def __init__(
        self,
        *,
        settings: Settings,
        requests: Requests,
        shown: ShownTo,
        supervisions: SupervisionActions,
        bodies: Bodies,
        waits: Places,
        idempotency: IdempotencyStore,
    ) -> None:
        self._settings = settings
        self._requests = requests
        self._shown = shown
        self._supervisions = supervisions
        self._bodies = bodies
        self._waits = waits
        self._timezone = ZoneInfo(settings.timezone)
        self._idempotency = idempotency

    # -- handlers ----------------------------------------------------------------------------------

    async def put(self, request: web.Request) -> web.Response:
        """Carry out an action on a call (founding document)."""
        addressed = await self._requests.resolve_address(request)
        if not may_begin_on_any(addressed.principal, addressed.numbers):
            raise refused(Refusal(Obstacle.NOT_PERMITTED))
        body = await self._bodies.read_json(request)
        path = [addressed.user_id, addressed.extension, request.match_info.get("phoneCallId")]
        what = json.dumps(path).encode() + await request.read()
        return await self._idempotency.once(
            request, addressed.principal.id, what, lambda: self._act(request, addressed, body)
        )

    async def delete(self, request: web.Request) -> web.Response:
        """End the supervision by `phoneNumber`; the call goes on. Other hang-ups are not served yet."""
        addressed = await self._requests.resolve_address(request)
        numbers = request.query.getall("phoneNumber", ())
        if len(numbers) > 1:
            raise because(UapiCode.PHONE_NUMBER_INVALID, "it must appear only once")
        number = numbers[0] if numbers else ""
        if not number or "phoneCallId" not in request.match_info:
            raise ApiError(UapiCode.NOT_IMPLEMENTED)
        note(request, phoneNumber=number)
        self._requests.require_ready()
        call = addressed.find(self._shown, request.match_info["phoneCallId"])
        if call is None:
            raise phone_call_invalid()
        note(request, call=call.id)
        supervision = self._supervisions.find_to_end(number, addressed.principal, call)
        if supervision is None:
            if number in _parties(call):
                raise ApiError(UapiCode.NOT_IMPLEMENTED)
            raise because(
                UapiCode.PHONE_NUMBER_INVALID,
                "it must be a party of the phone call or the extension of a supervisor who has joined it "
                "or is being rung",
            )
        _note_supervision(request, supervision)
        if not may_end(addressed.principal, supervision):
            raise refused(Refusal(Obstacle.NOT_PERMITTED))
        if not await self._supervisions.end(supervision):
            raise unavailable("Asterisk has not hung up on the supervisor yet.")
        if read_prefer(request.headers.getall("Prefer", ())).wants_minimal:
            return web.Response(status=204, headers={"Preference-Applied": "return=minimal"})
        return json_answer(render_supervision(supervision, addressed.origin, self._timezone))

    async def create(self, request: web.Request) -> NoReturn:
        """Calls are not created yet, for nobody."""
        await self._requests.authenticate(request)
        raise ApiError(UapiCode.NOT_IMPLEMENTED)

    # -- PUT ---------------------------------------------------------------------------------------

    async def _act(self, request: web.Request, addressed: AddressedExtensions, body: object) -> web.Response:
        if isinstance(body, dict):
            asked = {name: body.get(name) for name in ("action", "sendCallTo")}
            note(request, **{name: value for name, value in asked.items() if isinstance(value, str)})
        wanted = read_action(body)
        call_id = request.match_info.get("phoneCallId", "")

        async def look() -> Asked:
            nonlocal addressed
            addressed = await self._requests.resolve_again(request, addressed)
            call = addressed.find(self._shown, call_id)
            return Asked(replace(wanted, numbers=addressed.numbers), addressed.principal, call)

        begun = await self._supervisions.carry_out(look, lambda plan: _note_plan(request, plan))
        if isinstance(begun, Refusal):
            raise refused(begun)
        plan, supervision = begun
        _note_supervision(request, supervision)
        if supervision.stream is not None:  # the App opens it only after this answer
            return self._accepted(addressed, plan, supervision, 0)
        wait_s = min(read_prefer(request.headers.getall("Prefer", ())).wait_s or 0, plan.pickup_s)
        if not wait_s:
            return self._accepted(addressed, plan, supervision, wait_s)
        with self._waits.taken(addressed.principal.id) as has_place:
            if not has_place:
                return self._accepted(addressed, plan, supervision, 0)
            # Who waits for as long as the phone may ring waits for the end of the ringing too.
            margin_s = OUTCOME_MARGIN_S if wait_s >= plan.pickup_s else 0
            is_settled = await self._supervisions.is_as_asked(begun, wait_s + margin_s)
        if supervision.state is not State.ENDED and supervision.is_overtaken(plan):
            raise ApiError(UapiCode.SUPERVISION_SWITCHED, headers={"Preference-Applied": f"wait={wait_s}"})
        addressed = await self._look_again(request, addressed, plan)
        if is_settled:
            return self._outcome(addressed, plan, supervision, wait_s)
        return self._accepted(addressed, plan, supervision, wait_s)

    async def _look_again(
        self, request: web.Request, entered: AddressedExtensions, plan: Plan
    ) -> AddressedExtensions:
        """Who is answered after a wait, as the directory is by now.

        Raises ApiError where the address does not mean the extension any more: as GET answers there, so
        that nothing is told of a call that is not seen.
        """
        addressed = await self._requests.resolve_again(request, entered)
        if plan.extension not in addressed.numbers:  # `@self` means others
            raise phone_call_invalid()
        return addressed

    def _outcome(
        self, addressed: AddressedExtensions, plan: Plan, supervision: Supervision, wait_s: int
    ) -> web.Response:
        applied = {"Preference-Applied": f"wait={wait_s}"}
        if supervision.is_joined:
            call = self._joined(addressed, supervision, applied)
            return call or self._accepted(addressed, plan, supervision, wait_s)
        if supervision.reason in _FAILURES:
            message = _FAILURE_SENTENCES.get(supervision.reason)
            raise ApiError(_FAILURES[supervision.reason], message, headers=applied)
        if supervision.reason is Reason.CALL_ENDED:
            return web.Response(status=204, headers=applied)  # "There are no phone calls to be returned."
        if supervision.reason in _LINK_FAILURES:
            raise unavailable("The link to Asterisk broke.")
        why = sentence(supervision.reason or Reason.NOT_JOINED)
        raise ApiError(UapiCode.SUPERVISION_ENDED, why, headers=applied)

    def _joined(
        self, addressed: AddressedExtensions, supervision: Supervision, applied: dict[str, str]
    ) -> web.Response | None:
        """The call as the address shows it; where the extension has left it, as the account sees it."""
        for seen in (addressed, resolve_address(addressed.principal, addressed.origin, "@me", "@self")):
            call = seen.find(self._shown, supervision.call_id)
            if call is not None:
                renderer = Renderer(seen.principal.directory, self._timezone, seen.address_of)
                return json_answer(renderer.phone_call(call), headers=applied)
        return None

    def _accepted(
        self, addressed: AddressedExtensions, plan: Plan, supervision: Supervision, wait_s: int
    ) -> web.Response:
        self._requests.require_ready()
        becomes = supervision_address(addressed.origin, supervision.id)
        headers = {"Location": becomes}
        if wait_s:
            headers["Preference-Applied"] = f"wait={wait_s}"
        audio = audio_address(addressed.origin, supervision)
        link = AcceptedLink(addressed.address(plan.extension, plan.call_id), becomes, audio)
        body = Accepted(plan.call_id, plan.extension, link)
        return json_answer(body, status=202, headers=headers)


def _note_plan(request: web.Request, plan: Plan) -> None:
    note(
        request,
        call=plan.call_id,
        supervisor=plan.supervisor,
        extension=plan.extension,
        mode=plan.mode,
    )


def _note_supervision(request: web.Request, supervision: Supervision) -> None:
    note(
        request,
        supervision=supervision.id,
        supervisor=supervision.supervisor,
        extension=supervision.extension,
        mode=supervision.mode,
    )


def _parties(call: PhoneCall) -> set[str]:
    """The numbers that the call's views show, and the local ones of its extensions."""
    numbers = {number for view in call.views for number in (*view.source, *view.destination, view.extension)}
    return numbers | {number.partition("*")[2] for number in numbers}
