"""The figures of `make bench` over their goals, drawn from the file that it writes."""

import json
from pathlib import Path
from typing import Any

from tests.pictures.svg import Picture

WIDTH, LEFT, RIGHT, ROW, TOP = 900, 430, 90, 24, 60
FURTHEST = 4.0
"""A bar is at most so many goals long."""
UNIT = (WIDTH - LEFT - RIGHT) / FURTHEST


def draw(measured: Path) -> Picture:
    """A bar for each figure: how far it is, as a share of its goal; beyond the line is better."""
    figures: list[dict[str, Any]] = json.loads(measured.read_text(encoding="utf-8"))["figures"]
    told = "; ".join(
        f"{one['work']}: {one['value']:.3g} {one['value_unit']}, goal {one['goal']:g}" for one in figures
    )
    picture = Picture(WIDTH, TOP + ROW * len(figures) + 20, "What was measured, over its goal", told)
    goal_at = LEFT + UNIT
    picture.words(goal_at, 26, "goal", look="ink bold small")
    picture.words(goal_at + 12, 44, "better →", look="soft small", anchor="start")
    picture.words(goal_at - 12, 44, "← missed", look="soft small", anchor="end")
    for row, one in enumerate(figures):
        y = TOP + ROW * row
        share = _share(one)
        picture.words(LEFT - 12, y + 12, _named(one, figures), look="ink small", anchor="end")
        picture.box(
            LEFT,
            y + 2,
            max(2, min(share, FURTHEST) * UNIT),
            13,
            look="good" if one["is_met"] else "bad",
            round_=2,
        )
        picture.words(
            LEFT + min(share, FURTHEST) * UNIT + 6,
            y + 13,
            f"{one['value']:.3g} {one['value_unit']}",
            look="soft small",
            anchor="start",
        )
    picture.line(goal_at, TOP - 6, goal_at, TOP + ROW * len(figures), look="line")
    return picture


def _share(figure: dict[str, Any]) -> float:
    value, goal = float(figure["value"]), float(figure["goal"])
    if figure["is_floor"]:
        return value / goal
    return FURTHEST if value <= goal / FURTHEST else goal / value


def _named(figure: dict[str, Any], figures: list[dict[str, Any]], most: int = 62) -> str:
    """The work; of one that is measured against two peers, also against which."""
    name = str(figure["work"])
    if sum(one["work"] == name for one in figures) > 1:
        what, _, of_what = name.partition(", ")
        name = f"{what}, {of_what.split(' ')[0]}: {figure['peer'].rpartition(', ')[2]}"
    return name if len(name) <= most else name[: most - 1] + "…"
