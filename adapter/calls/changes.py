"""What the model publishes: each change that an event made, in order, as frozen values."""

from msgspec import Struct

from adapter.asterisk.events import ChannelState


class CallChanged(Struct, frozen=True, gc=False):
    """The call began, or something that its PhoneCall shows changed."""

    call_id: str


class CallEnded(Struct, frozen=True, gc=False):
    """The last leg left; the id will not come back."""

    call_id: str


class OriginateStateChanged(Struct, frozen=True, gc=False):
    """A channel that this adapter originated appeared or reached another state."""

    uniqueid: str
    state: ChannelState


class ChannelGone(Struct, frozen=True, gc=False):
    """A channel ended; `cause` is a Q.850 cause, None where nobody told (found missing by a snapshot)."""

    uniqueid: str
    cause: int | None
    sip_status: int | None = None
    """What the phone of one of ours answered, where Asterisk tells it."""


class SpyJoined(Struct, frozen=True, gc=False):
    """The channel `spyer` now spies on the channel `spyee`."""

    spyer: str
    spyee: str


class BridgeChanged(Struct, frozen=True, gc=False):
    """A channel entered this bridge or left it."""

    bridge: str


class Transferred(Struct, frozen=True, gc=False):
    """The channel `transferer` sent the other side of its conversation on, and is about to leave."""

    transferer: str


class ChannelReplaced(Struct, frozen=True, gc=False):
    """The channel `new` takes the place of the channel `old`, of this linkedid: a pickup, or a transfer.

    Of transfers only one of ours is told; `new` is empty where Asterisk does not say who it is.
    """

    new: str
    old: str
    linkedid: str


class UnknownChannel(Struct, frozen=True, gc=False):
    """Asterisk spoke of a channel that is not known; emitted for the first event of each kind only."""

    kind: str


class CallerQueued(Struct, frozen=True, gc=False):
    """The channel `uniqueid` began to wait in this queue."""

    uniqueid: str
    queue: str
    at: float


class ViewsExhausted(Struct, frozen=True, gc=False):
    """A call has more phones than ids for views; emitted once for each call."""

    call_id: str


class OriginateEnded(Struct, frozen=True, gc=False):
    """The dialing of an Originate ended: the phone was answered, or never will be."""

    uniqueid: str
    is_answered: bool


Change = (
    CallChanged
    | CallEnded
    | OriginateStateChanged
    | ChannelGone
    | SpyJoined
    | BridgeChanged
    | Transferred
    | ChannelReplaced
    | OriginateEnded
    | CallerQueued
    | UnknownChannel
    | ViewsExhausted
)
