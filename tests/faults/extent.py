"""How much is tried: a part in `make test`, all in `make faults`."""

import os
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")

IS_FULL = os.environ.get("FAULTS") == "full"


def either(full: T, part: T) -> T:
    """`full` in `make faults`, else `part`."""
    return full if IS_FULL else part


def sampled(everything: Sequence[T], count: int) -> Iterable[T]:
    """Everything in `make faults`, else so many of it, evenly, the first and the last included."""
    if IS_FULL or len(everything) <= count:
        return everything
    return [everything[index * (len(everything) - 1) // (count - 1)] for index in range(count)]
