"""All streams of one node: which of them Asterisk may connect to, and the audio of each."""

from types import TracebackType
from typing import Self
from uuid import UUID

from aiohttp import web

from adapter.media.carried import Carried
from adapter.media.messages import StreamMessage


class Streams:
    """The listener for Asterisk, from `async with` on, and the streams that run."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 takes a free one. Raises ValueError if `host` is no loopback address."""
        self._host, self._port = host, port

    @property
    def address(self) -> str:
        """What Asterisk is told to dial: `127.0.0.1:port`. Only while the listener runs."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError."""
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, and end all streams."""
        raise NotImplementedError

    def offer(self, stream: UUID, within_s: float, key: UUID | None = None) -> None:
        """Let Asterisk connect once, within so many seconds, with `key` (without one: with `stream`).

        Before or after `carry`. For a new leg of a stream that runs: a new key; the new leg takes the place
        of the old one, and the end of the old one does not end the stream while the offer stands.
        """
        raise NotImplementedError

    def withdraw(self, stream: UUID, reason: str) -> None:
        """End the stream at once, and close both sides; the client is told the reason (`ended`).

        Also the end of an offer. Nothing happens if there is no such stream.
        """
        raise NotImplementedError

    async def carry(self, stream: UUID, socket: web.WebSocketResponse, rate: int) -> Carried:
        """Move audio between the client and Asterisk's leg until one of them ends or it is withdrawn.

        `socket` is made by `client_socket` and prepared. `rate` is 8000 or 16000: that of Asterisk's channel.
        Closes the socket with the right code. If Asterisk's leg ends first, waits a moment for `withdraw`,
        whose reason is the better one.
        """
        raise NotImplementedError

    def tell(self, stream: UUID, message: StreamMessage) -> None:
        """Send the client a message. Nothing happens if there is no such stream."""
        raise NotImplementedError
