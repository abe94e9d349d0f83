"""Many streams, and how long audio takes through one: on one event loop with both of its peers."""

import asyncio
import gc
import itertools
import time
from collections.abc import AsyncIterator
from statistics import quantiles
from uuid import UUID

import pytest

from adapter.lab.polling import until
from adapter.media.carrying import Stream
from adapter.media.leg import Leg
from tests.figures import Note
from tests.integration.media_harness import FRAME, AsteriskLeg, Stage, StreamClient, streaming

SPEECH = b"\x10\x20" * (FRAME // 2)
ADDED_S = 0.005


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with streaming() as running:
        yield running


async def _once(stage: Stage) -> None:
    stream, client, leg = await stage.begin()
    leg.send(SPEECH)
    assert await client.audio() == SPEECH
    await client.socket.send_bytes(SPEECH)
    assert await leg.receive_speech() == SPEECH
    if stream.int % 2:
        stage.streams.withdraw(stream, "callEnded")
        assert (await client.until_closed())[0] == 1000
    else:
        await client.socket.close()
    await stage.outcome(stream)
    leg.close()
    await leg.writer.wait_closed()
    stage.forget(stream, client, leg)


async def test_a_hundred_streams_begin_at_once(stage: Stage) -> None:
    """Each gets the audio of its own leg, and no other."""

    async def begin(number: int) -> tuple[UUID, StreamClient, AsteriskLeg, bytes]:
        stream, client, leg = await stage.begin()
        return stream, client, leg, number.to_bytes(2) * (FRAME // 2)

    begun = await asyncio.gather(*(begin(number) for number in range(1, 101)))
    assert stage.streams.counts.running == 100
    for _, client, leg, own in begun:
        leg.send(own)
        await client.socket.send_bytes(own[::-1])
    for _, client, leg, own in begun:
        assert await client.audio() == own
        assert await leg.receive_speech() == own[::-1]
    await asyncio.gather(*(client.socket.close() for _, client, _, _ in begun))
    await until(lambda: stage.streams.counts.running == 0)


async def test_a_thousand_streams_leave_none_of_their_objects(stage: Stage) -> None:
    """No stream and no leg, whichever side ended them."""
    for _ in range(1_000 // 20):
        await asyncio.gather(*(_once(stage) for _ in range(20)))
    gc.collect()
    assert not [one for one in gc.get_objects() if isinstance(one, Stream | Leg)]
    assert stage.streams.counts.ended.total() == 1_000


async def test_audio_takes_at_most_5_ms_through_the_adapter(stage: Stage, note: Note) -> None:
    """The 99th percentile, each direction; a click a frame, and silence between."""
    _, client, leg = await stage.begin()
    to_client, to_asterisk = [], []
    for n in itertools.count(1):
        click = n.to_bytes(2) * (FRAME // 2)
        began = time.perf_counter()
        leg.send(click)
        assert await client.audio() == click
        to_client.append(time.perf_counter() - began)
        began = time.perf_counter()
        await client.socket.send_bytes(click)
        assert await leg.receive_speech() == click
        to_asterisk.append(time.perf_counter() - began)
        if n == 200:
            break
        await asyncio.sleep(0.02)
    assert quantiles(to_client, n=100)[-1] < ADDED_S
    assert quantiles(to_asterisk, n=100)[-1] < ADDED_S
    note("audio through the adapter, to the client", to_client)
    note("audio through the adapter, to Asterisk", to_asterisk)


async def test_the_adapter_stops_in_the_middle() -> None:
    """The client is told, and Asterisk's leg ends."""
    async with streaming() as stage:
        _, client, leg = await stage.begin()
        await stage.streams.__aexit__(None, None, None)
        assert await client.until_closed() == (1001, "adapterStops")
        assert (await leg.rest())[-1] == (0, b"")
