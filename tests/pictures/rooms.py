"""The rooms of the house, and which imports which, read from the code.

An arrow that a way through other rooms says as well is left out.
"""

import ast
from collections import defaultdict
from pathlib import Path

from tests.pictures.svg import Picture

ROOT = Path(__file__).parents[2]
LAYERS = (
    ("process",),
    ("app",),
    ("store", "sources"),
    ("uapi", "panel", "stream", "monitoring", "tools"),
    ("auth",),
    ("http",),
    ("audit",),
    ("pbx",),
    ("callcontrol",),
    ("access",),
    ("calls", "presence", "directory", "ami", "media"),
    ("asterisk",),
)
BOX, HIGH, GAP, STEP = 128, 34, 26, 82


def imports() -> dict[str, set[str]]:
    """Each room, and the rooms that it imports from."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "adapter").rglob("*.py")):
        room = path.relative_to(ROOT / "adapter").parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found[room] |= {name.split(".")[1] for name in names if name.startswith("adapter.")} - {room}
    return found


def draw() -> Picture:
    """A box for each room, in the order in which arrows may point: downwards."""
    used = imports()
    layers = [there for layer in LAYERS if (there := [room for room in layer if room in used])]
    width = max(len(layer) for layer in layers) * (BOX + GAP) + GAP
    told = "; ".join(
        f"{room} imports {', '.join(sorted(to & _rooms(layers)))}"
        for room, to in sorted(used.items())
        if room in _rooms(layers) and to & _rooms(layers)
    )
    picture = Picture(width, len(layers) * STEP + 16, "The rooms, and which imports which", told)
    middle: dict[str, tuple[float, float]] = {}
    for row, layer in enumerate(layers):
        left = (width - len(layer) * (BOX + GAP) + GAP) / 2
        for column, room in enumerate(layer):
            middle[room] = (left + column * (BOX + GAP) + BOX / 2, 18 + row * STEP + HIGH / 2)
    for room, start in middle.items():
        for other in sorted((used[room] & middle.keys()) - _reached_through_others(room, used)):
            _arrow(picture, start, middle[other])
    for room, (x, y) in middle.items():
        picture.box(x - BOX / 2, y - HIGH / 2, BOX, HIGH, look="mark" if room == "callcontrol" else "box")
        picture.words(x, y + 5, room, look="ink mono")
    return picture


def _reached_through_others(room: str, used: dict[str, set[str]]) -> set[str]:
    """The rooms that it imports, and that another of those that it imports leads to."""
    return {
        far
        for near in used[room]
        for far in _reached(near, used, {room})
        if room not in _reached(near, used, set())  # of two that import each other, neither leads on
    }


def _reached(room: str, used: dict[str, set[str]], passed: set[str]) -> set[str]:
    nearest = used[room] - passed
    return nearest.union(*(_reached(one, used, passed | {room}) for one in nearest))


def _rooms(layers: list[list[str]]) -> set[str]:
    return {room for layer in layers for room in layer}


def _arrow(picture: Picture, start: tuple[float, float], end: tuple[float, float]) -> None:
    (x1, y1), (x2, y2) = start, end
    if y1 == y2:
        way = 1 if x2 > x1 else -1
        picture.line(x1 + way * BOX / 2, y1, x2 - way * (BOX / 2 + 2), y2, has_head=True)
    else:
        lean = (x2 - x1) * 0.12
        picture.line(x1 + lean, y1 + HIGH / 2, x2 - lean, y2 - HIGH / 2 - 2, has_head=True)
