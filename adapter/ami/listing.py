"""One request for all live channels, and what Asterisk lists in answer to it.

An item belongs to the answer only with the request's ActionID, which nobody can guess: a caller's number may
hold whole messages. An item that such a number has broken says nothing of its channel, but it names it: that
channel is `unclear`, and is not taken for gone.
"""

import asyncio
import re
import secrets
from collections.abc import Sequence

from adapter.asterisk.answer_times import read_answer_time, with_answer_times
from adapter.asterisk.events import BridgeKind, Event, ListedChannel, channels_of
from adapter.asterisk.message import Message
from adapter.asterisk.parsing import EventError, parse_listed, parse_listed_bridge

_UNIQUEID = re.compile(r"\r\nUniqueid: ([^\r\n]{1,150})")


class Listing:
    """The answer as it comes in."""

    def __init__(self, done: "asyncio.Future[None]") -> None:
        self.id = f"list-{secrets.token_hex(8)}"
        """The ActionID of the request."""
        self.done = done
        """Done with the last item."""
        self.unclear: set[str] = set()
        """Channels that a broken item names."""
        self.touched: set[str] = set()
        """Channels of which events came meanwhile."""
        self._lines: list[ListedChannel] = []
        self._answered: dict[str, float] = {}
        self._kinds: dict[str, BridgeKind] = {}
        """Of the bridges, which are listed before the channels."""
        self._is_broken = False
        self._is_foreign = False

    @property
    def lines(self) -> Sequence[ListedChannel]:
        """The channels."""
        return with_answer_times(self._lines, self._answered)

    @property
    def is_unreadable(self) -> bool:
        """Whether there are items, but none in Asterisk's form, and nobody's number broke them."""
        return self._is_foreign and not self._lines and not self._is_broken

    def take(self, name: str, message: Message) -> bool:
        """Take an item; whether it was the last. Raises EventError for one that is malformed, or not ours."""
        header = message.event_header
        answered = None if header is None else header[4]
        if (message.get("ActionID") if answered is None else answered) != self.id:
            raise EventError("it answers no request of ours")
        match name:
            case "CoreShowChannel":
                self._lines.append(parse_listed(message, self._kinds))
            case "BridgeListItem":
                self._kinds.update((parse_listed_bridge(message),))
            case "Status":
                self._answered.update(filter(None, (read_answer_time(message),)))
            case "CoreShowChannelsComplete":
                return True
        return False

    def note_broken(self, message: Message) -> None:
        """Note what is no message of Asterisk's, or one that was cut: it may be a piece of an item."""
        self._is_broken = True
        self.unclear.update(_UNIQUEID.findall(f"\r\n{message.text}"))

    def note_malformed(self, message: Message) -> None:
        """Note an item that cannot be read."""
        self.unclear.update(_UNIQUEID.findall(message.text))
        if message.event_header is None:
            self._is_broken = True
        else:
            self._is_foreign = True

    def note_event(self, event: Event) -> None:
        """Note whom an event is about that came meanwhile."""
        self.touched.update(channels_of(event))
