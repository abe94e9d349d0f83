import pytest

from adapter.asterisk.events import ChannelState
from adapter.asterisk.party import Party
from adapter.calls.dialing import number_dialed
from adapter.calls.ids import call_id_of
from adapter.calls.legs import Disposition
from adapter.calls.views import Flow, PhoneCall, PhoneCallView, Status, caller_id_text

from .samples import Headers, Pbx, calls_after, only_call, recorded, seen


def _until(name: str, count: int = 1) -> list[Headers]:
    """The recorded story up to the `count`th message of this name, that included."""
    messages = recorded("inbound-barge-in.ami")
    found = [index for index, message in enumerate(messages) if message["Event"] == name]
    return messages[: found[count - 1] + 1]


FOUNDING_VIEW = PhoneCallView(
    id="01",
    extension="0003*210",
    source=("777888",),
    destination=("0003*210",),
    status=Status.ON_CALL,
    flow=Flow.INCOMING_PUBLIC,
    caller_id="Customer <777888>",
    ringing=1795405388.300401,
    answered=1795405389.329682,
    channel="1795405388.1",
    channel_name="PJSIP/0003*210-00000001",
    disposition=Disposition.ANSWERED,
)


def test_an_inbound_call_has_exactly_the_founding_samples_view() -> None:
    """From 777888 to 0003*210: one view, `01`; the trunk has none of its own."""
    assert only_call(calls_after(_until("BridgeEnter", 2))) == PhoneCall(
        id=call_id_of("1795405388.0"),
        extension="0003*210",
        published=1795405388.297303,
        answered=1795405389.329682,
        views=(FOUNDING_VIEW,),
    )


def test_a_joined_barge_in_adds_the_founding_samples_second_view() -> None:
    """From the supervisor to the extension, with the caller id as requested, on call since it joined."""
    barge_view = PhoneCallView(
        id="02",
        extension="0003*210",
        source=("0003*024",),
        destination=("0003*210",),
        status=Status.ON_CALL,
        flow=Flow.INCOMING_PUBLIC,
        caller_id="John Doe <42420042>",
        ringing=None,
        answered=1795405392.094366,
        channel="1795405388.1",
        channel_name="PJSIP/0003*210-00000001",
    )
    assert only_call(calls_after(_until("ChanSpyStart"))).views == (FOUNDING_VIEW, barge_view)


def test_a_supervisors_phone_that_rings_adds_nothing() -> None:
    """Not while it rings, nor between pick-up and joining."""
    assert only_call(calls_after(_until("OriginateResponse"))).views == (FOUNDING_VIEW,)


@pytest.mark.parametrize("left_out", ["", "ChanSpyStop"])
def test_the_barge_in_view_leaves_with_the_supervisor(left_out: str) -> None:
    """The supervisor's hang-up takes it away, whether a Stop came before or not."""
    messages = [one for one in _until("Hangup") if one["Event"] != left_out]
    assert only_call(calls_after(messages)).views == (FOUNDING_VIEW,)


def test_the_barge_in_view_stays_while_chanspy_begins_anew() -> None:
    """After a switch or a transfer it is the same supervisor, joined since the same time."""
    pbx = Pbx()
    _, agent = pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    spyer = pbx.supervise(agent)
    before = only_call(calls_after(pbx.messages)).views
    pbx.stop_spying(spyer)
    assert only_call(calls_after(pbx.messages)).views == before
    pbx.spy(spyer, agent)
    assert only_call(calls_after(pbx.messages)).views == before


def test_the_barge_in_view_goes_with_its_spyee() -> None:
    """When the barged extension hangs up, both its views are gone; the rest of the call stays."""
    pbx = Pbx()
    caller, callee = pbx.call("PJSIP/0003*210", "PJSIP/0003*211", number="0003*210")
    pbx.supervise(callee)
    assert [view.id for view in only_call(calls_after(pbx.messages)).views] == ["01", "02", "03"]
    pbx.hang_up(callee)
    assert [(view.id, view.channel) for view in only_call(calls_after(pbx.messages)).views] == [
        ("01", caller)
    ]


