"""Transfers, parking, holding, recording and failed dialings, as the model remembers and shows them."""

import pytest

from adapter.asterisk.events import ListedChannel, Unpark
from adapter.calls.ids import call_id_of
from adapter.calls.legs import Disposition
from adapter.calls.model import Calls
from adapter.calls.views import Flow, PhoneCallView, Status

from .samples import Pbx, calls_after, directory, empty_calls, events, listed, only_call, seen, snapshot_after


def _view(calls: Calls, extension: str) -> PhoneCallView:
    return next(view for call in seen(calls) for view in call.views if view.extension == extension)


def _listed(pbx: Pbx) -> list[ListedChannel]:
    return listed(snapshot_after(pbx.messages))


def _apply(calls: Calls, pbx: Pbx, after: int) -> None:
    for event in events(pbx.messages[after:]):
        calls.apply(event)


# -- one extension, several phones -----------------------------------------------------------------


def _two_phones() -> Pbx:
    pbx = Pbx()
    customer = pbx.new("PJSIP/trunk", number="777888", exten="0003*210", state="Ring")
    phones = [pbx.new("PJSIP/0003*210", linkedid=customer) for _ in range(2)]
    for phone in phones:
        pbx.dial(customer, phone)
    return pbx


@pytest.mark.parametrize("is_restart", [False, True])
def test_phones_of_one_extension_that_ring_together_are_one_perspective(*, is_restart: bool) -> None:
    """One view while both ring, the same when either is picked up; from a snapshot too."""
    pbx = _two_phones()
    calls = calls_after(pbx.messages)
    if is_restart:
        calls = empty_calls()
        calls.reset(_listed(pbx), 1795405400.0)
    assert [(view.id, view.status) for view in only_call(calls).views] == [("01", Status.RINGING)]
    before = len(pbx.messages)
    pbx.answer("1795405388.0", "1795405388.2")
    pbx.hang_up("1795405388.1", cause=26)
    _apply(calls, pbx, before)
    (view,) = only_call(calls).views
    assert (view.id, view.status, view.channel) == ("01", Status.ON_CALL, "1795405388.2")


# -- holding and recording -------------------------------------------------------------------------


def test_who_holds_and_who_is_held_show_since_when_the_first_of_them_held() -> None:
    """Both views are on hold; `holder` is the side whose phone holds, or both."""
    pbx = Pbx()
    caller, callee = pbx.call("PJSIP/0003*210", "PJSIP/0003*211", number="0003*210")
    pbx.tell("Hold", callee)
    since = float(pbx.messages[-1]["Timestamp"])
    calls = calls_after(pbx.messages)
    assert [(view.held_since, view.is_holder) for view in only_call(calls).views] == [
        (since, False),
        (since, True),
    ]
    pbx.tell("Hold", caller)
    pbx.tell("Unhold", callee)
    later = float(pbx.messages[-2]["Timestamp"])
    calls = calls_after(pbx.messages)
    assert [(view.held_since, view.is_holder) for view in only_call(calls).views] == [
        (later, True),
        (later, False),
    ]
    pbx.tell("Unhold", caller)
    assert [view.held_since for view in only_call(calls_after(pbx.messages)).views] == [None, None]


def test_a_conversation_is_recorded_whichever_side_the_recording_is_of() -> None:
    """MixMonitor runs on one channel and records what it says and hears."""
    pbx = Pbx()
    caller, _ = pbx.call("PJSIP/0003*210", "PJSIP/0003*211", number="0003*210")
    pbx.tell("MixMonitorStart", caller)
    since = float(pbx.messages[-1]["Timestamp"])
    assert [view.recorded_since for view in only_call(calls_after(pbx.messages)).views] == [since, since]
    pbx.tell("MixMonitorStop", caller)
    assert [view.recorded_since for view in only_call(calls_after(pbx.messages)).views] == [None, None]


