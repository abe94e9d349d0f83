"""Masked traces: no number and no name is left, and they replay as before."""

import re

import pytest

from adapter.asterisk.parsing import parse
from adapter.calls.model import Calls
from adapter.calls.views import PhoneCall
from adapter.tools.trace.masking import Masker
from adapter.tools.trace.playing import any_extension
from tests.unit.samples import TRACES, Headers, recorded, seen


def mask(**headers: str) -> list[str]:
    return list(Masker().mask(headers).values())


def test_a_number_has_one_mask_everywhere() -> None:
    """As a caller's, as a name, as what is dialed, in a channel's name, short or with its prefix."""
    assert mask(
        CallerIDNum="0003*210",
        CallerIDName="0003*210",
        ConnectedLineNum="210",
        Exten="0003*210",
        Channel="PJSIP/0003*210-0000002a",
        DestChannel="Local/0003*210@uapi-phones-0000002b;2",
        DialString="0003*210/sip:0003*210@192.0.2.17",
        ParkerDialString="PJSIP/0003*210",
    ) == [
        "0003*000",
        "0003*000",
        "000",
        "0003*000",
        "PJSIP/0003*000-0000002a",
        "Local/0003*000@uapi-phones-0000002b;2",
        "0003*000/xxx:0003*000@001.0.2.00",
        "PJSIP/0003*000",
    ]


def test_two_numbers_never_share_a_mask() -> None:
    """Of each length there are as many masks as numbers."""
    masker = Masker()
    numbers = [f"{number:02}" for number in range(100)]
    masked = [masker.mask({"CallerIDNum": number})["CallerIDNum"] for number in reversed(numbers)]
    assert sorted(masked) == numbers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Uniqueid", "1795405388.12"),
        ("DestLinkedid", "uapi-0123456789abcdef"),
        ("BridgeUniqueid", "4c3a8508-0ad1-42cd-88cd-ab3595a62b63"),
        ("BridgeId", "4c3a8508-0ad1-42cd-88cd-ab3595a62b63"),
        ("Timestamp", "1795405388.296289"),
        ("Duration", "00:01:08"),
        ("SpyerChannelState", "6"),
        ("OrigTransfererLinkedid", "1795405388.12"),
        ("ParkingSpace", "701"),
        ("CallerIDNum", "<unknown>"),
        ("ApplicationData", "(Outgoing Line)"),
        ("Exten", "s"),
        ("DestExten", "h"),
        ("SpyerExten", "spy"),
    ],
)
def test_what_is_asterisks_own_stays(name: str, value: str) -> None:
    """A replay needs it, and it tells of nobody."""
    assert mask(**{name: value}) == [value]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CallerIDNum", "john.smith"),
        ("ConnectedLineNum", "mary"),
        ("CallerID", "John Doe"),
        ("CallerID", "john.smith@acme.com"),
        ("Exten", "mary"),
        ("DestExten", "john.smith"),
        ("Extension", "mary"),
        ("AccountCode", "AcmeBank"),
        ("SpyeeAccountCode", "AcmeBank"),
        ("DialedNumber", "mary"),
        ("Conference", "acme"),
        ("BridgeName", "AcmeBank board"),
        ("Channel", "SIP/mary@sip.acme.com-0000002a"),
        ("Channel", "PJSIP/421900123456@acme-0000002a"),
        ("Channel", "PJSIP/acme-0000002a"),
        ("DialString", "sip:mary@acme.com"),
        ("DialString", "421900123456@acme"),
        ("Channel", "Local/mary@acme.com-0000002a;1"),
        ("Interface", "SIP/mary@sip.acme.com"),
    ],
)
def test_whoever_goes_by_a_name_is_masked_too(name: str, value: str) -> None:
    """A number need not have digits: SIP has names, and what a dialplan is called by may be a customer's."""
    [masked] = mask(**{name: value})
    assert not re.search("john|smith|mary|acme|1900|doe", masked, re.IGNORECASE)


