"""May this supervision happen, be switched, be ended? All that stands against it, in one order. Pure.

The order is the contract's: permission, phoneCallId, phoneCallViewId, sendCallTo, callerId, waitForPickup;
then whom it would let hear whom, then what stands in its way at this moment.
"""

from collections.abc import Iterable

from adapter.access.hearing import may_be_heard, may_hear
from adapter.access.principal import Principal
from adapter.access.sight import owns
from adapter.access.supervising import may_begin, may_begin_on_any, may_change
from adapter.asterisk.events import is_plain_name, names_one_channel
from adapter.asterisk.features import Feature
from adapter.callcontrol.supervision.plan import (
    DEFAULT_PICKUP_S,
    Follow,
    Obstacle,
    Parameter,
    Plan,
    Refusal,
    SupervisionRequest,
)
from adapter.callcontrol.supervision.spy_setup import is_conference, may_hold_back
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World
from adapter.calls.views import PhoneCall, PhoneCallView, Status
from adapter.directory import Directory, Extension, Medium

_NO_AUDIOSOCKET = "Asterisk has no module chan_audiosocket, or has none that tells (func_module)"


class _RefusedError(Exception):
    """Ends a decision at the first thing that stands against it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def decide(
    wanted: SupervisionRequest, principal: Principal, call: PhoneCall | None, world: World
) -> Plan | Refusal:
    """What to do for this request on `call`, which is as the principal sees it; or why nothing is done."""
    plan = make_plan(wanted, principal, call, world)
    if isinstance(plan, Refusal):
        return plan
    try:
        _check_what_runs(plan, principal, world)
    except _RefusedError as refused:
        return refused.refusal
    return plan


def make_plan(
    wanted: SupervisionRequest, principal: Principal, call: PhoneCall | None, world: World
) -> Plan | Refusal:
    """What is asked for, whichever supervisions run.

    Nothing is guessed: the spyee is the channel that the view stands for at this moment.
    """
    try:
        return _plan(wanted, principal, call, world)
    except _RefusedError as refused:
        return refused.refusal


def find_to_end(
    number: str, principal: Principal, call: PhoneCall, supervisions: Iterable[Supervision]
) -> Supervision | None:
    """The supervision of `call` whose supervisor is to leave, if one has this number.

    The address names the call by one of its extensions, `number` who is to leave it, whichever side of the
    call is supervised. A supervisor of an extension that does not stand under the account is a party like any
    other.
    """
    for one in supervisions:
        if (
            one.call_id == call.id
            and number in (one.supervisor, one.supervisor.partition("*")[2])
            and owns(principal, one.extension)
        ):
            return one
    return None


def may_end(principal: Principal, supervision: Supervision) -> bool:
    """Who began it may end and switch it; others where they might have begun it."""
    how = (supervision.mode.permission, supervision.medium)
    return may_change(principal, supervision.owner, supervision.extension, *how)


def _plan(wanted: SupervisionRequest, principal: Principal, call: PhoneCall | None, world: World) -> Plan:
    directory, rules = principal.directory, world.rules
    _require(may_begin_on_any(principal, wanted.numbers, wanted.mode.permission), Obstacle.NOT_PERMITTED)
    _require(world.is_ready, Obstacle.NOT_READY)
    if call is None or not any(view.extension in wanted.numbers for view in call.views):
        raise _refused(Parameter.PHONE_CALL, "it must be the id of a live phone call of the extension")
    view = _view(wanted, call)
    extension = directory.extensions[view.extension]
    supervisor = _supervisor(wanted, extension, call, directory)
    default_s = min(DEFAULT_PICKUP_S, rules.pickup_limit_s)
    pickup_s = default_s if wanted.pickup_s is None else wanted.pickup_s
    _check_forms(wanted, pickup_s, rules.pickup_limit_s)
    how = (wanted.mode.permission, wanted.medium)
    _require(may_begin(principal, extension.number, how[0]), Obstacle.NOT_PERMITTED)
    _require(may_begin(principal, extension.number, *how), Obstacle.NOT_PERMITTED, _not_by(wanted.medium))
    live = world.calls.call(call.id)
    parties = [*(live.legs.values() if live is not None else ()), *world.calls.others(view.channel)]
    # On whichever side of the call it is, it would be heard.
    _require(all(may_be_heard(directory, leg) for leg in parties), Obstacle.NEVER_SUPERVISED)
    return Plan(
        mode=wanted.mode,
        call_id=call.id,
        spyee=view.channel,
        extension=view.extension,
        supervisor=supervisor.number,
        spyee_name=view.channel_name,
        devices=supervisor.devices,
        rings=supervisor.rings,
        rings_alone=supervisor.rings_alone,
        caller_id=wanted.caller_id or supervisor.shown_caller_id,
        pickup_s=pickup_s,
        follow=wanted.follow,
        default_follow=rules.default_follow,
        auto_answer=supervisor.auto_answer_header,
        notice_tone=directory.organization_of(extension).notice_tone,
        medium=wanted.medium,
    )


def _not_by(medium: Medium) -> str:
    return f"its entry, and a supervision group if there are any, must have {medium} in `media`"


def _view(wanted: SupervisionRequest, call: PhoneCall) -> PhoneCallView:
    _require_form(wanted, Parameter.VIEW, 'it must be a string, like "01"')
    view = call.view(wanted.view_id) if wanted.view_id else None
    if view is None or view.extension not in wanted.numbers:
        raise _refused(Parameter.VIEW, "it must be the id of a view that the extension has of the phone call")
    if not names_one_channel(view.channel) or not is_plain_name(view.channel_name):
        raise _refused(Parameter.VIEW, "its channel has a name that Asterisk could take for others too")
    if view.status is not Status.ON_CALL:
        # There is no conversation to join yet, and none that anybody asked to hear.
        raise _refused(Parameter.VIEW, "its extension is not on the call yet")
    return view


def _supervisor(
    wanted: SupervisionRequest, extension: Extension, call: PhoneCall, directory: Directory
) -> Extension:
    _require_form(wanted, Parameter.SEND_CALL_TO, 'it must be a string, like "0003*024"')
    organization = directory.organization_of(extension)
    number = wanted.send_call_to or ""
    supervisor = directory.extensions.get(number if "*" in number else f"{organization.prefix}*{number}")
    if supervisor is None or not may_hear(directory, supervisor.number, extension.number):
        # One answer for all three: what is of another organization must look as if it did not exist.
        raise _refused(
            Parameter.SEND_CALL_TO,
            "it must be the number of a phone terminal extension of the same organization",
        )
    if any(view.extension == supervisor.number for view in call.views):
        raise _refused(Parameter.SEND_CALL_TO, "the extension is itself a party to the phone call")
    return supervisor


def _check_forms(wanted: SupervisionRequest, pickup_s: int, limit_s: int) -> None:
    _require_form(wanted, Parameter.CALLER_ID, "it must have the form: John Doe <+3334444>")
    must = f"it must be a whole number of seconds, higher than 0 and at most {limit_s}"
    _require_form(wanted, Parameter.PICKUP, must)
    _require(0 < pickup_s <= limit_s, Parameter.PICKUP, must)
    _require_form(wanted, Parameter.PRIVATE, "it must be 0 or 1")
    must = f"it must be {Follow.EXTENSION}, {Follow.CALL} or {Follow.AGENT}"
    _require_form(wanted, Parameter.FOLLOW, must)
    _require_form(wanted, Parameter.MEDIA, f"it must be {Medium.PHONE} or {Medium.STREAM}")


def _check_what_runs(plan: Plan, principal: Principal, world: World) -> None:
    """What stands in the way of a plan at this moment: the supervisor's supervision, this call, this PBX."""
    running = world.supervision_by(plan.supervisor)
    is_new, is_elsewhere = running is None, running is not None and running.call_id != plan.call_id
    # Who listens by the one medium is not rung, nor heard, by the other.
    is_by_another = running is not None and running.medium is not plan.medium
    _require(not is_elsewhere and not is_by_another, Obstacle.SUPERVISOR_BUSY, plan=plan)
    _require(running is None or may_end(principal, running), Obstacle.NOT_PERMITTED)
    is_unheard = plan.mode.is_heard_by_all and is_conference(world.calls, plan.spyee)
    _require(not is_unheard, Obstacle.CONFERENCE, plan=plan)
    is_as_planned = running is None or running.is_as_planned(plan)
    _require(Feature.SWITCH in world.features or is_as_planned, Obstacle.SWITCH, plan=plan)
    has_notice = Feature.NOTICE in world.features
    _require(has_notice or not (is_new and plan.notice_tone), Obstacle.NOTICE, plan=plan)
    if plan.medium is Medium.STREAM:
        _require(bool(world.stream_address), Obstacle.STREAM, "the service is not set up for streams", plan)
        _require(may_hold_back(world.features), Obstacle.STREAM, "its dialplan include is missing", plan)
        _require(world.has_audiosocket, Obstacle.STREAM, _NO_AUDIOSOCKET, plan)


def _require_form(wanted: SupervisionRequest, parameter: Parameter, must: str) -> None:
    _require(parameter not in wanted.malformed, parameter, must)


def _require(
    is_so: bool,  # noqa: FBT001 - what a rule says
    otherwise: Parameter | Obstacle,
    why: str = "",
    plan: Plan | None = None,
) -> None:
    if not is_so:
        raise _refused(otherwise, why, plan)


def _refused(code: Parameter | Obstacle, why: str = "", plan: Plan | None = None) -> _RefusedError:
    return _RefusedError(Refusal(code, why, plan))
