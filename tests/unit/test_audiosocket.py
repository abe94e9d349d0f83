"""AudioSocket's frames, whole and in pieces."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.media.audiosocket import (
    DTMF,
    END,
    IDENTITY,
    PAYLOAD_LIMIT,
    Frame,
    FrameReader,
    MalformedFrameError,
    read_identity,
    write_frame,
)

KEY = UUID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")


def test_a_frame_is_a_kind_a_length_and_a_payload() -> None:
    """The length is big endian."""
    assert write_frame(0x10, b"ab") == b"\x10\x00\x02ab"
    assert write_frame(END) == b"\x00\x00\x00"


@given(
    frames=st.lists(st.tuples(st.sampled_from([END, DTMF, 0x10, 0x12]), st.binary(max_size=PAYLOAD_LIMIT))),
    cuts=st.lists(st.integers(0, 20_000)),
)
def test_frames_are_read_however_their_bytes_are_cut(
    frames: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    """TCP has no frames."""
    data = b"".join(write_frame(*frame) for frame in frames)
    reader, read, begin = FrameReader(), list[Frame](), 0
    for cut in (*sorted(cuts), len(data)):
        read += reader.feed(data[begin:cut])
        begin = max(begin, min(cut, len(data)))
    assert read == frames


def test_a_frame_of_more_than_100_ms_is_refused_at_its_header() -> None:
    """Before any of it is kept."""
    assert list(FrameReader().feed(b"\x12" + PAYLOAD_LIMIT.to_bytes(2))) == []
    with pytest.raises(MalformedFrameError):
        list(FrameReader().feed(b"\x12" + (PAYLOAD_LIMIT + 1).to_bytes(2)))


def test_a_connection_begins_with_its_uuid() -> None:
    """None until it is whole; what follows is left alone."""
    data = write_frame(IDENTITY, KEY.bytes)
    assert [read_identity(data[:size]) for size in range(len(data))] == [None] * len(data)
    assert read_identity(data) == read_identity(data + b"more") == KEY


@pytest.mark.parametrize(
    "data",
    [
        b"G",
        b"\x00",
        b"\x10\x01\x40",
        b"\x01\x01",
        b"\x01\x00\x11",
        b"\x01\x00\x0f",
        write_frame(END) + KEY.bytes,
    ],
)
def test_anything_else_is_refused_at_its_first_wrong_byte(data: bytes) -> None:
    """It need not send more."""
    with pytest.raises(MalformedFrameError):
        read_identity(data)