def test_holding_and_recording_stay_over_a_resync_while_the_conversation_is_the_same() -> None:
    """A snapshot tells of neither: what was known stands, until the channel is found in another bridge."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    pbx.tell("Hold", agent)
    pbx.tell("MixMonitorStart", agent)
    calls = calls_after(pbx.messages)
    before = _view(calls, "0003*210")
    calls.reset(_listed(pbx), 1795405400.0)
    assert _view(calls, "0003*210") == before
    pbx.bridge(agent)
    calls.reset(_listed(pbx), 1795405400.0)
    view = _view(calls, "0003*210")
    assert (view.held_since, view.recorded_since) == (None, before.recorded_since)


# -- parking ---------------------------------------------------------------------------------------


def _parked() -> tuple[Pbx, str, str]:
    pbx = Pbx()
    caller, callee = pbx.call("PJSIP/0003*211", "PJSIP/0003*210", number="0003*211")
    pbx.park(caller, "PJSIP/0003*210")
    return pbx, caller, callee


def test_who_parked_has_left_though_its_channel_is_still_there() -> None:
    """Asterisk may keep the channel until the parked call ends; it talks with nobody."""
    pbx, _, _ = _parked()
    (view,) = only_call(calls_after(pbx.messages)).views
    assert view.extension == "0003*211"
    assert view.parking is not None
    assert (view.parking.space, view.parking.by) == ("701", "0003*210")


def test_who_parked_is_known_where_asterisk_does_not_say() -> None:
    """It was the other side of the conversation."""
    pbx = Pbx()
    caller, _ = pbx.call("PJSIP/0003*211", "PJSIP/0003*210", number="0003*211")
    pbx.park(caller, "")
    view = _view(calls_after(pbx.messages), "0003*211")
    assert view.parking is not None
    assert view.parking.by == "0003*210"


def test_two_parked_calls_do_not_talk_in_their_lot() -> None:
    """A parking lot is one bridge, in which everybody waits; after a snapshot as well."""
    pbx = Pbx()
    parked = []
    for space, (caller, callee) in enumerate((("0003*211", "0003*210"), ("0003*21", "0003*024")), 701):
        channel, other = pbx.call(f"PJSIP/{caller}", f"PJSIP/{callee}", number=caller)
        pbx.hang_up(other)
        parked.append((channel, space))
    for channel, space in parked:
        pbx.enter(channel, "lot", kind="parking", technology="holding_bridge")
        pbx.park_in_place(channel, "PJSIP/0003*210", str(space))
    told, restarted = calls_after(pbx.messages), empty_calls()
    restarted.reset(_listed(pbx), 1795405400.0)
    for event in events(pbx.messages):
        if type(event).__name__ == "Park":  # the answer to ParkedCalls
            restarted.apply(event)
    for calls in (told, restarted):
        assert [calls.others(channel) for channel, _ in parked] == [[], []]
        assert sorted(view.parking.space for call in seen(calls) for view in call.views if view.parking) == [
            "701",
            "702",
        ]


def test_a_call_that_was_fetched_while_we_were_away_is_parked_no_more() -> None:
    """The snapshot shows it in another bridge."""
    pbx, caller, _ = _parked()
    calls = calls_after(pbx.messages)
    calls.reset(_listed(pbx), 1795405400.0)
    assert _view(calls, "0003*211").parking is not None
    fetcher = pbx.new("PJSIP/0003*025", number="0003*025", exten="701", state="Up")
    pbx.unpark(caller, fetcher, "PJSIP/0003*210")
    calls.reset(_listed(pbx), 1795405400.0)
    assert _view(calls, "0003*211").parking is None


@pytest.mark.parametrize("is_restart", [False, True])
def test_who_fetches_stands_where_the_one_stood_who_parked(*, is_restart: bool) -> None:
    """Of a caller it is the called side, of a called one the caller."""
    for parked, source, destination in (
        (0, "0003*211", "0003*21"),
        (1, "0003*21", "0003*210"),
    ):
        pbx = Pbx()
        channels = pbx.call("PJSIP/0003*211", "PJSIP/0003*210", number="0003*211")
        pbx.park(channels[parked], "PJSIP/0003*210")
        pbx.hang_up(channels[1 - parked])
        fetcher = pbx.new("PJSIP/0003*21", number="0003*21", exten="701", state="Up")
        pbx.unpark(channels[parked], fetcher, "PJSIP/0003*210")
        calls = calls_after(pbx.messages)
        if is_restart:
            calls = empty_calls()
            calls.reset(_listed(pbx), 1795405400.0)
        for view in only_call(calls).views:
            assert (view.source, view.destination) == ((source,), (destination,))


def test_another_directory_names_who_parked_anew() -> None:
    """The view of who parked a customer moves with the extension."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    pbx.park(customer, "PJSIP/0003*210")
    pbx.hang_up(agent)
    calls = calls_after(pbx.messages)
    before = only_call(calls)
    assert [view.extension for view in before.views] == ["0003*210"]
    calls.apply_directory(lambda name: "0003*9" if name.startswith("PJSIP/0003*210-") else None)
    assert [view.extension for view in only_call(calls).views] == ["0003*9"]
    calls.apply_directory(directory().extension_of_channel)
    assert only_call(calls) == before


