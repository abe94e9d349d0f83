"""What a bench says: a figure of ours, the peer's, their ratio, and the goal."""

import json
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table. `ours` and `peer` are of the same unit."""

    work: str
    peer: str
    ours: float | None
    theirs: float | None
    unit: str
    value: float
    """What the goal speaks of: a ratio, or a figure by itself."""
    spread: tuple[float, float]
    """The least and the greatest of `value` over the rounds."""
    goal: float
    is_floor: bool
    """Whether the goal is the least that is good enough, or the most."""
    value_unit: str = "x"
    note: str = ""

    @property
    def is_met(self) -> bool:
        return self.value >= self.goal if self.is_floor else self.value <= self.goal

    @property
    def row(self) -> tuple[str, ...]:
        return (
            self.work,
            self.peer,
            _amount(self.ours, self.unit),
            _amount(self.theirs, self.unit),
            f"{_short(self.value)} {self.value_unit} ({_short(self.spread[0])}..{_short(self.spread[1])})",
            f"{'>=' if self.is_floor else '<='} {_short(self.goal)} {self.value_unit}",
            "met" if self.is_met else "MISSED",
            self.note,
        )


HEAD = ("work", "against", "ours", "theirs", "median (least..most)", "goal", "", "")


def _short(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _amount(number: float | None, unit: str) -> str:
    return "-" if number is None else f"{_short(number)} {unit}"


def ratio(
    work: str,
    peer: str,
    rounds: Sequence[tuple[float, float]],
    *,
    unit: str,
    goal: float,
    more_is_better: bool = False,
    note: str = "",
) -> Figure:
    """Our amount against the peer's, round by round: above 1 we are the better."""
    ratios = [ours / theirs if more_is_better else theirs / ours for ours, theirs in rounds]
    return Figure(
        work,
        peer,
        statistics.median(ours for ours, _ in rounds),
        statistics.median(theirs for _, theirs in rounds),
        unit,
        statistics.median(ratios),
        (min(ratios), max(ratios)),
        goal,
        is_floor=True,
        note=note,
    )


def in_turn(count: int, ours: Callable[[], float], theirs: Callable[[], float]) -> list[tuple[float, float]]:
    """Both, one after the other, so many times after a warm-up; each says how much it took."""
    ours()
    theirs()
    return [(ours(), theirs()) for _ in range(count)]


def percentile(samples: Iterable[float], share: float) -> float:
    """The least sample that so great a share of them does not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(figures: Sequence[Figure]) -> str:
    """The figures as a table for people."""
    rows = [HEAD, *(figure.row for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def write_json(figures: Sequence[Figure], path: Path) -> None:
    """The figures for programs."""
    body = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "figures": [{**asdict(figure), "is_met": figure.is_met} for figure in figures],
    }
    path.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
