"""A call as the wire shows it: a PhoneCall and its PhoneCallViews, one for each extension's perspective."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from adapter.asterisk.events import ChannelState
from adapter.asterisk.party import Party
from adapter.calls.call import Call
from adapter.calls.legs import Disposition, Leg, Parking
from adapter.calls.sides import (
    called_by,
    callees_of,
    callers_of,
    is_called_side,
    parties_of,
    present,
    talking_with,
)


class Status(StrEnum):
    """How far an extension is in a call."""

    UNKNOWN = "unknown"
    OFF_HOOK = "off hook"
    TRYING = "trying"
    RINGING = "ringing"
    OTHER_SIDE_RINGING = "other side ringing"
    ON_CALL = "on call"


class Flow(StrEnum):
    """Where a call comes from and goes to."""

    LOCAL = "local"
    OUTGOING_PUBLIC = "outgoing public"
    INCOMING_PUBLIC = "incoming public"


@dataclass(frozen=True, slots=True)
class PhoneCallView:
    """One extension's perspective of a call. Times are seconds since the epoch."""

    id: str
    extension: str
    source: tuple[str, ...]
    destination: tuple[str, ...]
    status: Status
    flow: Flow
    caller_id: str | None
    ringing: float | None
    answered: float | None
    channel: str
    """The uniqueid of the channel this is a view of; for a supervision's view, of the supervised extension's.

    Empty for the view of who parked a call and left it.
    """
    channel_name: str = ""
    """That channel's name."""
    held_since: float | None = None
    is_holder: bool = False
    parking: Parking | None = None
    recorded_since: float | None = None
    disposition: Disposition | None = None
    queue: str | None = None
    """The queue that the call came by, by Asterisk's name of it."""


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """A live call. `extension` is the one that the call is charged to."""

    id: str
    extension: str
    published: float
    answered: float | None
    views: tuple[PhoneCallView, ...]

    def view(self, view_id: str) -> PhoneCallView | None:
        """The view with this id, if the call has it now."""
        return next((view for view in self.views if view.id == view_id), None)


def phone_call(call: Call, is_seen: Callable[[str], bool]) -> PhoneCall | None:
    """The call as it stands for somebody who sees the extensions that `is_seen` says.

    Nothing where none of them takes part. The view ids are the call's own, whoever looks.
    """
    seen = [
        (leg, viewer) for leg in call.legs.values() if (viewer := call.viewer_of(leg)) and is_seen(viewer)
    ]
    ours = [leg for leg, _ in seen if leg.extension is not None]
    there = {leg.extension for leg in ours}
    parked = [leg for leg, viewer in seen if leg.extension is None and viewer not in there]
    if not ours and not parked:
        return None
    views = [_leg_view(call, leg) for leg in _perspectives(call, ours)]
    views += [
        _spy_view(call, leg, spy, extension)
        for leg in present(call)
        if leg.spies and (extension := _supervised(call, leg, ours))
        for spy in leg.spies.values()
        if spy.channel.uniqueid in call.view_ids and (leg.extension or is_seen(spy.extension or ""))
    ]
    views += [_parked_view(call, leg) for leg in parked]
    return PhoneCall(
        id=call.id,
        extension=_charged(ours) if ours else views[0].extension,
        published=call.began_at,
        answered=call.answered_at,
        views=tuple(sorted(views, key=lambda view: view.id)),
    )


def caller_id_text(party: Party) -> str | None:
    """`Name <number>`, the number standing for a name that is not known; nothing without a number."""
    return f"{party.name or party.number} <{party.number}>" if party.number else None


def _charged(legs: list[Leg]) -> str:
    """Who calls pays; a call from the public network is charged to who answers, else to who rings first."""
    payer = min(legs, key=lambda leg: (leg.is_dialed, not leg.is_up))
    return payer.extension or ""


def _flow(call: Call, leg: Leg, parties: list[Leg]) -> Flow:
    """Of those who talk, once some do: who sent the others on may still be there for a while."""
    legs = [leg, *parties] if parties else present(call)
    public = next((one for one in legs if one.extension is None and not one.is_local_half), None)
    if public is None:
        return Flow.LOCAL
    others = [one for one in legs if one is not public] if parties else []
    return _public_flow(is_called=is_called_side(public, others))


def _public_flow(*, is_called: bool) -> Flow:
    return Flow.OUTGOING_PUBLIC if is_called else Flow.INCOMING_PUBLIC


def _perspectives(call: Call, legs: list[Leg]) -> Iterable[Leg]:
    """One leg for each view: of an extension's phones that are called together, the one that got furthest."""
    best: dict[str, Leg] = {}
    for leg in legs:
        view_id = call.view_ids[leg.channel.uniqueid]
        best[view_id] = max(best.get(view_id, leg), leg, key=lambda one: (one.is_up, one.is_ringing))
    return best.values()


