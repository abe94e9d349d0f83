import unicodedata
from dataclasses import FrozenInstanceError
from typing import TypedDict, Unpack

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.asterisk.actions import (
    LINE_LIMIT_BYTES,
    Action,
    ActionError,
    Spying,
    SupervisorDevices,
    hang_up,
    list_channels,
    originate_spy,
    originate_spy_by_include,
    ping,
)
from adapter.asterisk.caller_id import NAME_LIMIT_BYTES, CallerId, parse_caller_id


class _Changes(TypedDict, total=False):
    dial: str
    spyee: str
    spyee_name: str
    options: str
    channel_id: str
    caller_id: CallerId
    pickup_ms: int


def _originate(**changed: Unpack[_Changes]) -> Action:
    return originate_spy(
        dial=changed.get("dial", "PJSIP/0003*024"),
        spying=Spying(
            changed.get("spyee", "1795405388.1"),
            changed.get("spyee_name", SPYEE_NAME),
            changed.get("options", "quBE"),
        ),
        channel_id=changed.get("channel_id", "uapi-1998"),
        caller_id=changed.get("caller_id", CallerId("John Doe", "42420042")),
        pickup_ms=changed.get("pickup_ms", 20000),
    )


SPYEE_NAME = "PJSIP/0003*210-0000002a"


def test_a_barge_in_is_this_originate() -> None:
    """The action as it was measured on a real Asterisk, header by header."""
    assert _originate() == Action(
        "Originate",
        (
            ("Channel", "PJSIP/0003*024"),
            ("Application", "ChanSpy"),
            ("Data", "1795405388.1,quBE"),
            ("CallerID", '"John Doe" <42420042>'),
            ("Variable", "FORWARD_CONTEXT=uapi-nowhere"),
            ("Variable", "__TRANSFER_CONTEXT=uapi-nowhere"),
            ("Variable", "FRAME_DROP(RX)=DTMF_END"),
            ("Timeout", "20000"),
            ("ChannelId", "uapi-1998"),
            ("Async", "true"),
        ),
        id="uapi-1998",
    )


def test_with_the_include_the_devices_and_the_spyees_name_go_along() -> None:
    """The number is only the way into the include; what rings there, and who may answer, are variables."""
    found = originate_spy_by_include(
        phones=SupervisorDevices("0003*024", ("PJSIP/acme-24", "SIP/7"), ("Local/24@from-internal/n",)),
        spying=Spying("1795405388.1", SPYEE_NAME, "quBE"),
        channel_id="uapi-1998",
        caller_id=CallerId("John Doe", "42420042"),
        pickup_ms=20000,
        linger_s=2,
        alert="Answer-Mode: Auto",
    )
    assert found.headers == (
        ("Channel", "Local/0003*024@uapi-phones/n"),
        ("Context", "uapi-spy"),
        ("Exten", "spy"),
        ("Priority", "1"),
        ("CallerID", '"John Doe" <42420042>'),
        ("Variable", "FORWARD_CONTEXT=uapi-nowhere"),
        ("Variable", "__TRANSFER_CONTEXT=uapi-nowhere"),
        ("Variable", "FRAME_DROP(RX)=DTMF_END"),
        ("Variable", "UAPI_SPY_OPTIONS=quBE"),
        ("Variable", "UAPI_SPYEE=1795405388.1"),
        ("Variable", f"UAPI_SPYEE_NAME={SPYEE_NAME}"),
        ("Variable", "UAPI_STAYS=2"),
        ("Variable", "UAPI_WAITS=0"),
        ("Variable", "_UAPI_DEVICES=PJSIP/acme-24&SIP/7"),
        ("Variable", "_UAPI_RINGS=Local/24@from-internal/n"),
        ("Variable", "__UAPI_ALERT_NAME=Answer-Mode"),
        ("Variable", "__UAPI_ALERT=Auto"),
        ("Timeout", "20000"),
        ("ChannelId", "uapi-1998"),
        ("Async", "true"),
    )


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "PJSIP",
        "PJSIP/",
        "PJSIP/a&PJSIP/b",
        "PJSIP/a,b",
        "PJSIP/a^b",
        "PJSIP/a;b",
        'PJSIP/a"b',
        "PJSIP/a b",
        "PJSIP/a(b)",
        "PJSIP/${EXTEN}",
        "PJSIP/$[1]",
        "PJSIP/a\\b",
        "PJSIP/a\r\nAction: Command",
        "PJSIP/\u0662",
    ],
)
def test_nothing_rings_or_may_answer_that_dial_could_take_for_more(bad: str) -> None:
    """Each is a part of an argument of Dial; and where there is none, nobody may answer."""
    for devices, rings in (((bad,), ("PJSIP/24",)), (("PJSIP/24",), (bad,)), ((), ("PJSIP/24",))):
        with pytest.raises(ActionError):
            SupervisorDevices("0003*024", devices, rings)
    with pytest.raises(ActionError):
        SupervisorDevices("0003*024", ("PJSIP/24",), ())


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "PJSIP",
        "Local/24@phones-00000001;1",
        'PJSIP/a" | "b-1',
        "PJSIP/${EXTEN}-1",
        "PJSIP/a,b-1",
        "PJSIP/a(b)-1",
        "PJSIP/a[b]-1",
        "PJSIP/a\\-1",
        "PJSIP/a\r\n-1",
    ],
)
def test_a_name_that_the_dialplan_could_not_compare_is_refused(bad: str) -> None:
    """There it stands in quotes: one in it would end the comparison, with whatever outcome."""
    with pytest.raises(ActionError):
        Spying("1795405388.1", bad, "quBE")


