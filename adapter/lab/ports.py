"""Free ports for the processes of one lab."""

import secrets
import socket

from adapter.lab.errors import LabError

# Below the range from which Linux assigns free ports (32768 and up).
FIRST_PORT = 20_000
LAST_PORT = 32_000


class Ports:
    """Assigns unused ports, each only once.

    It starts at a random port, so that the labs of several processes seldom collide.
    """

    def __init__(self) -> None:
        self._next = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT) // 2 * 2

    def take(self, ip: str, count: int = 1) -> int:
        """Return the first, always even, of `count` consecutive ports that are free at `ip`."""
        tried = 0
        while tried < LAST_PORT - FIRST_PORT:
            if self._next + count > LAST_PORT:
                self._next = FIRST_PORT
            first = self._next
            step = count + count % 2
            self._next += step
            tried += step
            if all(is_free(ip, port) for port in range(first, first + count)):
                return first
        raise LabError(f"No {count} consecutive free ports at {ip} from {FIRST_PORT} to {LAST_PORT}.")


def is_free(ip: str, port: int) -> bool:
    """Tell whether nobody is bound to this port, neither by UDP nor by TCP."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                # A connection of a former lab that lingers does not keep a server from listening.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ip, port))
            except OSError:
                return False
    return True
