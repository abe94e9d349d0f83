"""Which legs and calls there are, and what is yet to be told of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from adapter.calls.call import Call
from adapter.calls.changes import CallChanged, CallEnded, Change, ViewsExhausted
from adapter.calls.legs import Age, Bridges, Leg, age_of, call_id_of

ExtensionOf = Callable[[str], str | None]
"""The number of the directory extension that a channel of this name belongs to, if any."""


class Ledger:
    """The legs by their channels, the calls by their ids, and the changes of one event."""

    def __init__(self, extension_of: ExtensionOf) -> None:
        self.unplaced: Counter[str] = Counter()
        self._extension_of = extension_of
        self._legs: dict[str, Leg] = {}
        self._calls: dict[str, Call] = {}
        """By linkedid: most who look for a call have a leg of it."""
        self._calls_by_id: dict[str, Call] = {}
        self._bridges = Bridges()
        self._told: list[Change] = []
        """What the event at hand has changed so far, in order."""

    def __len__(self) -> int:
        return len(self._calls)

    def live(self) -> Iterable[Call]:
        """Every call, oldest first; calls that began together are ordered by id."""
        return sorted(self._calls.values(), key=lambda call: (call.began_at, call.id))

    def call(self, call_id: str) -> Call | None:
        return self._calls_by_id.get(call_id)

    def call_of(self, uniqueid: str) -> Call | None:
        """The call that the channel is a leg of."""
        leg = self._legs.get(uniqueid)
        return None if leg is None or leg.is_spyer else self._calls.get(leg.linkedid)

    def leg(self, uniqueid: str) -> Leg | None:
        return self._legs.get(uniqueid)

    def others(self, uniqueid: str) -> list[Leg]:
        """The legs that talk with this channel at this moment."""
        leg = self._legs.get(uniqueid)
        return [] if leg is None else list(self._bridges.others(leg))

    def has_phone(self, spyer: str) -> bool:
        """Whether this channel of ours is there, and somebody may still stand behind it."""
        leg = self._legs.get(spyer)
        return leg is not None and leg.has_phone

    def spyers(self) -> list[Leg]:
        """The legs that this adapter originated, in this process or an earlier one."""
        return [leg for leg in self._legs.values() if leg.channel.is_ours]

    def _tell(self, change: Change) -> None:
        """Have the change told, when the event at hand is through."""
        self._told.append(change)

    def _take_told(self, more: Sequence[Change] = ()) -> list[Change]:
        """What was told, and `more` behind it, of which each is there once.

        Told again, a change comes later: a listener looks the call up anyway, and finds it as it is by then.
        """
        if not self._told:
            return list(more)
        told, self._told = self._told, []
        told += more
        return told if len(told) == 1 else list(dict.fromkeys(reversed(told)))[::-1]

    def _place(self, leg: Leg) -> None:
        """Make the leg part of its call, as it is now, and tell of that."""
        self._tell(CallChanged(self._join(leg).id))

    def _join(self, leg: Leg) -> Call:
        """Make the leg part of the call of its linkedid, which begins with its first leg."""
        call = self._calls.get(leg.linkedid)
        if call is None:
            call = Call(call_id_of(leg.linkedid), leg.began_at, self._bridges)
            self._calls[leg.linkedid] = self._calls_by_id[call.id] = call
        call.legs[leg.channel.uniqueid] = leg
        call.give_views(leg)
        if call.lacks_ids and not call.is_lack_told:
            call.is_lack_told = True
            self._tell(ViewsExhausted(call.id))
        return call

    def _conversation(self, legs: Iterable[Leg]) -> list[Leg]:
        """These legs and all that are joined with one, through Local channels too, or ring for one."""
        found: dict[str, Leg] = {}
        waiting = list(legs)
        while waiting:
            leg = waiting.pop()
            uniqueid = leg.channel.uniqueid
            if uniqueid in found or leg.is_spyer:
                continue
            found[uniqueid] = leg
            waiting += self._bridges.near(leg)
            call = self._calls.get(leg.linkedid)
            if call is not None:
                waiting += [one for one in call.legs.values() if one.dialed_by == uniqueid and not one.is_up]
        return list(found.values())

    def _unite(self, legs: Iterable[Leg]) -> None:
        """Make one call of the calls of these, and of all that they are joined with: the oldest."""
        together = self._conversation(legs)
        linkedids = dict.fromkeys(leg.linkedid for leg in together)
        if len(linkedids) > 1:
            self._relink_all(together, min(linkedids, key=self._age))

    def _relink_all(self, legs: Iterable[Leg], linkedid: str) -> None:
        for leg in legs:
            self._relink(leg, linkedid)

    def _age(self, linkedid: str) -> Age:
        call = self._calls.get(linkedid)
        return age_of(linkedid) if call is None else age_of(linkedid, call.began_at)

    def _relink(self, leg: Leg, linkedid: str) -> None:
        """Make the leg part of another conversation."""
        if leg.linkedid != linkedid:
            self._withdraw(leg)
            leg.linkedid = linkedid
            self._place(leg)

    def _withdraw(self, leg: Leg, *, is_gone: bool = False) -> None:
        call = self._calls[leg.linkedid]
        del call.legs[leg.channel.uniqueid]
        if is_gone:
            call.forget(leg)
        if call.legs:
            self._tell(CallChanged(call.id))
        else:
            del self._calls[leg.linkedid]
            self._calls_by_id.pop(call.id, None)  # two linkedids might be made to have one id
            self._tell(CallEnded(call.id))

    def _retell(self, leg: Leg) -> None:
        if not leg.is_spyer:
            self._place(leg)

    def _retell_all(self, leg: Leg) -> None:
        """Tell of the leg and of everybody it talks with."""
        for one in (leg, *self._bridges.others(leg)):
            self._retell(one)
