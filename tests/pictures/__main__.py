"""`python -m tests.pictures [FIGURES.json]`: every picture anew; that of the figures from a bench's file."""

import sys
from pathlib import Path

from tests.pictures import barge_in, goals, hearing, rooms

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
DRAWN = {
    "who-hears-whom.svg": hearing.draw,
    "barge-in.svg": barge_in.draw,
    "rooms.svg": rooms.draw,
}
"""Those that follow from the code: a test compares them with the files."""


def main() -> None:
    for name, draw in DRAWN.items():
        (FOLDER / name).write_text(draw().svg, encoding="utf-8")
    for measured in map(Path, sys.argv[1:]):
        (FOLDER / "goals.svg").write_text(goals.draw(measured).svg, encoding="utf-8")


if __name__ == "__main__":
    main()
