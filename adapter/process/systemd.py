"""Reports the state of the process to systemd, if systemd started it and wants that (sd_notify(3))."""

import logging
import socket

log = logging.getLogger(__name__)

READY = "READY=1"
STOPPING = "STOPPING=1"

LIMIT_S = 1.0
"""The time limit for sending; systemd accepts a datagram at once."""


def tell_systemd(state: str, address: str | None) -> None:
    """Send the state to systemd's socket, if there is one."""
    if not address:
        return
    # A name that begins with @ is not in the file system: for Linux it begins with a zero byte.
    path = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(LIMIT_S)
            sender.sendto(state.encode(), path)
    except OSError as failed:
        log.warning("systemd could not be notified", extra={"state": state, "error": str(failed)})
