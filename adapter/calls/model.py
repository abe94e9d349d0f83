"""The live model: Asterisk's events applied, one by one, to channels and calls.

A call is the channels of one linkedid, spy legs excluded; a channel as part of a call is a leg. The model
does not know where events come from: a live link or a recorded trace. It raises on nothing that the
network says; what it cannot place is counted in `unplaced`.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from adapter.calls.changes import (
    CallChanged,
    CallEnded,
    Change,
    ChannelGone,
    ChannelStateChanged,
    OriginateEnded,
    SpyJoined,
)
from adapter.calls.events import (
    Channel,
    ChannelState,
    ChannelUpdate,
    DialBegin,
    Event,
    Hangup,
    ListedChannel,
    NewChannel,
    OriginateResponse,
    SpyStart,
    SpyStop,
)

ExtensionOf = Callable[[str], str | None]
"""The number of the directory extension that a channel of this name belongs to, if any."""

VIEW_LIMIT = 99
"""View ids have two digits (UAPI); legs beyond take part without a view."""


def call_id_of(linkedid: str) -> str:
    """The PhoneCall id: 20 hex digits that every adapter derives alike, before and after a restart."""
    return hashlib.blake2b(linkedid.encode(), digest_size=10).hexdigest()


@dataclass(slots=True)
class Leg:
    """A channel and what the model remembers of it. Only the model writes it."""

    channel: Channel
    exten: str
    """The number that the channel asked for when it appeared; later the dialplan moves on."""
    began_at: float
    extension: str | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    is_dialed: bool = False
    spyee: str | None = None
    """Set while the channel spies: the uniqueid of the channel it spies on."""
    spying_since: float | None = None
    spies: dict[str, "Leg"] = field(default_factory=dict)
    """Our spy legs that are joined to this channel, in order of joining."""
    is_spyer: bool = False
    """A channel that once spied is no party to a call, in between either."""

    @property
    def is_up(self) -> bool:
        return self.channel.state is ChannelState.UP

    @property
    def is_ringing(self) -> bool:
        return self.channel.state in (ChannelState.RINGING, ChannelState.PRE_RING)


@dataclass(slots=True)
class Call:
    """The legs of one conversation, in order of appearance. Only the model writes it."""

    id: str
    began_at: float
    legs: dict[str, Leg] = field(default_factory=dict)
    view_ids: dict[str, str] = field(default_factory=dict)
    """The view id given to each uniqueid that ever took part: ids are never given twice."""

    @property
    def answered_at(self) -> float | None:
        return min(
            (leg.answered_at for leg in self.legs.values() if leg.answered_at is not None), default=None
        )


class Calls:
    """All live channels and calls of one PBX."""

    def __init__(self, extension_of: ExtensionOf) -> None:
        self.unplaced: Counter[str] = Counter()
        self._extension_of = extension_of
        self._legs: dict[str, Leg] = {}
        self._calls: dict[str, Call] = {}

    # -- asking ------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._calls)

    def live(self) -> Iterable[Call]:
        """Every call, oldest first; calls that began together are ordered by id."""
        return sorted(self._calls.values(), key=lambda call: (call.began_at, call.id))

    def call(self, call_id: str) -> Call | None:
        return self._calls.get(call_id)

    def call_of(self, uniqueid: str) -> Call | None:
        """The call that the channel is a leg of."""
        leg = self._legs.get(uniqueid)
        return None if leg is None or leg.is_spyer else self._calls.get(call_id_of(leg.channel.linkedid))

    def leg(self, uniqueid: str) -> Leg | None:
        return self._legs.get(uniqueid)

    def spyers(self) -> list[Leg]:
        """The legs that this adapter originated, in this process or an earlier one."""
        return [leg for leg in self._legs.values() if leg.channel.is_ours]

    # -- telling -----------------------------------------------------------------------------------

    def apply(self, event: Event) -> list[Change]:  # noqa: PLR0911 - one answer for each kind of event
        """Take one event into the model; the changes that it made, in order."""
        match event:
            case NewChannel(at, channel):
                return self._new_channel(channel, at)
            case ChannelUpdate(at, channel):
                return self._update(channel, at)
            case DialBegin(at, dialing, dialed):
                return self._dial(dialing, dialed, at)
            case Hangup(_, channel, cause):
                return self._hang_up(channel.uniqueid, cause)
            case SpyStart(at, spyer_channel, spyee_channel):
                return self._join_spy(spyer_channel, spyee_channel, at)
            case SpyStop(_, spyer):
                if spyer not in self._legs:
                    self.unplaced["spy"] += 1
                return self._leave_spy(spyer)
            case OriginateResponse(_, uniqueid, is_success):
                return [OriginateEnded(uniqueid, is_success)]

    def reset(self, snapshot: Sequence[ListedChannel], at: float) -> list[Change]:
        """Make the model what a snapshot taken at `at` says; what is remembered of channels still live stays.

        A snapshot does not tell when a channel rang or was answered. For a channel met here first its
        beginning, which the snapshot's Duration gives, stands for both.
        """
        listed = {line.channel.uniqueid: line for line in snapshot}
        changes: list[Change] = []
        for uniqueid in [known for known in self._legs if known not in listed]:
            changes += self._hang_up(uniqueid, None)
        for line in sorted(snapshot, key=_appearance):
            channel, began_at = line.channel, at - line.age_s
            if channel.uniqueid in self._legs:
                changes += self._update(channel, at)
            else:
                changes += self._new_channel(channel, began_at, is_spyer=line.is_spying)
            if line.is_dialed:
                changes += self._mark_dialed(self._legs[channel.uniqueid])
            changes += self._reset_spy(line, at)
        return changes

    def relabel(self, extension_of: ExtensionOf) -> list[Change]:
        """Name the legs anew after the directory changed; calls and view ids stay."""
        self._extension_of = extension_of
        for leg in self._legs.values():
            leg.extension = extension_of(leg.channel.name)
        for call in self._calls.values():
            for leg in call.legs.values():
                self._give_views(call, leg)
        return [CallChanged(call_id) for call_id in self._calls]

    # -- channels ----------------------------------------------------------------------------------

    def _new_channel(self, channel: Channel, at: float, *, is_spyer: bool = False) -> list[Change]:
        if channel.uniqueid in self._legs:
            return self._update(channel, at)
        leg = Leg(
            channel=channel,
            exten=channel.exten,
            began_at=at,
            extension=self._extension_of(channel.name),
            # Made for another channel and not begun yet: Dial or Queue is about to ring it.
            is_dialed=channel.linkedid != channel.uniqueid and channel.state is ChannelState.DOWN,
            is_spyer=is_spyer or channel.is_for_ours,
        )
        self._legs[channel.uniqueid] = leg
        self._note_times(leg, at)
        changes: list[Change] = [ChannelStateChanged(channel.uniqueid, channel.state)]
        if not leg.is_spyer:
            changes.append(self._place(leg))
        return changes

    def _update(self, channel: Channel, at: float) -> list[Change]:
        leg = self._legs.get(channel.uniqueid)
        if leg is None:
            self.unplaced["update"] += 1
            return []
        before, leg.channel = leg.channel, channel
        if before == channel:
            return []
        self._note_times(leg, at)
        changes: list[Change] = []
        if before.state is not channel.state:
            changes.append(ChannelStateChanged(channel.uniqueid, channel.state))
        if leg.is_spyer:
            spied = None if leg.spyee is None else self.call_of(leg.spyee)
            return changes if spied is None else [*changes, CallChanged(spied.id)]  # its view shows the spyer
        if before.linkedid != channel.linkedid:
            changes += self._withdraw(leg, before.linkedid)
        changes.append(self._place(leg))
        return changes

    def _dial(self, dialing: Channel | None, dialed: Channel, at: float) -> list[Change]:
        leg = self._legs.get(dialed.uniqueid)
        if leg is None:
            self.unplaced["dial"] += 1
            return []
        marked = self._mark_dialed(leg) if dialing is not None else []
        return marked + self._update(dialed, at)

    def _mark_dialed(self, leg: Leg) -> list[Change]:
        if leg.is_dialed or leg.is_spyer:
            return []
        leg.is_dialed = True
        return [self._place(leg)]

    def _hang_up(self, uniqueid: str, cause: int | None) -> list[Change]:
        leg = self._legs.get(uniqueid)
        if leg is None:
            self.unplaced["hangup"] += 1
            return []
        changes = self._leave_spy(uniqueid)
        for spy in leg.spies.values():
            spy.spyee = spy.spying_since = None
        del self._legs[uniqueid]
        if not leg.is_spyer:
            changes += self._withdraw(leg, leg.channel.linkedid)
        changes.append(ChannelGone(uniqueid, cause))
        return changes

    @staticmethod
    def _note_times(leg: Leg, at: float) -> None:
        if leg.is_ringing and leg.ringing_at is None:
            leg.ringing_at = at
        if leg.is_up and leg.answered_at is None:
            leg.answered_at = at

    # -- calls -------------------------------------------------------------------------------------

    def _place(self, leg: Leg) -> Change:
        """Make the leg part of the call of its linkedid, which begins with its first leg."""
        call_id = call_id_of(leg.channel.linkedid)
        call = self._calls.get(call_id)
        if call is None:
            call = self._calls[call_id] = Call(call_id, leg.began_at)
        call.legs[leg.channel.uniqueid] = leg
        self._give_views(call, leg)
        return CallChanged(call_id)

    def _withdraw(self, leg: Leg, linkedid: str) -> list[Change]:
        call = self._calls[call_id_of(linkedid)]
        del call.legs[leg.channel.uniqueid]
        if call.legs:
            return [CallChanged(call.id)]
        del self._calls[call.id]
        return [CallEnded(call.id)]

    @staticmethod
    def _give_views(call: Call, leg: Leg) -> None:
        """A view for the leg and one for each barge-in on it; a leg to the public network has none."""
        if leg.extension is None:
            return
        for uniqueid in (leg.channel.uniqueid, *leg.spies):
            if uniqueid not in call.view_ids and len(call.view_ids) < VIEW_LIMIT:
                call.view_ids[uniqueid] = f"{len(call.view_ids) + 1:02}"

    # -- spies -------------------------------------------------------------------------------------

    def _join_spy(self, spyer: Channel, spyee: Channel, at: float) -> list[Change]:
        leg = self._legs.get(spyer.uniqueid)
        if leg is None:
            self.unplaced["spy"] += 1
            return []
        if spyee.uniqueid not in self._legs:
            self.unplaced["spy"] += 1
            return [SpyJoined(spyer.uniqueid, spyee.uniqueid)]  # whoever follows the spy has to know
        return self._update(spyer, at) + self._attach(leg, spyee.uniqueid, at)

    def _attach(self, leg: Leg, spyee: str, at: float) -> list[Change]:
        if leg.spyee == spyee:
            return []
        changes: list[Change] = self._leave_spy(leg.channel.uniqueid)
        if not leg.is_spyer:
            changes += self._exclude(leg)
        leg.spyee, leg.spying_since = spyee, at
        changes.append(SpyJoined(leg.channel.uniqueid, spyee))
        spied = self._legs[spyee]
        if leg.channel.is_ours and not spied.is_spyer:
            spied.spies[leg.channel.uniqueid] = leg
            changes.append(self._place(spied))
        return changes

    def _exclude(self, leg: Leg) -> list[Change]:
        """Take somebody else's spy, for example a feature code of the PBX, out of the calls."""
        leg.is_spyer = True
        leg.spies.clear()  # "The spyer of a spy cannot be spied on."
        return self._withdraw(leg, leg.channel.linkedid)

    def _leave_spy(self, spyer: str) -> list[Change]:
        leg = self._legs.get(spyer)
        if leg is None or leg.spyee is None:
            return []
        spied = self._legs.get(leg.spyee)
        leg.spyee = leg.spying_since = None
        if spied is None or spied.spies.pop(spyer, None) is None:
            return []
        return [CallChanged(call_id_of(spied.channel.linkedid))]

    def _reset_spy(self, line: ListedChannel, at: float) -> list[Change]:
        leg = self._legs[line.channel.uniqueid]
        changes: list[Change] = []
        if line.is_spying and not leg.is_spyer:
            changes += self._exclude(leg)
        if line.spyee is not None and leg.is_up and line.spyee in self._legs:
            return changes + self._attach(leg, line.spyee, at)
        return changes + self._leave_spy(line.channel.uniqueid)


def _appearance(line: ListedChannel) -> tuple[bool, int, list[int]]:
    """The order of appearance: by age, and within a second by the count that ends a uniqueid.

    Spies come last: their spyees must stand in a call by then.
    """
    count = [int(part) for part in re.findall(r"[0-9]+", line.channel.uniqueid)]
    return line.is_spying or line.channel.is_ours, -line.age_s, count
