"""The codecs that a simulated phone can offer: how each writes and reads mu-law audio."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapter.lab.tones import SAMPLE_RATE_HZ, alaw_of, decode_byte, encode_sample, ulaw_of

Audio = Callable[[bytes], bytes]

G722_BITS_PER_S = 64_000


@dataclass(frozen=True)
class Codec:
    """A codec as SDP names it (RFC 3551).

    `encoder` makes a function that turns mu-law audio into this codec's audio, `decoder` one for the way
    back. Each stream needs functions of its own, because they may have state.
    """

    name: str
    format: int
    encoding: str
    encoder: Callable[[], Audio]
    decoder: Callable[[], Audio]

    @property
    def tone_file(self) -> str:
        """Return the name of the file with the phone's tone."""
        return f"tone.{self.name}"


def _g722() -> Any:  # noqa: ANN401 - the library has no types
    # Imported here, so that phones with other codecs do not need the library.
    from G722 import G722  # noqa: PLC0415

    return G722(SAMPLE_RATE_HZ, G722_BITS_PER_S)


def _g722_encoder() -> Audio:
    codec = _g722()
    return lambda ulaw: bytes(codec.encode([decode_byte(byte) for byte in ulaw]))


def _g722_decoder() -> Audio:
    codec = _g722()
    return lambda audio: bytes(encode_sample(sample) for sample in codec.decode(audio))


ULAW = Codec("ulaw", 0, "PCMU/8000", lambda: bytes, lambda: bytes)
ALAW = Codec("alaw", 8, "PCMA/8000", lambda: alaw_of, lambda: ulaw_of)
# It has 16000 samples a second; that SDP says 8000 is an old mistake which RFC 3551 keeps.
G722 = Codec("g722", 9, "G722/8000", _g722_encoder, _g722_decoder)

CODECS = {codec.name: codec for codec in (ULAW, ALAW, G722)}
