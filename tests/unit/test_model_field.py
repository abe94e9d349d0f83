"""What the field sends: Local channels in between, whoever is joined by others, ids that others chose."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from adapter.asterisk.events import ListedChannel
from adapter.callcontrol.supervision.spy_setup import is_conference
from adapter.calls.changes import ViewsExhausted
from adapter.calls.ids import call_id_of
from adapter.calls.model import Calls
from adapter.calls.views import Flow, PhoneCallView, Status

from .invariants import check
from .samples import Pbx, calls_after, empty_calls, events, listed, only_call, seen, snapshot_after

AGENT, COLLEAGUE, EXPERT = "PJSIP/0003*210", "PJSIP/0003*211", "PJSIP/0003*21"
ON_CALL, THERE_RINGING = Status.ON_CALL, Status.OTHER_SIDE_RINGING
RINGING, OFF_HOOK = Status.RINGING, Status.OFF_HOOK
LOCAL, OUTGOING, INCOMING = Flow.LOCAL, Flow.OUTGOING_PUBLIC, Flow.INCOMING_PUBLIC

Shown = tuple[str, str, str, str]


def _shown(views: Iterable[PhoneCallView]) -> list[Shown]:
    return [(one.extension, "+".join(one.source), "+".join(one.destination), one.status) for one in views]


def _all(calls: Calls) -> list[Shown]:
    return [row for call in seen(calls) for row in _shown(call.views)]


def _lines(pbx: Pbx, applications: dict[str, str] | None = None) -> list[ListedChannel]:
    """A snapshot of now, in which these channels run these applications."""
    lines = (
        {**line, "Application": (applications or {}).get(line["Uniqueid"], line["Application"])}
        for line in snapshot_after(pbx.messages)
    )
    return listed(lines, pbx.messages)


def _restarted(pbx: Pbx, applications: dict[str, str] | None = None) -> Calls:
    calls = empty_calls()
    calls.reset(_lines(pbx, applications), 1795405400.0)
    check(calls)
    return calls


# -- a warm transfer while the target rings behind a Local channel -----------------------------------


def _consulting_behind_local(pbx: Pbx) -> tuple[str, str, str, str, tuple[str, str], str]:
    """The agent talks with a colleague and, on a second line, has an expert rung behind a Local channel."""
    first, colleague = pbx.call(AGENT, COLLEAGUE, number="0003*210")
    second = pbx.new(AGENT, number="0003*210", exten="0003*21", state="Ring")
    one, two = pbx.local("0003*21", linkedid=second)
    pbx.dial(second, one)
    expert = pbx.new(EXPERT, number="0003*21", linkedid=second)
    pbx.dial(two, expert)
    return first, colleague, second, expert, (one, two), call_id_of(first)


def test_who_is_sent_on_calls_whom_rings_behind_a_local_channel() -> None:
    """One call, the older one, from the transfer to the end; its id never changes."""
    pbx = Pbx()
    first, colleague, second, expert, (one, two), call_id = _consulting_behind_local(pbx)
    pbx.transfer(first, second, colleague)
    transferred = len(pbx.messages)
    pbx.leave(colleague)
    pbx.dial(colleague, one)
    pbx.hang_up(first, second)
    ringing = len(pbx.messages)
    pbx.answer(two, expert)
    pbx.state(one, "Up")
    pbx.end_dial(colleague, one, "ANSWER")
    pbx.bridge(colleague, one)
    for until, there, here in (
        (transferred, THERE_RINGING, RINGING),
        (ringing, THERE_RINGING, RINGING),
        (len(pbx.messages), ON_CALL, ON_CALL),
    ):
        calls = calls_after(pbx.messages[:until])
        check(calls)
        call = only_call(calls)
        assert call.id == call_id
        assert _shown(call.views) == [
            ("0003*211", "0003*211", "0003*21", there),
            ("0003*21", "0003*211", "0003*21", here),
        ]
    assert _all(_restarted(pbx)) == _all(calls)


def test_a_completed_transfer_through_a_local_channel_that_stays_is_one_call() -> None:
    """Asterisk joins the linkedids of a bridge, and not those of the two that a Local channel is between."""
    pbx = Pbx()
    first, colleague, second, expert, (one, two), call_id = _consulting_behind_local(pbx)
    pbx.answer(two, expert)
    pbx.state(one, "Up")
    pbx.end_dial(second, one, "ANSWER")
    pbx.state(second, "Up")
    talk = pbx.bridge(one, second)
    pbx.leave(second)
    pbx.enter(colleague, talk)
    pbx.hang_up(first, second)
    calls = calls_after(pbx.messages)
    for model in (calls, _restarted(pbx)):
        call = only_call(model)
        assert call.id == call_id
        assert _shown(call.views) == [
            ("0003*211", "0003*211", "0003*21", ON_CALL),
            ("0003*21", "0003*211", "0003*21", ON_CALL),
        ]
    pbx.hang_up(one, two, colleague, expert)
    assert not seen(calls_after(pbx.messages))


# -- click-to-dial through a Local channel -----------------------------------------------------------


def _click_to_dial(pbx: Pbx) -> tuple[str, str, str, str]:
    """An Originate rang the agent through a Local channel, and rings the colleague for it now."""
    one, two = pbx.local("0003*210")
    pbx.say("DialBegin", {f"Dest{name}": value for name, value in pbx.messages[0].items() if name != "Event"})
    agent = pbx.new(AGENT, number="0003*210", linkedid=one)
    pbx.dial(two, agent)
    pbx.answer(two, agent)
    pbx.state(one, "Up")
    pbx.end_originate(one)
    colleague = pbx.new(COLLEAGUE, number="0003*211", linkedid=one)
    pbx.dial(one, colleague)
    return one, two, agent, colleague


def test_whom_an_originate_rang_behind_a_local_channel_calls() -> None:
    """The agent calls the colleague: while that rings, when they talk, and after a restart."""
    pbx = Pbx()
    one, two, agent, colleague = _click_to_dial(pbx)
    ringing = [
        ("0003*210", "0003*210", "0003*211", THERE_RINGING),
        ("0003*211", "0003*210", "0003*211", RINGING),
    ]
    calls = calls_after(pbx.messages)
    assert _all(calls) == _all(_restarted(pbx)) == ringing
    calls.reset(_lines(pbx), 1795405400.0)
    assert _all(calls) == ringing
    pbx.answer(one, colleague)
    talking = [(*row[:3], ON_CALL) for row in ringing]
    assert _all(calls_after(pbx.messages)) == _all(_restarted(pbx)) == talking
    # The Local channel steps aside: the agent takes its place.
    pbx.leave(agent)
    pbx.leave(one)
    pbx.enter(agent, "bridge-2")
    pbx.hang_up(one, two)
    calls = calls_after(pbx.messages)
    assert _all(calls) == _all(_restarted(pbx)) == talking
    calls.reset(_lines(pbx), 1795405400.0)
    assert _all(calls) == talking


def test_a_local_channel_that_keys_rang_for_somebody_leaves_who_is_behind_it_called() -> None:
    """Its answer is told as an Originate's is; but it was in the bridge of whom it was rung for."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", AGENT)
    one, two = pbx.local("0003*211", linkedid=customer)
    pbx.bridge(one, agent)
    colleague = pbx.new(COLLEAGUE, number="0003*211", linkedid=customer)
    pbx.dial(two, colleague)
    pbx.state(colleague, "Up")
    pbx.end_dial(two, colleague, "ANSWER")
    pbx.state(one, "Up")
    pbx.end_originate(one)
    pbx.state(two, "Up")
    pbx.bridge(colleague, two)
    assert _all(calls_after(pbx.messages)) == [
        ("0003*210", "0003*210", "0003*211", ON_CALL),
        ("0003*211", "0003*210", "0003*211", ON_CALL),
    ]


