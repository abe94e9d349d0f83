"""Channels end."""

from adapter.asterisk.events import Hangup
from adapter.asterisk.naming import OTHER_HALF
from adapter.calls.changes import BridgeChanged, ChannelGone
from adapter.calls.legs import Disposition, Leg
from adapter.calls.membership import touch, withdraw
from adapter.calls.spying import lose_phone, stop_spying
from adapter.calls.state import CallState, Handlers

CALL_REJECTED = 21
"""Q.850: the phone declined."""


def take_hangup(state: CallState, event: Hangup) -> None:
    """A channel ended."""
    hang_up(state, event.channel.uniqueid, event.cause, event.sip_status)


def hang_up(state: CallState, uniqueid: str, cause: int | None, sip_status: int | None = None) -> None:
    """Forget the channel. There is no cause where it was found missing."""
    leg = state.legs.get(uniqueid)
    if leg is None:
        state.count_unknown("hangup")
        return
    stop_spying(state, leg)
    if uniqueid.endswith(OTHER_HALF):
        lose_phone(state, uniqueid.removesuffix(OTHER_HALF))
    for spy in leg.spies.values():
        if spy.spying is not None:
            spy.spying.end()
    if cause == CALL_REJECTED:
        _note_rejection(state, leg)
    del state.legs[uniqueid]
    for other in list(state.bridges.others(leg)):
        touch(state, other)
    bridges = state.bridges.forget(leg)
    if leg.spying is None:
        withdraw(state, leg, is_gone=True)
    for bridge in bridges:
        state.emit(BridgeChanged(bridge))
    state.emit(ChannelGone(uniqueid, cause, sip_status))


def _note_rejection(state: CallState, leg: Leg) -> None:
    """Tell a phone that declined from one that nobody answered: Dial tells both alike."""
    caller = None if leg.dialed_by is None else state.legs.get(leg.dialed_by)
    if caller is not None and caller.disposition is Disposition.NO_ANSWER:
        caller.disposition = Disposition.FAILED
        touch(state, caller)


HANDLERS: Handlers = {Hangup: take_hangup}
