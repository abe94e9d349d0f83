"""Who calls whom, and how that ends."""

import re

from adapter.asterisk.events import ChannelState, DialBegin, DialEnd, DialProgress
from adapter.calls.changes import OriginateStateChanged
from adapter.calls.channels import update
from adapter.calls.legs import Disposition, Leg
from adapter.calls.membership import touch
from adapter.calls.state import CallState, Handlers

_DIALED_NUMBER = re.compile(r"(?:^|/|:)([0-9+*#]+)(?:@|$)", re.ASCII)

_DISPOSITIONS = {
    "ANSWER": Disposition.ANSWERED,
    "BUSY": Disposition.BUSY,
    "CONGESTION": Disposition.FAILED,
    "CHANUNAVAIL": Disposition.FAILED,
    "NOANSWER": Disposition.NO_ANSWER,
    "CANCEL": Disposition.NO_ANSWER,
    "DONTCALL": Disposition.NOT_ALLOWED,
    "TORTURE": Disposition.NOT_ALLOWED,
}
"""Asterisk's DialStatus."""


def begin_dial(state: CallState, event: DialBegin) -> None:
    """A channel calls another, or an Originate calls it."""
    leg = state.legs.get(event.dialed.uniqueid)
    if leg is None:
        state.count_unknown("dial")
        return
    dialing = None if event.dialing is None else state.legs.get(event.dialing.uniqueid)
    if dialing is not None:
        leg.dialed_by = dialing.channel.uniqueid
        # Who was called and calls on, as after a blind transfer, is a caller from now on.
        if dialing.disposition is not None or dialing.has_left:
            dialing.disposition = None
            dialing.has_left = False
            touch(state, dialing)
        make_caller(state, dialing)
    leg.is_on_own_way = False
    if (number := number_dialed(event.dial_string)) != leg.dialed_number:
        leg.dialed_number = number
        touch(state, leg)
    set_dialed(state, leg, is_dialed=True)
    update(state, event.dialed, event.at)


def progress(state: CallState, event: DialProgress) -> None:
    """The called phone plays early media."""
    leg = state.legs.get(event.dialed.uniqueid)
    if leg is not None and leg.spying is not None and not leg.is_up:
        # Asterisk leaves its state as it is; to whoever has that phone it rings.
        state.emit(OriginateStateChanged(leg.channel.uniqueid, ChannelState.RINGING))


def end_dial(state: CallState, event: DialEnd) -> None:
    """The called channel answered, or will not."""
    disposition = _DISPOSITIONS.get(event.status, Disposition.UNKNOWN)
    update(state, event.dialed, event.at, "dial")
    dialed = state.legs.get(event.dialed.uniqueid)
    is_answered = disposition is Disposition.ANSWERED
    if dialed is not None and is_answered:
        # Who picks up for another is called as well; whom an Originate rang goes its own way from now on.
        # In a bridge already, it was rung by keys for who is there, and that is called too.
        if event.dialing is None and dialed.bridge is None:
            make_caller(state, dialed)
        else:
            set_dialed(state, dialed, is_dialed=True)
    for channel in (event.dialing, event.dialed):
        leg = None if channel is None else state.legs.get(channel.uniqueid)
        # Of many that rang, one answered: that is how the dialing ended for who called.
        if leg is not None and (is_answered or leg is dialed or not _has_answer(state, leg)):
            leg.disposition = None if is_answered else disposition
            touch(state, leg)


def number_dialed(dial_string: str) -> str:
    """The number in what Dial was told: `00888777@trunk`, `trunk/00888777`, `trunk/sip:00888777@...`."""
    found = _DIALED_NUMBER.search(dial_string)
    return found[1] if found is not None else ""


def make_caller(state: CallState, leg: Leg) -> None:
    """It calls on from now on; where it is half of a Local channel, so do those rung behind it."""
    set_dialed(state, leg, is_dialed=False)
    for one in _rung_behind(state, leg):
        one.is_on_own_way = True
        make_caller(state, one)


def set_dialed(state: CallState, leg: Leg, *, is_dialed: bool) -> None:
    """Note whether somebody calls it. A spying leg is neither side of a call."""
    if leg.is_dialed is not is_dialed and leg.spying is None:
        leg.is_dialed = is_dialed
        touch(state, leg)


def _has_answer(state: CallState, dialing: Leg) -> bool:
    call = state.calls.get(dialing.linkedid)
    return call is not None and any(
        leg.is_up and leg.dialed_by == dialing.channel.uniqueid for leg in call.legs.values()
    )


def _rung_behind(state: CallState, leg: Leg) -> list[Leg]:
    """Those who picked up what the other half of this Local channel dialed, and are called still."""
    half = state.bridges.other_half(leg) if leg.is_local_half else None
    call = None if half is None else state.calls.get(half.linkedid)
    if half is None or call is None:
        return []
    dialing = half.channel.uniqueid
    # After a restart nobody knows who dialed whom; the second half is the one that runs a dialplan.
    is_second = half.channel.name.endswith(";2")
    return [
        one
        for one in call.legs.values()
        if one.is_dialed
        and one.is_up
        and (
            one.dialed_by == dialing
            or (is_second and one.dialed_by is None and one.bridge is not None and one.bridge == half.bridge)
        )
    ]


HANDLERS: Handlers = {DialBegin: begin_dial, DialProgress: progress, DialEnd: end_dial}
