"""When which frame goes to Asterisk: a client's audio as it comes, silence where none comes. Pure.

Asterisk needs a frame every 20 ms: ChanSpy joins late without. What comes more than a frame early waits here,
so that a burst does not become a delay in Asterisk. What waits for longer than it has to is dropped.
"""

from collections import deque

from adapter.media.reframing import FRAME_S

LEAD_S = FRAME_S
"""How much earlier than due a frame may go: a client's frames do not come evenly."""
GRACE_S = FRAME_S
"""How much later than due a client's frame may come before silence goes in its place."""
STALL_S = 0.06
"""What is overdue for longer is not made up: it would come as a burst."""
WAITING_LIMIT = 10
"""So many frames wait: 200 ms."""
WINDOW = 50
"""Of so many sent frames, those that no frame needed to wait behind are superfluous: a second."""


class Pacer:
    """One client's frames on their way to Asterisk. Times are monotonic, in seconds."""

    def __init__(self, size: int) -> None:
        """`size` is that of a frame, in bytes."""
        self.sent = 0
        """Frames of the client that went to Asterisk."""
        self.silent = 0
        """Frames of silence that went in their place."""
        self.dropped = 0
        """Frames of the client that were too many."""
        self._silence = bytes(size)
        self._waiting: deque[bytes] = deque()
        self._due_at = 0.0
        self._fewest = WAITING_LIMIT
        self._until_look = WINDOW

    def begin(self, now: float) -> None:
        """Asterisk listens from now on: the first frame is due at once, and nothing earlier waits."""
        self._due_at = now - GRACE_S
        self._waiting.clear()
        self._fewest, self._until_look = WAITING_LIMIT, WINDOW

    @property
    def wake_at(self) -> float:
        """When to ask `take_due` again, at the latest."""
        return self._due_at - LEAD_S if self._waiting else self._due_at + GRACE_S

    def put(self, frame: bytes) -> None:
        """A frame of the client; `take_due` has it when it may go."""
        if len(self._waiting) == WAITING_LIMIT:
            self._drop(1)
        self._waiting.append(frame)

    def take_due(self, now: float) -> list[bytes]:
        """What goes to Asterisk now, in this order."""
        if now - self._due_at > STALL_S:
            self._due_at = now - GRACE_S
        due: list[bytes] = []
        while self._waiting and now >= self._due_at - LEAD_S:
            due.append(self._waiting.popleft())
            self._advance()
            self.sent += 1
        while now >= self._due_at + GRACE_S:
            due.append(self._silence)
            self._advance()
            self.silent += 1
        return due

    def skip_due(self, now: float) -> None:
        """As `take_due`, if Asterisk cannot be sent anything: the client's frames are dropped."""
        before = self.sent, self.silent
        self.take_due(now)
        self.dropped += self.sent - before[0]
        self.sent, self.silent = before

    def _advance(self) -> None:
        self._due_at += FRAME_S
        self._fewest = min(self._fewest, len(self._waiting))
        self._until_look -= 1
        if not self._until_look:
            # A client whose clock is fast, or a burst after a stall, would be late for ever.
            self._drop(self._fewest)
            self._fewest, self._until_look = WAITING_LIMIT, WINDOW

    def _drop(self, count: int) -> None:
        for _ in range(count):
            self._waiting.popleft()
        self.dropped += count
