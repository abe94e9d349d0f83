from collections.abc import Callable

import msgspec
import pytest

from adapter.asterisk.events import (
    BridgeEnter,
    BridgeKind,
    BridgeLeave,
    Channel,
    ChannelState,
    ChannelUpdate,
    DialBegin,
    DialEnd,
    Hangup,
    HoldChanged,
    NewChannel,
    OriginateResponse,
    Park,
    RecordingChanged,
    SpyStart,
    SpyStop,
    Transfer,
    Unpark,
)
from adapter.asterisk.parsing import EventError, parse, parse_listed

from .samples import Headers, Pbx, recorded

AGENT = Channel(
    uniqueid="1795405388.1",
    linkedid="1795405388.0",
    name="PJSIP/0003*210-00000001",
    state=ChannelState.UP,
    caller_name="Agent",
    caller_number="0003*210",
    connected_name="Customer",
    connected_number="777888",
    exten="",
)
SPYER = Channel(
    uniqueid="uapi-1998",
    linkedid="uapi-1998",
    name="PJSIP/0003*024-00000002",
    state=ChannelState.UP,
    caller_name="John Doe",
    caller_number="42420042",
    connected_name="John Doe",
    connected_number="42420042",
    exten="s",
)


def _first(
    name: str, has: Callable[[Headers], bool] = lambda _: True, story: str = "inbound-barge-in"
) -> Headers:
    return next(one for one in recorded(f"{story}.ami") if one["Event"] == name and has(one))


def test_new_channel_of_a_trunk_has_the_number_that_calls_and_the_number_it_asks_for() -> None:
    """Newchannel becomes a NewChannel with the channel's own parties; `<unknown>` is empty."""
    assert parse(_first("Newchannel"), 0.0) == NewChannel(
        1795405388.297303,
        Channel(
            uniqueid="1795405388.0",
            linkedid="1795405388.0",
            name="PJSIP/trunk-00000000",
            state=ChannelState.RING,
            caller_name="Customer",
            caller_number="777888",
            connected_name="<unknown>",
            connected_number="<unknown>",
            exten="0003*210",
        ),
    )


@pytest.mark.parametrize("name", ["Newstate", "NewCallerid", "NewConnectedLine"])
def test_every_event_with_a_channel_tells_of_that_channel(name: str) -> None:
    """Whatever follows a channel's change carries all of the channel and becomes a ChannelUpdate."""
    headers = {**_first("BridgeEnter"), "Event": name}
    assert parse(headers, 0.0) == ChannelUpdate(1795405389.329789, AGENT)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("O\\'Neil", "O'Neil"),
        ('\\"Ace\\"', '"Ace"'),
        ("back\\\\slash", "back\\slash"),
        ("\\\\n", "\\n"),
        ("tab\\tbed", "tab\tbed"),
        ("what\\?", "what?"),
        ("ends with \\", "ends with \\"),
        ("plain", "plain"),
        ("<unknown>", ""),
    ],
)
def test_a_name_is_read_as_it_was_before_asterisk_escaped_it(written: str, name: str) -> None:
    """Asterisk writes names into AMI as C would; `<unknown>` is no name."""
    event = parse({**_first("Newstate"), "CallerIDName": written, "ConnectedLineName": written}, 0.0)
    assert isinstance(event, ChannelUpdate)
    assert (event.channel.caller.name, event.channel.connected.name) == (name, name)


def test_dial_begin_has_both_ends() -> None:
    """DialBegin names who dials and who is dialed."""
    event = parse(_first("DialBegin"), 0.0)
    assert isinstance(event, DialBegin)
    assert event.dialing is not None
    assert (event.dialing.uniqueid, event.dialed.uniqueid) == ("1795405388.0", "1795405388.1")


def test_dial_begin_of_an_originate_has_no_dialing_channel() -> None:
    """An Originate dials without a source channel."""
    event = parse(_first("DialBegin", lambda one: "Uniqueid" not in one), 0.0)
    assert isinstance(event, DialBegin)
    assert event.dialing is None
    assert event.dialed.uniqueid == "uapi-1998"