def _leg_view(call: Call, leg: Leg) -> PhoneCallView:
    talking = talking_with(call, leg)
    parties = parties_of(call, leg)
    own = leg.extension or ""
    is_called = is_called_side(leg, parties)
    # The caller id is the one shown to the called party: what that has as its connected line.
    shown = leg.channel.connected if is_called else leg.channel.caller
    return PhoneCallView(
        id=call.view_ids[leg.channel.uniqueid],
        extension=own,
        source=callers_of(call, leg, parties) if is_called else (own,),
        destination=(own,) if is_called else called_by(call, leg, parties),
        status=_status(call, leg, is_talking=bool(talking)),
        flow=_flow(call, leg, parties),
        caller_id=caller_id_text(shown),
        ringing=leg.ringing_at,
        answered=leg.answered_at,
        channel=leg.channel.uniqueid,
        channel_name=leg.channel.name,
        held_since=_earliest(one.held_since for one in (leg, *talking)),
        is_holder=leg.held_since is not None,
        parking=leg.parking,
        recorded_since=_earliest(one.recorded_since for one in (leg, *talking)),
        disposition=_disposition(leg, parties),
        queue=_queue(call, leg, parties),
    )


def _disposition(leg: Leg, parties: list[Leg]) -> Disposition | None:
    """Answered as long as those talk of whom one was called; else how its last dialing ended in vain."""
    is_answered = bool(parties) and any(one.is_dialed for one in (leg, *parties))
    return Disposition.ANSWERED if is_answered else leg.disposition


def _queue(call: Call, leg: Leg, parties: list[Leg]) -> str | None:
    """That in which it waits, or the other side waited; else the first of the call's."""
    return next((one.queue for one in (leg, *parties, *call.legs.values()) if one.queue is not None), None)


def _earliest(times: Iterable[float | None]) -> float | None:
    return min((at for at in times if at is not None), default=None)


def _parked_view(call: Call, leg: Leg) -> PhoneCallView:
    """Who parked somebody of the public network answers for the call, though its own leg is gone."""
    extension = (leg.parking.by if leg.parking is not None else None) or ""
    number = leg.number
    return PhoneCallView(
        id=call.view_ids[leg.channel.uniqueid],
        extension=extension,
        source=(number,) if number else (),
        destination=(extension,),
        status=Status.ON_CALL,
        flow=_public_flow(is_called=leg.is_dialed),
        caller_id=caller_id_text(leg.channel.caller),
        ringing=None,
        answered=leg.answered_at,
        channel="",
        parking=leg.parking,
    )


def _supervised(call: Call, spyee: Leg, ours: list[Leg]) -> str:
    """Whose supervision it is; of somebody of the public network, to whom it moved, who talks with them.

    While nobody does yet: who rings for them.
    """
    shown = {one.channel.uniqueid: one.extension or "" for one in ours}
    if spyee.extension is not None:
        return shown.get(spyee.channel.uniqueid, "")
    called = [one for one in ours if one.dialed_by == spyee.channel.uniqueid]
    there = [*parties_of(call, spyee), *called]
    return next((shown[one.channel.uniqueid] for one in there if one.channel.uniqueid in shown), "")


def _spy_view(call: Call, spyee: Leg, spy: Leg, extension: str) -> PhoneCallView:
    """The view that a joined barge-in adds (founding document): from the supervisor to the extension."""
    return PhoneCallView(
        id=call.view_ids[spy.channel.uniqueid],
        extension=extension,
        source=(spy.extension or spy.channel.caller.number,),
        destination=(extension,),
        status=Status.ON_CALL,
        flow=_flow(call, spyee, parties_of(call, spyee)),
        # An Originate's CallerID becomes the connected line, and stays that when it is answered.
        caller_id=caller_id_text(spy.channel.connected) or caller_id_text(spy.channel.caller),
        ringing=None,
        answered=None if spy.spying is None else spy.spying.since,
        # What is asked of the extension is not meant for the other side, to whom the supervision moved.
        channel=spyee.channel.uniqueid if spyee.extension is not None else "",
        channel_name=spyee.channel.name if spyee.extension is not None else "",
    )


def _status(call: Call, leg: Leg, *, is_talking: bool) -> Status:
    if leg.is_idle and leg.is_up:
        return Status.OFF_HOOK
    callees = callees_of(call, leg)
    is_ringing_there = not (leg.is_dialed or is_talking) and any(callee.is_ringing for callee in callees)
    is_answered_there = any(callee.is_up for callee in callees)
    match leg.channel.state:
        case ChannelState.UP if is_ringing_there and not is_answered_there:
            status = Status.OTHER_SIDE_RINGING
        case ChannelState.UP:
            status = Status.ON_CALL
        case ChannelState.RINGING | ChannelState.PRE_RING:
            status = Status.RINGING
        case ChannelState.RING | ChannelState.DIALING | ChannelState.DIALING_OFF_HOOK:
            # Between the other side's answer and ours, nothing rings for an instant.
            is_there = is_ringing_there or is_answered_there
            status = Status.OTHER_SIDE_RINGING if is_there else Status.TRYING
        case ChannelState.DOWN | ChannelState.RESERVED:
            status = Status.TRYING if leg.is_dialed else Status.OFF_HOOK
        case ChannelState.OFF_HOOK:
            status = Status.OFF_HOOK
        case _:
            status = Status.UNKNOWN
    return status