@pytest.mark.parametrize(
    "name", [SPYEE_NAME, "PJSIP/My Trunk-0000002a", "IAX2/host.example:4569-17", "DAHDI/i1/0172-1"]
)
def test_a_channels_name_is_taken_as_it_is(name: str) -> None:
    """Of phones and of trunks, which a supervision that follows the call may be on."""
    assert ("UAPI_SPYEE_NAME", name) in Spying("1795405388.1", name, "quBE").variables


def test_an_action_is_its_headers_in_order_and_a_blank_line() -> None:
    """The ActionID, by which its answer is known, is the session's where it has none of its own."""
    assert ping().text("7") == "Action: Ping\r\nActionID: 7\r\n\r\n"
    assert hang_up("1.7").text("8") == "Action: Hangup\r\nActionID: 8\r\nChannel: 1.7\r\n\r\n"


def test_the_other_actions_are_these() -> None:
    """Ping, snapshot, and the end of exactly one channel."""
    assert ping() == Action("Ping")
    assert list_channels() == Action("CoreShowChannels")
    assert hang_up("uapi-1998") == Action("Hangup", (("Channel", "uapi-1998"),))


CONTROLS = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cc", "Zl", "Zp")]


@given(before=st.text(), control=st.sampled_from(CONTROLS), after=st.text(), is_name=st.booleans())
def test_no_control_character_ever_stands_in_an_action(
    *, before: str, control: str, after: str, is_name: bool
) -> None:
    """CR, LF, NUL and their kin, in any name or value."""
    bad = before + control + after
    with pytest.raises(ActionError):
        Action("Setvar", (("Variable", "x"), (bad, "y") if is_name else ("Value", bad)))
    with pytest.raises(ActionError):
        Action(bad)


@given(st.text(), st.text(max_size=400))
def test_what_becomes_an_action_is_one_line_for_each_header(name: str, value: str) -> None:
    """Any text is refused or stays what it is: it never adds a line, in any reader's idea of lines."""
    try:
        action = Action("Setvar", ((name, value),))
    except ActionError:
        return
    written = "".join(f"{name}: {value}\r\n" for name, value in action.headers)
    assert written.splitlines() == [f"{name}: {value}"]
    assert action.headers == ((name, value),)


@pytest.mark.parametrize("control", ["\r", "\n", "\0", "\x85", "\u2028"])
@pytest.mark.parametrize("field", ["dial", "spyee", "options", "channel_id", "caller_id"])
def test_no_field_of_an_originate_takes_a_line_end(field: str, control: str) -> None:
    """Each of them becomes a header."""
    bad = f"u{control}Action: Command"
    values: dict[str, _Changes] = {
        "dial": {"dial": bad},
        "spyee": {"spyee": bad},
        "options": {"options": bad},
        "channel_id": {"channel_id": bad},
        "caller_id": {"caller_id": CallerId(bad, "1")},
    }
    with pytest.raises(ActionError):
        _originate(**values[field])
    with pytest.raises(ActionError):
        _originate(caller_id=CallerId("John", f"1{control}"))