# -- who calls, of two who are joined ----------------------------------------------------------------


def test_of_two_who_both_called_the_older_calls_on_both_views() -> None:
    """Somebody whom both had called connects them, or AMI's Bridge does."""
    pbx = Pbx()
    agent = pbx.new(AGENT, number="0003*210", exten="0003*500", state="Ring")
    colleague = pbx.new(COLLEAGUE, number="0003*211", exten="0003*500", state="Ring")
    for one in (agent, colleague):
        pbx.state(one, "Up")
    pbx.bridge(colleague, agent)
    rows = [("0003*210", "0003*210", "0003*211", ON_CALL), ("0003*211", "0003*210", "0003*211", ON_CALL)]
    assert sorted(_all(calls_after(pbx.messages))) == sorted(_all(_restarted(pbx))) == rows


# -- after a blind transfer --------------------------------------------------------------------------


@pytest.mark.parametrize("is_caller", [True, False])
def test_who_is_sent_on_calls_the_new_number_at_once(*, is_caller: bool) -> None:
    """Before it dials, and for good where an IVR or an empty queue answers; who left is named no more."""
    pbx = Pbx()
    caller, callee = pbx.call(AGENT, COLLEAGUE, number="0003*210")
    stays, leaves = (caller, callee) if is_caller else (callee, caller)
    extension = "0003*210" if is_caller else "0003*211"
    pbx.blind_transfer(leaves, stays, "0003*203")
    calls = calls_after(pbx.messages)
    assert _all(calls) == [(extension, extension, "0003*203", ON_CALL)]
    pbx.hang_up(leaves)
    assert _all(calls_after(pbx.messages)) == [(extension, extension, "0003*203", ON_CALL)]


