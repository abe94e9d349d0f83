"""A large body of which no client needs a copy of its own."""

from aiohttp import Payload
from aiohttp.abc import AbstractStreamWriter

from adapter.http.server import WRITE_BUFFER_BYTES

PIECE_BYTES = 16 * 1024


class SharedBody(Payload):
    """Sends a body piece by piece, as its client reads it.

    aiohttp copies a body whole for each client: 300 that ask for a script of 1.4 MB and read nothing of it
    took 0.4 GB.
    """

    _value: bytes

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self._value)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The whole as text."""
        return self._value.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write all of it, no faster than it is read."""
        whole = memoryview(self._value)
        for start in range(0, len(whole), PIECE_BYTES):
            await writer.write(whole[start : start + PIECE_BYTES])
            await writer.drain()


def shared(body: bytes) -> bytes | SharedBody:
    """The body as it is best sent: one that is no more than may wait for any client, at once."""
    return body if len(body) <= WRITE_BUFFER_BYTES else SharedBody(body)
