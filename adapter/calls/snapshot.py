"""A list of all channels, taken after a login and now and then, is made true of the model."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from adapter.asterisk.events import DIALED_APPLICATIONS, ListedChannel
from adapter.calls.bridges import reset_bridge
from adapter.calls.changes import BridgeChanged, CallChanged, Change
from adapter.calls.channels import emit_originate_state, is_about_to_ring, new_leg, update
from adapter.calls.dialing import number_dialed, set_dialed
from adapter.calls.hangups import hang_up
from adapter.calls.legs import MACRO_EXTEN, Leg, Spying
from adapter.calls.membership import join, touch, unite
from adapter.calls.parking import put_in_place_of_parker
from adapter.calls.spying import reset_spying
from adapter.calls.state import CallState

_RELATING = frozenset({"ChanSpy", "ConfBridge", "ParkedCall", "AgentLogin", "Stasis"})
"""The applications that tell more than whether the channel was called; few channels run one."""
_DIALING = frozenset({"Dial", "Queue"})


def take_lines(
    state: CallState, listed: Mapping[str, ListedChannel], gone: Sequence[str], at: float
) -> list[Change]:
    """Make the listed channels what a snapshot says, and hang up those that are gone."""
    for uniqueid in gone:
        hang_up(state, uniqueid, None)
    known = list(state.legs.values())
    # A call or a bridge of n channels is one change, not one with each of them.
    linkedids: dict[str, None] = {}
    bridges: dict[str, None] = {}
    relating: list[ListedChannel] = []
    for line in _by_appearance(listed):
        uniqueid = line.channel.uniqueid
        if uniqueid in state.legs:
            bridges |= dict.fromkeys(_reset_leg(state, state.legs[uniqueid], line, at))
        else:
            leg = _begin_listed(state, line, at)
            if leg.bridge is not None:
                bridges[leg.bridge] = None
            if leg.spying is not None:
                emit_originate_state(state, leg)
            else:
                linkedids[leg.linkedid] = None
        if line.application in _RELATING:
            relating.append(line)
    for leg in known:
        if leg.bridge in bridges:
            touch(state, leg)
    _take_relations(state, relating, at)
    _take_local_channels(state, listed)
    _take_dialed_numbers(state, listed)
    new: list[Change] = [CallChanged(state.calls[one].id) for one in linkedids if one in state.calls]
    new += [BridgeChanged(bridge) for bridge in bridges]
    return state.drain(new)


def _begin_listed(state: CallState, line: ListedChannel, at: float) -> Leg:
    """The leg of a channel that a snapshot shows first; its call is not emitted yet."""
    channel, application, began_at = line.channel, line.application, at - line.age_s
    is_dialed = application in DIALED_APPLICATIONS if application else is_about_to_ring(channel)
    is_dialed = is_dialed or (line.is_agent and line.bridge is not None)
    leg = new_leg(state, channel, began_at, is_dialed=is_dialed, bridge=line.bridge)
    leg.queue = line.queue
    answered_at = line.answered_at
    # The Duration is in whole seconds: the beginning may be told a second late.
    if answered_at is not None and leg.is_up and began_at - 1 <= answered_at <= at + 1:
        leg.answered_at = answered_at
    kind = line.kind
    if application in _RELATING or line.waits_in is not None or (kind is not None and not kind.is_joining):
        leg.is_in_conference, leg.stays_in_bridge = line.is_in_conference, line.stays_in_bridge
        leg.is_agent, leg.waits_in, leg.is_parked = line.is_agent, line.waits_in, line.is_parked
        if leg.is_idle:
            leg.answered_at = None
        if line.is_spying:
            leg.spying = leg.spying or Spying()
            reset_spying(state, line, leg, at)
    if leg.spying is None:
        join(state, leg)
    return leg


def _reset_leg(state: CallState, leg: Leg, line: ListedChannel, at: float) -> Sequence[str]:
    """A known channel, as a snapshot shows it; the bridges that are others now, yet to be emitted."""
    update(state, line.channel, at)
    if line.application and not line.has_retrieved and not leg.is_on_own_way:
        is_dialed = line.is_dialed or (line.is_agent and line.bridge is not None)
        set_dialed(state, leg, is_dialed=is_dialed)
    is_known = line.kind is None and (line.bridge or line.waits_in) == (leg.bridge or leg.waits_in)
    if not is_known:
        leg.is_in_conference, leg.stays_in_bridge = line.is_in_conference, line.stays_in_bridge
    leg.is_agent = line.is_agent
    leg.queue = line.queue or leg.queue
    moved = reset_bridge(state, leg, line)
    reset_spying(state, line, leg, at)
    return moved


def _take_relations(state: CallState, lines: Sequence[ListedChannel], at: float) -> None:
    """What lines tell of other channels, which may have come behind them."""
    for line in lines:
        leg = state.legs[line.channel.uniqueid]
        if line.is_spying:
            reset_spying(state, line, leg, at)
        elif line.has_retrieved:
            put_in_place_of_parker(state, leg)


def _take_local_channels(state: CallState, listed: Mapping[str, ListedChannel]) -> None:
    """What is true of two channels because a Local one stands between them, which no line tells."""
    for leg in list(state.bridges.local_legs()):
        if leg.spying is not None:
            continue
        half = state.bridges.other_half(leg)
        if half is not None and half.linkedid != leg.linkedid:
            unite(state, (leg, half))
        if half is None or leg.is_dialed or not leg.channel.name.endswith(";1"):
            continue
        lines = [listed.get(one.channel.uniqueid) for one in (leg, half)]
        if all(line is not None and line.application in _DIALING for line in lines):
            # An Originate rang this half, and whom it reached by the other calls on.
            for one in state.bridges.members(half.bridge):
                if one is not half and one.is_dialed:
                    one.is_on_own_way = True
                    set_dialed(state, one, is_dialed=False)


def _take_dialed_numbers(state: CallState, listed: Mapping[str, ListedChannel]) -> None:
    """The number of whom a macro dialed stands with the channel that dials it: `PJSIP/00888777@trunk`."""
    nameless = [line.channel for line in listed.values() if line.channel.caller.number == MACRO_EXTEN]
    if not nameless:
        return
    dialed = [
        (line.channel.linkedid, line.application_data.partition(",")[0])
        for line in listed.values()
        if line.application == "Dial"
    ]
    for channel in nameless:
        technology, _, peer = channel.name.rpartition("-")[0].partition("/")
        for linkedid, target in dialed:
            leads_there = target.endswith(f"@{peer}") or target.startswith(f"{technology}/{peer}/")
            if linkedid == channel.linkedid and leads_there and "&" not in target:
                state.legs[channel.uniqueid].dialed_number = number_dialed(target)


def _by_appearance(listed: Mapping[str, ListedChannel]) -> Iterable[ListedChannel]:
    """The oldest first, and within a second by the count that ends a uniqueid.

    Counts of as many digits are in the order of letters. Ours, which spy, come last, being longer.
    """
    by_count = sorted(sorted(listed), key=len)
    return sorted(map(listed.__getitem__, by_count), key=attrgetter("age_s"), reverse=True)
