"""The adapter's own names in Asterisk: its channels' ids, and what asterisk-conf/uapi-dialplan.conf has."""

import re
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

OUR_PREFIX = "uapi-"
"""Begins the uniqueid of every channel that an adapter originates."""

OTHER_HALF = ";2"
"""Ends the uniqueid of the second half of a Local channel whose first half we named."""

_ID = re.compile(rf"{OUR_PREFIX}(?:([a-z]+)-([a-z0-9]+)-)?([A-Za-z0-9]+)", re.ASCII)


class Kind(StrEnum):
    """What an adapter originates a channel for."""

    SPY = "spy"
    """It rings a supervisor's phone, and runs ChanSpy."""
    NOTICE = "notice"
    """It plays the notice tone to whom a supervisor joins: nobody listens on it."""


class ChannelId(NamedTuple):
    """The id of a channel that an adapter originated: `uapi-<kind>-<owner>-<id>`."""

    kind: str
    """A `Kind`; another word where a newer adapter has begun it."""
    owner: str
    """The name of the adapter that began it; empty where an adapter before this naming did."""
    id: str
    """Of what it was begun for, a supervision say."""

    @property
    def is_of_a_spy(self) -> bool:
        """Whether it has to do with spying: a supervisor's channel, or a notice tone."""
        return self.kind in _OF_SPIES

    def is_owned_by(self, adapter: str) -> bool:
        """Whether this adapter has to account for the channel: it began it, or nobody can tell who did."""
        return self.owner in ("", adapter)

    def __str__(self) -> str:
        """The uniqueid of the channel."""
        return f"{OUR_PREFIX}{self.kind}-{self.owner}-{self.id}"


_OF_SPIES = frozenset(Kind)


def read_channel_id(uniqueid: str) -> ChannelId | None:
    """What the uniqueid of a channel, or of a Local channel's other half, says of it; None if it is not ours.

    Adapters before this naming called a supervisor's channel `uapi-<id>`. Asterisk's own ids end with a point
    and a number, also where its `systemname` begins as ours do.
    """
    found = _ID.fullmatch(uniqueid.removesuffix(OTHER_HALF))
    return None if found is None else ChannelId(found[1] or Kind.SPY, found[2] or "", found[3])


def is_of_a_spy(uniqueid: str) -> bool:
    """Whether an adapter originated this channel for a supervisor, or to play a notice tone."""
    ours = read_channel_id(uniqueid)
    return ours is not None and ours.is_of_a_spy


SPY_CONTEXT = "uapi-spy"
SPY_EXTEN = "spy"
NOTICE_EXTEN = "notice"

FEATURES_CONTEXT = "uapi-features"
"""It has an extension for each feature of the include, by its name."""

PHONES_CONTEXT = "uapi-phones"
"""Any number is an extension of it: it rings the devices that the adapter names."""

DEVICE_CONTEXT = "uapi-device"
DEVICE_EXTEN = "s"

LEFT_CONTEXT = "uapi-left"
LEFT_EXTEN = "s"


def supervisor_channels(number: str) -> str:
    """How the names of the channels begin by which the include rings a supervisor with this number."""
    return f"Local/{number}@{PHONES_CONTEXT}"


def ring_through_include(number: str) -> str:
    """What is dialed to have the include ring a supervisor. `/n`: Asterisk keeps both halves."""
    return f"{supervisor_channels(number)}/n"


_STREAM_TECHNOLOGY = "AudioSocket/"


def stream_dial(address: str, stream: UUID, rate: int) -> str:
    """What is dialed to have Asterisk bring the audio of a channel to `address` (`127.0.0.1:port`).

    `rate` is in Hz: 8000, which every AudioSocket has, or 16000.
    """
    codec = "" if rate == NARROW_HZ else f"/c({_CODECS[rate]})"
    return f"{_STREAM_TECHNOLOGY}{address}/{stream}{codec}"


def is_stream_channel(name: str, stream: UUID) -> bool:
    """Whether a channel of this name brings this stream, and nothing else."""
    return name.startswith(_STREAM_TECHNOLOGY) and name.endswith(f"-{stream}")


NARROW_HZ, WIDE_HZ = 8_000, 16_000
_CODECS = {WIDE_HZ: "slin16"}
