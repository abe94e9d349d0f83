"""What is counted of all streams; `/metrics` shows it. Pure."""

from collections import Counter

from adapter.media.carried import Carried


class StreamCounts:
    """Plain numbers of one node."""

    def __init__(self) -> None:
        self.running = 0
        """Streams whose client is connected."""
        self.ended: Counter[str] = Counter()
        """Streams that have ended, by who ended them."""
        self.audio_s = {"to_client": 0.0, "from_client": 0.0, "dropped": 0.0}
        """Seconds of audio. A stream is counted when it has ended."""
        self.refused: Counter[str] = Counter()
        """Connections to the listener for Asterisk that were closed: `unknown` UUID, `malformed`, `silent`,
        `crowded`."""

    def note(self, carried: Carried) -> None:
        """Count a stream that has ended."""
        self.ended[carried.ended_by] += 1
        for name in self.audio_s:
            self.audio_s[name] += getattr(carried, f"{name}_s")
