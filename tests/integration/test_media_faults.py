"""Whatever a client, a stranger or Asterisk does wrong: it is closed, the rest goes on, nothing grows."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from adapter.lab.polling import until
from adapter.media import leg as leg_module
from adapter.media.audiosocket import AUDIO_OF_RATE, END, ERROR, IDENTITY, write_frame
from adapter.media.carried import Ender
from adapter.media.client_socket import MESSAGE_LIMIT_BYTES
from adapter.media.streams import STRANGERS, Streams
from tests.integration.media_harness import FRAME, Stage, streaming

SPEECH = b"\x10\x20" * (FRAME // 2)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with streaming() as running:
        yield running


# -- strangers on the port of the listener ------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        write_frame(END),
        write_frame(AUDIO_OF_RATE[16_000], SPEECH),
        b"\x01\x00\x11",
    ],
)
async def test_whoever_does_not_begin_with_a_uuid_is_closed_without_a_byte(stage: Stage, data: bytes) -> None:
    """Even while a stream is offered."""
    stream, _ = await stage.open()
    stage.streams.offer(stream, 5)
    stranger = await stage.connect(None)
    stranger.writer.write(data)
    assert await stranger.reader.read() == b""
    assert stage.streams.counts.refused == {"malformed": 1}


async def test_an_unknown_or_used_uuid_is_closed_without_a_byte(stage: Stage) -> None:
    """And disturbs nobody who has it."""
    stream, client, leg = await stage.begin()
    for key in (uuid4(), stream):
        assert await (await stage.connect(key)).rest() == []
    assert stage.streams.counts.refused == {"unknown": 2}
    leg.send(SPEECH)
    assert await client.audio() == SPEECH


async def test_a_uuid_opens_nothing_while_its_stream_has_no_client(stage: Stage) -> None:
    """Neither one that is offered, nor one that was withdrawn."""
    offered, withdrawn = uuid4(), uuid4()
    stage.streams.offer(offered, 5)
    stage.streams.offer(withdrawn, 5)
    stage.streams.withdraw(withdrawn, "supervisionEnded")
    for key in (offered, withdrawn):
        assert await (await stage.connect(key)).rest() == []


async def test_a_connection_that_names_nothing_is_closed_in_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if it sends half a UUID."""
    monkeypatch.setattr(leg_module, "IDENTITY_WITHIN_S", 0.05)
    for data in (b"", write_frame(IDENTITY, uuid4().bytes)[:10]):
        stranger = await stage.connect(None)
        stranger.writer.write(data)
        async with asyncio.timeout(2):
            assert await stranger.rest() == []
    assert stage.streams.counts.refused == {"silent": 2}


async def test_strangers_are_bounded_and_do_not_keep_asterisk_out(stage: Stage) -> None:
    """Of too many the oldest is closed."""
    strangers = [await stage.connect(None) for _ in range(STRANGERS + 20)]
    await until(lambda: stage.streams.counts.refused["crowded"] == 20)
    assert [await one.receive() for one in strangers[:20]] == [None] * 20
    _, client, leg = await stage.begin()
    leg.send(SPEECH)
    assert await client.audio() == SPEECH


async def test_the_listener_takes_no_address_that_others_reach() -> None:
    """AudioSocket has no encryption."""
    for host in ("0.0.0.0", "192.0.2.1", "::"):
        with pytest.raises(ValueError, match="loopback"):
            Streams(host)


# -- Asterisk -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        write_frame(AUDIO_OF_RATE[8_000], bytes(320)),
        b"\x12\xff\xff",
        write_frame(0x42),
        write_frame(IDENTITY, bytes(16)),
    ],
)
async def test_a_leg_that_sends_something_else_ends_the_stream(stage: Stage, data: bytes) -> None:
    """Another rate, a frame of 64 kB, a kind that there is not, a second UUID."""
    stream, client, leg = await stage.begin()
    leg.writer.write(data)
    assert await client.until_closed() == (1011, "asteriskMalformed")
    assert (await stage.outcome(stream)).ended_by is Ender.ASTERISK


@pytest.mark.parametrize("data", [write_frame(END), write_frame(ERROR, b"\x01")])
async def test_the_end_of_a_leg_is_the_end_of_the_stream(stage: Stage, data: bytes) -> None:
    """However Asterisk says it."""
    _, client, leg = await stage.begin()
    leg.writer.write(data)
    assert await client.until_closed() == (1011, "asteriskEnded")


async def test_if_asterisk_is_killed_in_mid_stream_the_stream_ends(stage: Stage) -> None:
    """A reset connection."""
    stream, client, leg = await stage.begin()
    found = leg.writer.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    leg.writer.transport.abort()
    assert await client.until_closed() == (1011, "asteriskEnded")
    assert (await stage.outcome(stream)).ended_by is Ender.ASTERISK


