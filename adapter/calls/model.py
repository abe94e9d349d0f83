"""The live model: Asterisk's events applied, one by one, to channels, bridges and calls.

A call is the channels of one linkedid, spy legs excluded; a channel as part of a call is a leg. The model
does not know where events come from: a live link or a recorded trace. It raises on nothing that the
network says; events about a channel that it does not know are counted.

The state is one value (`CallState`). Each topic is a module of plain functions that change it, and says in
its `HANDLERS` which events are its own.
"""

from collections import Counter
from collections.abc import Container, Iterable, Sequence

from adapter.asterisk.events import Event, ListedChannel
from adapter.calls import (
    bridges,
    channels,
    dialing,
    extensions,
    hangups,
    holding,
    parking,
    queueing,
    spying,
    transfers,
)
from adapter.calls.call import Call
from adapter.calls.changes import Change
from adapter.calls.differences import Differences, find_differences
from adapter.calls.legs import Leg
from adapter.calls.snapshot import take_lines
from adapter.calls.snapshot_lines import with_waiting
from adapter.calls.state import CallState, ExtensionOf, Handlers

__all__ = ["HANDLERS", "TOPICS", "Calls", "ExtensionOf"]

TOPICS = (channels, dialing, bridges, holding, parking, queueing, transfers, spying, hangups)
HANDLERS: Handlers = {kind: handler for topic in TOPICS for kind, handler in topic.HANDLERS.items()}


class Calls:
    """All live channels and calls of one PBX."""

    def __init__(self, extension_of: ExtensionOf) -> None:
        self._state = CallState(extension_of)

    # -- what changes it -------------------------------------------------------------------------------

    def apply(self, event: Event) -> list[Change]:
        """Take one event into the model; the changes that it made, in order, each of them once."""
        HANDLERS[type(event)](self._state, event)
        return self._state.drain()

    def reset(self, snapshot: Sequence[ListedChannel], at: float) -> list[Change]:
        """Make the model what a snapshot taken at `at` says; what is remembered of channels still live stays.

        A snapshot does not tell when a channel rang. For a channel met here first its beginning, which the
        snapshot's Duration gives, stands for that, and for when it was answered where no record of the call
        tells. Nor does it tell of holding, recording and parking: what was known of them stays while the
        channel is where it was.
        """
        listed = {line.channel.uniqueid: line for line in with_waiting(snapshot)}
        gone = [known for known in self._state.legs if known not in listed]
        return take_lines(self._state, listed, gone, at)

    def reconcile(
        self, snapshot: Sequence[ListedChannel], at: float, left_alone: Container[str]
    ) -> tuple[list[Change], Differences]:
        """Put right what differs from a snapshot taken at `at`, all but the channels to be left alone.

        What agrees is not touched. The changes that this made, and what differed.
        """
        found = find_differences(self._state.legs, with_waiting(snapshot), left_alone)
        lines = {line.channel.uniqueid: line for line in (*found.missed, *found.changed)}
        return take_lines(self._state, lines, found.gone, at), found

    def apply_directory(self, extension_of: ExtensionOf) -> list[Change]:
        """Find the extension of each leg in another directory; the changes that it made."""
        extensions.apply_directory(self._state, extension_of)
        return self._state.drain()

    # -- what is asked of it ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._state.calls)

    def live(self) -> Iterable[Call]:
        """Every call, oldest first; calls that began together are ordered by id."""
        return sorted(self._state.calls.values(), key=lambda call: (call.began_at, call.id))

    def call(self, call_id: str) -> Call | None:
        """The call with this id, if it is live."""
        return self._state.calls_by_id.get(call_id)

    def call_of(self, uniqueid: str) -> Call | None:
        """The call that the channel is a leg of."""
        return self._state.call_of(uniqueid)

    def leg(self, uniqueid: str) -> Leg | None:
        """The leg of this channel, if it is live."""
        return self._state.legs.get(uniqueid)

    def others(self, uniqueid: str) -> list[Leg]:
        """The legs that talk with this channel at this moment."""
        leg = self._state.legs.get(uniqueid)
        return [] if leg is None else list(self._state.bridges.others(leg))

    def has_phone(self, spyer: str) -> bool:
        """Whether this channel of ours is there, and somebody may still stand behind it."""
        leg = self._state.legs.get(spyer)
        return leg is not None and leg.spying is not None and leg.spying.has_phone

    def spyers(self) -> list[Leg]:
        """The supervisors' channels: those that an adapter originated to have them spy."""
        return [leg for leg in self._state.legs.values() if leg.channel.is_our_spy]

    @property
    def unknown_channels(self) -> Counter[str]:
        """How many events of each kind were about a channel that is not known."""
        return self._state.unknown_channels
