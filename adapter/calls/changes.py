"""What the model tells its listeners: each change that an event made, in order, as frozen values."""

from dataclasses import dataclass

from adapter.calls.events import ChannelState


@dataclass(frozen=True, slots=True)
class CallChanged:
    """The call began, or something that its PhoneCall shows changed."""

    call_id: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The last leg left; the id will not come back."""

    call_id: str


@dataclass(frozen=True, slots=True)
class ChannelStateChanged:
    """A channel appeared or reached another state."""

    uniqueid: str
    state: ChannelState


@dataclass(frozen=True, slots=True)
class ChannelGone:
    """A channel ended; `cause` is a Q.850 cause, None where nobody told (found missing by a snapshot)."""

    uniqueid: str
    cause: int | None


@dataclass(frozen=True, slots=True)
class SpyJoined:
    """The channel `spyer` now spies on the channel `spyee`."""

    spyer: str
    spyee: str


@dataclass(frozen=True, slots=True)
class SpyLeft:
    """The channel `spyer` no longer spies."""

    spyer: str


@dataclass(frozen=True, slots=True)
class BridgeChanged:
    """A channel entered this bridge or left it."""

    bridge: str


@dataclass(frozen=True, slots=True)
class Transferred:
    """The channel `transferer` sent the other side of its conversation on, and is about to leave."""

    transferer: str


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Asterisk spoke of a channel that is not known; told for the first event of each kind only."""

    kind: str


@dataclass(frozen=True, slots=True)
class OriginateEnded:
    """The dialing of an Originate ended: the phone was answered, or never will be."""

    uniqueid: str
    is_answered: bool


Change = (
    CallChanged
    | CallEnded
    | ChannelStateChanged
    | ChannelGone
    | SpyJoined
    | SpyLeft
    | BridgeChanged
    | Transferred
    | OriginateEnded
    | Unplaced
)
