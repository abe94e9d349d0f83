"""How much one client may ask for. Pure: the caller tells the time, in seconds of a clock that only grows."""

from collections import OrderedDict
from dataclasses import dataclass

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
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        """Do one thing: 0 if it may be done, else after how many seconds it may."""
        missing = self.missing(key, now)
        if missing == 0:
            self._buckets[key].tokens -= 1
        return missing

    def missing(self, key: str, now: float) -> float:
        """After how many seconds `key` may do one thing; 0 for now. Nothing is taken."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._burst, now)
            if len(self._buckets) > KEYS_LIMIT:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._rate)
        bucket.filled_at = now
        return 0 if bucket.tokens >= 1 else (1 - bucket.tokens) / self._rate
