"""A short tone by which the parties of a conversation hear that they are supervised. Pure.

A second ChanSpy plays it, on a channel of its own: it reaches the party on whose channel it is played, and
the one other with whom that talks. It is over once the tone is heard, or will not be.
"""

from collections.abc import Sequence
from enum import StrEnum

from adapter.asterisk.actions import ActionError, originate_notice
from adapter.callcontrol.operation import After, Answered, Effect, Expired, Send
from adapter.callcontrol.world import World
from adapter.calls.changes import OriginateEnded, SpyJoined

LIMIT_S = 3.0
"""A notice tone begins some 0.1 s after it is asked for."""
_LIMIT = "limit"


class Outcome(StrEnum):
    """What came of it."""

    HEARD = "it is heard"
    NOT_HEARD = "it is not heard"


class NoticeTone:
    """Plays it once, on the channel `channel_id`, to the party of the channel `spyee`."""

    def __init__(self, channel_id: str, spyee: str) -> None:
        self._channel_id = channel_id
        self.spyee = spyee
        self.outcome: Outcome | None = None
        self.why = ""
        """Why it is not heard."""

    @property
    def id(self) -> str:
        """What it does, and to what."""
        return f"notice {self._channel_id}"

    @property
    def is_over(self) -> bool:
        """Whether its outcome is known."""
        return self.outcome is not None

    def start(self, world: World) -> Sequence[Effect]:
        """Have Asterisk play it."""
        leg = world.calls.leg(self.spyee)
        name = "" if leg is None else leg.channel.name  # of one that is gone none can be made
        try:
            action = originate_notice(spyee=self.spyee, spyee_name=name, channel_id=self._channel_id)
        except ActionError as impossible:
            self._fail(str(impossible))
            return []
        return [Send(action, self._channel_id), After(LIMIT_S, _LIMIT)]

    def on(self, what: object, _world: World) -> Sequence[Effect]:
        """Note what comes of it."""
        match what:
            case Answered(_, failure) if failure is not None:
                self._fail(str(failure))
            case OriginateEnded(self._channel_id, is_answered) if not is_answered:
                self._fail("there is no channel for it")
            case SpyJoined(self._channel_id):
                self.outcome = Outcome.HEARD
            case Expired():
                self._fail("it did not begin")
        return []

    def has_reached(self, _milestone: object, _world: World) -> bool:
        """Whether its outcome is known: there is nothing else to wait for."""
        return self.is_over

    def _fail(self, why: str) -> None:
        self.outcome, self.why = Outcome.NOT_HEARD, why
