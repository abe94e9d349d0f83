"""Audio between a WebSocket and Asterisk's leg, over real sockets."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from adapter.lab.polling import until
from adapter.media.audiosocket import AUDIO_OF_RATE, END
from adapter.media.carried import Ender
from adapter.media.messages import Joined, Muted
from tests.integration.media_harness import FRAME, Stage, streaming

SPEECH = b"\x10\x20" * (FRAME // 2)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with streaming() as running:
        yield running


async def test_audio_flows_both_ways(stage: Stage) -> None:
    """What Asterisk sends reaches the client, and the other way round, frame by frame."""
    stream, client, leg = await stage.begin()
    leg.send(SPEECH)
    assert await client.audio() == SPEECH
    await client.socket.send_bytes(SPEECH[::-1])
    assert await leg.receive_speech() == SPEECH[::-1]
    await client.socket.close()
    carried = await stage.outcome(stream)
    assert (carried.ended_by, carried.reason) == (Ender.CLIENT, "clientClosed")
    assert carried.to_client_s == carried.from_client_s == 0.02
    assert (await leg.rest())[-1][0] == END


@pytest.mark.parametrize("rate", [8_000, 16_000])
async def test_silence_is_sent_for_a_client_that_sends_nothing(stage: Stage, rate: int) -> None:
    """In frames of 20 ms of the stream's rate."""
    _, _, leg = await stage.begin(rate)
    for _ in range(5):
        assert await leg.receive() == (AUDIO_OF_RATE[rate], bytes(rate // 25))


async def test_a_withdrawn_stream_tells_the_client_why_and_hangs_up(stage: Stage) -> None:
    """Both sides are closed."""
    stream, client, leg = await stage.begin()
    stage.streams.withdraw(stream, "callEnded")
    assert await client.until_closed() == (1000, "callEnded")
    assert (await leg.rest())[-1][0] == END
    assert (await stage.outcome(stream)).ended_by is Ender.ADAPTER


async def test_what_the_client_is_told_comes_in_order(stage: Stage) -> None:
    """As JSON in text frames."""
    stream, client, _ = await stage.begin()
    stage.streams.tell(stream, Joined("Monitor", ("0003*210", "0712345678")))
    stage.streams.tell(stream, Muted(muted=True))
    assert await client.text("joined") == {
        "event": "joined", "mode": "Monitor", "parties": ["0003*210", "0712345678"],
    }  # fmt: skip
    assert await client.text("muted") == {"event": "muted", "muted": True}
    await client.socket.close()


async def test_if_asterisk_hangs_up_the_reason_is_that_of_the_supervision(stage: Stage) -> None:
    """It comes a moment later."""
    stream, client, leg = await stage.begin()
    leg.hang_up()
    await until(lambda: not stage.streams.is_flowing(stream))
    stage.streams.withdraw(stream, "agentHungUp")
    assert await client.until_closed() == (1000, "agentHungUp")
    assert (await stage.outcome(stream)).ended_by is Ender.ASTERISK


async def test_if_asterisk_is_gone_the_stream_ends_by_itself(stage: Stage) -> None:
    """Also if nobody says why."""
    stream, client, leg = await stage.begin()
    leg.close()
    assert await client.until_closed() == (1011, "asteriskEnded")
    assert (await stage.outcome(stream)).ended_by is Ender.ASTERISK


async def test_a_new_leg_takes_the_place_of_the_old_one(stage: Stage) -> None:
    """The client stays connected, and hears only the new leg."""
    stream, client, old = await stage.begin()
    again = uuid4()
    stage.streams.offer(stream, 5, again)
    new = await stage.connect(again)
    await new.receive()
    assert (await old.rest())[-1][0] == END
    new.send(SPEECH)
    assert await client.audio() == SPEECH
    await client.socket.close()


async def test_if_asterisk_does_not_connect_in_time_the_stream_ends(stage: Stage) -> None:
    """The offer is over, and the client is told."""
    stream, client = await stage.open()
    stage.streams.offer(stream, 0.05)
    assert await client.until_closed() == (1011, "asteriskNotConnected")
    late = await stage.connect(stream)
    assert await late.rest() == []
    assert (await stage.outcome(stream)).ended_by is Ender.ASTERISK