def test_giving_up_ends_the_parking() -> None:
    """Whoever is parked no longer is shown so, though its channel lives on."""
    pbx, caller, _ = _parked()
    calls = calls_after(pbx.messages)
    leg = calls.leg(caller)
    assert leg is not None
    calls.apply(Unpark(0.0, leg.channel))
    assert _view(calls, "0003*211").parking is None


# -- transfers -------------------------------------------------------------------------------------


def test_who_transferred_is_out_of_the_call_before_its_channel_ends() -> None:
    """And back in it where it comes into a bridge again."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    consulting, _ = pbx.call("PJSIP/0003*211", "PJSIP/0003*21", number="0003*211")
    pbx.transfer(agent, consulting)
    calls = calls_after(pbx.messages)
    assert [view.extension for call in seen(calls) for view in call.views] == ["0003*21"]
    before = len(pbx.messages)
    pbx.bridge(customer, agent)
    _apply(calls, pbx, before)
    assert [view.extension for call in seen(calls) for view in call.views] == ["0003*210", "0003*21"]


def test_a_transfer_while_the_target_rings_makes_one_call_at_once() -> None:
    """Whom the agent called for the customer rings in the customer's call; the first call's id stays."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    second = pbx.new("PJSIP/0003*210", number="0003*210", exten="0003*211", state="Ring")
    target = pbx.new("PJSIP/0003*211", linkedid=second)
    pbx.dial(second, target)
    (first_id, _) = [call.id for call in seen(calls_after(pbx.messages))]
    pbx.transfer(agent, second, customer)
    pbx.leave(customer)
    pbx.hang_up(agent, second)
    call = only_call(calls_after(pbx.messages))
    assert call.id == first_id
    assert [(view.extension, view.source, view.status, view.flow) for view in call.views] == [
        ("0003*211", ("777888",), Status.RINGING, Flow.INCOMING_PUBLIC)
    ]


def test_of_two_who_were_both_called_the_older_goes_for_the_caller() -> None:
    """Who called them has left."""
    pbx = Pbx()
    first, called = pbx.call("PJSIP/0003*210", "PJSIP/0003*211", number="0003*210")
    second, target = pbx.call("PJSIP/0003*210", "PJSIP/0003*21", number="0003*210")
    pbx.transfer(first, second)
    pbx.bridge(called, target)
    pbx.hang_up(first, second)
    for view in only_call(calls_after(pbx.messages)).views:
        assert (view.source, view.destination) == (("0003*211",), ("0003*21",))


def test_who_was_called_and_calls_on_while_we_are_away_is_a_caller_afterwards() -> None:
    """A blind transfer by the far side, of which only the snapshot tells."""
    pbx = Pbx()
    customer, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    calls = calls_after(pbx.messages)
    pbx.leave(agent)
    pbx.hang_up(customer)
    target = pbx.new("PJSIP/0003*211", linkedid=customer)
    pbx.dial(agent, target)
    calls.reset(_listed(pbx), 1795405400.0)
    assert [(view.extension, view.source, view.status) for view in only_call(calls).views] == [
        ("0003*210", ("0003*210",), Status.OTHER_SIDE_RINGING),
        ("0003*211", ("0003*210",), Status.RINGING),
    ]


# -- how a dialing ended ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "cause", "disposition"),
    [
        ("BUSY", 17, Disposition.BUSY),
        ("CONGESTION", 34, Disposition.FAILED),
        ("CHANUNAVAIL", 0, Disposition.FAILED),
        ("NOANSWER", 16, Disposition.NO_ANSWER),
        ("NOANSWER", 21, Disposition.FAILED),  # declined: Dial says the same as where nobody answered
        ("CANCEL", 26, Disposition.NO_ANSWER),
        ("DONTCALL", 16, Disposition.NOT_ALLOWED),
        ("SOMETHING", 16, Disposition.UNKNOWN),
    ],
)
def test_a_caller_who_goes_on_sees_how_its_dialing_ended(
    status: str, cause: int, disposition: Disposition
) -> None:
    """Until it dials anew; and while it talks with whom it called, that was answered."""
    pbx = Pbx()
    caller = pbx.new("PJSIP/0003*211", number="0003*211", exten="0003*238", state="Up")
    callee = pbx.new("PJSIP/0003*210", linkedid=caller)
    pbx.dial(caller, callee)
    pbx.end_dial(caller, callee, status)
    pbx.hang_up(callee, cause=cause)
    assert _view(calls_after(pbx.messages), "0003*211").disposition is disposition
    again = pbx.new("PJSIP/0003*210", linkedid=caller)
    pbx.dial(caller, again)
    assert _view(calls_after(pbx.messages), "0003*211").disposition is None
    pbx.answer(caller, again)
    assert _view(calls_after(pbx.messages), "0003*211").disposition is Disposition.ANSWERED
    assert _view(calls_after(pbx.messages), "0003*210").disposition is Disposition.ANSWERED


