"""What Asterisk 16 says is read as what 22 says."""

from adapter.asterisk.events import Hangup, OriginateResponse
from adapter.asterisk.parsing import parse
from adapter.calls.changes import ChannelGone

from .invariants import check, remembered
from .samples import Headers, empty_calls, events, only_call, recorded

BARGE_IN = "asterisk16-inbound-barge-in.ami"
RUNG_OUT = "asterisk16-inbound-rung-out.ami"
SPYER = "uapi-1998"


def up_to(messages: list[Headers], name: str) -> list[Headers]:
    """The messages through the first event of that name."""
    last = next(place for place, one in enumerate(messages) if one["Event"] == name)
    return messages[: last + 1]


def of_spyer(name: str, trace: str) -> Headers:
    """The event of that name about the supervisor's channel."""
    return next(one for one in recorded(trace) if (one["Event"], one.get("Uniqueid")) == (name, SPYER))


def test_a_barge_in_on_16_has_a_view_while_the_supervisor_is_joined_and_leaves_nothing() -> None:
    """Two views from ChanSpyStart on, until the supervisor's channel is gone."""
    messages = recorded(BARGE_IN)
    views = {}
    for name in ("OriginateResponse", "ChanSpyStart", "Hangup"):
        calls = empty_calls()
        for event in events(up_to(messages, name)):
            calls.apply(event)
            check(calls)
        views[name] = [(view.extension, view.source) for view in only_call(calls).views]
    agent, supervisor = ("0003*210", ("777888",)), ("0003*210", ("0003*024",))
    assert views == {
        "OriginateResponse": [agent],
        "ChanSpyStart": [agent, supervisor],
        "Hangup": [agent],
    }


def test_nothing_is_left_of_a_call_on_16() -> None:
    """Every event of both recordings finds its place, and the last hang-up empties the model."""
    for trace in (BARGE_IN, RUNG_OUT):
        calls = empty_calls()
        for event in events(recorded(trace)):
            calls.apply(event)
        assert calls.unknown_channels.total() == 0
        assert not remembered(calls)


def test_a_phone_that_rings_out_on_16_hangs_up_without_a_cause() -> None:
    """Asterisk 22 says 19 there; both say Failure, 3, in OriginateResponse, before or after the Hangup."""
    hangup = parse(of_spyer("Hangup", RUNG_OUT), 0.0)
    response = parse(of_spyer("OriginateResponse", RUNG_OUT), 0.0)
    assert isinstance(hangup, Hangup)
    assert hangup.cause == 0
    assert isinstance(response, OriginateResponse)
    assert not response.is_success


def test_the_model_passes_the_missing_cause_on() -> None:
    """Who follows the supervision is told 0, not nothing: nothing means that the link was down."""
    calls = empty_calls()
    changes = [change for event in events(recorded(RUNG_OUT)) for change in calls.apply(event)]
    assert [
        change.cause for change in changes if isinstance(change, ChannelGone) and change.uniqueid == SPYER
    ] == [0]
