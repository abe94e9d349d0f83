"""A supervisor without a phone: a WebSocket that hears, and speaks a tone of its own, as a phone does."""

import asyncio
import itertools
import json
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from adapter.lab.adapter_process import Answer
from adapter.lab.codecs import ULAW
from adapter.lab.ear import Ear
from adapter.lab.polling import until_seen
from adapter.lab.tones import decode_byte, encode_sample, make_tone
from adapter.media.client_socket import SUBPROTOCOL
from tests.acceptance.harness import Json, Lab

APP = "client_id: wallboard\n"
"""The line of the directory behind which the App is allowed media."""
TONE_HZ = 3_090
FRAME_S = 0.02
FRAME_SAMPLES = 160
WITHIN_S = 3.0


class StreamEar(Ear):
    """Keeps what comes by the WebSocket as an ear keeps what comes by RTP."""

    def take(self, frame: bytes) -> None:
        """Note 20 ms of signed 16-bit PCM, as mu-law at 8 kHz."""
        samples = struct.unpack(f"<{len(frame) // 2}h", frame)
        step = len(samples) // FRAME_SAMPLES
        self._packets.append(bytes(encode_sample(each) for each in samples[::step]))
        self._arrivals.append(time.time())
        self.packets_heard += 1


class Listener:
    """Who listens to a stream; it has the name, the tone and the ear by which the lab measures phones."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, rate: int, tone_hz: int) -> None:
        self.name = "stream"
        self.tone_hz = tone_hz
        self.ear = StreamEar(ULAW)
        self.told: list[Json] = []
        """The text messages, in order."""
        self.socket = socket
        self._step = rate // 8_000
        tone = make_tone(tone_hz)
        samples = [sample for byte in tone for sample in [decode_byte(byte)] * self._step]
        packed = struct.pack(f"<{len(samples)}h", *samples)
        size = FRAME_SAMPLES * self._step * 2
        self._frames = [packed[at : at + size] for at in range(0, len(packed), size)]

    async def hear(self) -> None:
        """Take what comes until the WebSocket closes."""
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self.ear.take(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                self.told.append(json.loads(message.data))

    async def speak(self) -> None:
        """Send the tone, a frame every 20 ms."""
        began = time.monotonic()
        for count, frame in enumerate(itertools.cycle(self._frames)):
            await asyncio.sleep(max(0.0, began + count * FRAME_S - time.monotonic()))
            if self.socket.closed:
                return
            await self.socket.send_bytes(frame)

    async def until_told(self, event: str, **facts: object) -> Json:
        """The last message of this kind, once one has these facts."""

        async def look() -> list[Json]:
            return [one for one in self.told if one["event"] == event and facts.items() <= one.items()]

        return (await until_seen(look, bool, within=WITHIN_S, log=lambda: str(self.told)))[-1]


def audio_of(accepted: Answer) -> str:
    """Where the stream of this supervision is opened."""
    link: Any = accepted.json["link"]
    return str(link["audio"])


@asynccontextmanager
async def listening(
    lab: Lab, address: str, *, rate: int = 16_000, tone_hz: int = TONE_HZ
) -> AsyncIterator[Listener]:
    """The stream at this address, opened; closed at the end if it is not by then."""
    headers = {"Authorization": f"Bearer {lab.token}"}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{address}?rate={rate}", headers=headers, protocols=(SUBPROTOCOL,)) as socket,
    ):
        listener = Listener(socket, rate, tone_hz)
        tasks = [asyncio.create_task(listener.hear()), asyncio.create_task(listener.speak())]
        try:
            yield listener
        finally:
            await socket.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
