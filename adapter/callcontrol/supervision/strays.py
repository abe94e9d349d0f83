"""Channels of ours that are no running supervision's: hung up, or adopted where joined. Pure."""

from collections.abc import Iterable, Mapping

from adapter.asterisk.events import ChannelState, names_one_channel
from adapter.asterisk.naming import is_of_a_spy, read_channel_id
from adapter.callcontrol.hang_up import HangUp
from adapter.callcontrol.supervision.lifecycle import describe
from adapter.callcontrol.supervision.reconcile import adopt
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World
from adapter.calls.changes import Change, ChannelReplaced, OriginateStateChanged
from adapter.calls.legs import Leg

Known = Mapping[str, Supervision]
"""Supervisions by the uniqueid of the supervisor's channel."""


KINDS = (OriginateStateChanged, ChannelReplaced)
"""The changes that may show one."""


def to_hang_up(change: Change, live: Known, ended: Known, world: World) -> Iterable[HangUp]:
    """Whom this change shows where nobody may be."""
    match change:
        case OriginateStateChanged(uniqueid, state):
            # A late originate: what it was for is over, or was asked of a process that is no more. One that
            # is up may yet be found to be joined.
            leg = world.calls.leg(uniqueid)
            is_stray = leg is not None and _is_stray(leg, live, world) and state is not ChannelState.UP
            if uniqueid in ended or is_stray:
                yield _hang_up(uniqueid, ended)
        case ChannelReplaced(new, old, linkedid):
            # Who gets into a supervisor's place, as who picks up the phone that rings; whichever adapter had
            # it rung: where two do it, nobody hears more.
            if (is_of_a_spy(old) or is_of_a_spy(linkedid)) and names_one_channel(new):
                yield _hang_up(new, ended)


def in_snapshot(live: Known, ended: Known, world: World) -> list[Supervision | HangUp]:
    """Account for every spy of this adapter that the model shows after a snapshot, and that is not known."""
    strays = [leg for leg in world.calls.spyers() if _is_stray(leg, live, world)]
    return [_account_for(leg, ended, world) for leg in strays]


def _is_stray(leg: Leg, live: Known, world: World) -> bool:
    """Whether the channel is a spy for which this adapter has to account, and nobody knows what for."""
    ours = read_channel_id(leg.channel.uniqueid) if leg.channel.is_our_spy else None
    is_mine = ours is not None and ours.is_owned_by(world.rules.adapter_name)
    return is_mine and leg.channel.uniqueid not in live


def _account_for(leg: Leg, ended: Known, world: World) -> Supervision | HangUp:
    uniqueid = leg.channel.uniqueid
    found = None if uniqueid in ended else adopt(leg, world)
    return found or _hang_up(uniqueid, ended)


def _hang_up(channel_id: str, ended: Known) -> HangUp:
    was_for = ended.get(channel_id)
    return HangUp(channel_id, {} if was_for is None else describe(was_for))