def test_a_name_has_one_mask_as_number_exten_and_peer() -> None:
    """A replay still knows who is who."""
    masked = mask(CallerIDNum="mary", Exten="mary", Channel="PJSIP/mary-0000002a", ConnectedLineNum="john")
    assert masked == ["Name1", "Name1", "PJSIP/Name1-0000002a", "Name2"]


def test_whom_chanspy_spies_on_stays() -> None:
    """Uniqueid and options; a peer is masked as in its channels."""
    assert mask(Application="ChanSpy", ApplicationData="1795405388.1,quBE")[1] == "1795405388.1,quBE"
    masked = mask(Channel="PJSIP/anna-0000002a", Application="ChanSpy", ApplicationData="PJSIP/anna,qB")
    assert masked == ["PJSIP/Name1-0000002a", "ChanSpy", "PJSIP/Name1,qB"]


@pytest.mark.parametrize(
    "name",
    [
        "AppData",
        "Forward",
        "Value",
        "UserEventBody",
        "SoundFile",
        "RequestParams",
        "CallerIDName",
        "DialString",
    ],
)
def test_a_header_unknown_here_keeps_only_its_shape(name: str) -> None:
    """Whatever Asterisk may say tomorrow."""
    [masked] = mask(**{name: "Zoë O'Neil, 00421900123456, zoe@example.com"})
    assert not re.search(r"Zo|Neil|1900|example", masked)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("AsyncGoto/PJSIP/0003*210-0000002a", "AsyncGoto/PJSIP/0003*000-0000002a"),
        ("PJSIP/0003*210-0000002a<ZOMBIE>", "PJSIP/0003*000-0000002a<ZOMBIE>"),
        ("PJSIP/second-desk-0000002a", "PJSIP/Name1-0000002a"),
    ],
)
def test_a_channel_in_disguise_is_masked_too(name: str, masked: str) -> None:
    assert mask(Channel=name) == [masked]


@pytest.mark.parametrize("trace", sorted(path.name for path in TRACES.glob("*.ami")))
def test_a_masked_trace_replays_alike(trace: str) -> None:
    """The same calls and views after each event, but for the numbers and names in them."""
    plain, masked = Calls(any_extension), Calls(any_extension)
    masker = Masker()
    for headers in recorded(trace):
        apply(plain, headers)
        apply(masked, masker.mask(headers))
        assert shape(masked) == shape(plain)


@pytest.mark.parametrize("trace", sorted(path.name for path in TRACES.glob("*.ami")))
def test_no_number_and_no_name_of_a_trace_is_left(trace: str) -> None:
    """Nowhere in it, not in a header that nobody thought of."""
    masker = Masker()
    messages = recorded(trace)
    secrets = {
        value
        for headers in messages
        for name, value in headers.items()
        if name.endswith(("CallerIDName", "CallerIDNum", "ConnectedLineName", "ConnectedLineNum"))
        and value
        not in ("", "<unknown>", "unknown", "s")  # as a macro of the dialplan, which dials, is called
        and not is_short(value)
    }
    left = [
        f"{name}: {value}"
        for headers in messages
        for name, value in masker.mask(headers).items()
        if any(secret in value for secret in secrets)
    ]
    assert left == []


LONG = 5
"""A mask may be a shorter number that is somebody's."""


def is_short(secret: str) -> bool:
    return bool(re.fullmatch(rf"(\d+\*)?\d{{1,{LONG}}}", secret))


def apply(calls: Calls, headers: Headers) -> None:
    event = parse(headers, 0.0)
    if event is not None:
        calls.apply(event)


def shape(calls: Calls) -> list[tuple[object, ...]]:
    """All of the calls that no mask changes."""
    return [(call.id, call.published, call.answered, views(call)) for call in seen(calls)]


def views(call: PhoneCall) -> list[tuple[object, ...]]:
    return [
        (
            *(view.id, len(view.source), len(view.destination), view.status, view.flow, view.ringing),
            *(view.answered, view.channel, view.held_since, view.is_holder, view.recorded_since),
            *(view.disposition, view.parking is None, view.caller_id is None),
        )
        for view in call.views
    ]