def test_of_many_that_rang_the_one_that_answered_counts() -> None:
    """The others were cancelled, before or after it."""
    pbx = Pbx()
    caller = pbx.new("PJSIP/0003*211", number="0003*211", exten="0003*500", state="Up")
    agents = [pbx.new(f"PJSIP/{number}", linkedid=caller) for number in ("0003*210", "0003*21", "0003*024")]
    for agent in agents:
        pbx.dial(caller, agent)
    pbx.end_dial(caller, agents[0], "CANCEL")
    pbx.answer(caller, agents[1])
    pbx.end_dial(caller, agents[2], "CANCEL")
    pbx.hang_up(agents[0], agents[2], cause=26)
    calls = calls_after(pbx.messages)
    assert _view(calls, "0003*211").disposition is Disposition.ANSWERED
    leg = calls.leg(caller)
    assert leg is not None
    assert leg.disposition is None


# -- order -----------------------------------------------------------------------------------------


def test_a_supervisors_view_keeps_its_place_over_a_restart_though_others_came_later() -> None:
    """View ids are counted in order of appearance, supervisors among the rest."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    pbx.pass_time(2.0)
    pbx.supervise(agent)
    pbx.pass_time(2.0)
    late = pbx.new("PJSIP/0003*211", linkedid="1795405388.0", state="Ringing")
    restarted = empty_calls()
    restarted.reset(_listed(pbx), 1795405400.0)
    for calls in (calls_after(pbx.messages), restarted):
        views = only_call(calls).views
        assert [(view.id, view.extension, view.source[0]) for view in views][:2] == [
            ("01", "0003*210", "777888"),
            ("02", "0003*210", "0003*024"),
        ]
        assert (views[2].id, views[2].channel) == ("03", late)


def test_the_answer_of_a_channel_met_in_a_snapshot_is_when_its_record_says() -> None:
    """Else, or where that cannot be, its beginning stands for it."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    lines = _listed(pbx)
    for answered_at, shown in ((1795405395.0, 1795405395.0), (5.0, 1795405390.0), (None, 1795405390.0)):
        calls = empty_calls()
        aged = [_answered(line, answered_at) for line in lines]
        calls.reset(aged, 1795405400.0)
        assert only_call(calls).answered == shown


def _answered(line: ListedChannel, at: float | None) -> ListedChannel:
    return ListedChannel(line.channel, line.application, line.application_data, 10, line.bridge, at)


def test_conversations_that_meet_have_the_id_of_the_older_one_however_their_counts_are_written() -> None:
    """`.9` is older than `.10`: Asterisk compares them as numbers, and tells it only with the next event."""
    pbx = Pbx()
    older = pbx.new("PJSIP/trunk", number="777888", uniqueid="1795405388.9", state="Up")
    newer = pbx.new("PJSIP/0003*210", number="0003*210", uniqueid="1795405388.10", state="Up")
    pbx.bridge(newer, older)
    call = only_call(calls_after(pbx.messages))
    assert call.id == call_id_of(older)
    assert [view.extension for view in call.views] == ["0003*210"]


def test_a_phone_that_is_rung_by_an_originate_is_called() -> None:
    """Nobody calls it, and it calls nobody yet: it is the destination while it rings."""
    pbx = Pbx()
    phone = pbx.new("PJSIP/0003*210", number="0003*210")
    [*_, told] = pbx.messages
    head = ("Event", "Privilege", "Timestamp")
    pbx.say("DialBegin", {f"Dest{name}": value for name, value in told.items() if name not in head})
    pbx.state(phone, "Ringing")
    (view,) = only_call(calls_after(pbx.messages)).views
    assert (view.source, view.destination, view.status) == ((), ("0003*210",), Status.RINGING)
