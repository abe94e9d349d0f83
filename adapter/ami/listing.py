"""One request for all live channels, and what Asterisk lists in answer to it.

An item belongs to the answer only with the request's ActionID, which nobody can guess: a caller's number may
hold whole messages. An item that such a number has broken names its channel still, in its first lines:
Asterisk is asked for that one (`broken_items.py`). A channel that is named behind them is `unclear`, and is
not taken for gone.
"""

import asyncio
import re
import secrets
from collections.abc import Sequence

from adapter.ami.presence_listing import PresenceListing
from adapter.asterisk.answer_times import read_answer_time, with_answer_times
from adapter.asterisk.events import BridgeKind, ChannelState, Event, ListedChannel, channels_of
from adapter.asterisk.message import Message
from adapter.asterisk.parsing import EventError, parse_listed, parse_listed_bridge

_FIRST_LINES = re.compile(
    r"Event: CoreShowChannel\r\nActionID: ([^\r\n]+)"
    r"\r\nChannel: ([^\r\n]{1,150})\r\nChannelState: ([0-9])\r\n"
)
_UNIQUEID = re.compile(r"\r\nUniqueid: ([^\r\n]{1,150})")


class Listing:
    """The answer as it comes in."""

    def __init__(self, done: "asyncio.Future[None]") -> None:
        self.id = f"list-{secrets.token_hex(8)}"
        """The ActionID of the request."""
        self.done = done
        """Done with the last item."""
        self.broken: dict[str, ChannelState] = {}
        """Channels whose items are broken: their names and states, as they stand before the break."""
        self.unclear: set[str] = set()
        """Channels that are named behind the break in an item."""
        self.touched: set[str] = set()
        """Channels of which events came meanwhile."""
        self.presence = PresenceListing()
        """Devices and queues, which are listed before the channels."""
        self._lines: list[ListedChannel] = []
        self._answered: dict[str, float] = {}
        self._kinds: dict[str, BridgeKind] = {}
        """Of the bridges, which are listed before the channels."""
        self._foreign = self._pieces = 0

    @property
    def lines(self) -> Sequence[ListedChannel]:
        """The channels."""
        return with_answer_times(self._lines, self._answered)

    @property
    def is_unreadable(self) -> bool:
        """Whether there are items, but none in Asterisk's form, and not because numbers broke them.

        Whatever breaks an item leaves another piece of it, too.
        """
        return self._foreign > self._pieces and not self._lines

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
            case _:
                self.presence.take(name, message)
        return False

    def note_piece(self, message: Message) -> None:
        """Note what is no message of Asterisk's, and no item: it may be a piece of one."""
        self._pieces += 1
        self._note_unclear(message)

    def _note_unclear(self, message: Message) -> None:
        self.unclear.update(_UNIQUEID.findall(f"\r\n{message.text}"))

    def note_malformed(self, message: Message) -> None:
        """Note an item that cannot be read, or that is not ours."""
        first = _FIRST_LINES.match(message.text)
        if first is None or first[1] != self.id:
            self.note_piece(message)
            return
        self._note_unclear(message)
        self.broken[first[2]] = ChannelState(int(first[3]))
        if message.event_header is not None:
            self._foreign += 1

    def add(self, line: ListedChannel) -> None:
        """Take in what Asterisk has answered of a channel whose item was broken."""
        self._lines.append(line)
        self.unclear.discard(line.channel.uniqueid)

    def note_event(self, event: Event) -> None:
        """Note whom an event is about that came meanwhile."""
        self.touched.update(channels_of(event))