def test_dial_end_says_how_it_ended() -> None:
    """DialEnd has both ends and Asterisk's DialStatus; an Originate's has no dialing channel."""
    event = parse(_first("DialEnd"), 0.0)
    assert isinstance(event, DialEnd)
    assert event.dialing is not None
    assert (event.dialing.uniqueid, event.dialed.uniqueid, event.status) == (
        "1795405388.0",
        "1795405388.1",
        "ANSWER",
    )
    event = parse(_first("DialEnd", lambda one: "Uniqueid" not in one), 0.0)
    assert isinstance(event, DialEnd)
    assert (event.dialing, event.dialed.uniqueid) == (None, "uapi-1998")


@pytest.mark.parametrize(
    ("kind", "technology", "is_what"),
    [
        ("basic", "simple_bridge", {"is_joining"}),
        ("basic", "native_rtp", {"is_joining"}),
        ("base", "softmix", set()),
        ("parking", "holding_bridge", {"is_holding", "is_parking"}),
        ("base", "holding_bridge", {"is_holding"}),
        ("agent_hold", "holding_bridge", {"is_holding", "is_for_agents"}),
        ("stasis", "holding_bridge", {"is_holding"}),
        ("stasis", "simple_bridge", {"is_for_two"}),
        ("stasis", "native_rtp", {"is_for_two"}),
        ("stasis", "softmix", set()),
    ],
)
def test_a_bridge_makes_one_conversation_or_not(kind: str, technology: str, is_what: set[str]) -> None:
    """Asterisk joins the linkedids in a basic bridge only; in a holding bridge all wait and nobody talks.

    One that an application (ARI) made mixes two as a call does, unless it is made for many (softmix).
    """
    headers = {**_first("BridgeEnter"), "BridgeType": kind, "BridgeTechnology": technology}
    bridge = headers["BridgeUniqueid"]
    is_so = {"is_joining": False, **dict.fromkeys(is_what, True)}
    assert parse(headers, 0.0) == BridgeEnter(1795405389.329789, AGENT, bridge, BridgeKind(**is_so))
    assert parse({**headers, "Event": "BridgeLeave"}, 0.0) == BridgeLeave(1795405389.329789, AGENT, bridge)


@pytest.mark.parametrize(("name", "is_on"), [("Hold", True), ("Unhold", False)])
def test_hold_and_unhold_name_the_channel_whose_phone_holds(name: str, *, is_on: bool) -> None:
    """Both are one event with two values."""
    assert parse({**_first("BridgeEnter"), "Event": name}, 0.0) == HoldChanged(
        1795405389.329789, AGENT, is_on=is_on
    )


@pytest.mark.parametrize(("name", "is_on"), [("MixMonitorStart", True), ("MixMonitorStop", False)])
def test_a_recording_starts_and_stops_on_a_channel(name: str, *, is_on: bool) -> None:
    """Both are one event with two values."""
    assert parse({**_first("BridgeEnter"), "Event": name}, 0.0) == RecordingChanged(
        1795405389.329789, AGENT, is_on=is_on
    )


def test_a_parked_call_has_its_place_and_who_parked_it() -> None:
    """The parked channel, where, and what Asterisk would ring to bring it back."""
    event = parse(_first("ParkedCall", story="park-customer"), 0.0)
    assert isinstance(event, Park)
    assert event.channel.name.startswith("PJSIP/trunk-")
    assert (event.space, event.parker) == ("701", "PJSIP/0003*210")


def test_a_parked_call_of_a_list_was_parked_that_long_ago() -> None:
    """The answer to ParkedCalls has no time of its own, but a duration."""
    headers = {**_first("ParkedCall", story="park-customer"), "ParkingDuration": "7"}
    del headers["Timestamp"]
    event = parse(headers, 100.0)
    assert isinstance(event, Park)
    assert event.at == 93.0


def test_an_unparked_call_names_who_fetched_it() -> None:
    """Nobody did where it gave up or waited too long."""
    event = parse(_first("UnParkedCall", story="park-customer"), 0.0)
    assert isinstance(event, Unpark)
    assert event.retriever is not None
    assert event.retriever.name.startswith("PJSIP/0003*211-")
    event = parse(_first("ParkedCallGiveUp", story="park-abandoned"), 0.0)
    assert isinstance(event, Unpark)
    assert event.retriever is None


