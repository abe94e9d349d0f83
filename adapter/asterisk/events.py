"""What Asterisk says of the live calls, as frozen values.

Names and meanings are Asterisk's own (its AMI event documentation). Times are seconds since the epoch.

The values are msgspec's structs: to make, compare and hash one takes a fifth of a dataclass's time, and the
garbage collector need not look at it (`gc=False`: none can be part of a cycle).
"""

import re
from collections.abc import Iterator
from enum import IntEnum

from msgspec import Struct
from msgspec.structs import astuple

from adapter.asterisk.naming import OTHER_HALF, Kind, read_channel_id
from adapter.asterisk.party import Party, read_party

UNIQUEID_LIMIT = 150
"""Asterisk's own are shorter. Their numbers are compared, and that of a longer one may be too large."""

_NAMES_ONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,148}", re.ASCII)


def names_one_channel(uniqueid: str) -> bool:
    """Whether Asterisk takes this for exactly one channel, wherever a channel is asked for.

    Asterisk's own uniqueids look like this; a channel that somebody originates may be given any. A comma
    would begin another argument, nothing and the literal `all` mean every channel, a slash in front begins
    a regular expression, and one inside makes the name of a channel, which can be had again.
    """
    return _NAMES_ONE.fullmatch(uniqueid) is not None and uniqueid.lower() != "all"


_PLAIN_NAME = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.*#+@:/=~!% -]+", re.ASCII)


def is_plain_name(channel_name: str) -> bool:
    """Whether the dialplan can compare a channel's name with this one: nothing in it ends a text there.

    It is never the name of a Local channel's half, which has a semicolon: those are nobody's phone.
    """
    return _PLAIN_NAME.fullmatch(channel_name) is not None


class ChannelState(IntEnum):
    """Asterisk's `ChannelState` (its include/asterisk/channelstate.h)."""

    DOWN = 0
    RESERVED = 1
    OFF_HOOK = 2
    DIALING = 3
    RING = 4
    RINGING = 5
    UP = 6
    BUSY = 7
    DIALING_OFF_HOOK = 8
    PRE_RING = 9


class Channel(Struct, frozen=True, gc=False):
    """What one AMI message says of one channel, in the order in which it does."""

    name: str
    state: ChannelState
    caller_number: str
    """As the others of these four, as it is written in the message: `caller` and `connected` read them."""
    caller_name: str
    connected_number: str
    connected_name: str
    exten: str
    uniqueid: str
    linkedid: str

    @property
    def caller(self) -> Party:
        """Who is at this end."""
        return read_party(self.caller_name, self.caller_number)

    @property
    def connected(self) -> Party:
        """Who it is told is at the other end."""
        return read_party(self.connected_name, self.connected_number)

    @property
    def is_ours(self) -> bool:
        """Whether an adapter originated the channel, for whatever, in this process or an earlier one."""
        return not self.uniqueid.endswith(OTHER_HALF) and read_channel_id(self.uniqueid) is not None

    @property
    def is_our_spy(self) -> bool:
        """Whether it is a supervisor's channel, which an adapter originated to have it spy."""
        if self.uniqueid.endswith(OTHER_HALF):  # it is named after ours, and has a phone behind it
            return False
        ours = read_channel_id(self.uniqueid)
        return ours is not None and ours.kind == Kind.SPY

    @property
    def is_for_our_spy(self) -> bool:
        """Whether it is such a channel, or was made for one, or for a notice tone, like the phone behind."""
        if self.is_our_spy:
            return True
        ours = read_channel_id(self.linkedid)
        return ours is not None and ours.is_of_a_spy


class NewChannel(Struct, frozen=True, gc=False):
    """A channel came into being."""

    at: float
    channel: Channel


class ChannelUpdate(Struct, frozen=True, gc=False):
    """Something about a channel changed: its state, a name, a number, its place in the dialplan."""

    at: float
    channel: Channel


