"""All streams of one node: which of them Asterisk may connect to, and the audio of each."""

import asyncio
from ipaddress import ip_address
from types import TracebackType
from typing import NamedTuple, Self
from uuid import UUID

from aiohttp import WSCloseCode

from adapter.media.carried import Carried, Ender
from adapter.media.carrying import Stream
from adapter.media.client_socket import ClientSocket
from adapter.media.counts import StreamCounts
from adapter.media.leg import Leg
from adapter.media.messages import StreamMessage

STRANGERS = 128
"""So many connections may be open that have not yet named a stream; of more, the oldest is closed."""


class _Offer(NamedTuple):
    stream: UUID
    expiry: asyncio.TimerHandle


class Streams:
    """The listener for Asterisk, from `async with` on, and the streams that run."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 takes a free one. Raises ValueError if `host` is no loopback address."""
        if not ip_address(host).is_loopback:
            raise ValueError("AudioSocket has no encryption: the address must be a loopback address")
        self.counts = StreamCounts()
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._strangers: dict[Leg, None] = {}
        self._offers: dict[UUID, _Offer] = {}
        self._streams: dict[UUID, Stream] = {}

    @property
    def address(self) -> str:
        """What Asterisk is told to dial: `127.0.0.1:port`. Only while the listener runs."""
        if self._server is None:
            raise RuntimeError("the listener for Asterisk does not run")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._meet, self._host, self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, and end all streams."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for key in list(self._offers):
            self._forget(key)
        for leg in list(self._strangers):
            leg.refuse("crowded")
        for stream in list(self._streams.values()):
            stream.end(Ender.ADAPTER, "adapterStops", WSCloseCode.GOING_AWAY)

    def offer(self, stream: UUID, within_s: float, key: UUID | None = None) -> None:
        """Let Asterisk connect once, within so many seconds, with `key` (without one: with `stream`).

        Before or after `carry`. For a new leg of a stream that runs: a new key; the new leg takes the place
        of the old one, and the end of the old one does not end the stream while the offer stands.
        """
        key = key or stream
        if key in self._offers:
            self._forget(key)
        loop = asyncio.get_running_loop()
        self._offers[key] = _Offer(stream, loop.call_later(within_s, self._expire, key))

    def withdraw(self, stream: UUID, reason: str) -> None:
        """End the stream at once, and close both sides; the client is told the reason (`ended`).

        Also the end of an offer. Nothing happens if there is no such stream.
        """
        self._forget_offers(stream)
        if stream in self._streams:
            self._streams[stream].end(Ender.ADAPTER, reason)

    async def carry(self, stream: UUID, client: ClientSocket, rate: int) -> Carried:
        """Move audio between the client and Asterisk's leg until one of them ends or it is withdrawn.

        `client` is open. `rate` is 8000 or 16000 Hz: that of Asterisk's channel. Closes the client's
        connection with the right code. If Asterisk's leg ends first, waits a moment for `withdraw`, whose
        reason is the better one. Raises ValueError if the stream has a client already.
        """
        if stream in self._streams:
            raise ValueError("the stream has a client")
        running = self._streams[stream] = Stream(client, rate, lambda: self._is_offered(stream))
        self.counts.running += 1
        try:
            carried = await running.run()
        finally:
            del self._streams[stream]
            self.counts.running -= 1
            self._forget_offers(stream)
        self.counts.note(carried)
        return carried

    def tell(self, stream: UUID, message: StreamMessage) -> None:
        """Send the client a message. Nothing happens if there is no such stream."""
        if stream in self._streams:
            self._streams[stream].tell(message)

    def is_flowing(self, stream: UUID) -> bool:
        """Whether Asterisk's leg of the stream is connected."""
        return stream in self._streams and self._streams[stream].is_flowing

    def _meet(self) -> Leg:
        """Somebody connects to the listener."""
        leg = Leg(self._identify, self._refused)
        self._strangers[leg] = None
        if len(self._strangers) > STRANGERS:
            next(iter(self._strangers)).refuse("crowded")
        return leg

    def _identify(self, leg: Leg, key: UUID) -> Stream | None:
        """The stream that is offered with this UUID, which opens nothing from now on."""
        self._strangers.pop(leg, None)
        offer = self._forget(key)
        return self._streams.get(offer.stream) if offer else None

    def _refused(self, leg: Leg, why: str) -> None:
        self._strangers.pop(leg, None)
        self.counts.refused[why] += 1

    def _expire(self, key: UUID) -> None:
        offer = self._forget(key)
        if offer is not None and offer.stream in self._streams:
            self._streams[offer.stream].on_offer_expired()

    def _forget(self, key: UUID) -> _Offer | None:
        offer = self._offers.pop(key, None)
        if offer is not None:
            offer.expiry.cancel()
        return offer

    def _is_offered(self, stream: UUID) -> bool:
        return any(offer.stream == stream for offer in self._offers.values())

    def _forget_offers(self, stream: UUID) -> None:
        for key in [key for key, offer in self._offers.items() if offer.stream == stream]:
            self._forget(key)