def test_a_transfer_names_the_channels_of_who_transfers() -> None:
    """One where it is blind; two after a consultation, and who takes the second one's place."""
    event = parse(_first("BlindTransfer", story="blind-transfer-by-callee"), 0.0)
    assert isinstance(event, Transfer)
    assert [one.name.partition("-")[0] for one in event.transferers] == ["PJSIP/0003*210"]
    event = parse(_first("AttendedTransfer", story="attended-transfer-by-callee-ringing"), 0.0)
    assert isinstance(event, Transfer)
    assert [one.name.partition("-")[0] for one in event.transferers] == ["PJSIP/0003*210"] * 2
    assert event.transferee is not None
    assert event.transferee.name.startswith("PJSIP/trunk-")


@pytest.mark.parametrize("name", ["BlindTransfer", "AttendedTransfer"])
def test_a_transfer_that_failed_is_nothing(name: str) -> None:
    """Everybody stays where they are."""
    stories = {
        "BlindTransfer": "blind-transfer-by-callee",
        "AttendedTransfer": "attended-transfer-by-callee-ringing",
    }
    assert parse({**_first(name, story=stories[name]), "Result": "Fail"}, 0.0) is None


def test_spy_start_and_stop_name_the_spyer_and_the_spyee() -> None:
    """ChanSpyStart has both channels; ChanSpyStop is told by its spyer alone."""
    assert parse(_first("ChanSpyStart"), 0.0) == SpyStart(1795405392.094366, SPYER, AGENT)
    stop = {name: value for name, value in _first("ChanSpyStop").items() if not name.startswith("Spyee")}
    assert parse(stop, 0.0) == SpyStop(1795405394.171006, "uapi-1998")


def test_hangup_has_its_cause_and_none_is_0() -> None:
    """The Q.850 cause is a number; a Hangup without one has cause 0."""
    pbx = Pbx()
    pbx.new("PJSIP/0003*210")
    pbx.hang_up("1795405388.0", cause=17)
    headers = pbx.messages[-1]
    event = parse(headers, 0.0)
    assert isinstance(event, Hangup)
    assert event.cause == 17
    del headers["Cause"]
    event = parse(headers, 0.0)
    assert isinstance(event, Hangup)
    assert event.cause == 0


@pytest.mark.parametrize(("response", "is_success"), [("Success", True), ("Failure", False)])
def test_originate_response_tells_whether_the_phone_was_answered(response: str, *, is_success: bool) -> None:
    """Only `Success` is success."""
    headers = {**_first("OriginateResponse"), "Response": response}
    assert parse(headers, 0.0) == OriginateResponse(1795405391.993659, "uapi-1998", is_success)


@pytest.mark.parametrize("name", ["TestEvent", "DialState", "BridgeCreate", "HangupRequest"])
def test_what_does_not_bear_on_the_calls_is_nothing(name: str) -> None:
    """Other events of the recorded trace become no event."""
    assert parse(_first(name), 0.0) is None


def test_an_answer_is_no_event() -> None:
    """A message without an Event header becomes nothing."""
    assert parse({"Response": "Success"}, 0.0) is None


def test_without_a_timestamp_an_event_happened_when_it_was_received() -> None:
    """Asterisk's clock counts where it tells it, ours where it does not."""
    headers = _first("Newchannel")
    del headers["Timestamp"]
    event = parse(headers, 12.5)
    assert isinstance(event, NewChannel)
    assert event.at == 12.5


