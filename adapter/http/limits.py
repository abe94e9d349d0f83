"""Rate limits. Pure: the caller gives the time, in seconds of a monotonic clock."""

from dataclasses import dataclass

from cachetools import LRUCache

KEYS_LIMIT = 10_000
"""How many clients are remembered; the least recent is forgotten first."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """A token bucket for each key: `rate` requests a second, and `burst` at once after a pause."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: LRUCache[str, _Bucket] = LRUCache(KEYS_LIMIT)

    def take(self, key: str, now: float, cost: float = 1) -> float:
        """Count a request, which may cost several. Returns 0 if it may happen, else the seconds to wait.

        A request that counts as more than `burst` takes the whole burst.
        """
        cost = min(cost, self._burst)
        missing = self.missing(key, now, cost)
        if missing == 0:
            bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
            bucket.tokens, bucket.filled_at = self._filled(bucket, now) - cost, now
        return missing

    def missing(self, key: str, now: float, cost: float = 1) -> float:
        """After how many seconds `key` may do that; 0 for now. Counts nothing."""
        bucket = self._buckets.get(key)
        tokens = self._burst if bucket is None else self._filled(bucket, now)
        return 0 if tokens >= cost else (cost - tokens) / self._rate

    def give_back(self, key: str) -> None:
        """Refund the last token."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.tokens = min(self._burst, bucket.tokens + 1)

    def _filled(self, bucket: _Bucket, now: float) -> float:
        return min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._rate)
