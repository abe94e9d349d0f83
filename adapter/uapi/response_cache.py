"""Keeps the bytes of lists, to send them again while nothing has changed. Pure."""

from dataclasses import dataclass

from cachetools import LRUCache

LIMIT_BYTES = 16 * 1024 * 1024
"""The size of all kept lists; the least recently used is forgotten first."""


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """The body of a list, ready to send."""

    body: bytes
    is_empty: bool


class ResponseCache:
    """Lists by their entity tags: a tag identifies everything that its list depends on."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._answers: LRUCache[str, ListAnswer] = LRUCache(limit_bytes, lambda answer: len(answer.body))

    def find(self, tag: str) -> ListAnswer | None:
        """The list with this tag, if it is still kept."""
        return self._answers.get(tag)

    def keep(self, tag: str, answer: ListAnswer) -> None:
        """Keep a list within the size of all; a list that is larger than that is not kept."""
        if len(answer.body) <= self._answers.maxsize:
            self._answers[tag] = answer
