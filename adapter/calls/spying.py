"""Who spies on whom: ChanSpy, ours and other people's."""

from adapter.asterisk.events import ListedChannel, SpyStart, SpyStop
from adapter.calls.changes import SpyJoined
from adapter.calls.channels import update
from adapter.calls.legs import Leg, Spying
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
    elif leg.channel.is_our_spy and leg.spying is not None and leg.spying.spyee is not None:
        # Its view stays: it begins anew in a moment, in another mode or with another side, or hangs up.
        leg.spying.is_paused = True
    else:
        stop_spying(state, leg)


def stop_spying(state: CallState, leg: Leg) -> None:
    """Note that the leg spies on nobody any more."""
    spying = leg.spying
    if spying is None or spying.spyee is None:
        return
    spied = state.legs.get(spying.spyee)
    spying.end()
    if spied is not None and spied.spies.pop(leg.channel.uniqueid, None) is not None:
        touch(state, spied)


def lose_phone(state: CallState, spyer: str) -> None:
    """Note that the phone behind a supervisor's channel is gone: its ChanSpy hears nothing more."""
    leg = state.legs.get(spyer)
    if leg is not None and leg.spying is not None and leg.channel.is_our_spy:
        leg.spying.has_phone = False
        stop_spying(state, leg)


def reset_spying(state: CallState, line: ListedChannel, leg: Leg, at: float) -> None:
    """Have the leg spy as a snapshot shows it."""
    if not line.is_spying:
        if leg.spying is not None:
            leg.spying.options = ""
            stop_spying(state, leg)
        return
    spying = leg.spying or _exclude(state, leg)
    spying.options = line.spy_options
    is_there = line.spyee is not None and line.spyee in state.legs
    if line.spyee is not None and is_there and leg.is_up and spying.has_phone:
        _attach(state, leg, line.spyee, at)
    else:
        stop_spying(state, leg)


def _attach(state: CallState, leg: Leg, spyee: str, at: float) -> None:
    uniqueid = leg.channel.uniqueid
    spying = leg.spying or _exclude(state, leg)
    if spying.spyee == spyee:
        spying.is_paused = False
        state.emit(SpyJoined(uniqueid, spyee))  # ChanSpy began anew, perhaps in another mode
        return
    stop_spying(state, leg)
    spying.spyee, spying.since = spyee, at
    state.emit(SpyJoined(uniqueid, spyee))
    spied = state.legs[spyee]
    if leg.channel.is_our_spy and spied.spying is None:
        spied.spies[uniqueid] = leg
        touch(state, spied)


def _exclude(state: CallState, leg: Leg) -> Spying:
    """Take somebody else's spy, for example a feature code of the PBX, out of the calls."""
    spying = leg.spying = Spying()
    leg.spies.clear()  # "The spyer of a spy cannot be spied on."
    withdraw(state, leg)
    return spying


HANDLERS: Handlers = {SpyStart: begin_spying, SpyStop: end_spying}
