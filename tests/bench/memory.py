"""The memory of a live call, and whether it stays what it is after many events."""

import gc
import os
import tracemalloc
from pathlib import Path

from adapter.calls.shown_to import ShownTo
from tests.bench.figures import Figure
from tests.bench.reader import Ours
from tests.bench.traces import messages_of_a_call, renamed_call

CALLS = 10_000
EVENTS = 1_000_000
KIB, MIB = 1024, 1024 * 1024


def _held() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _resident_mib() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def _model() -> Ours:
    return Ours(lambda calls: ShownTo(calls).on_change)


def _begin(ours: Ours, calls: int) -> None:
    """Begin so many answered calls and leave them up."""
    enters = [
        index for index, one in enumerate(messages_of_a_call()) if one.startswith(b"Event: BridgeEnter")
    ]
    for index in range(calls):
        ours.take([renamed_call(index, end=enters[1] + 1)])
    if len(ours.calls) != calls:
        raise AssertionError(f"{len(ours.calls)} calls live")


def run(calls: int = CALLS, events: int = EVENTS) -> list[Figure]:
    """What Python holds for the live calls, and what the process grows by while others come and go."""
    renamed_call(0)
    tracemalloc.start()
    ours = _model()
    _begin(ours, 1)
    before = _held()
    _begin(ours, calls)
    per_call = (_held() - before) / (calls - 1) / KIB
    tracemalloc.stop()
    # The arenas fill up and the caches with them: after that, nothing may grow.
    length = len(messages_of_a_call())
    rounds = [events // length // 4] * 5
    resident = []
    passed = calls
    for count in rounds:
        for index in range(passed, passed + count):
            ours.take([renamed_call(index)])
        passed += count
        resident.append(_resident_mib())
    if len(ours.calls) != calls:
        raise AssertionError(f"{len(ours.calls)} calls live")
    growth = resident[-1] - resident[0]
    return [
        Figure(
            f"memory of a live call, {calls:,} calls",
            "-",
            per_call,
            None,
            "KiB",
            per_call,
            (per_call, per_call),
            4.0,
            is_floor=False,
            value_unit="KiB",
            note="tracemalloc: the model and its listeners",
        ),
        Figure(
            f"growth over {sum(rounds[1:]) * length:,} events of passing calls, {calls:,} calls up",
            "-",
            growth,
            None,
            "MiB",
            growth,
            (min(resident) - resident[0], max(resident) - resident[0]),
            1.0,
            is_floor=False,
            value_unit="MiB",
            note=f"resident set, {resident[0]:.0f} MiB at first",
        ),
    ]