def test_a_local_call_has_a_view_for_each_extension() -> None:
    """`01` for the caller, `02` for the callee, both from the caller to the callee."""
    pbx = Pbx()
    pbx.call("PJSIP/0003*210", "PJSIP/0003*211", number="0003*210")
    call = only_call(calls_after(pbx.messages))
    assert call.extension == "0003*210"
    talking = (Status.ON_CALL, Flow.LOCAL)
    assert [
        (view.id, view.extension, view.source, view.destination, view.status, view.flow, view.caller_id)
        for view in call.views
    ] == [
        ("01", "0003*210", ("0003*210",), ("0003*211",), *talking, "Name of 0003*210 <0003*210>"),
        ("02", "0003*211", ("0003*210",), ("0003*211",), *talking, "Name of 0003*210 <0003*210>"),
    ]


def test_a_call_to_the_public_network_is_outgoing_to_the_number_dialed() -> None:
    """The carrier's leg is the destination, by the number that the extension dialed."""
    pbx = Pbx()
    extension = pbx.new("PJSIP/0003*210", number="0003*210", exten="0712345678", state="Ring")
    carrier = pbx.new("PJSIP/trunk", number="0712345678", linkedid=extension)
    pbx.dial(extension, carrier)
    pbx.answer(extension, carrier)
    call = only_call(calls_after(pbx.messages))
    (view,) = call.views
    assert call.extension == "0003*210"
    assert (view.source, view.destination) == (("0003*210",), ("0712345678",))
    assert (view.status, view.flow) == (Status.ON_CALL, Flow.OUTGOING_PUBLIC)


def test_a_call_through_a_local_channel_is_no_public_one() -> None:
    """`Local/` halves are Asterisk's plumbing: neither views nor parties, and the call stays local."""
    pbx = Pbx()
    caller = pbx.new("PJSIP/0003*210", number="0003*210", exten="0003*500", state="Ring")
    half = pbx.new("Local/211@agents", linkedid=caller)
    other_half = pbx.new("Local/211@agents", linkedid=caller, state="Ring")
    agent = pbx.new("PJSIP/0003*211", number="0003*211", linkedid=caller)
    pbx.dial(caller, half)
    pbx.dial(other_half, agent)
    pbx.answer(other_half, agent)
    pbx.answer(caller, half)
    views = only_call(calls_after(pbx.messages)).views
    assert [(view.extension, view.source, view.destination, view.flow) for view in views] == [
        ("0003*210", ("0003*210",), ("0003*211",), Flow.LOCAL),
        ("0003*211", ("0003*210",), ("0003*211",), Flow.LOCAL),
    ]


def test_a_local_half_is_nobodys_caller() -> None:
    """However early it appeared: the caller is the first channel of a phone or a line that was not dialed."""
    pbx = Pbx()
    half = pbx.new("Local/211@agents", number="500", state="Ring")
    agent = pbx.new("PJSIP/0003*211", number="0003*211", linkedid=half)
    pbx.dial(half, agent)
    caller = pbx.new("PJSIP/0003*210", number="0003*210", state="Ring")
    pbx.relink(caller, half)
    views = only_call(calls_after(pbx.messages)).views
    assert [(view.extension, view.source) for view in views] == [
        ("0003*211", ("0003*210",)),
        ("0003*210", ("0003*210",)),
    ]


