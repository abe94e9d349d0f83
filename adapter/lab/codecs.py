"""The codecs that a simulated phone can offer."""

from collections.abc import Callable
from dataclasses import dataclass

from adapter.lab.tones import alaw_of


@dataclass(frozen=True)
class Codec:
    """A codec as SDP names it (RFC 3551), and how the phone's voice is written in it.

    `of_ulaw` makes its audio of mu-law audio, byte by byte; without one the phone has no voice.
    """

    name: str
    format: int
    encoding: str
    of_ulaw: Callable[[bytes], bytes] | None

    @property
    def tone_file(self) -> str:
        """Return the name of the file with the phone's tone."""
        return f"tone.{self.name}"


CODECS = {
    codec.name: codec
    for codec in (
        Codec("ulaw", 0, "PCMU/8000", bytes),
        Codec("alaw", 8, "PCMA/8000", alaw_of),
        # Its clock is 8000 by an old mistake that RFC 3551 keeps. Nobody here can write it: no voice.
        Codec("g722", 9, "G722/8000", None),
    )
}