def test_a_blind_transfer_through_a_local_channel_sends_on_who_is_behind_it() -> None:
    """Asterisk names the half that the transferer talked with as who is sent on."""
    pbx = Pbx()
    caller = pbx.new(AGENT, number="0003*210", exten="0003*503", state="Ring")
    one, two = pbx.local("0003*211", linkedid=caller)
    pbx.dial(caller, one)
    colleague = pbx.new(COLLEAGUE, number="0003*211", linkedid=caller)
    pbx.dial(two, colleague)
    pbx.answer(two, colleague)
    pbx.answer(caller, one)
    pbx.blind_transfer(colleague, two, "0003*203")
    assert _all(calls_after(pbx.messages)) == [("0003*210", "0003*210", "0003*203", ON_CALL)]


def test_who_is_connected_with_an_application_calls_its_number() -> None:
    """After a consultation with an IVR: the number that was dialed there."""
    pbx = Pbx()
    first, colleague = pbx.call(AGENT, COLLEAGUE, number="0003*210")
    second = pbx.new(AGENT, number="0003*210", exten="0003*241", state="Ring")
    pbx.state(second, "Up")
    pbx.transfer(first, second, colleague)
    pbx.leave(colleague)
    pbx.hang_up(first, second)
    assert _all(calls_after(pbx.messages)) == [("0003*211", "0003*211", "0003*241", ON_CALL)]


# -- flow --------------------------------------------------------------------------------------------


def test_a_public_party_who_was_called_and_sent_on_calls_in() -> None:
    """It is the caller of the conversation that there is now."""
    pbx = Pbx()
    agent, customer = pbx.call(AGENT, "PJSIP/carrier", number="0003*210")
    pbx.messages[-1]["CallerIDNum"] = "888777"
    second, colleague = pbx.call(AGENT, COLLEAGUE, number="0003*210")
    pbx.transfer(agent, second, customer)
    pbx.enter(customer, "bridge-2")
    pbx.hang_up(agent, second)
    for calls in (calls_after(pbx.messages), _restarted(pbx)):
        views = [view for call in seen(calls) for view in call.views if view.channel == colleague]
        assert [(view.destination, view.flow) for view in views] == [(("0003*211",), INCOMING)]


@pytest.mark.parametrize("kind", ["basic", "stasis"])
@pytest.mark.parametrize("chosen", ["click2call-42", "f3b1c9de-2d3f-4b5a-9e6f-0a1b2c3d4e5f"])
def test_an_agent_who_was_rung_and_enters_first_is_called_by_the_customer(kind: str, chosen: str) -> None:
    """Whatever id its originator chose; the customer called in."""
    pbx = Pbx()
    customer = pbx.new("PJSIP/trunk", number="777888", exten="0003*500", state="Ring")
    pbx.state(customer, "Up")
    agent = pbx.new(AGENT, number="0003*210", uniqueid=chosen)
    pbx.say("DialBegin", {f"Dest{key}": value for key, value in pbx.messages[-1].items() if key != "Event"})
    pbx.state(agent, "Up")
    pbx.end_originate(agent)
    pbx.bridge(agent, customer, kind=kind)
    for calls in (calls_after(pbx.messages), _restarted(pbx, {customer: "Stasis", agent: "Stasis"})):
        (view,) = [view for call in seen(calls) for view in call.views]
        assert (_shown([view]), view.flow) == ([("0003*210", "777888", "0003*210", ON_CALL)], INCOMING)


