"""Where a fake AMI server breaks a connection: after a number of bytes, in either direction."""

from dataclasses import dataclass


@dataclass
class Cut:
    """Counts from when it is set: the connection breaks after bytes of the client, or to it."""

    heard: int | None = None
    said: int | None = None

    def ends_what_is_heard(self, data: bytes) -> bool:
        """Whether these bytes reach the cut; if not, they are counted."""
        if self.heard is None or len(data) < self.heard:
            self.heard = None if self.heard is None else self.heard - len(data)
            return False
        return True

    def heard_of(self, data: bytes) -> bytes:
        """What still arrives of the bytes that reach the cut."""
        return data[: self.heard]

    def ends_what_is_said(self, data: bytes) -> bool:
        """Whether these bytes reach the cut; if not, they are counted."""
        if self.said is None or len(data) < self.said:
            self.said = None if self.said is None else self.said - len(data)
            return False
        return True

    def said_of(self, data: bytes) -> bytes:
        """What is still said of the bytes that reach the cut."""
        return data[: self.said]