def test_a_queue_has_a_view_for_each_agent_that_rings_and_those_who_lose_vanish() -> None:
    """Three ring, the second answers, the view ids stay."""
    pbx = Pbx()
    customer = pbx.new("PJSIP/trunk", number="777888", exten="0003*500", state="Ring")
    pbx.state(customer, "Up")
    numbers = ("0003*210", "0003*211", "0003*21")
    agents = [pbx.new(f"PJSIP/{number}", number=number, linkedid=customer) for number in numbers]
    for agent in agents:
        pbx.dial(customer, agent)
    call = only_call(calls_after(pbx.messages))
    assert [(view.id, view.extension, view.status) for view in call.views] == [
        ("01", "0003*210", Status.RINGING),
        ("02", "0003*211", Status.RINGING),
        ("03", "0003*21", Status.RINGING),
    ]
    pbx.answer(customer, agents[1])
    pbx.hang_up(agents[0], agents[2], cause=26)
    call = only_call(calls_after(pbx.messages))
    assert [(view.id, view.extension, view.status) for view in call.views] == [
        ("02", "0003*211", Status.ON_CALL)
    ]
    assert call.extension == "0003*211"


def test_status_follows_a_call_from_the_first_ring_to_the_talk() -> None:
    """The caller tries, hears ringing, talks; the callee rings, talks."""
    pbx = Pbx()
    caller = pbx.new("PJSIP/0003*210", number="0003*210", exten="0003*211", state="Ring")
    seen_statuses = [_statuses(pbx)]
    callee = pbx.new("PJSIP/0003*211", number="0003*211", linkedid=caller)
    pbx.dial(caller, callee)
    seen_statuses.append(_statuses(pbx))
    pbx.answer(caller, callee)
    seen_statuses.append(_statuses(pbx))
    assert seen_statuses == [
        {"0003*210": Status.TRYING},
        {"0003*210": Status.OTHER_SIDE_RINGING, "0003*211": Status.RINGING},
        {"0003*210": Status.ON_CALL, "0003*211": Status.ON_CALL},
    ]


def _statuses(pbx: Pbx) -> dict[str, str]:
    return {view.extension: view.status for view in only_call(calls_after(pbx.messages)).views}


def test_a_caller_who_hears_a_queue_while_an_agent_rings_hears_ringing() -> None:
    """The PBX has answered, nobody has: the other side rings until one picks up."""
    pbx = Pbx()
    caller = pbx.new("PJSIP/0003*210", number="0003*210", exten="0003*500", state="Ring")
    pbx.state(caller, "Up")
    assert _statuses(pbx) == {"0003*210": Status.ON_CALL}
    agent = pbx.new("PJSIP/0003*211", number="0003*211", linkedid=caller)
    pbx.dial(caller, agent)
    assert _statuses(pbx) == {"0003*210": Status.OTHER_SIDE_RINGING, "0003*211": Status.RINGING}


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (ChannelState.DOWN, Status.OFF_HOOK),
        (ChannelState.RESERVED, Status.OFF_HOOK),
        (ChannelState.OFF_HOOK, Status.OFF_HOOK),
        (ChannelState.DIALING, Status.TRYING),
        (ChannelState.RING, Status.TRYING),
        (ChannelState.RINGING, Status.RINGING),
        (ChannelState.UP, Status.ON_CALL),
        (ChannelState.BUSY, Status.UNKNOWN),
        (ChannelState.DIALING_OFF_HOOK, Status.TRYING),
        (ChannelState.PRE_RING, Status.RINGING),
    ],
)
def test_every_channel_state_of_a_caller_has_its_status(state: ChannelState, status: Status) -> None:
    """Asterisk's ten states, literally."""
    pbx = Pbx()
    pbx.new("PJSIP/0003*210", number="0003*210")
    pbx.messages[0]["ChannelState"] = str(int(state))
    assert _statuses(pbx) == {"0003*210": status}


def test_another_organizations_view_is_hidden_and_keeps_its_id() -> None:
    """Who may not see an extension sees the call without its view; the other ids do not move up."""
    pbx = Pbx()
    pbx.call("PJSIP/0004*300", "PJSIP/0003*210", number="0004*300")
    calls = calls_after(pbx.messages)
    (ours,) = seen(calls, lambda number: number.startswith("0003*"))
    assert [(view.id, view.extension) for view in ours.views] == [("02", "0003*210")]
    assert ours.extension == "0003*210"
    (theirs,) = seen(calls, lambda number: number.startswith("0004*"))
    assert [(view.id, view.extension) for view in theirs.views] == [("01", "0004*300")]


