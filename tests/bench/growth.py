"""What grows with what there is: a list among many calls, a directory of many extensions.

In processor time, of which others on the machine take nothing.
"""

import asyncio
import gc
import time
import tracemalloc
from itertools import count
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from adapter.access.principal import Principal
from adapter.asterisk.events import Channel, ChannelState, ChannelUpdate, NewChannel
from adapter.calls.model import Calls
from adapter.calls.shown_to import ShownTo
from adapter.directory import Directory, load_directory
from adapter.directory.file import collecting_no_garbage
from adapter.uapi.addressed import AddressedExtensions
from adapter.uapi.listing import Query, find_page, write_entry, write_list
from adapter.uapi.rendering import Renderer
from tests.bench.figures import Figure, ratio

ORGANIZATIONS = 200
OWN = 250
FEW_CALLS, MANY_CALLS = OWN, OWN * ORGANIZATIONS
EXTENSIONS = 50_000
ROUNDS = 7
LISTS = 50
BEGINNING = 1_795_000_000
HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$c2VjcmV0"


def directory_text(extensions: int) -> str:
    """So many extensions, shared among the organizations."""
    parts: dict[str, list[str]] = {"organizations": [], "users": [], "extensions": [], "apps": []}
    for index in range(ORGANIZATIONS):
        prefix = 10_000 + index
        parts["organizations"].append(f'{{id: "o{index}", prefix: "{prefix}", name: Organization {index}}}')
        parts["users"].append(f'{{id: "u{index}", name: User {index}, organization: "o{index}"}}')
        parts["apps"].append(
            f'{{client_id: app{index}, secret_hash: "{HASH}", account: {{organization: "o{index}"}}}}'
        )
    for index in range(extensions):
        organization, own = index % ORGANIZATIONS, index // ORGANIZATIONS
        parts["extensions"].append(
            f'{{number: "{10_000 + organization}*{own}", type: phone terminal, owner: "u{organization}",'
            f' caller_id: "Agent {index} <{index}>"}}'
        )
    return "".join(f"{name}:\n" + "".join(f"  - {one}\n" for one in ones) for name, ones in parts.items())


def _channel(index: int) -> Channel:
    """A phone that is up by itself; the organizations come in turn."""
    number = f"{10_000 + index % ORGANIZATIONS}*{index // ORGANIZATIONS}"
    uniqueid = f"{BEGINNING + index}.{index}"
    name = f"PJSIP/{number}-{index:08x}"
    return Channel(name, ChannelState.UP, number, "Agent", "", "", "100", uniqueid, uniqueid)


class _Listing:
    """The lists of one organization with its calls, among so many."""

    def __init__(self, directory: Directory, calls: int) -> None:
        self._calls = Calls(directory.extension_of_channel)
        self._shown = ShownTo(self._calls)
        app, numbers = directory.apps["app0"], directory.numbers_under(directory.apps["app0"].account)
        self._addressed = AddressedExtensions(Principal(directory, app), "https://x", "@me", "@self", numbers)
        self._renderer = Renderer(directory, ZoneInfo("UTC"), self._addressed.address_of)
        step = MANY_CALLS // calls
        for index in range(0, MANY_CALLS, step):
            self._tell(NewChannel(float(BEGINNING + index), _channel(index)))
        self._names = count()
        if self._list() != OWN:
            raise AssertionError(f"a list of {self._list()}")

    def _tell(self, event: NewChannel | ChannelUpdate) -> None:
        for change in self._calls.apply(event):
            self._shown.on_change(change)

    def _list(self) -> int:
        page = find_page(self._addressed.rows(self._shown), Query())
        found = [self._addressed.find(self._shown, row.id) for row in page.rows]
        entries = [write_entry(call, Query(), self._renderer) for call in found if call is not None]
        if len(entries) != len(page.rows):
            raise AssertionError("a call is missing")
        write_list(entries, page, Query(), "https://x")
        return page.total

    def time_lists(self) -> float:
        """Microseconds for a list after a change of one of its calls."""
        channel = _channel(0)
        began = time.process_time()
        for _ in range(LISTS):
            changed = replace(channel, caller_name=f"Agent {next(self._names)}")
            self._tell(ChannelUpdate(float(BEGINNING), changed))
            self._list()
        return (time.process_time() - began) / LISTS * 1e6


async def _longest_hold(text: str) -> float:
    """The most processor time between two turns of the loop while a thread reads a directory."""

    def read() -> Directory:
        with collecting_no_garbage():
            return load_directory(text)

    reading, longest = asyncio.create_task(asyncio.to_thread(read)), 0.0
    while not reading.done():
        before = time.process_time()
        await asyncio.sleep(0.001)
        longest = max(longest, time.process_time() - before)
    before = time.process_time()
    del reading
    return max(longest, time.process_time() - before)


def _own(work: str, values: list[float], goal: float, unit: str, note: str) -> Figure:
    middle = sorted(values)[len(values) // 2]
    spread = (min(values), max(values))
    return Figure(
        work, "-", middle, None, unit, middle, spread, goal, is_floor=False, value_unit=unit, note=note
    )


def run(extensions: int = EXTENSIONS, rounds: int = ROUNDS) -> list[Figure]:
    """Lists of one organization, and a reload."""
    directory = load_directory(directory_text(MANY_CALLS))
    many, few = (
        _Listing(directory, MANY_CALLS),
        _Listing(load_directory(directory_text(MANY_CALLS)), FEW_CALLS),
    )
    many.time_lists()
    few.time_lists()
    times = [(many.time_lists(), few.time_lists()) for _ in range(rounds)]
    text = directory_text(extensions)
    holds = [asyncio.run(_longest_hold(text)) * 1000 for _ in range(3)]
    gc.collect()
    tracemalloc.start()
    kept = load_directory(text)
    gc.collect()
    memory = tracemalloc.get_traced_memory()[0] / len(kept.extensions) / 1024
    tracemalloc.stop()
    return [
        ratio(
            f"list of 20 of {OWN} calls after a change, {MANY_CALLS:,} calls live",
            f"the same, {FEW_CALLS} calls live",
            times,
            unit="us",
            goal=0.5,
        ),
        _own(f"longest stall of a reload, {extensions:,} extensions", holds, 50.0, "ms", "processor time"),
        _own(f"memory of an extension, {extensions:,} extensions", [memory], 1.0, "KiB", "tracemalloc"),
    ]
