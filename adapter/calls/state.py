"""The state of the model: the legs, the calls, and the changes of the event at hand."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapter.calls.bridge_index import BridgeIndex
from adapter.calls.call import Call
from adapter.calls.changes import Change, UnknownChannel
from adapter.calls.legs import Leg

ExtensionOf = Callable[[str], str | None]
"""The number of the directory extension that a channel of this name belongs to, if any."""


@dataclass(slots=True)
class CallState:
    """All live channels and calls of one PBX. The handlers of events change it."""

    extension_of: ExtensionOf
    legs: dict[str, Leg] = field(default_factory=dict)
    """By uniqueid."""
    calls: dict[str, Call] = field(default_factory=dict)
    """By linkedid: most who look for a call have a leg of it."""
    calls_by_id: dict[str, Call] = field(default_factory=dict)
    bridges: BridgeIndex = field(default_factory=BridgeIndex)
    pending: list[Change] = field(default_factory=list)
    """The changes that the event at hand has made so far, in order."""
    unknown_channels: Counter[str] = field(default_factory=Counter)
    """How many events of each kind were about a channel that is not known."""

    def call_of(self, uniqueid: str) -> Call | None:
        """The call that the channel is a leg of."""
        leg = self.legs.get(uniqueid)
        return None if leg is None or leg.spying is not None else self.calls.get(leg.linkedid)

    def emit(self, change: Change) -> None:
        """Have the change published once the event at hand is applied."""
        self.pending.append(change)

    def drain(self, more: Sequence[Change] = ()) -> list[Change]:
        """Take the pending changes, with `more` behind them; each of them is there once.

        Of equal changes the last one counts: a listener looks the call up, and finds it as it is by then.
        """
        if not self.pending:
            return list(more)
        pending, self.pending = self.pending, []
        pending += more
        return pending if len(pending) == 1 else list(dict.fromkeys(reversed(pending)))[::-1]

    def count_unknown(self, kind: str) -> None:
        """Count an event about a channel that is not known; the first of its kind is a change."""
        self.unknown_channels[kind] += 1
        if self.unknown_channels[kind] == 1:
            self.emit(UnknownChannel(kind))


Handlers = Mapping[type, Callable[[CallState, Any], None]]
"""The events that a topic takes, each with the one function that takes it."""