# -- bridges of an application -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("technology", "is_one"), [("simple_bridge", False), ("native_rtp", False), ("softmix", True)]
)
def test_an_applications_bridge_is_a_conference_by_how_it_mixes_and_how_many(
    technology: str, *, is_one: bool
) -> None:
    """A barge-in reaches the other of two, where Asterisk mixes them as in a call; not one of three."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", AGENT)
    bridge = pbx.bridge(customer, agent, kind="stasis", technology=technology)
    for calls in (calls_after(pbx.messages), _restarted(pbx)):
        assert is_conference(calls, agent) is is_one
    third = pbx.new(COLLEAGUE, number="0003*211", state="Up")
    # Of the third Asterisk still tells how two were mixed.
    pbx.enter(third, bridge, kind="stasis", technology=technology)
    for calls in (calls_after(pbx.messages), _restarted(pbx)):
        assert is_conference(calls, agent)
        assert is_conference(calls, third)
    pbx.hang_up(third)
    for calls in (calls_after(pbx.messages), _restarted(pbx)):
        assert is_conference(calls, agent) is is_one


@pytest.mark.parametrize(("kind", "application"), [("base", "BridgeWait"), ("stasis", "Stasis")])
def test_who_waits_in_a_holding_bridge_is_in_no_conversation(kind: str, application: str) -> None:
    """Nobody there hears anybody: told live, listed after a restart, or compared."""
    pbx = Pbx()
    agent = pbx.new(AGENT, number="0003*210", exten="*13", state="Ring")
    pbx.state(agent, "Up")
    customer = pbx.new("PJSIP/trunk", number="777888", exten="0003*500", state="Up")
    bridge = pbx.bridge(customer, kind="base", technology="holding_bridge")
    pbx.enter(customer, bridge, kind=kind, technology="holding_bridge")
    pbx.enter(agent, bridge, kind=kind, technology="holding_bridge")
    lines = _lines(pbx, {agent: application, customer: application})
    live, compared = calls_after(pbx.messages), empty_calls()
    restarted = _restarted(pbx, {agent: application, customer: application})
    compared.reconcile(lines, 1795405400.0, ())
    for calls in (live, restarted, compared):
        assert _all(calls) == [("0003*210", "0003*210", "*13", OFF_HOOK)]
        assert calls.others(agent) == []
        before = seen(calls)
        assert calls.reconcile(lines, 1795405400.0, ())[0] == []
        calls.reset(lines, 1795405400.0)
        assert seen(calls) == before
    pbx.bridge(customer, agent, kind="stasis")
    for calls in (calls_after(pbx.messages), _restarted(pbx)):
        assert [row for row in _all(calls) if row[3] == ON_CALL]


@pytest.mark.parametrize("application", ["BridgeWait", "Stasis"])
def test_in_a_bridge_that_is_not_listed_an_applications_channels_wait(application: str) -> None:
    """They may be in no conversation: nobody is let in. What was told of the bridge live stays true."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", AGENT)
    pbx.bridge(customer, agent, kind="stasis")
    lines = [
        replace(line, application=application, kind=None) for line in _lines(pbx) if line.bridge == "bridge-2"
    ]
    calls = empty_calls()
    calls.reset(lines, 1795405400.0)
    check(calls)
    assert calls.others(agent) == []
    assert [row[3] for row in _all(calls)] == [OFF_HOOK]
    known = calls_after(pbx.messages)
    known.reset(lines, 1795405400.0)
    assert [one.channel.uniqueid for one in known.others(agent)] == [customer]
    assert not is_conference(known, agent)


def test_a_conversation_that_was_parked_before_a_restart_goes_on() -> None:
    """A parking lot is listed as one: who is parked is in the middle of a conversation."""
    pbx = Pbx()
    caller, agent = pbx.call(COLLEAGUE, AGENT, number="0003*211")
    pbx.park(caller, "PJSIP/0003*210")
    pbx.hang_up(agent)
    (view,) = only_call(_restarted(pbx)).views
    assert view.status == ON_CALL


# -- ids that others chose ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chosen", ["click2call-42", "click2call-1.5", "f3b1c9de-2d3f-4b5a-9e6f-0a1b2c3d4e5f"]
)
def test_a_chosen_id_is_not_the_oldest_because_it_tells_no_age(chosen: str) -> None:
    """The channel began later: the conversation is the other one's, as Asterisk has it."""
    pbx = Pbx()
    customer = pbx.new("PJSIP/trunk", number="777888", exten="0003*500", state="Ring")
    pbx.state(customer, "Up")
    pbx.pass_time(5)
    agent = pbx.new(AGENT, number="0003*210", uniqueid=chosen, state="Up")
    pbx.bridge(agent, customer)
    assert only_call(calls_after(pbx.messages)).id == call_id_of(customer)
    pbx.pass_time(5)
    later = pbx.new("PJSIP/trunk", number="777999", uniqueid=f"{chosen}-later", state="Up")
    pbx.enter(later, "bridge-1")
    assert only_call(calls_after(pbx.messages)).id == call_id_of(customer)


