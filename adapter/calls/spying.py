"""Who spies on whom: ChanSpy, ours and other people's."""

from adapter.asterisk.events import ListedChannel, SpyStart, SpyStop
from adapter.calls.changes import SpyJoined
from adapter.calls.channels import update
from adapter.calls.legs import Leg
from adapter.calls.membership import touch, withdraw
from adapter.calls.state import CallState, Handlers


def begin_spying(state: CallState, event: SpyStart) -> None:
    """ChanSpy began on a channel, perhaps anew."""
    spyer, spyee = event.spyer, event.spyee
    leg = state.legs.get(spyer.uniqueid)
    if leg is None:
        state.count_unknown("spy")
    elif spyee.uniqueid not in state.legs:
        state.count_unknown("spy")
        state.emit(SpyJoined(spyer.uniqueid, spyee.uniqueid))  # whoever follows the spy has to know
    else:
        update(state, spyer, event.at)
        _attach(state, leg, spyee.uniqueid, event.at)


def end_spying(state: CallState, event: SpyStop) -> None:
    """ChanSpy ended."""
    leg = state.legs.get(event.spyer)
    if leg is None:
        state.count_unknown("spy")
    elif leg.channel.is_ours and leg.spyee is not None:
        # Its view stays: it begins anew in a moment, in another mode or with another side, or hangs up.
        leg.is_between_spies = True
    else:
        stop_spying(state, leg)


def stop_spying(state: CallState, leg: Leg) -> None:
    """Note that the leg spies on nobody any more."""
    if leg.spyee is None:
        return
    spyer, spied = leg.channel.uniqueid, state.legs.get(leg.spyee)
    leg.spyee = leg.spying_since = None
    leg.is_between_spies = False
    if spied is not None and spied.spies.pop(spyer, None) is not None:
        touch(state, spied)


def lose_phone(state: CallState, spyer: str) -> None:
    """Note that the phone behind a supervisor's channel is gone: its ChanSpy hears nothing more."""
    leg = state.legs.get(spyer)
    if leg is not None and leg.channel.is_ours:
        leg.has_phone = False
        stop_spying(state, leg)


def reset_spying(state: CallState, line: ListedChannel, leg: Leg, at: float) -> None:
    """Have the leg spy as a snapshot shows it."""
    if not line.is_spying:
        leg.spy_options = ""
        stop_spying(state, leg)
        return
    if not leg.is_spyer:
        _exclude(state, leg)
    leg.spy_options = line.spy_options
    is_there = line.spyee is not None and line.spyee in state.legs
    if line.spyee is not None and is_there and leg.is_up and leg.has_phone:
        _attach(state, leg, line.spyee, at)
    else:
        stop_spying(state, leg)


def _attach(state: CallState, leg: Leg, spyee: str, at: float) -> None:
    uniqueid = leg.channel.uniqueid
    leg.is_between_spies = False
    if leg.spyee == spyee:
        state.emit(SpyJoined(uniqueid, spyee))  # ChanSpy began anew, perhaps in another mode
        return
    stop_spying(state, leg)
    if not leg.is_spyer:
        _exclude(state, leg)
    leg.spyee, leg.spying_since = spyee, at
    state.emit(SpyJoined(uniqueid, spyee))
    spied = state.legs[spyee]
    if leg.channel.is_ours and not spied.is_spyer:
        spied.spies[uniqueid] = leg
        touch(state, spied)


def _exclude(state: CallState, leg: Leg) -> None:
    """Take somebody else's spy, for example a feature code of the PBX, out of the calls."""
    leg.is_spyer = True
    leg.spies.clear()  # "The spyer of a spy cannot be spied on."
    withdraw(state, leg)


HANDLERS: Handlers = {SpyStart: begin_spying, SpyStop: end_spying}
