"""The contract's BargeIn table, row by row, and the order in which the rows are judged."""

from dataclasses import replace

import pytest

from adapter.access.principal import Principal
from adapter.asterisk.caller_id import CallerId
from adapter.callcontrol.supervision.decision import decide
from adapter.callcontrol.supervision.plan import (
    STAYS_S,
    Follow,
    Mode,
    Parameter,
    Plan,
    Refusal,
    SupervisionRequest,
    linger_s,
)
from adapter.callcontrol.world import Rules
from adapter.calls.views import PhoneCall
from adapter.directory import Directory, SupervisionMode, load_directory

from .samples import DIRECTORY_TEXT, Pbx, calls_after, directory, only_call, world

GOOD = SupervisionRequest(
    mode=Mode.BARGE_IN,
    view_id="01",
    send_call_to="0003*024",
    caller_id=CallerId("John Doe", "42420042"),
    pickup_s=20,
)
PATH = frozenset({"0003*210"})


def _inbound() -> PhoneCall:
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    return only_call(calls_after(pbx.messages))


def _local() -> PhoneCall:
    pbx = Pbx()
    pbx.call("PJSIP/0003*210", "PJSIP/0003*211", number="0003*210")
    return only_call(calls_after(pbx.messages))


def _decide(
    request: SupervisionRequest = GOOD,
    path: frozenset[str] = PATH,
    call: PhoneCall | None = None,
    *,
    is_live: bool = True,
    rules: Rules | None = None,
    known: Directory | None = None,
) -> Plan | Refusal:
    """For an administrator's App, which may all; on a PBX where nobody supervises yet."""
    known = known or directory()
    now = world(rules=rules or Rules())
    principal = Principal(known, known.apps["operator"])
    return decide(replace(request, numbers=path), principal, (call or _inbound()) if is_live else None, now)


def _plan(
    request: SupervisionRequest = GOOD,
    path: frozenset[str] = PATH,
    call: PhoneCall | None = None,
    *,
    limit_s: int = 600,
) -> Plan:
    plan = _decide(request, path, call, rules=Rules(pickup_limit_s=limit_s))
    assert isinstance(plan, Plan), plan
    return plan


def _refused(
    request: SupervisionRequest = GOOD,
    path: frozenset[str] = PATH,
    call: PhoneCall | None = None,
    *,
    is_live: bool = True,
    limit_s: int = 600,
) -> object:
    refusal = _decide(request, path, call, is_live=is_live, rules=Rules(pickup_limit_s=limit_s))
    assert isinstance(refusal, Refusal), refusal
    assert refusal.why
    return refusal.code


def test_the_founding_request_becomes_this_plan() -> None:
    """Ring the supervisor; once picked up, spy on exactly the channel of the view."""
    assert _plan() == Plan(
        mode=Mode.BARGE_IN,
        call_id=_inbound().id,
        spyee="1795405388.1",
        extension="0003*210",
        supervisor="0003*024",
        spyee_name="PJSIP/0003*210-00000001",
        devices=("PJSIP/0003*024",),
        rings=("PJSIP/0003*024",),
        rings_alone="PJSIP/0003*024",
        caller_id=CallerId("John Doe", "42420042"),
        pickup_s=20,
    )


def test_barge_in_spies_on_an_exact_channel_and_all_hear_all() -> None:
    """As measured: `u` exact, `q` no beep, `B` barge, `E` end with the spied channel."""
    assert Mode.BARGE_IN.spy_options == "quBE"


# -- phoneCallId -----------------------------------------------------------------------------------


def test_a_call_that_is_not_live_is_refused() -> None:
    """Unknown, ended or not to be seen: all the same."""
    assert _refused(is_live=False) is Parameter.PHONE_CALL


def test_a_call_of_another_extension_is_refused() -> None:
    """A live call that the path's extension takes no part in."""
    assert _refused(path=frozenset({"0003*211"})) is Parameter.PHONE_CALL
    assert _refused(path=frozenset({"0003*024"})) is Parameter.PHONE_CALL
    assert _refused(path=frozenset()) is Parameter.PHONE_CALL


# -- phoneCallViewId -------------------------------------------------------------------------------


@pytest.mark.parametrize("view_id", [None, "", "1", "02", "00", "01 ", "x"])
def test_a_view_that_the_call_does_not_have_is_refused(view_id: str | None) -> None:
    """Missing, empty, or not a view of this call."""
    assert _refused(replace(GOOD, view_id=view_id)) is Parameter.VIEW


def test_a_view_of_another_extension_than_the_paths_is_refused() -> None:
    """The call has it, the extension in the path has not; with `@self` both are reached."""
    other = replace(GOOD, view_id="02")
    assert _refused(other, call=_local()) is Parameter.VIEW
    assert _plan(other, frozenset({"0003*210", "0003*211"}), _local()).extension == "0003*211"
    assert _plan(other, frozenset({"0003*211"}), _local()).spyee == "1795405388.1"
    assert _plan(call=_local()).spyee == "1795405388.0"