def test_a_linkedid_that_is_told_is_true_for_all_of_a_conversation() -> None:
    """Asterisk knows more of ages than we do: nobody stays behind in a call that is none."""
    pbx = Pbx()
    agent = pbx.new(AGENT, number="0003*210", uniqueid="click2call-42", state="Up")
    colleague = pbx.new(COLLEAGUE, number="0003*211", uniqueid="click2call-43", state="Up")
    expert = pbx.new(EXPERT, number="0003*21", uniqueid="1795405300.1", state="Up")
    pbx.bridge(colleague, agent)
    calls = calls_after(pbx.messages)
    assert only_call_of(calls, 2) == call_id_of("click2call-42")
    pbx.tell_linkedid(colleague, "click2call-41")
    calls = calls_after(pbx.messages)
    check(calls)
    assert only_call_of(calls, 2) == call_id_of("click2call-41")
    # It is told with the event of a move: then it is true where the channel goes, not of whom it leaves.
    pbx.bridge(expert)
    pbx.relink(agent, "1795405300.1")
    calls = calls_after(pbx.messages)
    assert calls.call_of(agent) is calls.call_of(expert)
    assert calls.call_of(colleague) is not calls.call_of(agent)


def only_call_of(calls: Calls, views: int) -> str:
    """The id of the only call that has so many views."""
    (call,) = [call for call in seen(calls) if len(call.views) == views]
    return call.id


# -- agents on the line ------------------------------------------------------------------------------


def _agent_on_the_line(pbx: Pbx) -> str:
    agent = pbx.new(AGENT, number="0003*210", exten="*11", state="Ring")
    pbx.state(agent, "Up")
    pbx.enter(agent, "pool", kind="agent_hold", technology="holding_bridge")
    return agent


def _served(pbx: Pbx, agent: str, number: str) -> str:
    """A customer whom the agent serves."""
    pbx.pass_time(60)
    customer = pbx.new("PJSIP/trunk", number=number, exten="0003*510", state="Ring")
    pbx.state(customer, "Up")
    pbx.enter(agent, pbx.bridge(customer))
    return customer


@pytest.mark.parametrize("is_restart", [False, True])
def test_an_agent_on_the_line_waits_off_hook_and_is_called_by_each_customer(*, is_restart: bool) -> None:
    """Waiting is no conversation; views and `answered` are of the conversation that there is."""
    pbx = Pbx()
    agent = _agent_on_the_line(pbx)
    other = pbx.new(COLLEAGUE, number="0003*211", exten="*12", state="Up")
    pbx.enter(other, "pool", kind="agent_hold", technology="holding_bridge")
    applications = {agent: "AgentLogin", other: "AgentLogin"}

    def shown() -> list[tuple[Shown, bool]]:
        calls = _restarted(pbx, applications) if is_restart else calls_after(pbx.messages)
        if not is_restart:
            before = seen(calls)
            calls.reset(_lines(pbx, applications), 1795405400.0)
            assert seen(calls) == before
        return [
            (_shown([view])[0], view.answered is not None)
            for call in seen(calls)
            for view in call.views
            if view.extension == "0003*210"
        ]

    waiting = [(("0003*210", "0003*210", "*11", OFF_HOOK), False)]
    assert shown() == waiting
    for number in ("777888", "777999"):
        customer = _served(pbx, agent, number)
        at = float(pbx.messages[-1]["Timestamp"])
        assert shown() == [(("0003*210", number, "0003*210", ON_CALL), True)]
        if not is_restart:
            (view,) = [
                view
                for call in seen(calls_after(pbx.messages))
                for view in call.views
                if view.extension == "0003*210"
            ]
            assert (view.answered, view.flow) == (at, INCOMING)
        pbx.leave(customer)
        pbx.enter(agent, "pool", kind="agent_hold", technology="holding_bridge")
        pbx.hang_up(customer)
        assert shown() == waiting


def test_a_parked_party_is_in_the_middle_of_its_call() -> None:
    """A parking lot is a holding bridge too, but its conversation goes on."""
    pbx = Pbx()
    caller, _ = pbx.call(COLLEAGUE, AGENT, number="0003*211")
    answered = only_call(calls_after(pbx.messages)).views[0].answered
    pbx.park(caller, "PJSIP/0003*210")
    (view,) = only_call(calls_after(pbx.messages)).views
    assert (view.status, view.answered) == (ON_CALL, answered)


