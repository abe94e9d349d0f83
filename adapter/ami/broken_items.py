"""Asks for the channels whose items in a list a number has broken.

The first lines of an item are Asterisk's own: nobody else knows the ActionID, and the channel's name and
state stand before any number. What stands behind them may be anybody's, and is not looked at. Asterisk is
asked instead, for the channel of exactly that name, and by questions whose answers hold no number. The
numbers stay unknown.
"""

import re

from adapter.ami.errors import ActionRefused
from adapter.ami.listing import Listing
from adapter.ami.probe import Ask
from adapter.asterisk.actions import ActionError, get_of_channel
from adapter.asterisk.events import Channel, ChannelState, ListedChannel, names_one_channel
from adapter.asterisk.naming import read_channel_id

ASKED_LIMIT = 16
"""For so many channels of one list it is asked, with five questions each: callers make them."""

_BEGAN = re.compile(r"(?:.*-)?([0-9]{9,12})\.[0-9]{1,12}", re.ASCII | re.DOTALL)
"""Asterisk's own uniqueids: the second in which the channel began, and a count."""


async def ask_for_broken(ask: Ask, listing: Listing, now: float) -> None:
    """Take into the list what Asterisk answers of the channels whose items were broken.

    Raises whatever `ask` raises, but for a refusal: the channel is gone.
    """
    if listing.is_unreadable:
        return
    bridges = {line.channel.name: line.bridge for line in listing.lines}
    for name, state in list(listing.broken.items())[:ASKED_LIMIT]:
        try:
            line = await _ask_for(ask, name, state, bridges, now)
        except (ActionRefused, ActionError):
            continue
        if line is not None:
            listing.add(line)


async def _ask_for(
    ask: Ask, name: str, state: ChannelState, bridges: dict[str, str | None], now: float
) -> ListedChannel | None:
    """What Asterisk says of the channel; nothing where it is not certain that it is the one of this name."""

    async def value(channel: str, variable: str) -> str:
        return (await ask(get_of_channel(channel, variable))).get("Value", "")

    uniqueid = await value(name, "UNIQUEID")
    # Ours are known by what was asked for them; what ChanSpy was given is not asked here.
    if not names_one_channel(uniqueid) or read_channel_id(uniqueid) is not None:
        return None
    if await value(uniqueid, "CHANNEL(name)") != name:
        return None
    linkedid = await value(uniqueid, "CHANNEL(linkedid)")
    if not names_one_channel(linkedid):
        return None
    application = await value(uniqueid, "CHANNEL(appname)")
    peer = await value(uniqueid, "BRIDGEPEER")
    began = _BEGAN.fullmatch(uniqueid)
    age_s = 0 if began is None else max(0, int(now) - int(began[1]))
    channel = Channel(name, state, "", "", "", "", "", uniqueid, linkedid)
    return ListedChannel(channel, application, "", age_s, bridges.get(peer))
