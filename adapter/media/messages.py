"""What the adapter tells the client of a stream, as JSON in text frames. Pure.

Each message has its kind in `event`. `docs/streaming.md` describes them.
"""

import msgspec


class Opened(msgspec.Struct, frozen=True, tag="opened", tag_field="event", rename="camel"):
    """The first message: which audio the client gets and sends. `rate` is in Hz, a frame in ms."""

    rate: int
    frame_ms: int = 20
    channels: int = 1


class Joined(msgspec.Struct, frozen=True, tag="joined", tag_field="event", rename="camel"):
    """The supervision has joined its call in this mode, or has switched to it; the numbers of the parties."""

    mode: str
    parties: tuple[str, ...]


class Reattached(msgspec.Struct, frozen=True, tag="reattached", tag_field="event", rename="camel"):
    """The far side of the conversation has changed: these are its parties now."""

    mode: str
    parties: tuple[str, ...]


class Muted(msgspec.Struct, frozen=True, tag="muted", tag_field="event", rename="camel"):
    """Whether the client's audio is kept from the call."""

    muted: bool


class OnHold(msgspec.Struct, frozen=True, tag="hold", tag_field="event", rename="camel"):
    """Whether the supervised conversation is on hold."""

    on_hold: bool


class Ended(msgspec.Struct, frozen=True, tag="ended", tag_field="event", rename="camel"):
    """The last message: the supervision has ended, or could not begin."""

    reason: str


StreamMessage = Opened | Joined | Reattached | Muted | OnHold | Ended


def write_message(message: StreamMessage) -> str:
    """The text of a text frame."""
    return msgspec.json.encode(message).decode()
