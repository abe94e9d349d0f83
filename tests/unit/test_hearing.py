"""Who listens in a supervision: the supervisor's phones, or somebody who got into their place."""

import pytest

from adapter.access.hearing import unexpected_listeners
from adapter.asterisk.naming import OTHER_HALF

from .samples import Pbx, calls_after

OURS = "uapi-1998"
OWN, SECOND_DESK, AGENT, TRUNK = "PJSIP/0003*024", "PJSIP/second-desk", "PJSIP/0003*210", "PJSIP/trunk"
LOCAL = "Local/0003*024@uapi-phones"


def straight(phone: str) -> Pbx:
    """Our channel is this phone's own."""
    pbx = Pbx()
    pbx.new(phone, uniqueid=OURS)
    return pbx


def behind(*phones: str) -> Pbx:
    """Our channel is the half of a Local channel, and these stand behind the other."""
    pbx = Pbx()
    pbx.new(LOCAL, uniqueid=OURS)
    other = pbx.new(LOCAL, uniqueid=OURS + OTHER_HALF, linkedid=OURS)
    pbx.bridge(other, *(pbx.new(phone, linkedid=OURS) for phone in phones))
    return pbx


ROWS: list[tuple[str, Pbx, str, list[str]]] = [
    # what, who is there, the supervisor, the peers of the strangers
    ("its phone", straight(OWN), "0003*024", []),
    ("another extension's phone", straight(AGENT), "0003*024", [AGENT]),
    ("a trunk, which nobody dials for it", straight(TRUNK), "0003*024", [TRUNK]),
    ("its device of another name", straight(SECOND_DESK), "0003*025", []),
    ("a trunk, though it has a device of another name", straight(TRUNK), "0003*025", [TRUNK]),
    ("another extension's, though it has a device of another name", straight(AGENT), "0003*025", [AGENT]),
    ("a trunk, for one who is unknown", straight(TRUNK), "", [TRUNK]),
    ("nobody yet behind the Local channel", behind(), "0003*024", []),
    ("its phone behind the Local channel", behind(OWN), "0003*024", []),
    ("another's behind the Local channel", behind(AGENT), "0003*024", [AGENT]),
    ("a trunk behind the Local channel", behind(TRUNK), "0003*024", [TRUNK]),
    ("its phone and another's", behind(OWN, AGENT), "0003*024", [AGENT]),
    ("our channel is gone", Pbx(), "0003*024", []),
]


@pytest.mark.parametrize(
    ("pbx", "supervisor", "expected"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS]
)
def test_whoever_listens_and_is_no_phone_of_the_supervisor_is_a_stranger(
    pbx: Pbx, supervisor: str, expected: list[str]
) -> None:
    """A channel of a name that the directory does not know is nobody's: whoever is there may be anybody."""
    found = unexpected_listeners(calls_after(pbx.messages), OURS, supervisor)
    assert [leg.channel.name.rpartition("-")[0] for leg in found] == expected


def test_who_talks_with_the_spied_party_is_no_stranger() -> None:
    """They are heard; those behind our own channel hear."""
    pbx = behind(OWN)
    _, agent = pbx.call(TRUNK, AGENT)
    pbx.spy(OURS, agent)
    assert unexpected_listeners(calls_after(pbx.messages), OURS, "0003*024") == []