def test_a_call_without_a_seen_extension_is_no_call() -> None:
    """To somebody who sees none of its extensions it does not exist."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    assert seen(calls_after(pbx.messages), lambda number: number == "0003*211") == []


def test_a_channel_is_its_extensions_by_its_whole_name() -> None:
    """0003*21 and 0003*210 are two extensions, and 0003*2100 is none of them."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*21")
    pbx.call("PJSIP/trunk", "PJSIP/0003*210")
    pbx.call("PJSIP/trunk", "PJSIP/0003*2100")
    extensions = [[view.extension for view in call.views] for call in seen(calls_after(pbx.messages))]
    assert extensions == [["0003*21"], ["0003*210"]]


def test_the_number_on_a_channel_does_not_make_it_an_extensions() -> None:
    """A caller from outside who shows an extension's number is not that extension."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*211", number="0003*210")
    assert [view.extension for view in only_call(calls_after(pbx.messages)).views] == ["0003*211"]


def test_an_anonymous_caller_has_no_source_and_no_caller_id() -> None:
    """What Asterisk does not know is left empty, not written as `<unknown>`."""
    pbx = Pbx()
    pbx.call("PJSIP/trunk", "PJSIP/0003*210", number="")
    (view,) = only_call(calls_after(pbx.messages)).views
    assert (view.source, view.caller_id) == ((), None)


def test_a_view_is_found_by_its_id_and_by_nothing_else() -> None:
    """`01` is no `1`."""
    call = only_call(calls_after(_until("ChanSpyStart")))
    assert call.view("02") is call.views[1]
    assert [call.view(view_id) for view_id in ("1", "03", "", "001")] == [None] * 4


@pytest.mark.parametrize(
    ("party", "text"),
    [
        (Party("John Doe", "444555"), "John Doe <444555>"),
        (Party("", "444555"), "444555 <444555>"),
        (Party("John Doe", ""), None),
        (Party("", ""), None),
    ],
)
def test_caller_id_text_needs_a_number(party: Party, text: str | None) -> None:
    """The number stands for a name that is not known; without a number there is none."""
    assert caller_id_text(party) == text


@pytest.mark.parametrize(("rings", "expected"), [(True, [("02", "0003*210")]), (False, [])])
def test_the_view_of_a_supervision_that_moved_is_of_who_rings_for_the_spied_party(
    *, rings: bool, expected: list[tuple[str, str]]
) -> None:
    """Not of another extension that the call has too, and talks elsewhere: it would seem to be supervised."""
    pbx = Pbx()
    customer = pbx.new("PJSIP/trunk", number="777888", state="Up")
    elsewhere = pbx.new("PJSIP/0003*211", number="0003*211", linkedid=customer, state="Up")
    pbx.bridge(elsewhere, pbx.new("PJSIP/trunk", number="888", linkedid=customer, state="Up"))
    pbx.supervise(customer)
    if rings:
        pbx.dial(customer, pbx.new("PJSIP/0003*210", number="0003*210", linkedid=customer))
    views = only_call(calls_after(pbx.messages)).views
    assert [(view.id, view.extension) for view in views if view.source == ("0003*024",)] == expected


@pytest.mark.parametrize(
    ("dial_string", "number"),
    [
        ("00888777@trunk", "00888777"),
        ("trunk/00888777", "00888777"),
        ("PJSIP/00888777@trunk", "00888777"),
        ("trunk/sip:+40888777@192.0.2.1", "+40888777"),
        ("FMGL-00888777#@from-internal/n", ""),
        ("210-mobile", ""),
        ("", ""),
    ],
)
def test_the_number_that_a_macro_dialed_stands_in_what_dial_was_told(dial_string: str, number: str) -> None:
    """Asterisk gives whom a macro dials `s` for a number; the traces `ordinary-...-outside` show where."""
    assert number_dialed(dial_string) == number
