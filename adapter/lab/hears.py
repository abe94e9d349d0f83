"""Measures who hears whom: every phone speaks its own tone, and the lab listens at every phone's ear."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from adapter.lab.errors import LabError
from adapter.lab.phone import Phone
from adapter.lab.tones import TONE_AMPLITUDE, tone_level

# Measured with Asterisk 22 and ChanSpy in all modes: a heard tone arrives at 0.185 (its first packets) to
# 0.201 of full scale, one that is not heard at 0.003 or less. A quarter of the sent level is far from both,
# so some lost packets change nothing.
HEARD_LEVEL = TONE_AMPLITUDE / 4

Pair = tuple[str, str]


@dataclass(frozen=True)
class HearsTable:
    """Who heard whom: pairs of (listener, speaker), by the phones' names.

    A phone that hears itself has an echo; a right table has none. `levels` has the measured level of each
    pair, heard or not, as a part of full scale.
    """

    names: tuple[str, ...]
    pairs: frozenset[Pair]
    levels: Mapping[Pair, float]

    def __str__(self) -> str:
        """Return the table as text: a row for each listener."""
        width = max(len(name) for name in (*self.names, "hears"))
        columns = [(name, max(len(name), len("hears"))) for name in self.names]
        head = " " * width + "".join(f"  {name:>{size}}" for name, size in columns)
        rows = [
            f"{listener:<{width}}"
            + "".join(f"  {self._word(listener, speaker):>{size}}" for speaker, size in columns)
            for listener in self.names
        ]
        return "\n".join((head, *rows))

    def _word(self, listener: str, speaker: str) -> str:
        if (listener, speaker) in self.pairs:
            return "ECHO" if listener == speaker else "hears"
        return "." if listener == speaker else "-"


async def who_hears_whom(phones: Sequence[Phone], seconds: float = 0.4) -> HearsTable:
    """Listen at all these phones at once, from now on, for `seconds`."""
    heard = await asyncio.gather(*(phone.ear.listen(seconds) for phone in phones))
    levels: dict[Pair, float] = {}
    for listener, audio in zip(phones, heard, strict=True):
        for speaker in phones:
            levels[listener.name, speaker.name] = tone_level(audio, speaker.tone_hz)
    return HearsTable(
        names=tuple(phone.name for phone in phones),
        pairs=frozenset(pair for pair, level in levels.items() if level >= HEARD_LEVEL),
        levels=MappingProxyType(levels),
    )


async def wait_until_heard(
    phones: Sequence[Phone], expected_pairs: Collection[Pair], within: float = 5.0
) -> HearsTable:
    """Listen until exactly these pairs of (listener, speaker) hear each other, and return that table.

    Raises LabError, with the last table in its message, if that does not happen within so many seconds.
    """
    expected = frozenset(expected_pairs)
    deadline = time.monotonic() + within
    while True:
        table = await who_hears_whom(phones)
        if table.pairs == expected:
            return table
        if time.monotonic() >= deadline:
            too_much = _list_pairs(table.pairs - expected)
            missing = _list_pairs(expected - table.pairs)
            raise LabError(f"After {within:g} s it is\n{table}\ntoo much: {too_much}; missing: {missing}")


def _list_pairs(pairs: frozenset[Pair]) -> str:
    return ", ".join(f"{listener} hears {speaker}" for listener, speaker in sorted(pairs)) or "none"
