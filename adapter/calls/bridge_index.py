"""Which legs talk to one another."""

from collections.abc import Iterable, Iterator, Sequence

from adapter.calls.legs import Leg


class BridgeIndex:
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
