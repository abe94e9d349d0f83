"""A snapshot's bytes to READY, against panoramisk parsing the same bytes into a list."""

import asyncio
import gc
import statistics
import time
from collections.abc import Sequence

from adapter.ami.link import LinkState
from adapter.ami.listing import Listing
from adapter.asterisk.message import READER
from tests.bench.figures import Figure, in_turn, ratio
from tests.bench.reader import FOUR_KIB, Ours, Theirs
from tests.bench.traces import chunks, snapshot

SIZES = (1_000, 10_000)
ROUNDS = 15
ACTION_ID = "1"


def _ours(pieces: Sequence[bytes]) -> float:
    fresh = Ours()
    loop = asyncio.new_event_loop()
    fresh.link.state = LinkState.SYNCING
    listing = fresh.link._listing = Listing(loop.create_future())  # noqa: SLF001 - as after the request for it
    listing.id = ACTION_ID
    gc.collect()
    began = time.process_time()
    fresh.take(pieces)
    seconds = time.process_time() - began
    loop.close()
    if fresh.link.state is not LinkState.READY or not len(fresh.calls):
        raise AssertionError("the snapshot did not make the link READY")
    return seconds


def _theirs(pieces: Sequence[bytes]) -> float:
    kept: list[object] = []
    fresh = Theirs(kept)
    gc.collect()
    seconds = fresh.take(pieces)
    if not kept:
        raise AssertionError("the snapshot has to be in the list")
    return seconds


def run(sizes: Sequence[int] = SIZES, rounds: int = ROUNDS) -> list[Figure]:
    """The ratio at each size, and what a channel costs at the greatest against the least."""
    figures: list[Figure] = []
    costs: list[list[tuple[float, float]]] = []
    for size in sizes:
        pieces = chunks(snapshot(size, ACTION_ID), FOUR_KIB)
        timed = in_turn(rounds, lambda pieces=pieces: _ours(pieces), lambda pieces=pieces: _theirs(pieces))  # type: ignore[misc]
        per_channel = [(ours / size * 1e6, theirs / size * 1e6) for ours, theirs in timed]
        costs.append(per_channel)
        figures.append(
            ratio(
                f"snapshot of {size:,} channels to READY",
                "panoramisk 1.4, into a list",
                per_channel,
                unit="us/channel",
                goal=4.0,
                note=f"CPU, {rounds} rounds, read in {READER}",
            )
        )
    (least, least_theirs), (most, most_theirs) = (zip(*costs[at], strict=True) for at in (0, -1))
    growth = [great / small for small, great in zip(least, most, strict=True)]
    their_growth = statistics.median(most_theirs) / statistics.median(least_theirs)
    figures.append(
        Figure(
            f"a channel's cost at {sizes[-1]:,} against {sizes[0]:,} channels",
            "itself",
            statistics.median(most),
            statistics.median(least),
            "us/channel",
            statistics.median(growth),
            (min(growth), max(growth)),
            1.25,
            is_floor=False,
            note=f"panoramisk's own: {their_growth:.2f} x",
        )
    )
    return figures
