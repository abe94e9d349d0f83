"""What waits to be sent to a client. Pure."""

from collections import deque

AUDIO_LIMIT = 25
"""So many frames wait for a client that reads slowly: 500 ms."""
TEXT_LIMIT = 100
"""So many messages wait. One message tells of one change of a call."""


class Outbox:
    """Audio and messages for one client. It is bounded: of too much, the oldest is dropped."""

    def __init__(self) -> None:
        self.dropped = 0
        """Frames of audio that were dropped."""
        self.texts: deque[str] = deque(maxlen=TEXT_LIMIT)
        """Messages; they go before the audio."""
        self.audio: deque[bytes] = deque()

    def put_audio(self, frame: bytes) -> None:
        """A frame of audio."""
        if len(self.audio) == AUDIO_LIMIT:
            self.audio.popleft()
            self.dropped += 1
        self.audio.append(frame)
