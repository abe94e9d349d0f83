"""The parties of a supervised conversation: they are told of, and are told that they are heard. Pure."""

from collections.abc import Sequence

from adapter.asterisk.naming import ChannelId, Kind
from adapter.callcontrol.operation import Begin, Effect
from adapter.callcontrol.supervision.conversation import supervised_extension
from adapter.callcontrol.supervision.lifecycle import end, publish, warn
from adapter.callcontrol.supervision.notice_tone import NoticeTone, Outcome
from adapter.callcontrol.supervision.session import Reason
from adapter.callcontrol.supervision.spy_setup import is_conference
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World
from adapter.calls.legs import Leg
from adapter.calls.model import Calls


def note_partners(supervision: Supervision, calls: Calls) -> bool:
    """Whether the spyee talks with others than before."""
    now = frozenset(leg.channel.uniqueid for leg in calls.others(supervision.spyee))
    is_other = now != supervision.partners
    supervision.partners = now
    supervision.last_partners = now or supervision.last_partners
    spied = calls.leg(supervision.spyee)
    stays = spied is not None and spied.stays_in_bridge and not now
    supervision.alone_in = spied.bridge if spied is not None and stays else None
    return is_other


def note_extension(supervision: Supervision, calls: Calls) -> Sequence[Effect]:
    """After a move another extension is supervised; who takes part is told with it."""
    spied = calls.leg(supervision.spyee)
    if spied is None:
        return []
    others = calls.others(supervision.spyee)
    now = supervised_extension(spied, others, supervision.extension)
    if now == supervision.extension:
        return []
    supervision.extension = now
    supervision.parties = ()
    return [] if supervision.is_joined else [publish(supervision, "supervision is of another extension")]


def look_who_takes_part(supervision: Supervision, world: World) -> Sequence[Effect]:
    """Tell who takes part now, if that is another, and play the notice to who is new."""
    spied = world.calls.leg(supervision.spyee)
    if spied is None or not supervision.is_joined:
        return []
    others = world.calls.others(supervision.spyee)
    parties = (_number(spied), *sorted(map(_number, others)))
    effects: list[Effect] = []
    if parties != supervision.parties:
        supervision.parties = parties
        effects.append(publish(supervision, "supervision has other parties"))
    if supervision.notice_tone:
        effects += _notify(supervision, [leg.channel.uniqueid for leg in (spied, *others)], world)
    return effects


def on_notice(supervision: Supervision, notice: NoticeTone, world: World) -> Sequence[Effect]:
    """Where it is not heard, and the party is still there, nobody stays joined."""
    if notice.outcome is Outcome.HEARD:
        return []
    told = warn(supervision, "the notice tone could not be played", error=notice.why)
    if notice.spyee not in (supervision.spyee, *supervision.partners):
        return [told]
    return [told, *end(supervision, Reason.NO_NOTICE, world)]


def _notify(supervision: Supervision, present: list[str], world: World) -> Sequence[Effect]:
    new = [uniqueid for uniqueid in present if uniqueid not in supervision.notified]
    supervision.notified |= frozenset(new)
    if is_conference(world.calls, supervision.spyee):
        # A tone reaches the one on whose channel it is played, and nobody else.
        return [_notice(supervision, uniqueid, world) for uniqueid in new]
    return [_notice(supervision, supervision.spyee, world)] if new else []


def _notice(supervision: Supervision, spyee: str, world: World) -> Begin:
    supervision.serial += 1
    # Each has another id, also after a restart.
    notice_id = f"{supervision.id}{int(world.now):x}{supervision.serial:04x}"
    return Begin(NoticeTone(str(ChannelId(Kind.NOTICE, world.rules.adapter_name, notice_id)), spyee))


def _number(leg: Leg) -> str:
    return leg.number or leg.channel.name
