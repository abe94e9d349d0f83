"""The lab's voices: what a tone is in each codec, and how it is measured. No Asterisk."""

import pytest

from adapter.lab.codecs import CODECS, Codec
from adapter.lab.tones import (
    FULL_SCALE,
    TONE_AMPLITUDE,
    TONES_HZ,
    alaw_of,
    decode_alaw_byte,
    decode_byte,
    encode_sample,
    make_tone,
    tone_level,
    ulaw_of,
)


def test_every_sample_survives_mu_law_within_its_step() -> None:
    """G.711: an error of at most a step, and every byte decodes to a sample that encodes to it."""
    for byte in range(256):
        # 0x7f is minus zero, which no sample encodes to.
        if byte != 0x7F:
            assert encode_sample(decode_byte(byte)) == byte
    for sample in range(-32_635, 32_635, 97):
        assert abs(decode_byte(encode_sample(sample)) - sample) <= max(4, abs(sample) / 16)


def test_a_tone_is_measured_as_loud_as_it_is_and_no_other_is_heard() -> None:
    for hz in TONES_HZ:
        audio = make_tone(hz)[:3200]
        for other in TONES_HZ:
            level = tone_level(audio, other)
            assert level == pytest.approx(TONE_AMPLITUDE if other == hz else 0, abs=0.005)


def test_a_mix_is_told_apart_though_packets_are_missing() -> None:
    """Three voices; of every five packets one is lost."""
    voices = TONES_HZ[:3]
    mixed = bytes(
        encode_sample(sum(decode_byte(byte) for byte in bytes_))
        for bytes_ in zip(*(make_tone(hz) for hz in voices), strict=True)
    )
    packets = [mixed[start : start + 160] for start in range(0, 4000, 160)]
    audio = b"".join(packet for number, packet in enumerate(packets) if number % 5)
    for hz in TONES_HZ:
        level = tone_level(audio, hz)
        assert (level > TONE_AMPLITUDE / 2) if hz in voices else (level < TONE_AMPLITUDE / 8)


def test_silence_has_no_level() -> None:
    assert tone_level(b"", 420) == 0
    assert tone_level(b"\xff" * 3200, 420) < 1 / FULL_SCALE


@pytest.mark.parametrize(
    ("byte", "sample"), [(0xD5, 8), (0x55, -8), (0xAA, 32_256), (0x2A, -32_256), (0x80, 5_504), (0xC5, 264)]
)
def test_an_a_law_byte_stands_for_its_sample(byte: int, sample: int) -> None:
    """G.711's own values: the smallest, the largest and two between."""
    assert decode_alaw_byte(byte) == sample


def test_audio_survives_a_law_within_a_step_of_both() -> None:
    """There and back: what was loud stays within a sixteenth; what was soft within A-law's smallest step."""
    audio = bytes(byte for byte in range(256))
    for before, after in zip(audio, ulaw_of(alaw_of(audio)), strict=True):
        sample = decode_byte(before)
        assert abs(decode_byte(after) - sample) <= max(16, abs(sample) / 16)


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.name)
def test_a_tone_is_as_loud_after_every_codec(codec: Codec) -> None:
    """Packet by packet, as the ear gets it; and it is no other tone."""
    encode, decode = codec.encoder(), codec.decoder()
    for hz in TONES_HZ:
        tone = make_tone(hz)[:3200]
        heard = b"".join(decode(encode(tone[start : start + 160])) for start in range(0, len(tone), 160))
        assert len(heard) == len(tone)
        for other in TONES_HZ:
            level = tone_level(heard, other)
            assert level == pytest.approx(TONE_AMPLITUDE if other == hz else 0, abs=0.03)
