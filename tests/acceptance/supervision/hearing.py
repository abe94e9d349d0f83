"""Who should hear whom, and how long it took until they did."""

import time
from collections.abc import Iterable, Sequence

from adapter.lab import LabError, Phone
from adapter.lab.hears import HEARD_LEVEL, Pair, who_hears_whom
from adapter.lab.polling import poll_until
from adapter.lab.tones import tone_level

BLOCK_PACKETS = 2
"""A tone is told from others in 40 ms."""
STEADY_BLOCKS = 3
"""It is right when so many blocks in a row are."""
TORN_BLOCKS = 1
"""A block that a busy machine tore is no fault of who hears whom; a ChanSpy that begins anew takes three."""
LOOK_S = 0.6
"""Who hears whom is looked at for so long at least: being right for an instant in between does not count."""


_TALK = {("agent", "customer"), ("customer", "agent")}
_HEARS = {("supervisor", "agent"), ("supervisor", "customer")}
MODES: dict[str, set[Pair]] = {
    "Monitor": _TALK | _HEARS,
    "Whisper": _TALK | _HEARS | {("agent", "supervisor")},
    "PrivateWhisper": _TALK | {("agent", "supervisor")},
    "BargeIn": _TALK | _HEARS | {("agent", "supervisor"), ("customer", "supervisor")},
}
"""The directed pairs (listener, speaker) that each mode means."""


def heard(mode: str, *, supervisor: Phone, agent: Phone, other: Phone) -> set[Pair]:
    """The same, of these phones."""
    names = {"supervisor": supervisor.name, "agent": agent.name, "customer": other.name}
    return {(names[listener], names[speaker]) for listener, speaker in MODES[mode]}


async def until_right(
    phones: Sequence[Phone],
    expected: Iterable[Pair],
    since: float,
    within: float = 3.0,
    *,
    either_way: Iterable[Pair] = (),
) -> float:
    """Seconds from `since` until exactly these pairs were heard, and went on to be.

    The pairs of `either_way` may be heard or not.
    Raises LabError with the table where that does not come about in time.
    """
    wanted, any_way = frozenset(expected), frozenset(either_way)

    def look() -> float | None:
        return _right_at(phones, wanted, any_way, since) if time.time() > since + LOOK_S else None

    right_at = await poll_until(look, within)
    if right_at is None:
        table = await who_hears_whom(phones)
        raise LabError(f"not right after {within:g} s, but\n{table}\nwanted {sorted(wanted)}")
    return right_at - since


def _right_at(
    phones: Sequence[Phone], wanted: frozenset[Pair], any_way: frozenset[Pair], since: float
) -> float | None:
    begins = [_begin(listener, phones, wanted, any_way, since) for listener in phones]
    return None if None in begins else max(at for at in begins if at is not None)


def _begin(
    listener: Phone,
    phones: Sequence[Phone],
    wanted: frozenset[Pair],
    any_way: frozenset[Pair],
    since: float,
) -> float | None:
    """Since when this listener hears just whom it should."""
    ignored = {speaker.name for speaker in phones if (listener.name, speaker.name) in any_way}
    right = {speaker.name for speaker in phones if (listener.name, speaker.name) in wanted}
    arrived = listener.ear.arrived(since)
    if not arrived:
        return None if right else since  # who hears nobody may be sent nothing
    began: float | None = None
    steady = wrong = 0
    for first in range(0, len(arrived) - BLOCK_PACKETS + 1, BLOCK_PACKETS):
        block = arrived[first : first + BLOCK_PACKETS]
        audio = b"".join(each for _, each in block)
        now = {phone.name for phone in phones if tone_level(audio, phone.tone_hz) >= HEARD_LEVEL}
        if now - ignored == right - ignored:
            began = block[0][0] if began is None else began
            steady, wrong = steady + 1, 0
            continue
        wrong += 1
        if wrong > TORN_BLOCKS or steady < STEADY_BLOCKS:
            began, steady = None, 0
    return began if steady >= STEADY_BLOCKS else None
