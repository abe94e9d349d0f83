"""Audio of any length becomes frames of 20 ms. Pure."""

from collections.abc import Iterable

FRAME_S = 0.02
SAMPLE_BYTES = 2


def frame_bytes(rate: int) -> int:
    """The size of a frame of 20 ms of 16-bit samples at so many Hz."""
    return rate // 50 * SAMPLE_BYTES


class Reframer:
    """Cuts one direction's audio into frames. Holds less than one frame."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rest = b""

    def feed(self, audio: bytes) -> Iterable[bytes]:
        """The frames that are whole by now."""
        if not self._rest and len(audio) == self._size:
            return (audio,)
        audio = self._rest + audio
        whole = len(audio) - len(audio) % self._size
        self._rest = audio[whole:]
        return [audio[at : at + self._size] for at in range(0, whole, self._size)]