def test_a_ringing_view_is_refused() -> None:
    """There is no conversation to join yet."""
    pbx = Pbx()
    customer = pbx.new("PJSIP/trunk", number="777888", exten="0003*210", state="Ring")
    pbx.dial(customer, pbx.new("PJSIP/0003*210", linkedid=customer))
    assert _refused(call=only_call(calls_after(pbx.messages))) is Parameter.VIEW


@pytest.mark.parametrize("channel", ["all", "ALL", "", "agent,1", "PJSIP/0003*210", "/.*/", "-1"])
def test_a_channel_that_somebody_gave_a_dangerous_uniqueid_is_refused(channel: str) -> None:
    """Who originates a channel names it: `all` would be a barge-in on every call of the PBX."""
    call = _inbound()
    assert _refused(call=replace(call, views=(replace(call.views[0], channel=channel),))) is Parameter.VIEW


def test_a_barge_in_through_the_view_of_a_barge_in_joins_the_same_extension() -> None:
    """A second supervisor may name the first one's view: it is of the same extension."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    pbx.supervise(agent)
    call = only_call(calls_after(pbx.messages))
    plan = _plan(replace(GOOD, view_id="02", send_call_to="0003*025"), call=call)
    assert (plan.spyee, plan.extension) == (agent, "0003*210")


# -- sendCallTo ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "send_call_to",
    [
        None,
        "",
        "0003*999",
        "999",
        "0004*300",
        "300",
        "0003*500",
        "500",
        "0003*210",
        "210",
        "0003*024 ",
        "PJSIP/0003*024",
        "*024",
        "0003*",
        "@self",
        "777888",
    ],
)
def test_a_supervisor_who_may_not_is_refused(send_call_to: str | None) -> None:
    """Missing, unknown, of another organization, no phone terminal, or itself a party to the call."""
    assert _refused(replace(GOOD, send_call_to=send_call_to)) is Parameter.SEND_CALL_TO


def test_the_other_party_of_a_local_call_may_not_barge_in_on_it() -> None:
    """A party is whoever has a view, not only the extension in the path."""
    assert _refused(replace(GOOD, send_call_to="0003*211"), call=_local()) is Parameter.SEND_CALL_TO


def test_another_organizations_extension_is_refused_as_an_unknown_one_is() -> None:
    """What an account may not see is answered exactly as if it did not exist."""
    answers = set()
    for send_call_to in ("0004*300", "0004*999", "0003*999"):
        answers.add(_decide(replace(GOOD, send_call_to=send_call_to)))
    assert len(answers) == 1


def test_the_short_form_is_resolved_inside_the_organization() -> None:
    """`024` is `0003*024` for an extension of the organization 0003."""
    assert _plan(replace(GOOD, send_call_to="024")).supervisor == "0003*024"


def test_an_extension_with_a_dial_string_of_its_own_is_dialed_by_it() -> None:
    """The directory's word, not the number's."""
    plan = _plan(replace(GOOD, send_call_to="0003*025"))
    assert (plan.supervisor, plan.rings_alone) == ("0003*025", "PJSIP/second-desk")


def test_a_supervisor_who_already_joined_is_no_party() -> None:
    """The same PUT again is answered as the first, not refused."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    pbx.supervise(agent)
    assert _plan(call=only_call(calls_after(pbx.messages))).supervisor == "0003*024"


# -- callerId, waitForPickup -----------------------------------------------------------------------


def test_a_malformed_caller_id_is_refused() -> None:
    """What the schema could not read."""
    request = replace(GOOD, caller_id=None, malformed=frozenset({Parameter.CALLER_ID}))
    assert _refused(request) is Parameter.CALLER_ID


@pytest.mark.parametrize(
    ("send_call_to", "shown"),
    [("0003*024", CallerId("Supervisor", "0003*024")), ("0003*025", CallerId("0003*025", "0003*025"))],
)
def test_without_a_caller_id_the_supervisors_own_is_shown(send_call_to: str, shown: CallerId) -> None:
    """The default is the callerId of sendCallTo."""
    assert _plan(replace(GOOD, caller_id=None, send_call_to=send_call_to)).caller_id == shown


def test_a_malformed_wait_is_refused() -> None:
    """What the schema could not read."""
    request = replace(GOOD, pickup_s=None, malformed=frozenset({Parameter.PICKUP}))
    assert _refused(request) is Parameter.PICKUP


@pytest.mark.parametrize("pickup_s", [601, 10**9, -1, 0])
def test_a_wait_beyond_its_bounds_is_refused(pickup_s: int) -> None:
    """Higher than 0 and at most the operator's limit."""
    assert _refused(replace(GOOD, pickup_s=pickup_s)) is Parameter.PICKUP