class DialBegin(Struct, frozen=True, gc=False):
    """`dialing` (none for an Originate) began to call `dialed`.

    `dial_string` is what Dial was told, without the technology: `00888777@trunk`, `210/sip:210@192.0.2.1`.
    """

    at: float
    dialing: Channel | None
    dialed: Channel
    dial_string: str = ""


class DialEnd(Struct, frozen=True, gc=False):
    """A dialing ended; `status` is Asterisk's DialStatus (ANSWER, BUSY, NOANSWER, ...)."""

    at: float
    dialing: Channel | None
    dialed: Channel
    status: str


class BridgeKind(Struct, frozen=True, gc=False):
    """What a bridge is for, and how Asterisk mixes it."""

    is_joining: bool = True
    """Its channels become one conversation, of one linkedid; not so in a ConfBridge."""
    is_holding: bool = False
    """Its channels wait, and do not hear one another."""
    is_parking: bool = False
    """They wait because somebody parked them, in the middle of a conversation."""
    is_for_agents: bool = False
    """They are agents who stay on the line, and wait for their next callers."""
    is_for_two: bool = False
    """An application (ARI) made it, and Asterisk mixes two in it as in a call."""

    @property
    def is_conference(self) -> bool:
        """Whether it mixes any number of channels, of calls of their own."""
        return not (self.is_joining or self.is_holding or self.is_for_two)


ORDINARY = BridgeKind()
"""The bridge of a call."""


class BridgeEnter(Struct, frozen=True, gc=False):
    """A channel entered the bridge with the unique id `bridge`."""

    at: float
    channel: Channel
    bridge: str
    kind: BridgeKind = ORDINARY


class BridgeLeave(Struct, frozen=True, gc=False):
    """A channel left the bridge."""

    at: float
    channel: Channel
    bridge: str


class HoldChanged(Struct, frozen=True, gc=False):
    """The phone of a channel put its other side on hold, or took it off."""

    at: float
    channel: Channel
    is_on: bool


class RecordingChanged(Struct, frozen=True, gc=False):
    """A recording (MixMonitor) of a channel began or ended."""

    at: float
    channel: Channel
    is_on: bool


class Park(Struct, frozen=True, gc=False):
    """A channel was parked at `space` by the phone that is dialed as `parker` (`PJSIP/0003*210`)."""

    at: float
    channel: Channel
    space: str
    parker: str


class Unpark(Struct, frozen=True, gc=False):
    """A parked channel was retrieved by `retriever`, or waited too long or gave up."""

    at: float
    channel: Channel
    retriever: Channel | None = None


class QueueJoin(Struct, frozen=True, gc=False):
    """A caller waits in the queue of this name now."""

    at: float
    channel: Channel
    queue: str


class PickUp(Struct, frozen=True, gc=False):
    """The channel `picker` took the call that rang at `target`, and is about to stand in its place."""

    at: float
    picker: Channel
    target: Channel


class Transfer(Struct, frozen=True, gc=False):
    """The channels of who transferred, one or two, leave their conversations, having sent the others on.

    After a consultation `transferee` takes the place of the second. Where one of the transferers talked to
    nobody, but had an application run for it, `target` takes its place there.
    """

    at: float
    transferers: tuple[Channel, ...]
    transferee: Channel | None = None
    target: Channel | None = None
    exten: str = ""
    """The number that a blind transfer sends the transferee to."""
    is_to_application: bool = False
    """The second transferer talked to nobody: its application goes on for the transferee."""


class Hangup(Struct, frozen=True, gc=False):
    """A channel ended; `cause` is a Q.850 cause, 0 where Asterisk has none."""

    at: float
    channel: Channel
    cause: int
    sip_status: int | None = None
    """The phone's own answer to a call of ours, where Asterisk tells it."""


class DialProgress(Struct, frozen=True, gc=False):
    """A channel of ours is told that its phone sends audio already: some ring by nothing else."""

    at: float
    dialed: Channel


