"""Plays a trace into the model and describes the changes of calls and views in lines. Pure."""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapter.asterisk.events import BridgeKind, Event, ListedChannel
from adapter.asterisk.parsing import EventError, parse, parse_listed, parse_listed_bridge
from adapter.calls.changes import CallChanged, CallEnded, Change
from adapter.calls.model import Calls, ExtensionOf
from adapter.calls.publisher import Publisher
from adapter.calls.views import PhoneCall, PhoneCallView, phone_call
from adapter.tools.trace.text import Headers, Problem, Recorded

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_EXTENSION = re.compile(r"[A-Za-z0-9]+/(\d{1,10}\*\d{1,10})-[0-9a-f]+")

_TOLD_APART = frozenset({"id", "extension", "source", "destination", "channel"})
"""The fields of a view that the lines do not name."""


def any_extension(channel_name: str) -> str | None:
    """The extension of a channel without a directory: a peer named like one, `PJSIP/0003*210-...`."""
    found = _EXTENSION.fullmatch(channel_name)
    return None if found is None else found[1]


@dataclass(frozen=True, slots=True)
class Happening:
    """The changes that one message of the trace made, in lines."""

    line: int
    at: float
    text: tuple[str, ...]


def play(messages: Iterable[Recorded | Problem], extension_of: ExtensionOf) -> Iterator[Happening | Problem]:
    """Play a trace into an empty model. Yields each change and each problem, in order.

    A snapshot at the beginning tells which calls exist. Any later snapshot is a check: a line says whether it
    agrees with the events. If not, the model continues from the snapshot. Events that came during a snapshot
    are applied after it, as on a live link.
    """
    player = _Player(extension_of)
    for message in messages:
        yield from player.take(message)
    yield from player.end()


_SNAPSHOT_ENDS = "CoreShowChannelsComplete"
_SNAPSHOT_ITEM = "CoreShowChannel"
_BRIDGE_ITEM = "BridgeListItem"
"""An item of the list of bridges, which comes before the channels of a snapshot."""


