"""Limits how many requests may wait, in all and for each client. Pure."""

import contextlib
from collections import Counter
from collections.abc import Iterator


class Places:
    """`most` places, of which one client may have half."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def taken(self, client: str) -> Iterator[bool]:
        """Take a place until the block ends; yields whether the client has one."""
        is_free = self._taken.total() < self._most and self._taken[client] < max(1, self._most // 2)
        if is_free:
            self._taken[client] += 1
        try:
            yield is_free
        finally:
            if is_free:
                self._taken[client] -= 1
                self._taken += Counter()  # forget clients without a place
