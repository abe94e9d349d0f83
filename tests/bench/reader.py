"""AMI bytes to model changes, against panoramisk parsing the same bytes for one listener."""

import asyncio
import functools
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import cast

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from adapter.ami.link import WANTED, Link, LinkSettings, LinkState
from adapter.ami.session import Session, _Protocol
from adapter.asterisk.message import READER
from adapter.calls.changes import Change
from adapter.calls.model import Calls
from adapter.calls.publisher import Listener, Publisher
from adapter.directory import Directory, load_directory
from tests.bench.figures import Figure, in_turn, ratio
from tests.bench.service import directory_text
from tests.bench.traces import chunks, noisy_trace, plain_trace

CALLS = 600
ROUNDS = 5
FOUR_KIB = (4096,)
ODD = (1, 1447, 13, 2896, 509, 8191, 3)


@functools.cache
def directory() -> Directory:
    """Whose phones the channels of the traces are."""
    return load_directory(directory_text())


class Ours:
    """The adapter's way from bytes to listeners: protocol, link, parse, model, publisher."""

    def __init__(self, *listeners: Callable[[Calls], Listener]) -> None:
        self.changes = 0
        self.calls = Calls(directory().extension_of_channel)
        publisher = Publisher(self.calls)
        publisher.subscribe(self._count)
        for listener in listeners:
            publisher.subscribe(listener(self.calls))
        self.link = link = Link(LinkSettings("", 0, "", ""), publisher.take_snapshot, publisher.take_event)
        link.state = LinkState.READY
        self._protocol = _Protocol(WANTED)
        self._protocol.connection_made(cast("asyncio.Transport", None))  # nothing is sent
        self._protocol.banner = "Asterisk Call Manager/11.0.0"
        # The way from the socket, without one.
        takers = SimpleNamespace(on_message=link._take, on_stray=link._take_stray)  # noqa: SLF001 - as above
        self._protocol.factory = cast("Session", takers)

    def take(self, pieces: Sequence[bytes]) -> float:
        """Take the stream; the processor seconds it took."""
        return _seconds_to_take(self._protocol.data_received, pieces)

    def _count(self, _change: Change) -> None:
        self.changes += 1


def _seconds_to_take(take: Callable[[bytes], None], pieces: Sequence[bytes]) -> float:
    began = time.process_time()
    for piece in pieces:
        take(piece)
    return time.process_time() - began


class Theirs:
    """panoramisk 1.4 with one listener for every event, which counts them or keeps them in a list."""

    def __init__(self, kept: list[object] | None = None) -> None:
        self.events = 0
        self._kept = kept
        manager = Manager()
        manager.register_event("*", self._count if kept is None else self._keep)
        self._protocol = AMIProtocol()
        self._protocol.connection_made(None)
        self._protocol.factory = manager
        self._protocol.encoding = "utf-8"

    def take(self, pieces: Sequence[bytes]) -> float:
        """Take the stream; the processor seconds it took."""
        return _seconds_to_take(self._protocol.data_received, pieces)

    def _count(self, _manager: object, _event: object) -> None:
        self.events += 1

    def _keep(self, _manager: object, event: object) -> None:
        if self._kept is not None:
            self._kept.append(event)


def _ours(pieces: Sequence[bytes]) -> Callable[[], float]:
    def run() -> float:
        fresh = Ours()
        seconds = fresh.take(pieces)
        if not fresh.changes or len(fresh.calls):
            raise AssertionError("the trace has to begin calls and to end them all")
        return seconds

    return run


def _theirs(pieces: Sequence[bytes]) -> Callable[[], float]:
    return lambda: Theirs().take(pieces)


def run(calls: int = CALLS, rounds: int = ROUNDS) -> list[Figure]:
    """Plain and noisy, in chunks of 4 KiB and odd ones."""
    figures = []
    for name, stream, goal, turns in (
        ("plain", plain_trace(calls), 4.0, rounds),
        ("noisy", noisy_trace(calls), 10.0, max(1, rounds // 2)),
    ):
        for size, sizes in (("4 KiB", FOUR_KIB), ("odd", ODD)):
            pieces = chunks(stream, sizes)
            count = stream.count(b"\r\n\r\n")
            timed = in_turn(turns, _ours(pieces), _theirs(pieces))
            figures.append(
                ratio(
                    f"AMI bytes to changes, {name} trace, {size} chunks",
                    "panoramisk 1.4, one * listener",
                    [(ours / count * 1e6, theirs / count * 1e6) for ours, theirs in timed],
                    unit="us/message",
                    goal=goal,
                    note=f"{count} messages, {len(stream) / 1e6:.1f} MB, {turns} rounds, read in {READER}",
                )
            )
    return figures
