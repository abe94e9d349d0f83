"""The steps of a recorded story: what the list shows at each, as a table that one can read.

`python -m tests.unit.steps STORY ...` writes the tables anew. Look at each line before you keep it.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from adapter.calls.model import Calls
from adapter.calls.views import Flow, PhoneCallView, phone_call
from adapter.lab import ORDINARY

from .samples import TRACES, Headers, events, recorded

EXTENSIONS = ("0003*210", "0003*211", "0003*21", "0003*024", "0003*025", "0003*026", "0004*300")
_OWNERS = {name: one.full_number for one in ORDINARY.people() for name in one.devices}
_OWNERS |= {number: number for number in EXTENSIONS}
_PHONE = re.compile(r"PJSIP/(.+)-[0-9a-f]*")
_SUPERVISOR = re.compile(r"Local/(.+)@uapi-phones-[0-9a-f]+;[12]")
_SNAPSHOT = ("CoreShowChannel", "CoreShowChannelsComplete")
_FLOWS = {Flow.LOCAL: "local", Flow.OUTGOING_PUBLIC: "outgoing", Flow.INCOMING_PUBLIC: "incoming"}


def lab_extension(channel_name: str) -> str | None:
    """The extension whose phone this channel is, in the lab's directory or that of its ordinary PBX."""
    if supervisor := _SUPERVISOR.fullmatch(channel_name):
        return supervisor[1]
    found = _PHONE.fullmatch(channel_name)
    return None if found is None else _OWNERS.get(found[1])


def lab_calls() -> Calls:
    """An empty model of the lab's PBX."""
    return Calls(lab_extension)


def story_names() -> list[str]:
    """Every recorded story: a trace from the first channel to the last hang-up."""
    return sorted(path.stem for path in TRACES.glob("*.ami") if path.stem != "inbound-snapshot")


@dataclass(frozen=True)
class Step:
    """A moment at which Asterisk was asked for all channels: what it told since the last one, and these."""

    name: str
    messages: list[Headers]
    snapshot: list[Headers]
    at: float


def happenings(story: str) -> list[Headers]:
    """The events of a story, without the answers to what was asked: those have no time of their own."""
    return [message for message in recorded(f"{story}.ami") if "Timestamp" in message]


def steps(story: str) -> Iterator[Step]:
    """The steps of a story, in order; what comes behind the last one belongs to none."""
    told: list[Headers] = []
    snapshot: list[Headers] = []
    at = 0.0
    for message in recorded(f"{story}.ami"):
        at = float(message.get("Timestamp", at))
        if message["Event"] == "CoreShowChannel":
            snapshot.append(message)
        elif message["Event"] == "CoreShowChannelsComplete":
            yield Step(message.get("ActionID", ""), told, snapshot, at)
            told, snapshot = [], []
        else:
            told.append(message)


def table(story: str) -> str:
    """What the list shows at each step."""
    calls = lab_calls()
    letters: dict[str, str] = {}
    lines: list[str] = []
    for step in steps(story):
        for event in events(step.messages):
            calls.apply(event)
        lines += [f"# {step.name}", *_lines(calls, letters), ""]
    return "\n".join(lines)


def _lines(calls: Calls, letters: dict[str, str]) -> Iterator[str]:
    for call in calls.live():
        shown = phone_call(call, lambda _: True)
        if shown is None:
            continue
        letter = letters.setdefault(call.id, chr(ord("A") + len(letters)))
        for view in shown.views:
            yield f"{letter} {view.id} {view.extension}: {', '.join(_words(calls, view))}"


def _words(calls: Calls, view: PhoneCallView) -> Iterator[str]:
    yield f"{_numbers(view.source)} -> {_numbers(view.destination)}"
    yield view.status
    yield _FLOWS[view.flow]
    yield view.caller_id or "no caller id"
    if view.ringing is not None:
        yield "rang"
    if view.answered is not None:
        yield "answered"
    if view.held_since is not None:
        yield "holds" if view.is_holder else "is held"
    if view.parking is not None:
        yield f"parked at {view.parking.space} by {view.parking.by}"
    if view.recorded_since is not None:
        yield "recorded"
    if view.disposition is not None:
        yield f"disposition {view.disposition.name.lower().replace('_', ' ')}"
    if view.queue is not None:
        yield f"queue {view.queue}"
    talks = [leg.number for leg in calls.others(view.channel)]
    yield f"talks with {_numbers(talks)}" if talks else "talks with nobody"


def _numbers(numbers: Iterable[str]) -> str:
    return " + ".join(numbers) or "nobody known"


def table_path(story: str) -> Path:
    """Where the table of a story is kept."""
    return TRACES / f"{story}.views"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        table_path(name).write_text(table(name))
