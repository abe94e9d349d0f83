"""Whether a supervision may go on: who is heard, who listens, and which conversation it is. Pure.

Nobody hears a call that was not asked for, and nobody else hears it.
"""

from collections.abc import Sequence

from adapter.access.continuing import may_continue
from adapter.access.hearing import is_listening, unexpected_listeners
from adapter.callcontrol.operation import Effect
from adapter.callcontrol.supervision.conversation import Talk, is_another
from adapter.callcontrol.supervision.lifecycle import end
from adapter.callcontrol.supervision.participants import note_extension
from adapter.callcontrol.supervision.plan import Follow
from adapter.callcontrol.supervision.session import Reason, State
from adapter.callcontrol.supervision.spy_setup import is_conference
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World
from adapter.directory import Directory


def judge(supervision: Supervision, world: World) -> Sequence[Effect]:
    """End it where it may not go on; else note which extension is supervised now."""
    ended = keep_to_conversation(supervision, world)
    if supervision.state is State.ENDED:
        return ended
    spied = world.calls.leg(supervision.spyee)
    if spied is None or may_continue(
        world.directory,
        spied,
        world.calls.others(supervision.spyee),
        mode=supervision.wanted_mode.permission,
        medium=supervision.medium,
        app_id=supervision.owner,
        extension=supervision.extension,
        supervisor=supervision.supervisor,
    ):
        return note_extension(supervision, world.calls)
    return end(supervision, Reason.NOT_ALLOWED, world)


def keep_to_conversation(
    supervision: Supervision, world: World, before: Talk | None = None
) -> Sequence[Effect]:
    """End it where the conversation that was asked for does not go on; `before` is how that was."""
    spied = world.calls.leg(supervision.spyee)
    if spied is None or supervision.follow is Follow.AGENT:
        return []
    if not is_another(spied, before or talk_of(supervision), supervision.partners):
        return []
    is_unheard = supervision.wanted_mode.is_heard_by_all and is_conference(world.calls, supervision.spyee)
    return end(supervision, Reason.CONFERENCE if is_unheard else Reason.CALL_ENDED, world)


def keep_to_supervisor(supervision: Supervision, world: World) -> Sequence[Effect]:
    """End it where somebody else listens, as after a transfer of the supervisor's own channel."""
    calls, channel_id, supervisor = world.calls, supervision.channel_id, supervision.supervisor
    if supervision.state is State.ENDED:
        return []
    if unexpected_listeners(calls, channel_id, supervisor, supervision.stream):
        return end(supervision, Reason.TAKEN, world)
    if is_listening(calls, channel_id):
        supervision.has_listener = True
    elif supervision.has_listener and _is_dialed_by_dialplan(world.directory, supervisor):
        # The phone is gone, and the operator's dialplan goes on: to voicemail, say.
        return end(supervision, Reason.SUPERVISOR_LEFT, world)
    return []


def keep_to_directory(supervision: Supervision, world: World) -> Sequence[Effect]:
    """The directory is another: end what may not go on, and what another's phone rings for or hears."""
    effects = [*judge(supervision, world)]
    is_over = supervision.state is State.ENDED
    if not is_over and not supervision.is_joined and not _rings_so(supervision, world.directory):
        effects += end(supervision, Reason.NOT_ALLOWED, world)
    return [*effects, *keep_to_supervisor(supervision, world)]


def talk_of(supervision: Supervision) -> Talk:
    """With whom its spyee talks, as that was last looked at."""
    return Talk(supervision.partners, supervision.last_partners, supervision.alone_in)


def _is_dialed_by_dialplan(directory: Directory, supervisor: str) -> bool:
    extension = directory.extensions.get(supervisor)
    return extension is not None and extension.is_dialed_by_dialplan


def _rings_so(supervision: Supervision, directory: Directory) -> bool:
    """Whether the directory has for the supervisor what was rung."""
    extension = directory.extensions.get(supervision.supervisor)
    return not supervision.rings or (extension is not None and extension.rings == supervision.rings)
