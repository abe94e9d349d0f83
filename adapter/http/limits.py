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

    def take(self, key: str, now: float, cost: float = 1) -> float:
        """Do one thing, or one that counts as several: 0 if it may be done, else after how many seconds.

        What counts as more than can be done at once takes all that there is.
        """
        cost = min(cost, self._burst)
        missing = self.missing(key, now, cost)
        if missing == 0:
            bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
            bucket.tokens, bucket.filled_at = self._filled(bucket, now) - cost, now
            self._buckets.move_to_end(key)
            if len(self._buckets) > KEYS_LIMIT:
                self._buckets.popitem(last=False)
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


class Noted:
    """Keys that something is known of; the one not heard of for longest is forgotten first."""

    def __init__(self) -> None:
        self._keys: OrderedDict[str, None] = OrderedDict()

    def note(self, key: str) -> bool:
        """Note the key; whether it was noted before."""
        was_noted = key in self._keys
        self._keys[key] = None
        self._keys.move_to_end(key)
        if len(self._keys) > KEYS_LIMIT:
            self._keys.popitem(last=False)
        return was_noted

    def forget(self, key: str) -> None:
        """Note it no more."""
        self._keys.pop(key, None)
