"""The two SIP requests that the lab itself sends, not one of its phones."""

import re
import socket
from collections.abc import Mapping
from secrets import token_hex
from urllib.parse import quote

_TAG = re.compile(r";tag=([^;\s]+)")


def write_request(
    method: str,
    host: str,
    port: int,
    sender: tuple[str, int],
    call_id: str,
    *,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return a request without a body from `sender` to this host and port."""
    lines = (
        f"{method} sip:{host}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {sender[0]}:{sender[1]};branch=z9hG4bK{token_hex(8)}",
        "Max-Forwards: 70",
        f"From: <sip:lab@{sender[0]}>;tag={token_hex(4)}",
        f"To: <sip:{host}:{port}>",
        f"Call-ID: {call_id}",
        f"CSeq: 1 {method}",
        f"Contact: <sip:lab@{sender[0]}:{sender[1]}>",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
        "Content-Length: 0",
        "",
        "",
    )
    return "\r\n".join(lines).encode()


def press_key(host: str, port: int, call_id: str, headers: Mapping[str, str] | None = None) -> None:
    """Press the key that `headers` name at the phone at host and port, for this call.

    Without headers it is the hook switch. sipp-scenarios/README.md lists the keys.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as finger:
        finger.bind(("127.0.0.1", 0))
        request = write_request("INFO", host, port, finger.getsockname(), call_id, headers=headers)
        finger.sendto(request, (host, port))


def find_tags(text: str) -> tuple[str, ...]:
    """Return the tags of the From and To headers in `text`, in order."""
    return tuple(_TAG.findall(text))


def replaces(number: str, server: tuple[str, int], call_id: str, tags: tuple[str, str]) -> str:
    """Return a Refer-To that replaces a phone in one of its calls (RFC 3891).

    `tags` are the phone's and the server's. The server reads it, so its tag is the one called "to".
    """
    ours, theirs = tags
    dialog = quote(f"{call_id};to-tag={theirs};from-tag={ours}", safe="")
    return f"<sip:{number}@{server[0]}:{server[1]}?Replaces={dialog}>"


class SipProbe:
    """Polls a SIP server until it answers."""

    def __init__(self, local_ip: str, host: str, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        self._socket.bind((local_ip, 0))
        # Connected, so that sending to a closed port is an error.
        self._socket.connect((host, port))
        self._server = (host, port)

    def ask(self) -> None:
        """Send one OPTIONS request; lost if nobody listens yet."""
        request = write_request("OPTIONS", *self._server, self._socket.getsockname(), token_hex(8))
        try:
            self._socket.send(request)
        except ConnectionError:
            return

    def is_answered(self) -> bool:
        """Whether an answer has come since the last call."""
        try:
            return self._socket.recv(65_536).startswith(b"SIP/2.0 ")
        except (BlockingIOError, ConnectionError):
            return False

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
