"""The pictures in the docs show what is."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.pictures import goals
from tests.pictures.__main__ import DRAWN, FOLDER


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_what_the_code_says_by_now(name: str) -> None:
    """`make pictures` was run after the last change of what it shows."""
    assert (FOLDER / name).read_text(encoding="utf-8") == DRAWN[name]().svg


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_can_be_read_by_who_does_not_see_it(name: str) -> None:
    """It has a title and says in words what it shows."""
    root = ET.fromstring(DRAWN[name]().svg)  # noqa: S314 - made a line ago
    said = [root.findtext(f"{{http://www.w3.org/2000/svg}}{tag}") or "" for tag in ("title", "desc")]
    assert all(len(text) > 10 for text in said)


def test_a_figure_beyond_its_goal_is_drawn_beyond_the_line(tmp_path: Path) -> None:
    """Whether more or less of it is better; what is missed has a colour of its own."""
    file = tmp_path / "figures.json"
    file.write_text(
        '{"figures": ['
        '{"work": "reader", "value": 8, "value_unit": "x", "goal": 4, "is_floor": true, "is_met": true},'
        '{"work": "cpu", "value": 10, "value_unit": "%", "goal": 5, "is_floor": false, "is_met": false}]}'
    )
    root = ET.fromstring(goals.draw(file).svg)  # noqa: S314 - made a line ago
    bars = [one for one in root.iter("{http://www.w3.org/2000/svg}rect") if one.get("height") == "13"]
    assert [one.get("class") for one in bars] == ["good", "bad"]
    assert [float(one.get("width") or 0) / goals.UNIT for one in bars] == pytest.approx([2, 0.5], abs=0.01)