class _Player:
    def __init__(self, extension_of: ExtensionOf) -> None:
        self._calls = Calls(extension_of)
        self._publisher = Publisher(self._calls)
        self._publisher.subscribe(self._hear)
        self._changed: dict[str, None] = {}
        self._told: dict[str, PhoneCall] = {}
        self._has_begun = False
        self._at = 0.0
        # The unfinished snapshot: its bridges and channels, and the events that came meanwhile.
        self._kinds: dict[str, BridgeKind] = {}
        self._listed: list[ListedChannel] = []
        self._listed_from: int | None = None
        self._held: list[Recorded | Problem] = []

    def take(self, message: Recorded | Problem) -> Iterator[Happening | Problem]:
        if isinstance(message, Recorded) and _name(message) in (_BRIDGE_ITEM, _SNAPSHOT_ITEM, _SNAPSHOT_ENDS):
            yield from self._take_listed(message)
        elif self._listed_from is not None:
            self._held.append(message)
        else:
            yield from self._take_happened(message)

    def end(self) -> Iterator[Happening | Problem]:
        """Yield what remains at the end of the trace."""
        if self._listed_from is not None:
            yield Problem(self._listed_from, "a snapshot is incomplete")
            yield from self._release()

    def _take_listed(self, message: Recorded) -> Iterator[Happening | Problem]:
        self._at = _stamp(message.headers, self._at)
        if self._listed_from is None:
            self._listed_from = message.line
        if _name(message) != _SNAPSHOT_ENDS:
            try:
                self._take_item(message)
            except EventError as malformed:
                yield Problem(message.line, f"{_name(message)}: {malformed}")
            return
        self._publisher.take_snapshot(self._listed, self._at)
        told = self._differences()
        if self._has_begun:
            name = " ".join(("snapshot", message.headers.get("ActionID", ""))).strip()
            told = (f"{name} differs", *told) if told else (f"{name} agrees",)
        if told:
            yield self._happening(message.line, told)
        yield from self._release()

    def _take_item(self, message: Recorded) -> None:
        if _name(message) == _BRIDGE_ITEM:
            self._kinds.update((parse_listed_bridge(message.headers),))
        else:
            self._listed.append(parse_listed(message.headers, self._kinds))

    def _release(self) -> Iterator[Happening | Problem]:
        held, self._held, self._listed, self._listed_from = self._held, [], [], None
        self._kinds = {}
        for message in held:
            yield from self._take_happened(message)

    def _take_happened(self, message: Recorded | Problem) -> Iterator[Happening | Problem]:
        if isinstance(message, Problem):
            yield message
            return
        try:
            event = self._event(message.headers)
        except EventError as malformed:
            yield Problem(message.line, f"{_name(message)}: {malformed}")
            return
        if event is not None:
            self._publisher.take_event(event)
            if told := self._differences():
                yield self._happening(message.line, told)

    def _event(self, headers: Headers) -> Event | None:
        event = parse(headers, self._at)
        # Only from a message that parses: a malformed time would affect all later messages.
        self._at = _stamp(headers, self._at)
        return event

    def _hear(self, change: Change) -> None:
        if isinstance(change, CallChanged | CallEnded):
            self._changed[change.call_id] = None

    def _happening(self, line: int, told: tuple[str, ...]) -> Happening:
        self._has_begun = True
        return Happening(line, self._at, told)

    def _differences(self) -> tuple[str, ...]:
        """The lines about calls that changed since the last call of this function."""
        changed, self._changed = self._changed, {}
        text: list[str] = []
        for call_id in changed:
            call = self._calls.call(call_id)
            now = None if call is None else phone_call(call, lambda _: True)
            before = self._told.pop(call_id, None)
            if now is not None:
                self._told[call_id] = now
            text += _difference(before, now)
        return tuple(text)


def _difference(before: PhoneCall | None, now: PhoneCall | None) -> list[str]:
    """The lines about one call."""
    if now is None:
        # A call without a view, such as one between two customers, is never listed.
        return [] if before is None else [f"call {before.id} ended"]
    old = {} if before is None else {view.id: view for view in before.views}
    lines = [f"  view {view.id} {_view(view)}" for view in now.views if old.pop(view.id, None) != view]
    lines += [f"  view {view_id} left" for view_id in old]
    if before is None:
        return [f"call {now.id} of {now.extension} began", *lines]
    return [f"call {now.id} of {now.extension}", *lines] if lines else []


def _view(view: PhoneCallView) -> str:
    source, destination = ("+".join(map(_value, who)) or "?" for who in (view.source, view.destination))
    parties = f"{view.extension}: {source} -> {destination}"
    return " ".join((parties, *_told(view, _TOLD_APART)))


def _told(shown: "DataclassInstance", but: Container[str] = ()) -> list[str]:
    """The fields of a view that have a value."""
    return [
        f"{field.name}={_value(value)}"
        for field in fields(shown)
        if field.name not in but and (value := getattr(shown, field.name)) not in (None, False, ())
    ]


def _value(value: object) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        return f"({' '.join(_told(value))})"
    match value:
        case float():
            return clock_time(value)
        case str() if hasattr(value, "name"):  # a digit of the contract; its name says more
            return str(value.name).lower().replace("_", "-")
        case str() if " " in value or '"' in value:
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
    return str(value)


def clock_time(at: float) -> str:
    """A time of day (UTC) to the millisecond; a time out of bounds as a number."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]
    except (OverflowError, OSError, ValueError):
        return str(at)


def _name(message: Recorded | Problem) -> str:
    return "" if isinstance(message, Problem) else message.headers.get("Event", "")


def _stamp(headers: Headers, otherwise: float) -> float:
    try:
        return float(headers["Timestamp"])
    except (KeyError, ValueError):
        return otherwise
