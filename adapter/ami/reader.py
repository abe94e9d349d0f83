"""Bytes of an AMI connection to messages, whatever the chunks. Pure.

AMI has no framing but the blank line: a message is lines `Name: value` up to the first empty one.
"""

MESSAGE_LIMIT_BYTES = 256 * 1024
"""Asterisk writes messages of at most 128 lines of 1,024 bytes; twice that is no message of its."""

_END = b"\r\n\r\n"


class FramingError(ValueError):
    """The peer sends no AMI: more bytes without a blank line than any message has."""


class Reader:
    """Collects the bytes of one connection and cuts them into messages."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[dict[str, str]]:
        """The messages that `data` completes, in order. Raises FramingError where no end is in sight."""
        searched = max(0, len(self._rest) - len(_END) + 1)
        self._rest += data
        if self._rest.find(_END, searched) < 0:
            if len(self._rest) > MESSAGE_LIMIT_BYTES:
                raise FramingError(f"{len(self._rest)} bytes without the end of a message")
            return []
        *complete, rest = bytes(self._rest).split(_END)
        self._rest = bytearray(rest)
        return [headers for message in complete if (headers := parse_message(message))]


def parse_message(message: bytes) -> dict[str, str]:
    """The headers of one message; of a header that stands twice, the first.

    A line without a colon is left out: the banner, or the output of a command.
    """
    headers: dict[str, str] = {}
    # Only a whole message is decoded: a chunk may end within a letter. Asterisk passes names on as the
    # phones sent them, which is not always UTF-8; Latin-1 then loses nothing.
    try:
        text = message.decode()
    except UnicodeDecodeError:
        text = message.decode("latin-1")
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name, value.removeprefix(" "))
    return headers
