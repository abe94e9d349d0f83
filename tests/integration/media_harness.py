"""The streams of a node on real sockets: a WebSocket client, and a client that plays Asterisk.

Asterisk is played because a real one cannot be made to send half a frame, a wrong rate or nothing at all. It
is a real TCP client of the real listener, as Asterisk is.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any, Self
from uuid import UUID, uuid4

import aiohttp
from aiohttp import web

from adapter.lab.polling import until
from adapter.media.audiosocket import AUDIO_OF_RATE, END, IDENTITY, write_frame
from adapter.media.carried import Carried
from adapter.media.client_socket import SUBPROTOCOL, ClientSocket
from adapter.media.streams import Streams

DEADLINE_S = 5.0
RATE = 16_000
FRAME = 640


class AsteriskLeg:
    """What Asterisk does with `AudioSocket/host:port/uuid`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, address: str, key: UUID | None, reads_at_once: int | None = None) -> Self:
        """Connect, and name the stream at once. Of an Asterisk that is stuck, say how much it reads."""
        host, _, port = address.rpartition(":")
        if reads_at_once is None:
            leg = cls(*await asyncio.open_connection(host, int(port)))
        else:
            bare = socket.socket()
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, reads_at_once)
            bare.setblocking(False)  # noqa: FBT003 - the socket's own signature
            await asyncio.get_running_loop().sock_connect(bare, (host, int(port)))
            leg = cls(*await asyncio.open_connection(sock=bare, limit=reads_at_once))
        if key is not None:
            leg.writer.write(write_frame(IDENTITY, key.bytes))
        return leg

    def send(self, audio: bytes, rate: int = RATE) -> None:
        """A frame of audio."""
        self.writer.write(write_frame(AUDIO_OF_RATE[rate], audio))

    async def receive(self) -> tuple[int, bytes] | None:
        """The next frame; None where the connection has ended."""
        async with asyncio.timeout(DEADLINE_S):
            try:
                header = await self.reader.readexactly(3)
                return header[0], await self.reader.readexactly(int.from_bytes(header[1:]))
            except (asyncio.IncompleteReadError, ConnectionError):
                return None

    async def receive_speech(self) -> bytes:
        """The next audio that is no silence."""
        while (frame := await self.receive()) is not None:
            if frame[1].strip(b"\0"):
                return frame[1]
        raise AssertionError("the leg ended")

    async def rest(self) -> list[tuple[int, bytes]]:
        """What comes until the connection ends."""
        found = []
        while (frame := await self.receive()) is not None:
            found.append(frame)
        return found

    def hang_up(self) -> None:
        """End the leg as Asterisk does."""
        self.writer.write(write_frame(END))
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.writer.close()


class StreamClient:
    """A program that listens and speaks."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def text(self, event: str) -> dict[str, Any]:
        """The next message of this kind."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await self.socket.receive()
                assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message
                if (
                    message.type is aiohttp.WSMsgType.TEXT
                    and (said := json.loads(message.data))["event"] == event
                ):
                    return dict(said)

    async def audio(self) -> bytes:
        """The next frame of audio."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await self.socket.receive()
                assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message
                if message.type is aiohttp.WSMsgType.BINARY:
                    return bytes(message.data)

    async def until_closed(self) -> tuple[int | None, str]:
        """The close code, and the reason of the last message `ended`."""
        reason = ""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    said = json.loads(message.data)
                    reason = said.get("reason", reason)
                elif message.type is not aiohttp.WSMsgType.BINARY:
                    return self.socket.close_code, reason


class Stage:
    """A node's streams behind a route that carries each WebSocket that is opened."""

    def __init__(self, streams: Streams, url: str, http: aiohttp.ClientSession) -> None:
        self.streams = streams
        self.url = url
        self.http = http
        self.carried: dict[UUID, Carried] = {}
        self._legs: list[AsteriskLeg] = []
        self._clients: list[StreamClient] = []
        """Kept: a socket that nobody holds is closed."""

    async def open(self, stream: UUID | None = None, rate: int = RATE) -> tuple[UUID, StreamClient]:
        """A client's WebSocket; Asterisk is not asked yet."""
        stream = stream or uuid4()
        opened = await self.http.ws_connect(
            f"{self.url}/{stream}?rate={rate}",
            protocols=(SUBPROTOCOL,),
            timeout=aiohttp.ClientWSTimeout(ws_close=2),
        )
        self._clients.append(client := StreamClient(opened))
        assert (await client.text("opened"))["rate"] == rate
        return stream, client

    async def connect(self, key: UUID | None, reads_at_once: int | None = None) -> AsteriskLeg:
        """A connection to the listener for Asterisk; closed at the end of the test."""
        self._legs.append(leg := await AsteriskLeg.connect(self.streams.address, key, reads_at_once))
        return leg

    def forget(self, stream: UUID, client: StreamClient, leg: AsteriskLeg) -> None:
        """Keep nothing of a stream that has ended."""
        del self.carried[stream]
        self._clients.remove(client)
        self._legs.remove(leg)

    async def close(self) -> None:
        """Close what the test left open."""
        for client in self._clients:
            await client.socket.close()
        for leg in self._legs:
            leg.close()
            with contextlib.suppress(ConnectionError):
                await leg.writer.wait_closed()

    async def begin(self, rate: int = RATE) -> tuple[UUID, StreamClient, AsteriskLeg]:
        """A stream whose audio flows."""
        stream, client = await self.open(rate=rate)
        self.streams.offer(stream, DEADLINE_S)
        leg = await self.connect(stream)
        await leg.receive()
        return stream, client, leg

    async def outcome(self, stream: UUID) -> Carried:
        """What came of the stream."""
        await until(lambda: stream in self.carried)
        return self.carried[stream]


@contextlib.asynccontextmanager
async def streaming(ping_every_s: float = 10.0) -> AsyncIterator[Stage]:
    """The streams of a node; asyncio must have had nothing to complain of by the end."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    stages: list[Stage] = []

    async def carry(request: web.Request) -> web.StreamResponse:
        client = ClientSocket(request, ping_every_s)
        assert client.is_acceptable
        await client.open()
        stream = UUID(request.match_info["stream"])
        stages[0].carried[stream] = await stages[0].streams.carry(stream, client, int(request.query["rate"]))
        return client.response

    app = web.Application()
    app.router.add_get("/{stream}", carry)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with (
            Streams() as streams,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
        ):
            stages.append(Stage(streams, url, http))
            yield stages[0]
            await stages[0].close()
    finally:
        await runner.cleanup()
    assert not complaints, complaints
