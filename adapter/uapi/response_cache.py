"""Answers that were given, for whoever asks the same again before anything has changed. Pure."""

from dataclasses import dataclass

from cachetools import LRUCache

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
        self._answers: LRUCache[str, ListAnswer] = LRUCache(limit_bytes, lambda answer: len(answer.body))

    def find(self, tag: str) -> ListAnswer | None:
        """The answer of this tag, if it is still known."""
        return self._answers.get(tag)

    def keep(self, tag: str, answer: ListAnswer) -> None:
        """Remember an answer, and no more than the limit of all of them; one beyond that by itself is not."""
        if len(answer.body) <= self._answers.maxsize:
            self._answers[tag] = answer