@pytest.mark.parametrize(("pickup_s", "planned_s"), [(1, 1), (600, 600), (None, 25)])
def test_a_wait_within_its_bounds_is_kept_and_its_default_is_25(pickup_s: int | None, planned_s: int) -> None:
    """Whole seconds."""
    assert _plan(replace(GOOD, pickup_s=pickup_s)).pickup_s == planned_s


def test_the_operators_limit_below_the_default_cuts_the_default() -> None:
    """A request that leaves waitForPickup out has nothing wrong in it, however low the limit is."""
    assert _plan(replace(GOOD, pickup_s=None), limit_s=10).pickup_s == 10
    assert _refused(limit_s=10) is Parameter.PICKUP


# -- the order -------------------------------------------------------------------------------------


def test_the_first_bad_parameter_is_told_in_the_contracts_order() -> None:
    """phoneCallId, phoneCallViewId, sendCallTo, callerId, waitForPickup: mended one by one."""
    request = SupervisionRequest(
        mode=Mode.BARGE_IN,
        view_id="07",
        send_call_to="0003*999",
        malformed=frozenset({Parameter.CALLER_ID, Parameter.PICKUP}),
    )
    assert _refused(request, is_live=False) is Parameter.PHONE_CALL
    assert _refused(request) is Parameter.VIEW
    request = replace(request, view_id="01")
    assert _refused(request) is Parameter.SEND_CALL_TO
    request = replace(request, send_call_to="0003*024")
    assert _refused(request) is Parameter.CALLER_ID
    request = replace(request, malformed=frozenset({Parameter.PICKUP}))
    assert _refused(request) is Parameter.PICKUP
    request = replace(request, malformed=frozenset())
    assert _plan(request).pickup_s == 25


def test_whom_it_follows_is_the_requests_or_the_default() -> None:
    """The operator's setting stands where the request says nothing."""
    for asked, default, follows in (
        (None, Follow.EXTENSION, Follow.EXTENSION),
        (None, Follow.CALL, Follow.CALL),
        (Follow.EXTENSION, Follow.CALL, Follow.EXTENSION),
    ):
        plan = _decide(replace(GOOD, follow=asked), rules=Rules(default_follow=default))
        assert isinstance(plan, Plan)
        assert (plan.follow or plan.default_follow) is follows


def test_the_phone_and_the_parties_get_what_the_directory_says() -> None:
    """The supervisor's phone its header, the supervised their organization's tone."""
    text = DIRECTORY_TEXT.replace('<0003*024>"}', '<0003*024>", auto_answer: call-info}')
    text = text.replace('prefix: "0003"', 'prefix: "0003", notice_tone: true')
    plan = _decide(known=load_directory(text))
    assert isinstance(plan, Plan)
    assert (plan.auto_answer, plan.notice_tone) == ("Call-Info: <sip:127.0.0.1>;answer-after=0", True)
    assert (_plan().auto_answer, _plan().notice_tone) == ("", False)


def test_private_and_follow_are_judged_last() -> None:
    """After all that the contract has a row for."""
    bad = frozenset({Parameter.PRIVATE, Parameter.FOLLOW})
    assert _refused(replace(GOOD, malformed=bad | {Parameter.PICKUP})) is Parameter.PICKUP
    assert _refused(replace(GOOD, malformed=bad)) is Parameter.PRIVATE
    assert _refused(replace(GOOD, malformed=frozenset({Parameter.FOLLOW}))) is Parameter.FOLLOW


MODES: list[tuple[Mode, str, SupervisionMode, str, bool]] = [
    # the mode, the action and the permission that it needs, ChanSpy's options, is the far side to hear
    (Mode.MONITOR, "Monitor", SupervisionMode.LISTEN, "quE", False),
    (Mode.WHISPER, "Whisper", SupervisionMode.WHISPER, "quwE", False),
    (Mode.PRIVATE_WHISPER, "Whisper", SupervisionMode.WHISPER, "quWE", False),
    (Mode.BARGE_IN, "BargeIn", SupervisionMode.BARGE, "quBE", True),
]


@pytest.mark.parametrize(("mode", "action", "permission", "options", "is_heard_by_all"), MODES)
def test_each_mode_has_its_action_its_permission_and_its_options(
    mode: Mode, action: str, permission: SupervisionMode, options: str, *, is_heard_by_all: bool
) -> None:
    """Who hears whom hangs on these letters."""
    assert (mode.action, mode.permission, mode.spy_options) == (action, permission, options)
    assert mode.is_heard_by_all is is_heard_by_all


def test_only_a_phone_that_follows_the_call_outlives_its_spyee() -> None:
    """By the seconds that it takes to send it to another; else it ends with the extension."""
    assert [linger_s(follow) for follow in (Follow.EXTENSION, Follow.CALL)] == [0, STAYS_S]
    assert STAYS_S > 0
