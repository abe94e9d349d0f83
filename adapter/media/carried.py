"""What came of a stream. Pure."""

import enum
from dataclasses import dataclass


class Ender(enum.StrEnum):
    """Who ended a stream."""

    CLIENT = "client"
    """It closed its WebSocket, broke the rules of the stream, or is gone."""
    ASTERISK = "asterisk"
    """It ended its leg, or never connected."""
    ADAPTER = "adapter"
    """The stream was withdrawn."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How a stream ended, and how much audio flowed."""

    ended_by: Ender
    reason: str
    """What the client was told, or what the client did: the words of `docs/streaming.md`."""
    to_client_s: float
    """Seconds of audio that were sent to the client."""
    from_client_s: float
    """Seconds of the client's audio that were sent to Asterisk; silence that the adapter made not counted."""
    dropped_s: float
    """Seconds of audio, of both directions, that came too late or too fast, and were dropped."""
