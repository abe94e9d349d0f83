"""Who should hear whom, and how long it took until they did."""

import asyncio
import time
from collections.abc import Iterable, Sequence

from adapter.lab import LabError, Phone
from adapter.lab.hears import HEARD_LEVEL, Pair, who_hears_whom
from adapter.lab.polling import POLL_INTERVAL_S
from adapter.lab.tones import tone_level

BLOCK_PACKETS = 2
"""A tone is told from others in 40 ms."""
STEADY_BLOCKS = 3
"""One block may be torn; in three in a row nothing was right by accident."""


def heard(mode: str, *, supervisor: Phone, agent: Phone, other: Phone) -> set[Pair]:
    """The directed pairs (listener, speaker) that a mode means."""
    s, a, o = supervisor.name, agent.name, other.name
    talk = {(a, o), (o, a)}
    return {
        "Monitor": talk | {(s, a), (s, o)},
        "Whisper": talk | {(s, a), (s, o), (a, s)},
        "PrivateWhisper": talk | {(a, s)},
        "BargeIn": talk | {(s, a), (s, o), (a, s), (o, s)},
    }[mode]


async def until_right(
    phones: Sequence[Phone], expected: Iterable[Pair], since: float, within: float = 3.0
) -> float:
    """Seconds from `since` until exactly these pairs were heard, and went on to be.

    Raises LabError with the table where that does not come about in time.
    """
    wanted = frozenset(expected)
    deadline = time.monotonic() + within
    while True:
        right_at = _right_at(phones, wanted, since)
        if right_at is not None:
            return right_at - since
        if time.monotonic() > deadline:
            table = await who_hears_whom(phones)
            raise LabError(f"not right after {within:g} s, but\n{table}\nwanted {sorted(wanted)}")
        await asyncio.sleep(POLL_INTERVAL_S)


def _right_at(phones: Sequence[Phone], wanted: frozenset[Pair], since: float) -> float | None:
    begins = [_begin(listener, phones, wanted, since) for listener in phones]
    return None if None in begins else max(at for at in begins if at is not None)


def _begin(listener: Phone, phones: Sequence[Phone], wanted: frozenset[Pair], since: float) -> float | None:
    """When this listener began to hear just whom it should, and did for STEADY_BLOCKS."""
    right = {speaker.name for speaker in phones if (listener.name, speaker.name) in wanted}
    arrived = listener.ear.arrived(since)
    if not arrived:
        # Who hears nobody is sent nothing.
        silent_s = STEADY_BLOCKS * BLOCK_PACKETS * 0.02
        return since if not right and time.time() - since > silent_s else None
    began: float | None = None
    steady = 0
    for first in range(0, len(arrived) - BLOCK_PACKETS + 1, BLOCK_PACKETS):
        block = arrived[first : first + BLOCK_PACKETS]
        audio = b"".join(each for _, each in block)
        now = {phone.name for phone in phones if tone_level(audio, phone.tone_hz) >= HEARD_LEVEL}
        if now != right:
            began, steady = None, 0
            continue
        began = block[0][0] if began is None else began
        steady += 1
        if steady == STEADY_BLOCKS:
            return began
    return None
