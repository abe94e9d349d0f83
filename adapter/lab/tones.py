"""Telephone audio: G.711 mu-law and A-law, 8000 samples a second, one byte each. Pure."""

import math
from itertools import pairwise

SAMPLE_RATE_HZ = 8_000
FULL_SCALE = 32_768

# One for each phone. Whole numbers, so that a second of each repeats without a seam; none near a multiple
# of another, or near twice one less another, where distortion would put a false tone; at least 200 Hz apart.
TONES_HZ = (420, 680, 1_130, 1_490, 1_870, 2_330, 2_630, 2_890, 3_090, 3_310)

# Four phones that speak at once add up to less than full scale.
TONE_AMPLITUDE = 0.2

# Levels are measured in blocks of two packets: a block is long enough to tell tones 200 Hz apart, and where
# audio skips or repeats a packet only that block suffers, not the whole measurement.
BLOCK_SAMPLES = 320

# Hann's window: a tone spreads over 50 Hz to either side, and beyond 200 Hz by less than a thousandth.
_WINDOW = tuple(0.5 - 0.5 * math.cos(2 * math.pi * n / BLOCK_SAMPLES) for n in range(BLOCK_SAMPLES))
_WINDOW_SUM = sum(_WINDOW)


def encode_sample(sample: int) -> int:
    """Return the mu-law byte of a sample from -32768 to 32767 (ITU-T G.711)."""
    bias, clip = 0x84, 32_635
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), clip) + bias
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF


def decode_byte(byte: int) -> int:
    """Return the sample that a mu-law byte stands for (ITU-T G.711)."""
    bits = ~byte & 0xFF
    magnitude = (((bits & 0x0F) << 3) + 0x84 << (bits >> 4 & 0x07)) - 0x84
    return -magnitude if bits & 0x80 else magnitude


_DECODED = tuple(decode_byte(byte) / FULL_SCALE for byte in range(256))


def decode_alaw_byte(byte: int) -> int:
    """Return the sample that an A-law byte stands for (ITU-T G.711)."""
    bits = byte ^ 0x55
    exponent = bits >> 4 & 0x07
    step = ((bits & 0x0F) << 4) + 8
    magnitude = step if exponent == 0 else step + 0x100 << exponent - 1
    return magnitude if bits & 0x80 else -magnitude


_ULAW_OF_ALAW = bytes(encode_sample(decode_alaw_byte(byte)) for byte in range(256))


def _nearest_alaw(sample: int) -> int:
    return min(range(256), key=lambda byte: abs(decode_alaw_byte(byte) - sample))


_ALAW_OF_ULAW = bytes(_nearest_alaw(decode_byte(byte)) for byte in range(256))


def ulaw_of(alaw: bytes) -> bytes:
    """Return A-law audio as mu-law."""
    return alaw.translate(_ULAW_OF_ALAW)


def alaw_of(ulaw: bytes) -> bytes:
    """Return mu-law audio as A-law."""
    return ulaw.translate(_ALAW_OF_ULAW)


def make_tone(hz: int, seconds: int = 1, amplitude: float = TONE_AMPLITUDE) -> bytes:
    """Return a sine of `hz`, as loud as this part of full scale, that can be played over and over."""
    step = 2 * math.pi * hz / SAMPLE_RATE_HZ
    peak = amplitude * (FULL_SCALE - 1)
    return bytes(encode_sample(round(peak * math.sin(step * n))) for n in range(seconds * SAMPLE_RATE_HZ))


def tone_level(audio: bytes, hz: int) -> float:
    """Return the amplitude of the tone `hz` in mu-law audio, as a part of full scale; 0 in silence.

    Goertzel's filter, block by block, the powers averaged. What does not fill a block is left out.
    """
    samples = [_DECODED[byte] for byte in audio]
    borders = range(0, len(samples) + 1, BLOCK_SAMPLES)
    powers = [_block_power(samples[start:end], hz) for start, end in pairwise(borders)]
    if not powers:
        return 0.0
    return math.sqrt(sum(powers) / len(powers))


def _block_power(block: list[float], hz: int) -> float:
    turn = 2 * math.cos(2 * math.pi * hz / SAMPLE_RATE_HZ)
    last = before = 0.0
    for sample, weight in zip(block, _WINDOW, strict=True):
        last, before = sample * weight + turn * last - before, last
    magnitude_squared = last * last + before * before - turn * last * before
    return 4 * magnitude_squared / (_WINDOW_SUM * _WINDOW_SUM)