@pytest.mark.parametrize("missing", ["Uniqueid", "Linkedid", "Channel", "ChannelState"])
def test_a_missing_header_is_an_event_error_that_names_it(missing: str) -> None:
    """A followed event without what it needs is refused as an EventError."""
    headers = _first("Newstate")
    del headers[missing]
    with pytest.raises(EventError, match=missing):
        parse(headers, 0.0)


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("Newstate", "ChannelState", "10"),
        ("Newstate", "ChannelState", "Up"),
        ("Newstate", "ChannelState", ""),
        ("Newstate", "Timestamp", "now"),
        ("Hangup", "Cause", "busy"),
    ],
)
def test_a_malformed_header_is_an_event_error(name: str, header: str, value: str) -> None:
    """A number that is none is refused as an EventError, not as a bare ValueError or KeyError."""
    with pytest.raises(EventError):
        parse({**_first(name), header: value}, 0.0)


@pytest.mark.parametrize(
    "name", ["Newchannel", "Newstate", "DialBegin", "Hangup", "ChanSpyStart", "ChanSpyStop"]
)
def test_an_event_with_nothing_but_its_name_is_an_event_error(name: str) -> None:
    """No followed event is made of nothing."""
    with pytest.raises(EventError):
        parse({"Event": name}, 0.0)


def test_only_our_prefix_makes_a_channel_ours() -> None:
    """`uapi-` begins the uniqueid of what we originate; in the middle it says nothing."""
    assert SPYER.is_ours
    assert not AGENT.is_ours


def test_no_channel_of_a_pbx_is_ours_whatever_its_systemname() -> None:
    """Else every call of a PBX called `uapi-1` would be hung up: no supervision stands behind it."""
    named = msgspec.structs.replace(AGENT, uniqueid="uapi-1-1700000000.12", linkedid="uapi-1-1700000000.11")
    assert (named.is_ours, named.is_for_our_spy) == (False, False)


@pytest.mark.parametrize(
    ("duration", "seconds"), [("00:00:08", 8), ("01:02:03", 3723), ("100:00:00", 360000), ("59", 59)]
)
def test_duration_of_a_listed_channel_is_its_age(duration: str, seconds: int) -> None:
    """Hours may have more than two digits."""
    headers = {**recorded("inbound-snapshot.ami")[0], "Duration": duration}
    assert parse_listed(headers).age_s == seconds


def test_a_malformed_duration_is_an_event_error() -> None:
    """A snapshot's line is as strict as an event."""
    with pytest.raises(EventError):
        parse_listed({**recorded("inbound-snapshot.ami")[0], "Duration": "a while"})


@pytest.mark.parametrize(
    ("application", "data", "spyee"),
    [
        ("ChanSpy", "1795405388.1,quBE", "1795405388.1"),
        ("ChanSpy", "1795405388.1", "1795405388.1"),
        ("ChanSpy", ",q", None),
        ("ChanSpy", "", None),
        ("Dial", "PJSIP/0003*210,60", None),
        ("AppDial", "(Outgoing Line)", None),
    ],
)
def test_spyee_of_a_listed_channel_is_what_its_chanspy_is_told(
    application: str, data: str, spyee: str | None
) -> None:
    """Only a running ChanSpy has a spyee: its first argument."""
    headers = {**recorded("inbound-snapshot.ami")[0], "Application": application, "ApplicationData": data}
    assert parse_listed(headers).spyee == spyee


def test_the_options_of_a_running_chanspy_are_told_too() -> None:
    """The mode of a supervision that an earlier process began shows in them."""
    headers = {**recorded("inbound-snapshot.ami")[0], "Application": "ChanSpy"}
    assert parse_listed({**headers, "ApplicationData": "1795405388.1,quBE"}).spy_options == "quBE"
    assert parse_listed({**headers, "ApplicationData": "1795405388.1"}).spy_options == ""
    assert parse_listed({**headers, "Application": "Dial", "ApplicationData": "x,quBE"}).spy_options == ""


@pytest.mark.parametrize(
    ("application", "is_dialed"),
    [("AppDial", True), ("AppQueue", True), ("AppDial2", True), ("Dial", False), ("ParkedCall", False)],
)
def test_who_was_rung_shows_in_what_it_runs(application: str, *, is_dialed: bool) -> None:
    """Dial, Queue and Originate mark the channels that they make."""
    headers = {**recorded("inbound-snapshot.ami")[0], "Application": application}
    assert parse_listed(headers).is_dialed is is_dialed
