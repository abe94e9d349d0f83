"""Hanging up one channel: a supervisor's, or one that got into its place. Pure.

A ChanSpy ends by it only once audio flows in the spied call. From that moment it hears nothing, and nobody
hears it, but its phone is not hung up (measured). So the second half of a Local channel, and with it the
phone, is hung up as well, whether it is known or not.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from adapter.ami.errors import ActionRefused, LinkError, says_gone
from adapter.asterisk.actions import hang_up
from adapter.asterisk.naming import OTHER_HALF
from adapter.callcontrol.operation import After, Answered, Cancel, Effect, Expired, Level, Log, Send
from adapter.callcontrol.world import World
from adapter.calls.changes import ChannelGone

LIMIT_S = 5.0
"""Limit for Asterisk to end the channel."""
_LIMIT = "limit"


def id_of(channel_id: str) -> str:
    """The operation that hangs up this channel."""
    return f"hang up {channel_id}"


class Outcome(StrEnum):
    """What came of it."""

    GONE = "nobody is there any more"
    STILL_THERE = "Asterisk has not ended it"


class HangUp:
    """Asks once, for both halves of a Local channel; asked anew, once more."""

    def __init__(self, channel_id: str, about: Mapping[str, str]) -> None:
        self._channel_id = channel_id
        self._about = {"channel": channel_id, **about}
        """What the log says of it."""
        self._asking: set[str] = set()
        """The channels whose end Asterisk was asked for, and has not answered."""
        self.outcome: Outcome | None = None

    @property
    def id(self) -> str:
        """What it does, and to what."""
        return id_of(self._channel_id)

    @property
    def is_over(self) -> bool:
        """Whether its outcome is known, and all that was sent is answered."""
        return self.outcome is not None and not self._asking

    def start(self, world: World) -> Sequence[Effect]:
        """Ask, unless that is being done; who asks anew has as long as the first."""
        if self._asking:
            return [After(LIMIT_S, _LIMIT)]
        leg = world.calls.leg(self._channel_id)
        other_half = [self._channel_id + OTHER_HALF] if leg is not None and leg.is_local_half else []
        channels = [self._channel_id, *other_half]
        self._asking = set(channels)
        self.outcome = None if world.calls.has_phone(self._channel_id) else Outcome.GONE
        return [*(Send(hang_up(channel), channel) for channel in channels), After(LIMIT_S, _LIMIT)]

    def on(self, what: object, world: World) -> Sequence[Effect]:
        """Note what is answered and who is gone; give up at last."""
        match what:
            case Answered(channel, failure):
                self._asking.discard(channel)
                return self._tell(channel, failure)
            case ChannelGone(uniqueid) if uniqueid.removesuffix(OTHER_HALF) == self._channel_id:
                if not world.calls.has_phone(self._channel_id):
                    self.outcome = Outcome.GONE
                    return [Cancel(_LIMIT)]
            case Expired():
                self.outcome = self.outcome or Outcome.STILL_THERE
        return []

    def has_reached(self, _milestone: object, _world: World) -> bool:
        """Whether its outcome is known: there is nothing else to wait for."""
        return self.outcome is not None

    def _tell(self, channel: str, failure: LinkError | None) -> Sequence[Effect]:
        if failure is None or says_gone(failure):
            return []
        facts = {**self._about, "error": str(failure)}
        if isinstance(failure, ActionRefused):
            return [Log(Level.ERROR, "Asterisk does not hang up", {**facts, "Channel": channel})]
        if channel != self._channel_id:
            return []  # both halves go over one link
        # The snapshot after a break shows whether it is still there.
        return [Log(Level.WARNING, "a channel was not hung up", facts)]
