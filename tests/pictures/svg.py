"""SVG, as much of it as the pictures need: boxes, words and arrows that are legible by day and by night."""

from dataclasses import dataclass, field
from html import escape
from math import hypot

STYLE = """
svg { font: 14px system-ui, sans-serif; }
.paper { fill: #ffffff; } .ink { fill: #1b1f24; } .soft { fill: #59636e; }
.box { fill: #f3f5f7; stroke: #8c959f; } .mark { fill: #ddeeff; stroke: #3b7dd8; }
.line { stroke: #59636e; fill: none; } .strong { stroke: #1a66c9; fill: none; stroke-width: 2.5; }
.faint { stroke: #b6bec7; fill: none; stroke-dasharray: 3 5; }
.good { fill: #2f855a; } .bad { fill: #b7432b; }
.bold { font-weight: 600; } .small { font-size: 12px; }
.mono { font-family: ui-monospace, monospace; font-size: 12.5px; }
@media (prefers-color-scheme: dark) {
 .paper { fill: #0d1117; } .ink { fill: #e6edf3; } .soft { fill: #9aa4af; }
 .box { fill: #161b22; stroke: #6e7681; } .mark { fill: #12304f; stroke: #58a6ff; }
 .line { stroke: #9aa4af; } .strong { stroke: #58a6ff; } .faint { stroke: #3d444d; }
 .good { fill: #3fb950; } .bad { fill: #f0883e; }
}
""".strip()
HEADS = "".join(
    f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" class="{name}-head"/></marker>'
    for name in ("line", "strong")
)
HEAD_STYLE = (
    ".line-head{fill:#59636e}.strong-head{fill:#1a66c9}"
    "@media (prefers-color-scheme: dark){.line-head{fill:#9aa4af}.strong-head{fill:#58a6ff}}"
)


@dataclass
class Picture:
    """A picture of so many units; `title` and `text` are for who does not see it."""

    width: float
    height: float
    title: str
    text: str
    _parts: list[str] = field(default_factory=list)

    def words(self, x: float, y: float, text: str, *, look: str = "ink", anchor: str = "middle") -> None:
        """Words, whose baseline is at `y`."""
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" class="{look}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def box(
        self, x: float, y: float, width: float, height: float, *, look: str = "box", round_: float = 6
    ) -> None:
        """A box, from its upper left corner."""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
            f'rx="{round_:g}" class="{look}"/>'
        )

    def circle(self, x: float, y: float, radius: float, *, look: str = "box") -> None:
        """A circle around a point."""
        self._parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" class="{look}"/>')

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, look: str = "line", has_head: bool = False
    ) -> None:
        """A straight line, with the head of an arrow at its end where wanted."""
        head = f' marker-end="url(#{look})"' if has_head else ""
        self._parts.append(f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{look}"{head}/>')

    def between(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        *,
        gap: float,
        aside: float = 0,
        look: str = "line",
        has_head: bool = True,
    ) -> None:
        """An arrow from one point towards another: `gap` short of both, and moved `aside` to its right."""
        (x1, y1), (x2, y2) = start, end
        length = hypot(x2 - x1, y2 - y1)
        ux, uy = (x2 - x1) / length, (y2 - y1) / length
        ox, oy = -uy * aside, ux * aside
        self.line(
            round(x1 + ux * gap + ox, 1),
            round(y1 + uy * gap + oy, 1),
            round(x2 - ux * gap + ox, 1),
            round(y2 - uy * gap + oy, 1),
            look=look,
            has_head=has_head,
        )

    @property
    def svg(self) -> str:
        """The whole file."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}" height="{self.height:g}" role="img">\n'
            f"<title>{escape(self.title)}</title>\n<desc>{escape(self.text)}</desc>\n"
            f"<style>{STYLE}{HEAD_STYLE}</style>\n<defs>{HEADS}</defs>\n"
            f'<rect width="100%" height="100%" class="paper"/>\n' + "\n".join(self._parts) + "\n</svg>\n"
        )