INEXACT = [
    "",
    " ",
    "all",
    "ALL",
    "All",
    "PJSIP/100",
    "PJSIP/0003*210",
    "PJSIP/0003*210-00000001",
    "Local/210@phones-00000001;1",
    "/.*/",
    "1795405388.1,q",
    "1795405388.1 ",
    "1795405388.1|q",
    "${CHANNEL}",
    "-1795405388.1",
    "1" * 150,
    "١٧٩.1",
]


@pytest.mark.parametrize("spyee", INEXACT)
def test_a_spyee_that_is_no_single_channel_is_refused(spyee: str) -> None:
    """ "An empty argument spies on every channel", and so does `all`; names are prefixes."""
    with pytest.raises(ActionError):
        _originate(spyee=spyee)


@pytest.mark.parametrize("uniqueid", INEXACT)
def test_only_a_uniqueid_is_hung_up_or_given(uniqueid: str) -> None:
    """A Hangup of `/.*/` would end every call of the PBX."""
    with pytest.raises(ActionError):
        hang_up(uniqueid)
    with pytest.raises(ActionError):
        _originate(channel_id=uniqueid)


@pytest.mark.parametrize("uniqueid", ["1795405388.1", "uapi-1998", "pbx_1-1795405388.12", "1" * 149])
def test_a_uniqueid_is_taken_as_it_is(uniqueid: str) -> None:
    """With and without a system name before it, up to 149 characters."""
    assert dict(_originate(spyee=uniqueid).headers)["Data"] == f"{uniqueid},quBE"
    assert hang_up(uniqueid).headers == (("Channel", uniqueid),)


@pytest.mark.parametrize("options", ["", "qBE", "qUBE"])
def test_an_originate_without_the_option_u_is_refused(options: str) -> None:
    """Without it the spyee would be a prefix: 1795405388.1 takes 1795405388.10 too."""
    with pytest.raises(ActionError):
        _originate(options=options)


@pytest.mark.parametrize("pickup_ms", [0, -1, -25000])
def test_a_timeout_of_0_or_less_is_refused(pickup_ms: int) -> None:
    """Asterisk would ring without limit."""
    with pytest.raises(ActionError):
        _originate(pickup_ms=pickup_ms)


def test_the_shortest_ringing_is_one() -> None:
    """A millisecond is a limit, if a hard one."""
    assert dict(_originate(pickup_ms=1).headers)["Timeout"] == "1"


def test_an_action_does_not_change_once_it_is_made() -> None:
    """What was checked stays what is sent."""
    with pytest.raises(FrozenInstanceError):
        setattr(ping(), "name", "Command")  # noqa: B010 - mypy knows that it cannot be done


def test_a_header_longer_than_asterisk_reads_is_refused() -> None:
    """Bytes count, not letters, and the name counts too."""
    assert LINE_LIMIT_BYTES == 1000
    room = LINE_LIMIT_BYTES - len("Value: ")
    Action("Setvar", (("Value", "x" * room),))
    for too_long in ("x" * (room + 1), "é" * (room // 2 + 1)):
        with pytest.raises(ActionError):
            Action("Setvar", (("Value", too_long),))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ('The "Boss"', '"The \\"Boss\\"" <1>'),
        ("back\\slash", '"back\\\\slash" <1>'),
        ('\\"', '"\\\\\\"" <1>'),
        ("A, B <2>", '"A, B <2>" <1>'),
    ],
)
def test_a_name_cannot_leave_its_quotes(name: str, written: str) -> None:
    """Quotes and backslashes are escaped as Asterisk reads them."""
    assert dict(_originate(caller_id=CallerId(name, "1")).headers)["CallerID"] == written


CALLER_ID_LIMIT_BYTES = 255


@example('"' * NAME_LIMIT_BYTES, "+" + "1" * 32)
@given(
    st.text(st.sampled_from('aé"\\ '), min_size=1, max_size=NAME_LIMIT_BYTES),
    st.from_regex(r"\A\+?[0-9]{1,32}\Z"),
)
def test_every_caller_id_that_is_accepted_fits_into_asterisks_255_bytes(name: str, number: str) -> None:
    """Asterisk drops what is longer, number and all: escapes count too."""
    try:
        caller_id = parse_caller_id(f"{name} <{number}>")
    except ValueError:
        return
    written = dict(_originate(caller_id=caller_id).headers)["CallerID"]
    assert len(written.encode()) <= CALLER_ID_LIMIT_BYTES
    assert written.endswith(f" <{number}>")
