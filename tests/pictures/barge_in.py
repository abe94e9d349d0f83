"""The way of a barge-in, from the request to the conversation of three."""

from tests.pictures.svg import Picture

LANES = ("client", "adapter", "Asterisk", "supervisor's phone", "agent and customer")
WIDTH, LANE, TOP, STEP = 900, 176, 64, 44
STEPS = (
    ("client", "adapter", "PUT BargeIn", "is it allowed?"),
    ("adapter", "Asterisk", "Originate, with a time limit", ""),
    ("Asterisk", "supervisor's phone", "INVITE: it rings", ""),
    ("adapter", "client", "202, link to the supervision", ""),
    ("supervisor's phone", "Asterisk", "200: picked up", "is it the supervisor's own device?"),
    ("Asterisk", "agent and customer", "ChanSpy joins", "is it still the requested channel?"),
    ("Asterisk", "adapter", "ChanSpyStart", ""),
    ("adapter", "client", "view 02 appears", ""),
)


def draw() -> Picture:
    """A lane for each of those who take part, a row for each step."""
    told = "; ".join(f"{start} to {end}: {what}" for start, end, what, _ in STEPS)
    picture = Picture(WIDTH, TOP + STEP * (len(STEPS) + 0.7), "The way of a barge-in", told)
    at = {name: 92 + LANE * index for index, name in enumerate(LANES)}
    for name, x in at.items():
        picture.line(x, TOP - 14, x, TOP + STEP * (len(STEPS) + 0.3), look="faint")
        picture.box(x - 82, 16, 164, 32, look="mark" if name == "adapter" else "box")
        picture.words(x, 37, name, look="ink bold small")
    for row, (start, end, what, question) in enumerate(STEPS):
        y, x1, x2 = TOP + STEP * (row + 0.6), at[start], at[end]
        way = 1 if x2 > x1 else -1
        picture.line(x1 + 3 * way, y, x2 - 3 * way, y, look="strong", has_head=True)
        picture.words((x1 + x2) / 2, y - 7, what, look="ink small")
        if question:
            picture.words(
                max(x1, x2) - 8 if end == "agent and customer" else max(x1, x2) + 8,
                y + 15,
                question,
                look="soft small",
                anchor="end" if end == "agent and customer" else "start",
            )
    return picture
