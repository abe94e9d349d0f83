"""What the model remembers: legs, calls, and which legs talk to one another. Only the model writes them."""

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from adapter.asterisk.events import Channel, ChannelState

VIEW_LIMIT = 99
"""View ids have two digits (UAPI): there are no more on one call."""

_VIEW_IDS = tuple(f"{number:02}" for number in range(1, VIEW_LIMIT + 1))

LOCAL_PREFIX = "Local/"
"""Begins the names of Local channels."""

# Asked for with every event, and to find a member in its enum takes as long as ten comparisons.
UP = ChannelState.UP
RINGING = (ChannelState.RINGING, ChannelState.PRE_RING)

_DIGEST = hashlib.blake2b(digest_size=10)


def call_id_of(linkedid: str) -> str:
    """The PhoneCall id: 20 hex digits that every adapter derives alike, before and after a restart."""
    digest = _DIGEST.copy()  # made anew it would take longer
    digest.update(linkedid.encode())
    return digest.hexdigest()


_OWN = re.compile(r"(?:.*-)?([0-9]{9,12})\.([0-9]{1,12})", re.ASCII | re.DOTALL)
"""Asterisk's own ids: the second in which the channel began and a count; a system's name may stand first."""

Age = tuple[float, float, float]


def age_of(uniqueid: str, began_at: float = math.inf) -> Age:
    """Sorts uniqueids and linkedids as Asterisk does when conversations meet: by when the channel began.

    An id that an originator chose does not tell; `began_at` is what is known of its channel otherwise.
    """
    found = _OWN.fullmatch(uniqueid)
    if found is None:
        return (began_at // 1, math.inf, began_at)
    return (int(found[1]), int(found[2]), 0)


class Disposition(StrEnum):
    """How a dialing ended (UAPI PhoneCallView)."""

    ANSWERED = "0"
    BUSY = "1"
    FAILED = "2"
    NO_ANSWER = "3"
    UNKNOWN = "4"
    NOT_ALLOWED = "5"


class Parking(Struct, frozen=True, gc=False):
    """A leg waits in a parking lot."""

    since: float
    space: str
    by: str | None
    """The extension that parked it, if it is one of the directory."""
    parker: str = ""
    """What Asterisk calls to bring it back (`PJSIP/0003*210`)."""


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
    spyee: str | None = None
    """Set while the channel spies: the uniqueid of the channel it spies on."""
    spying_since: float | None = None
    is_between_spies: bool = False
    """Its ChanSpy has stopped, and may begin anew in a moment."""
    spies: dict[str, "Leg"] = {}
    """Our spy legs that are joined to this channel, in order of joining."""
    spy_options: str = ""
    """The options of its ChanSpy, where a snapshot told them."""
    has_phone: bool = True
    """Of a supervisor's Local channel, whose phone is behind the other half: whether that is still there.

    Where no audio flows in the spied call the first half outlives it, with a ChanSpy that hears nothing.
    """
    is_spyer: bool = False
    """A channel that once spied is no party to a call, in between either."""

    @property
    def shown_extension(self) -> str | None:
        """Whose view it has: its own extension's; of the public network, that of who parked it."""
        if self.extension is not None or self.parking is None:
            return self.extension
        return self.parking.by

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


class Bridges:
    """Which channels each bridge mixes, and the two halves of each Local channel."""

    def __init__(self) -> None:
        self._members: dict[str, dict[str, Leg]] = {}
        self._halves: dict[str, Leg] = {}

    def __len__(self) -> int:
        return len(self._members) + len(self._halves)

    def note_name(self, leg: Leg, before: str = "") -> None:
        """Take in the channel's name; `before` is the one it had."""
        self._halves.pop(before, None)
        if leg.is_local_half:
            self._halves[leg.channel.name] = leg

    def add(self, leg: Leg, bridge: str) -> None:
        """Note the leg, whose bridge this is, among its members."""
        members = self._members.get(bridge)
        if members is None:
            self._members[bridge] = {leg.channel.uniqueid: leg}
        else:
            members[leg.channel.uniqueid] = leg

    def move(self, leg: Leg, bridge: str | None) -> Sequence[str]:
        """Put the leg into a bridge, or into none; the bridges that are others now."""
        before = leg.bridge
        if before == bridge:
            return ()
        leg.bridge, leg.last_bridge = bridge, before
        if before is not None:
            members = self._members[before]
            del members[leg.channel.uniqueid]
            if not members:
                del self._members[before]
        if bridge is not None:
            self.add(leg, bridge)
        return [one for one in (before, bridge) if one is not None]

    def forget(self, leg: Leg) -> Sequence[str]:
        """The channel is gone; the bridges that are others now."""
        if self._halves.get(leg.channel.name) is leg:
            del self._halves[leg.channel.name]
        return self.move(leg, None)

    def members(self, bridge: str | None) -> Iterable[Leg]:
        """The legs that the bridge mixes."""
        return self._members.get(bridge, {}).values() if bridge is not None else ()

    def near(self, leg: Leg) -> Iterator[Leg]:
        """Those next to it in Asterisk's conversation: in its bridge, and a Local one's other half."""
        if not leg.stays_in_bridge:
            yield from self.members(leg.bridge)
        half = self.other_half(leg) if leg.is_local_half else None
        if half is not None:
            yield half

    def local_legs(self) -> Iterable[Leg]:
        """Each half of each Local channel."""
        return self._halves.values()

    def others(self, leg: Leg) -> Iterator[Leg]:
        """The legs that hear this one and are heard by it, through Local channels where there are any."""
        met, waiting = {leg.channel.uniqueid}, [leg.bridge]
        while waiting:
            for member in self.members(waiting.pop()):
                if member.channel.uniqueid in met:
                    continue
                met.add(member.channel.uniqueid)
                if not member.is_local_half:
                    yield member
                    continue
                half = self.other_half(member)
                if half is not None and half.channel.uniqueid not in met:
                    met.add(half.channel.uniqueid)
                    waiting.append(half.bridge)

    def other_half(self, leg: Leg) -> Leg | None:
        """The other half of the Local channel that this leg is a half of."""
        name, _, half = leg.channel.name.rpartition(";")
        return self._halves.get(f"{name};{'2' if half == '1' else '1'}")
