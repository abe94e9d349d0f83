"""One connection to the listener for Asterisk: a stranger until it has named a stream."""

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol, cast
from uuid import UUID

from adapter.media.audiosocket import (
    AUDIO_OF_RATE,
    DTMF,
    END,
    ERROR,
    FrameReader,
    MalformedFrameError,
    read_identity,
    write_frame,
)

IDENTITY_WITHIN_S = 2.0
"""How long a stranger may take to name a stream. Asterisk does it at once."""
FAREWELL_S = 2.0
"""How long Asterisk may take to read that its leg has ended. Then the connection is cut."""
KERNEL_BYTES = 8 * 1024
"""The socket's send buffer, so that what is late waits where it is dropped."""
BEHIND_BYTES = 8 * 1024
"""If Asterisk has so much yet to read, what comes is dropped until it has read on: a quarter of a second."""


class Listening(Protocol):
    """Whose streams a leg may bring."""

    rate: int

    def attach(self, leg: "Leg") -> None:
        """The leg has named the stream, and may be sent audio from now on."""

    def on_audio(self, leg: "Leg", audio: bytes) -> None:
        """Asterisk has sent this."""

    def on_leg_ended(self, leg: "Leg", reason: str) -> None:
        """The leg is over."""


Identify = Callable[["Leg", UUID], Listening | None]
"""Takes the stream of this UUID; None if no stream is offered with it."""
Refused = Callable[["Leg", str], None]
"""Told of a connection that was closed without having named a stream, and why."""


class Leg(asyncio.Protocol):
    """Asterisk's side of a stream. It is told nothing before it has named the stream."""

    def __init__(self, identify: Identify, refused: Refused) -> None:
        self._identify, self._refused = identify, refused
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._first = b""
        self._frames = FrameReader()
        self._stream: Listening | None = None
        self._is_over = False
        self.is_behind = False
        """Whether Asterisk has yet to read what it was sent."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=BEHIND_BYTES)
        found = transport.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(IDENTITY_WITHIN_S, self.refuse, "silent")

    def data_received(self, data: bytes) -> None:
        """Bytes of a stranger or of Asterisk."""
        if self._is_over:
            return
        try:
            if self._stream is None:
                self._read_first(data)
            else:
                self._read(data, self._stream)
        except MalformedFrameError:
            if self._stream is None:
                self.refuse("malformed")
            else:
                self._end("asteriskMalformed")

    def pause_writing(self) -> None:
        """Asterisk does not read."""
        self.is_behind = True

    def resume_writing(self) -> None:
        """Asterisk has read on."""
        self.is_behind = False

    def eof_received(self) -> None:
        """The peer sends no more; the transport closes."""

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The connection is gone."""
        self._cancel_deadline()
        if self._stream is None:
            self.refuse("silent")
        else:
            self._end("asteriskEnded")

    def send(self, frames: list[bytes]) -> None:
        """Send frames of audio."""
        if self._is_over or self._transport is None or self._stream is None:
            return
        kind = AUDIO_OF_RATE[self._stream.rate]
        self._transport.write(b"".join([write_frame(kind, frame) for frame in frames]))

    def hang_up(self) -> None:
        """End the leg from here: Asterisk hangs up its channel. The stream is not told."""
        if self._is_over:
            return
        self._is_over = True
        if self._transport is not None:
            self._transport.write(write_frame(END))
            self._transport.close()
            self._deadline = asyncio.get_running_loop().call_later(FAREWELL_S, self._transport.abort)

    def refuse(self, why: str) -> None:
        """Close the connection of a stranger at once, without a byte."""
        if self._is_over:
            return
        self._is_over = True
        self._cut()
        self._refused(self, why)

    def _read_first(self, data: bytes) -> None:
        self._first += data
        key = read_identity(self._first)
        if key is None:
            return
        rest, self._first = self._first[19:], b""
        self._cancel_deadline()
        self._stream = self._identify(self, key)
        if self._stream is None:
            self.refuse("unknown")
            return
        self._stream.attach(self)
        self._read(rest, self._stream)

    def _read(self, data: bytes, stream: Listening) -> None:
        audio = AUDIO_OF_RATE[stream.rate]
        for kind, payload in self._frames.feed(data):
            if kind == audio:
                stream.on_audio(self, payload)
            elif kind in (END, ERROR):
                self._end("asteriskEnded")
                return
            elif kind != DTMF:
                raise MalformedFrameError("audio of another rate")

    def _end(self, reason: str) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._cut()
        if self._stream is not None:
            self._stream.on_leg_ended(self, reason)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut(self) -> None:
        self._cancel_deadline()
        if self._transport is not None:
            self._transport.abort()
