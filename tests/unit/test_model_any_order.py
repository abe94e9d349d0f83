"""The model against happenings in any order at all, Asterisk's or nobody's."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.asterisk.events import Hangup

from .invariants import check, check_changes, remembered
from .samples import Pbx, empty_calls, events, listed, snapshot_after

PEER_OF = {
    "1795405388.0": "PJSIP/trunk",
    "1795405388.1": "PJSIP/0003*210",
    "1795405388.2": "PJSIP/0003*21",
    "1795405388.3": "Local/210@phones",
    "1795405388.4": "PJSIP/0003*210",
    "uapi-1": "PJSIP/0003*024",
    "uapi-2": "PJSIP/0003*210",
}
BRIDGES = {"Down": "b1", "Ring": "b2", "Ringing": "b3", "Up": "b4"}
HAPPENINGS = st.tuples(
    st.sampled_from(
        (
            "new",
            "state",
            "dial",
            "answer",
            "spy",
            "stop",
            "relink",
            "bridge",
            "conference",
            "leave",
            "park",
            "unpark",
            "hold",
            "unhold",
            "record",
            "transfer",
            "reload",
            "hang up",
            "snapshot",
        )
    ),
    st.sampled_from(tuple(PEER_OF)),
    st.sampled_from(tuple(PEER_OF)),
    st.sampled_from(("Down", "Ring", "Ringing", "Up")),
)


def _enter_and_leave(pbx: Pbx, uniqueid: str, bridge: str) -> None:
    pbx.enter(uniqueid, bridge)
    pbx.leave(uniqueid)


def _pbx(what: str, one: str, other: str, state: str) -> tuple[Pbx, int]:
    """A PBX to which it happened, and how many of its messages tell of before."""
    pbx = Pbx()
    pbx.new(PEER_OF[one], uniqueid=one, linkedid=other, state=state)
    if other != one:
        pbx.new(PEER_OF[other], uniqueid=other, linkedid=one)
    before = len(pbx.messages)
    happen: dict[str, Callable[[], object]] = {
        "state": lambda: pbx.state(one, state),
        "dial": lambda: pbx.dial(one, other),
        "answer": lambda: pbx.answer(one, other),
        "bridge": lambda: pbx.enter(one, BRIDGES[state]),
        "conference": lambda: pbx.enter(one, BRIDGES[state], kind="base", technology="softmix"),
        "leave": lambda: _enter_and_leave(pbx, one, BRIDGES[state]),
        "park": lambda: pbx.park(one, "PJSIP/0003*210"),
        "unpark": lambda: pbx.unpark(one, other, "PJSIP/0003*210"),
        "hold": lambda: pbx.tell("Hold", one),
        "unhold": lambda: pbx.tell("Unhold", one),
        "record": lambda: pbx.tell("MixMonitorStart", one),
        "transfer": lambda: pbx.transfer(one, other),
        "spy": lambda: pbx.spy(one, other),
        "stop": lambda: pbx.stop_spying(one),
        "relink": lambda: pbx.relink(one, other),
        "hang up": lambda: pbx.hang_up(one),
    }
    happen.get(what, lambda: None)()
    return pbx, 0 if what == "new" else before


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(HAPPENINGS, max_size=30))
def test_no_order_of_happenings_raises_or_leaves_anything(
    happenings: list[tuple[str, str, str, str]],
) -> None:
    """The model raises on nothing that the network says, stands in order, and forgets all that hung up."""
    calls = empty_calls()
    for happening in happenings:
        pbx, before = _pbx(*happening)
        if happening[0] == "snapshot":
            check_changes(calls, calls.reset(listed(snapshot_after(pbx.messages)), 1795405400.0))
        if happening[0] == "reload":
            check_changes(calls, calls.apply_directory(str.upper))
        for event in events(pbx.messages[before:]):
            check_changes(calls, calls.apply(event))
        check(calls)
    for uniqueid in PEER_OF:
        leg = calls.leg(uniqueid)
        if leg is not None:
            check_changes(calls, calls.apply(Hangup(0.0, leg.channel, 16)))
            check(calls)
    assert not remembered(calls)
