"""Who hears whom in each mode, drawn from the pairs that the acceptance tests measure."""

import itertools

from tests.acceptance.supervision.hearing import MODES
from tests.pictures.svg import Picture

PANEL, HEIGHT, RADIUS = 220, 250, 24
PLACES = {"agent": (45.0, 90.0), "customer": (175.0, 90.0), "supervisor": (110.0, 190.0)}
TITLES = {
    "Monitor": "Monitor",
    "Whisper": "Whisper",
    "PrivateWhisper": "Whisper, private",
    "BargeIn": "BargeIn",
}


def draw() -> Picture:
    """A panel for each mode, an arrow from who speaks to who hears."""
    told = "; ".join(
        f"{TITLES[mode]}: "
        + ", ".join(f"{listener} hears {speaker}" for listener, speaker in sorted(MODES[mode]))
        for mode in MODES
    )
    picture = Picture(PANEL * len(MODES), HEIGHT, "Who hears whom in each mode", told)
    for column, mode in enumerate(MODES):
        _panel(picture, column * PANEL, mode)
    return picture


def _panel(picture: Picture, left: float, mode: str) -> None:
    picture.words(left + PANEL / 2, 34, TITLES[mode], look="ink bold")
    places = {name: (left + x, y) for name, (x, y) in PLACES.items()}
    heard = MODES[mode]
    for listener, speaker in itertools.permutations(places, 2):
        is_heard = (listener, speaker) in heard
        concerns_supervisor = "supervisor" in (listener, speaker)
        look = ("strong" if concerns_supervisor else "line") if is_heard else "faint"
        picture.between(
            places[speaker], places[listener], gap=RADIUS + 5, aside=6, look=look, has_head=is_heard
        )
    for name, (x, y) in places.items():
        picture.circle(x, y, RADIUS, look="mark" if name == "supervisor" else "box")
        picture.words(x, y + 5, name[0].upper(), look="ink bold")
    picture.words(places["agent"][0], 58, "agent", look="soft small")
    picture.words(places["customer"][0], 58, "customer", look="soft small")
    picture.words(places["supervisor"][0], 234, "supervisor", look="soft small")
