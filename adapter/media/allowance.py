"""How much a client may send. Pure."""

BURST_S = 5.0
"""A client may send so much audio at once (most of it is dropped: `pacing`)."""
REFILL = 1.5
"""So much faster than real time it may send for ever."""
LEAST_S = 0.005
"""A shorter message counts as one of so much audio: many empty ones are work, too."""


class Allowance:
    """One client's. Times are monotonic, in seconds."""

    def __init__(self, now: float) -> None:
        self._left_s = BURST_S
        self._at = now

    def take(self, audio_s: float, now: float) -> bool:
        """Count a message with so many seconds of audio; whether the client was still allowed to send it."""
        self._left_s = min(BURST_S, self._left_s + (now - self._at) * REFILL)
        self._at = now
        self._left_s -= max(audio_s, LEAST_S)
        return self._left_s >= 0
