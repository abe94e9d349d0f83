"""How much one client may ask for. Pure: the caller tells the time, in seconds of a clock that only grows."""

from dataclasses import dataclass

from cachetools import LRUCache

KEYS_LIMIT = 10_000
"""So many clients are remembered; the one not heard of for longest is forgotten first."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """Lets each key do `rate` things a second, and `burst` at once after a pause."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: LRUCache[str, _Bucket] = LRUCache(KEYS_LIMIT)

    def take(self, key: str, now: float, cost: float = 1) -> float:
        """Do one thing, or one that counts as several: 0 if it may be done, else after how many seconds.

        What counts as more than can be done at once takes all that there is.
        """
        cost = min(cost, self._burst)
        missing = self.missing(key, now, cost)
        if missing == 0:
            bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
            bucket.tokens, bucket.filled_at = self._filled(bucket, now) - cost, now
        return missing

    def missing(self, key: str, now: float, cost: float = 1) -> float:
        """After how many seconds `key` may do that; 0 for now. Nothing is taken."""
        bucket = self._buckets.get(key)
        tokens = self._burst if bucket is None else self._filled(bucket, now)
        return 0 if tokens >= cost else (cost - tokens) / self._rate

    def give_back(self, key: str) -> None:
        """What was taken last was no thing to count."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.tokens = min(self._burst, bucket.tokens + 1)

    def _filled(self, bucket: _Bucket, now: float) -> float:
        return min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._rate)
