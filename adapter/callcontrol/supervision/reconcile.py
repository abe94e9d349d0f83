"""Accounts for the supervisions after a break, and after a restart: what a snapshot shows of them. Pure.

ChanSpy runs on in Asterisk, whoever asked for it, and what was told last may have arrived or not.
"""

from collections.abc import Sequence

from adapter.asterisk.features import Feature
from adapter.asterisk.naming import read_channel_id
from adapter.callcontrol.operation import Effect, RecordsKnown
from adapter.callcontrol.supervision.conversation import supervised_extension
from adapter.callcontrol.supervision.keeping import judge
from adapter.callcontrol.supervision.lifecycle import move, publish, retire
from adapter.callcontrol.supervision.participants import note_partners
from adapter.callcontrol.supervision.plan import Follow
from adapter.callcontrol.supervision.restarting import note_change
from adapter.callcontrol.supervision.session import Signal, State, reason_of_hangup
from adapter.callcontrol.supervision.spy_setup import mode_of, wanted_setup
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World
from adapter.calls.legs import Leg
from adapter.calls.model import Calls
from adapter.directory import Directory


def look_again(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Whether it is still there, may go on, and spies on whom it should, as it should.

    One whose channel Asterisk does not have is over: its originate never arrived, or has ended meanwhile.
    """
    if supervision.is_leaving:
        return []
    leg = world.calls.leg(supervision.channel_id)
    if supervision.awaits_listener:
        return judge(supervision, world)  # there is no channel yet
    if leg is None:
        return retire(supervision, reason_of_hangup(supervision.state, None), world)
    effects = [*_note_running(supervision, leg, world), *judge(supervision, world)]
    if supervision.state is State.ENDED:
        return effects
    note_partners(supervision, world.calls)
    return [*effects, *note_change(supervision)]


def _note_running(supervision: Supervision, leg: Leg, world: World) -> Sequence[Effect]:
    running = None if leg.spying is None else mode_of(leg.spying.options)
    is_other_mode = supervision.is_joined and running is not None and running is not supervision.mode
    if not is_other_mode and supervision.state is not State.RE_ATTACHING:
        return []
    # What it was told last may have arrived or not.
    supervision.spy_setup = supervision.target = None
    supervision.mode = running or supervision.mode
    return move(supervision, Signal.JOINS, world) if leg.spyee == supervision.spyee else []


def adopt(leg: Leg, world: World) -> Supervision | None:
    """A supervision that an earlier process joined, of which this one knows nothing: it goes on.

    None where it rings for a request that nobody can follow any more, or where nobody can tell who hears and
    who is heard.
    """
    channel_id, spying, spyee = leg.channel.uniqueid, leg.spying, leg.spyee
    call = world.calls.call_of(spyee) if spyee is not None else None
    if spying is None or spyee is None or call is None:
        return None
    mode, extension, ours = (
        mode_of(spying.options),
        _supervised(world.calls, spyee),
        read_channel_id(channel_id),
    )
    if mode is None or not extension or leg.extension is None or ours is None:
        return None
    record = world.records.get(ours.id)
    return Supervision(
        id=ours.id,
        channel_id=channel_id,
        mode=mode,
        wanted_mode=mode,
        call_id=call.id,
        extension=extension,
        spyee=spyee,
        supervisor=leg.extension,
        owner="" if record is None else record.owner,
        requested_at=leg.began_at if record is None else record.requested_at,
        follow=Follow.EXTENSION if record is None else record.follow,
        since=spying.since or leg.began_at,
        notice_tone=_wants_notice(world.directory, extension),
        state=State.JOINED,
        is_taken=True,
        # Whether the other side is still the one that its ChanSpy began with, nobody saw.
        spy_setup=None if Feature.SWITCH in world.features else wanted_setup(world.calls, spyee, mode),
    )


def recall(supervision: Supervision, _what: RecordsKnown, world: World) -> Sequence[Effect]:
    """It was found before anybody knew whose it is; now that is known."""
    record = world.records.get(supervision.id)
    if supervision.owner or record is None:
        return []
    supervision.owner, supervision.follow = record.owner, record.follow
    return [publish(supervision, "supervision recalled")]


def _wants_notice(directory: Directory, number: str) -> bool:
    extension = directory.extensions.get(number)
    return extension is not None and directory.organization_of(extension).notice_tone


def _supervised(calls: Calls, spyee: str) -> str:
    leg = calls.leg(spyee)
    return "" if leg is None else supervised_extension(leg, calls.others(spyee), "")
