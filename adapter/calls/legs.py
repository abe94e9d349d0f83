"""A leg: a channel, and what the model remembers of it. Only the handlers of events write it."""

from enum import StrEnum

from msgspec import Struct

from adapter.asterisk.events import Channel, ChannelState

MACRO_EXTEN = "s"
"""The extension of a dialplan context that no number leads to, as those of macros."""

LOCAL_PREFIX = "Local/"
"""Begins the names of Local channels."""

# Asked for with every event, and to find a member in its enum takes as long as ten comparisons.
UP = ChannelState.UP
RINGING = (ChannelState.RINGING, ChannelState.PRE_RING)


class Disposition(StrEnum):
    """How a dialing ended."""

    ANSWERED = "answered"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no answer"
    UNKNOWN = "unknown"
    NOT_ALLOWED = "not allowed"


class Parking(Struct, frozen=True, gc=False):
    """A leg waits in a parking lot."""

    since: float
    space: str
    by: str | None
    """The extension that parked it, if it is one of the directory."""
    parker: str = ""
    """What Asterisk calls to bring it back (`PJSIP/0003*210`)."""


class Spying(Struct, gc=False):
    """A channel spies on another, or did before."""

    spyee: str | None = None
    """The uniqueid of the other channel, while it does."""
    since: float | None = None
    is_paused: bool = False
    """Its ChanSpy has stopped, and may begin anew in a moment."""
    options: str = ""
    """The options of its ChanSpy, where a snapshot told them."""
    has_phone: bool = True
    """Of a supervisor's Local channel, whose phone is behind the other half: whether that is still there.

    Where no audio flows in the spied call the first half outlives it, with a ChanSpy that hears nothing.
    """

    def end(self) -> None:
        """It spies on nobody any more."""
        self.spyee = self.since = None
        self.is_paused = False


class Leg(Struct, gc=False):
    """A channel and what the model remembers of it.

    The garbage collector need not look at it (`gc=False`): it holds no other leg but those of our spies,
    and they hold none.
    """

    channel: Channel
    linkedid: str
    """The conversation it is part of: what Asterisk last told, or made of it without telling."""
    exten: str
    """The number that the channel asked for when it appeared; later the dialplan moves on."""
    began_at: float
    extension: str | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    is_dialed: bool = False
    """Somebody calls it; false again once it calls somebody, as after a transfer."""
    bridge: str | None = None
    dialed_by: str | None = None
    """The uniqueid of who calls it, as far as it was told."""
    dialed_number: str = ""
    """The number that Asterisk dialed to reach it, as far as it was told and is one."""
    disposition: Disposition | None = None
    """How its last dialing ended, unless it was answered."""
    last_bridge: str | None = None
    """The bridge that it was in before."""
    is_in_conference: bool = False
    """Asterisk mixes its bridge for any number, a ConfBridge say, however many there are."""
    is_on_own_way: bool = False
    """An Originate rang it, perhaps behind Local channels, and it calls whom it reaches then."""
    is_agent: bool = False
    """It stays on the line for one caller after the other (AgentLogin)."""
    stays_in_bridge: bool = False
    """Its bridge goes on when all others have left: a conference, or an application's."""
    waits_in: str | None = None
    """The bridge in which it waits, and hears nobody."""
    is_parked: bool = False
    """It waits in a parking lot: its conversation goes on when somebody fetches it."""
    has_left: bool = False
    """It transferred or parked whom it talked with, and is there only until its channel ends."""
    held_since: float | None = None
    """Since when its phone holds the other side."""
    recorded_since: float | None = None
    parking: Parking | None = None
    queue: str | None = None
    """The queue that it last waited in; kept for as long as it lives."""
    spies: dict[str, "Leg"] = {}
    """Our spy legs that are joined to this channel, in order of joining."""
    spying: Spying | None = None
    """What it spies on, or did: such a channel is no party to a call."""

    @property
    def spyee(self) -> str | None:
        """The uniqueid of the channel that it spies on, while it does."""
        return None if self.spying is None else self.spying.spyee

    @property
    def is_spying(self) -> bool:
        """Whether its ChanSpy runs."""
        return self.spying is not None and self.spying.spyee is not None and not self.spying.is_paused

    @property
    def shown_extension(self) -> str | None:
        """Whose view it has: its own extension's; of the public network, that of who parked it."""
        if self.extension is not None or self.parking is None:
            return self.extension
        return self.parking.by

    @property
    def number(self) -> str:
        """The number of who is there: the extension's, or that of the public network; empty if unknown.

        Whom Asterisk dials gets as a number the place in the dialplan that dials. In a macro, by which
        FreePBX dials, that is `s`: then the number is the one that was dialed.
        """
        number = self.extension or self.channel.caller.number
        return self.dialed_number if number == MACRO_EXTEN else number

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a conversation, rather than in the middle of one."""
        if self.waits_in is not None:
            return not self.is_parked
        return self.is_agent and self.bridge is None

    @property
    def is_up(self) -> bool:
        return self.channel.state is UP

    @property
    def is_ringing(self) -> bool:
        return self.channel.state in RINGING

    @property
    def is_local_half(self) -> bool:
        """`Local/` channels are Asterisk's own plumbing: neither a phone nor a line to the public network."""
        return self.channel.name.startswith(LOCAL_PREFIX)
