"""What a client sends goes to Asterisk on time; silence goes where it sends nothing."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.media.allowance import BURST_S, REFILL, Allowance
from adapter.media.outbox import AUDIO_LIMIT, TEXT_LIMIT, Outbox
from adapter.media.pacing import WAITING_LIMIT, WINDOW, Pacer
from adapter.media.reframing import FRAME_S, Reframer, frame_bytes

SIZE = 640
SILENCE = bytes(SIZE)
_numbers = itertools.count(1)


def frame() -> bytes:
    """One that no other is like."""
    return next(_numbers).to_bytes(4) * (SIZE // 4)


def begun(now: float = 0.0) -> Pacer:
    """A pacer whose first silence has gone."""
    pacer = Pacer(SIZE)
    pacer.begin(now)
    assert pacer.take_due(now) == [SILENCE]
    return pacer


def run(pacer: Pacer, until: float) -> list[tuple[float, bytes]]:
    """What goes by itself, and when."""
    went = []
    while pacer.wake_at <= until:
        at = pacer.wake_at
        went += [(at, one) for one in pacer.take_due(at)]
    return went


def test_silence_goes_every_20_ms_where_the_client_sends_nothing() -> None:
    """By the clock, from the beginning on: no more, no less."""
    went = run(begun(), 10.0)
    assert len(went) == 500
    assert [at for at, _ in went] == pytest.approx([n * FRAME_S for n in range(1, 501)])
    assert {one for _, one in went} == {SILENCE}


@given(st.lists(st.floats(0, 0.019), min_size=2, max_size=60))
def test_frames_on_time_go_at_once_and_no_silence_between_them(late: list[float]) -> None:
    """However unevenly they come within a frame's time."""
    pacer = begun()
    run(pacer, 1.001)
    pacer.put(frame())
    assert len(pacer.take_due(1.005)) == 1
    silent = pacer.silent
    for n, lateness in enumerate(late, 1):
        at = 1.005 + n * FRAME_S + min(lateness, 0.014)
        run(pacer, at - 1e-6)
        pacer.put(sent := frame())
        assert pacer.take_due(at) == [sent]
    assert pacer.silent == silent
    assert pacer.dropped == 0


def test_a_burst_is_paced_and_what_is_too_much_is_dropped_oldest_first() -> None:
    """Asterisk gets no more than one frame earlier than due."""
    pacer = begun()
    burst = [frame() for _ in range(20)]
    for one in burst:
        pacer.put(one)
    went = run(pacer, 0.4)
    assert [one for _, one in went if one != SILENCE] == burst[-WAITING_LIMIT:]
    assert pacer.dropped == 20 - WAITING_LIMIT
    gaps = [b - a for (a, _), (b, _) in itertools.pairwise(went[1:])]
    assert min(gaps) > FRAME_S - 1e-6


def test_what_waits_for_nothing_is_dropped_after_a_second() -> None:
    """After a stall a burst comes; without this all that follows would be late for ever."""
    pacer = begun()
    for _ in range(6):
        pacer.put(frame())
    at = 0.0
    for n in range(2 * WINDOW + 10):
        at = n * FRAME_S
        run(pacer, at)
        pacer.put(newest := frame())
        went = pacer.take_due(at)
    assert newest in (*went, *(one for _, one in run(pacer, at + FRAME_S)))
    assert 0 < pacer.dropped <= 6


def test_a_stall_of_the_process_is_not_made_up_with_silence() -> None:
    """Its length would be a delay in Asterisk."""
    pacer = begun()
    assert len(pacer.take_due(3.0)) == 1
    assert pacer.wake_at > 3.0


def test_what_waited_for_an_earlier_leg_does_not_go_to_the_next() -> None:
    """It was said in another situation."""
    pacer = begun()
    for _ in range(5):
        pacer.put(frame())
    pacer.begin(0.01)
    assert pacer.take_due(0.01) == [SILENCE]


def test_what_asterisk_does_not_read_counts_as_dropped() -> None:
    """It does not pile up either."""
    pacer = begun()
    for n in range(100):
        pacer.put(frame())
        pacer.skip_due(n * FRAME_S)
    assert (pacer.sent, pacer.silent) == (0, 1)
    assert pacer.dropped >= 99


@given(st.lists(st.binary(max_size=3_000)))
def test_audio_of_any_length_becomes_whole_frames(pieces: list[bytes]) -> None:
    """Nothing is lost but a rest that is less than a frame."""
    reframer = Reframer(SIZE)
    frames = [one for piece in pieces for one in reframer.feed(piece)]
    whole = b"".join(pieces)
    assert {len(one) for one in frames} <= {SIZE}
    assert b"".join(frames) == whole[: len(whole) // SIZE * SIZE]


def test_a_frame_is_20_ms_of_16_bit_samples() -> None:
    """At both rates."""
    assert (frame_bytes(8_000), frame_bytes(16_000)) == (320, 640)


def test_what_waits_for_a_client_is_bounded() -> None:
    """The oldest goes; of the audio it is counted."""
    outbox = Outbox()
    frames = [frame() for _ in range(AUDIO_LIMIT + 3)]
    for one in frames:
        outbox.put_audio(one)
    assert list(outbox.audio) == frames[3:]
    assert outbox.dropped == 3
    outbox.texts.extend(str(n) for n in range(TEXT_LIMIT + 5))
    assert len(outbox.texts) == TEXT_LIMIT


def test_a_client_may_send_in_real_time_for_ever_and_a_burst_at_once() -> None:
    """More than that is refused; empty messages are not free either."""
    steady = Allowance(0.0)
    assert all(steady.take(FRAME_S, n * FRAME_S) for n in range(10_000))
    burst = Allowance(0.0)
    assert all(burst.take(FRAME_S, 0.0) for _ in range(int(BURST_S / FRAME_S)))
    assert not burst.take(FRAME_S, 0.0)
    fast = Allowance(0.0)
    assert not all(fast.take(FRAME_S * (REFILL + 0.2), n * FRAME_S) for n in range(10_000))
    empty = Allowance(0.0)
    assert not all(empty.take(0, n * 0.001) for n in range(100_000))
