"""Answers that were given, for whoever asks the same again before anything has changed. Pure."""

from collections import OrderedDict
from dataclasses import dataclass

LIMIT_BYTES = 16 * 1024 * 1024
"""So much of them is kept; the one not asked for longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """The body of a list, ready to be sent."""

    body: bytes
    is_empty: bool


class ResponseCache:
    """Lists by their entity tags: a tag names all that its answer depends on."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._bytes = 0
        self._answers: OrderedDict[str, ListAnswer] = OrderedDict()

    def find(self, tag: str) -> ListAnswer | None:
        """The answer of this tag, if it is still known."""
        answer = self._answers.get(tag)
        if answer is not None:
            self._answers.move_to_end(tag)
        return answer

    def keep(self, tag: str, answer: ListAnswer) -> None:
        """Remember an answer, and no more than the limit of all of them."""
        self._bytes += len(answer.body)
        before = self._answers.pop(tag, None)
        if before is not None:
            self._bytes -= len(before.body)
        self._answers[tag] = answer
        while self._bytes > self._limit:
            _, oldest = self._answers.popitem(last=False)
            self._bytes -= len(oldest.body)