async def test_an_asterisk_that_does_not_read_gets_what_is_said_now_once_it_reads_again(stage: Stage) -> None:
    """What was said meanwhile is dropped: it would be late."""
    stream, client = await stage.open()
    stage.streams.offer(stream, 5)
    leg = await stage.connect(stream, reads_at_once=1_024)
    for _ in range(150):
        await client.socket.send_bytes(SPEECH)
        await asyncio.sleep(0.02)
    read = 0
    while await leg.receive_speech() != SPEECH[::-1]:
        read += 1
        await client.socket.send_bytes(SPEECH[::-1])
    await client.socket.close()
    carried = await stage.outcome(stream)
    assert read * 0.02 < 2
    assert carried.dropped_s > 1


# -- the client ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        ("audio", 1003, "textForAudio"),
        (b"odd", 1007, "halfSample"),
        (bytes(MESSAGE_LIMIT_BYTES + 2), 1009, "messageTooLarge"),
    ],
)
async def test_a_client_that_sends_something_else_is_told_and_closed(
    stage: Stage, data: str | bytes, code: int, reason: str
) -> None:
    """And Asterisk's leg ends."""
    stream, client, leg = await stage.begin()
    await (client.socket.send_str(data) if isinstance(data, str) else client.socket.send_bytes(data))
    assert (await client.until_closed())[0] == code
    assert (await leg.rest())[-1][0] == END
    carried = await stage.outcome(stream)
    assert (carried.ended_by, carried.reason) == (Ender.CLIENT, reason)


async def test_frames_of_another_size_are_cut_into_frames_of_20_ms(stage: Stage) -> None:
    """Whole samples of up to 100 ms."""
    _, client, leg = await stage.begin()
    for size in (2, 638, 1_280):
        await client.socket.send_bytes(SPEECH * 2 if size == 1_280 else SPEECH[:size])
    frames = [await leg.receive_speech() for _ in range(3)]
    assert frames == [SPEECH] * 3


async def test_a_client_that_sends_too_much_is_closed(stage: Stage) -> None:
    """A burst is dropped; what does not stop is refused."""
    stream, client, _ = await stage.begin()
    with contextlib.suppress(ConnectionError):
        for _ in range(400):
            await client.socket.send_bytes(SPEECH)
    assert await client.until_closed() == (1008, "tooFast")
    carried = await stage.outcome(stream)
    assert carried.dropped_s > 4
    assert carried.from_client_s < 1


async def test_garbage_on_the_websocket_ends_the_stream(stage: Stage) -> None:
    """Bytes that are no WebSocket frame."""
    stream, client, leg = await stage.begin()
    transport = client.socket.get_extra_info("transport") or client.socket._writer.transport  # noqa: SLF001 - below the WebSocket
    transport.write(b"\xff" * 100)
    carried = await stage.outcome(stream)
    assert (carried.ended_by, carried.reason) == (Ender.CLIENT, "protocolError")
    assert (await leg.rest())[-1][0] == END


async def test_a_client_that_is_gone_without_a_word_is_noticed_by_pings() -> None:
    """Its network is gone: nothing closes the connection."""
    async with streaming(ping_every_s=0.2) as stage:
        stream, client = await stage.open()
        stage.streams.offer(stream, 5)
        leg = await stage.connect(stream)
        client.socket._writer.transport.pause_reading()  # noqa: SLF001 - it answers no ping
        carried = await stage.outcome(stream)
        assert (carried.ended_by, carried.reason) == (Ender.CLIENT, "clientGone")
        assert (await leg.rest())[-1][0] == END


async def test_a_client_whose_connection_breaks_is_gone(stage: Stage) -> None:
    """No close frame."""
    stream, client, leg = await stage.begin()
    client.socket._writer.transport.abort()  # noqa: SLF001 - a network that breaks
    assert (await stage.outcome(stream)).reason in ("clientGone", "clientClosed")
    assert (await leg.rest())[-1][0] == END


async def test_what_a_slow_client_does_not_read_is_dropped_and_it_hears_what_is_said_now(
    stage: Stage,
) -> None:
    """The oldest first; nothing grows."""
    stream, client, leg = await stage.begin()
    transport = client.socket._writer.transport  # noqa: SLF001 - below the WebSocket
    transport.pause_reading()
    for n in range(2_000):
        leg.send(n.to_bytes(2, "little") * (FRAME // 2))
        if n % 50 == 0:
            await leg.writer.drain()
            await asyncio.sleep(0)
    transport.resume_reading()
    last = b""
    while last != (1_999).to_bytes(2, "little"):
        last = (await client.audio())[:2]
    await client.socket.close()
    carried = await stage.outcome(stream)
    assert carried.dropped_s > 10
    assert carried.to_client_s + carried.dropped_s == pytest.approx(40, abs=0.1)