# -- a talk of three by keys -------------------------------------------------------------------------


def _three_by_keys(pbx: Pbx) -> tuple[str, str, str]:
    """The agent consults a colleague by keys, and joins all three."""
    caller, agent = pbx.call(EXPERT, AGENT, number="0003*21")
    pbx.tell("Hold", agent)
    one, two = pbx.local("0003*211", linkedid=caller)
    pbx.enter(agent, pbx.bridge(one))
    colleague = pbx.new(COLLEAGUE, number="0003*211", linkedid=caller)
    pbx.dial(two, colleague)
    pbx.answer(two, colleague)
    pbx.state(one, "Up")
    pbx.end_originate(one)
    return caller, agent, colleague


def test_whom_one_consults_by_keys_is_not_on_hold() -> None:
    """Asterisk tells that the agent holds, and never that it holds no more when it goes to another bridge."""
    pbx = Pbx()
    _three_by_keys(pbx)
    views = only_call(calls_after(pbx.messages)).views
    assert [(view.extension, view.held_since, view.is_holder) for view in views] == [
        ("0003*21", None, False),
        ("0003*210", None, False),
        ("0003*211", None, False),
    ]


def test_three_who_were_joined_by_keys_all_talk() -> None:
    """Nobody has left, nobody is on hold; to a barge-in it is a conference."""
    pbx = Pbx()
    caller, agent, colleague = _three_by_keys(pbx)
    pbx.enter(agent, "bridge-1")
    pbx.tell("Hold", agent)
    pbx.join_three(agent)
    pbx.enter(colleague, "bridge-1")
    calls = calls_after(pbx.messages)
    call = only_call(calls)
    assert _shown(call.views) == [
        ("0003*21", "0003*21", "0003*210+0003*211", ON_CALL),
        ("0003*210", "0003*21", "0003*210", ON_CALL),
        ("0003*211", "0003*21", "0003*211", ON_CALL),
    ]
    assert {view.held_since for view in call.views} == {None}
    assert all(is_conference(calls, one) for one in (caller, agent, colleague))
    pbx.hang_up(agent)
    assert len(only_call(calls_after(pbx.messages)).views) == 2


# -- more phones than ids ----------------------------------------------------------------------------


def test_an_extension_that_is_rung_again_keeps_its_view_id() -> None:
    """A queue of twenty whose agents do not pick up: after ten rounds the ids are those of the first."""
    pbx = Pbx()
    customer = pbx.new("PJSIP/trunk", number="777888", exten="0003*500", state="Ring")
    calls = Calls(lambda name: None if "trunk" in name else name.rpartition("-")[0])
    applied = 0
    for _ in range(10):
        phones = [pbx.new(f"PJSIP/{number}", linkedid=customer) for number in range(20)]
        for phone in phones:
            pbx.dial(customer, phone)
        for event in events(pbx.messages[applied:]):
            calls.apply(event)
        applied = len(pbx.messages)
        ids = [view.id for view in only_call(calls).views]
        assert ids == [f"{number:02}" for number in range(1, 21)]
        pbx.hang_up(*phones)
    pbx.hang_up(customer)
    for event in events(pbx.messages[applied:]):
        calls.apply(event)
    assert not seen(calls)


def test_who_answers_has_a_view_however_many_ring() -> None:
    """Of 110 phones 99 have one, which is told once; the one that answers has one, and keeps it."""
    pbx = Pbx()
    customer = pbx.new("PJSIP/trunk", number="777888", exten="0003*500", state="Ring")
    phones = [pbx.new(f"PJSIP/{number}", linkedid=customer) for number in range(110)]
    for phone in phones:
        pbx.dial(customer, phone)
    calls = Calls(lambda name: None if "trunk" in name else name.rpartition("-")[0])
    told = [change for event in events(pbx.messages) for change in calls.apply(event)]
    assert [change for change in told if isinstance(change, ViewsExhausted)] == [
        ViewsExhausted(call_id_of(customer))
    ]
    assert len(only_call(calls).views) == 99
    before = len(pbx.messages)
    pbx.answer(customer, phones[105])
    pbx.hang_up(*phones[:105], *phones[106:])
    told = [change for event in events(pbx.messages[before:]) for change in calls.apply(event)]
    assert not [change for change in told if isinstance(change, ViewsExhausted)]
    (view,) = only_call(calls).views
    assert (view.channel, view.status) == (phones[105], ON_CALL)
    assert view.id in {f"{number:02}" for number in range(1, 100)}
