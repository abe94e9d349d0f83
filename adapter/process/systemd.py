"""Tells systemd how far the process is, where systemd started it and wants to know (sd_notify(3))."""

import logging
import socket

log = logging.getLogger(__name__)

READY = "READY=1"
STOPPING = "STOPPING=1"

LIMIT_S = 1.0
"""systemd takes a datagram at once; nobody waits longer for it."""


def tell_systemd(state: str, address: str | None) -> None:
    """Send the state to systemd's socket; to nobody where none is named."""
    if not address:
        return
    # A name that begins with @ stands in no folder: Linux writes it with a zero byte in that place.
    path = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(LIMIT_S)
            sender.sendto(state.encode(), path)
    except OSError as failed:
        log.warning("systemd was not told", extra={"state": state, "error": str(failed)})
