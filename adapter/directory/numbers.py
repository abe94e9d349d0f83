"""How a directory writes numbers: in full, short with their organization, or many as a range. Pure.

`0003*210` is a number in full, `210` the same written short, `0003*0100-0199` and `0100-0199` are ranges.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WRITTEN = re.compile(r"(?:([0-9]{1,10})\*)?([0-9]{1,10})(?:-([0-9]{1,10}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What one written number stands for: one number, or all of a range."""

    prefix: str
    """Empty where it is written short."""
    first: str
    last: str

    @property
    def is_short(self) -> bool:
        return not self.prefix

    @property
    def is_range(self) -> bool:
        return self.first != self.last

    def __len__(self) -> int:
        return int(self.last) - int(self.first) + 1

    def has(self, number: str) -> bool:
        """Whether the local number, without a prefix, is one of them."""
        return len(number) == len(self.first) and self.first <= number <= self.last

    def under(self, prefix: str) -> Iterator[str]:
        """Each of them in full; `prefix` is that of the organization, for what is written short.

        Each keeps the width of the range, zeros in front included.
        """
        width = len(self.first)
        for number in range(int(self.first), int(self.last) + 1):
            yield f"{self.prefix or prefix}*{number:0{width}}"


def read_numbers(text: str) -> Numbers:
    """The numbers that `text` stands for. Raises ValueError where it is none, or a range of no sense."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError('must be a prefix, `*` and digits, like "0003*210", or digits with `organization`')
    prefix, first, last = written[1] or "", written[2], written[3] or written[2]
    if len(first) != len(last):
        raise ValueError('both ends of a range must have as many digits, like "0100-0199"')
    if first > last:
        raise ValueError(f"the range ends before it begins: did you mean {last}-{first}?")
    return Numbers(prefix, first, last)