class SpyStart(Struct, frozen=True, gc=False):
    """The channel `spyer` began to spy on the channel `spyee` (ChanSpy's own words)."""

    at: float
    spyer: Channel
    spyee: Channel


class SpyStop(Struct, frozen=True, gc=False):
    """The channel with uniqueid `spyer` stopped spying."""

    at: float
    spyer: str


class OriginateResponse(Struct, frozen=True, gc=False):
    """An Originate of ours ended its dialing. Success says the phone was answered, not that it spies."""

    at: float
    uniqueid: str
    is_success: bool


def channels_of(event: "Event") -> Iterator[str]:
    """The uniqueids of the channels that the event is about."""
    if isinstance(event, SpyStop):
        yield event.spyer
    for value in astuple(event):
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Channel):
                yield one.uniqueid


DIALED_APPLICATIONS = frozenset({"AppDial", "AppQueue", "AppDial2"})
"""What runs on a channel that Dial, Queue or an Originate rang."""

_LASTING = frozenset({"ConfBridge", "Stasis"})
"""The applications whose bridges go on when all but one have left."""


class ListedChannel(Struct, frozen=True, gc=False):
    """One line of a snapshot (CoreShowChannel): a channel and what it runs."""

    channel: Channel
    application: str
    application_data: str
    age_s: int
    bridge: str | None = None
    answered_at: float | None = None
    """When it was answered, where Asterisk keeps a record of that."""
    kind: BridgeKind | None = None
    """What Asterisk lists of its bridge; None where it lists nothing."""
    waits_in: str | None = None
    """The holding bridge in which it waits; `bridge` is None then."""

    @property
    def is_agent(self) -> bool:
        """Whether it is on the line for one caller after the other (app_agent_pool)."""
        return self.application == "AgentLogin"

    @property
    def is_in_conference(self) -> bool:
        """Whether it takes part in a conference."""
        if self.kind is None:
            return self.application == "ConfBridge" and self.bridge is not None
        return self.bridge is not None and self.kind.is_conference

    @property
    def stays_in_bridge(self) -> bool:
        """Whether its bridge goes on when all but one have left."""
        if self.kind is None:
            return self.application in _LASTING and self.bridge is not None
        return self.bridge is not None and not self.kind.is_joining

    @property
    def is_parked(self) -> bool:
        """Whether it waits in a parking lot."""
        return self.waits_in is not None and self.kind is not None and self.kind.is_parking

    @property
    def is_spying(self) -> bool:
        """Whether it runs ChanSpy, ours or somebody else's."""
        return self.application == "ChanSpy"

    @property
    def spyee(self) -> str | None:
        """What a running ChanSpy is told to spy on, for ours a uniqueid; nothing where there is none."""
        return self.application_data.partition(",")[0] or None if self.is_spying else None

    @property
    def spy_options(self) -> str:
        """The options of a running ChanSpy."""
        return self.application_data.partition(",")[2].partition(",")[0] if self.is_spying else ""

    @property
    def is_dialed(self) -> bool:
        """Whether Dial, Queue or an Originate rang the channel.

        The first two leave their mark on it for as long as it lives, an Originate until it is answered.
        """
        return self.application in DIALED_APPLICATIONS

    @property
    def queue(self) -> str | None:
        """The queue that it waits in, or came by and talks in; the application runs on meanwhile."""
        return self.application_data.partition(",")[0] or None if self.application == "Queue" else None

    @property
    def has_retrieved(self) -> bool:
        """Whether it took a parked call out of its lot."""
        return self.application == "ParkedCall"


Event = (
    NewChannel
    | ChannelUpdate
    | DialBegin
    | DialEnd
    | DialProgress
    | BridgeEnter
    | BridgeLeave
    | HoldChanged
    | RecordingChanged
    | Park
    | Unpark
    | PickUp
    | QueueJoin
    | Transfer
    | Hangup
    | SpyStart
    | SpyStop
    | OriginateResponse
)
