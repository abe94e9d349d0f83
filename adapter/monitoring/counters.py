"""Counts in plain numbers, so that counting costs almost nothing; `metrics` reads them. Pure."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapter.asterisk.events import Event
from adapter.callcontrol.supervision.session import Reason, State
from adapter.calls.changes import CallEnded, Change
from adapter.calls.differences import Differences

APPLY_BOUNDS_S = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1)
ANSWER_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)
STORE_BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0)
LAG_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.04, 0.05, 0.1, 0.25, 1.0)

METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"})
"""All other methods count as one: a client can invent any number of them."""


class Distribution:
    """A histogram: how many values were how large."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count one value; a value that equals a bound is within it."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class EventCounters:
    """The events of the model: how many of each kind, how long each took, when the last came."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.kinds: Counter[type[Event]] = Counter()
        self.apply_s = Distribution(APPLY_BOUNDS_S)
        self.snapshots = 0
        self.reconciled = 0
        self.corrections: Counter[str] = Counter()
        self.calls_ended = 0
        self._clock = clock
        self._last_at: float | None = None

    def counting(self, take: Callable[[Event], None]) -> Callable[[Event], None]:
        """`take`, wrapped so that each event is counted."""
        clock, kinds, add = self._clock, self.kinds, self.apply_s.add

        def take_and_count(event: Event) -> None:
            self._last_at = began_at = clock()
            kinds[event.__class__] += 1
            take(event)
            add(clock() - began_at)

        return take_and_count

    def note_snapshot(self) -> None:
        """Count one snapshot."""
        self.snapshots += 1

    def note_reconciled(self, found: Differences) -> None:
        """Count one comparison of the live calls with Asterisk's list, and the differences that it found."""
        self.reconciled += 1
        for kind in ("gone", "missed", "changed"):
            self.corrections[kind] += len(getattr(found, kind))

    def on_change(self, change: Change) -> None:
        """Count the calls that end."""
        if change.__class__ is CallEnded:
            self.calls_ended += 1

    @property
    def last_age_s(self) -> float | None:
        """How long ago the last event came; None before the first."""
        return None if self._last_at is None else self._clock() - self._last_at


class SupervisionCounters:
    """Supervisions by mode and outcome: joined, or the reason why not."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self._joined: set[str] = set()

    def note(self, supervision_id: str, mode: str, state: State, reason: Reason | None) -> None:
        """Count a supervision when it joins, or when it ends without having joined."""
        if state is State.JOINED and supervision_id not in self._joined:
            self._joined.add(supervision_id)
            self.outcomes[mode, "joined"] += 1
        elif state is State.ENDED:
            if supervision_id in self._joined:
                self._joined.remove(supervision_id)
            else:
                self.outcomes[mode, reason.code if reason else "unknown"] += 1


class RequestCounters:
    """HTTP requests by method, route and status, and how long the answers took."""

    def __init__(self) -> None:
        self.statuses: Counter[tuple[str, str, int]] = Counter()
        self.answer_s: dict[tuple[str, str], Distribution] = {}

    def note(self, method: str, route: str, status: int, took_s: float) -> None:
        """Count one answer; `route` is the template of the address, not the address."""
        method = method if method in METHODS else "other"
        self.statuses[method, route, status] += 1
        times = self.answer_s.get((method, route))
        if times is None:
            times = self.answer_s[method, route] = Distribution(ANSWER_BOUNDS_S)
        times.add(took_s)


class StoreCounters:
    """The store: whether it is up, its statements by outcome, how long each took, how many wait."""

    def __init__(self) -> None:
        self.is_set_up = False
        self.error: str | None = None
        """Why the store is down; None while it is up."""
        self.statements: Counter[str] = Counter()
        self.took_s = Distribution(STORE_BOUNDS_S)
        self.waiting = 0


@dataclass(frozen=True, slots=True)
class Counters:
    """Everything that one adapter counts."""

    events: EventCounters
    supervisions: SupervisionCounters
    requests: RequestCounters
    loop_lag_s: Distribution
    store: StoreCounters


def new_counters(clock: Callable[[], float]) -> Counters:
    """New counters; `clock` is monotonic, in seconds."""
    return Counters(
        EventCounters(clock),
        SupervisionCounters(),
        RequestCounters(),
        Distribution(LAG_BOUNDS_S),
        StoreCounters(),
    )
