"""A request that comes while its supervisor may just be hanging up, as a table."""

from collections.abc import Callable

import pytest

from adapter.access.principal import Principal
from adapter.asterisk.features import ALL_FEATURES, NO_FEATURES, PbxFeatures
from adapter.callcontrol.supervision.milestones import Milestone
from adapter.callcontrol.supervision.plan import Mode, Obstacle, Plan, Refusal, SupervisionRequest
from adapter.callcontrol.supervision.request import CONFIRM_S, LEAVE_LIMIT_S, Asked, Wait, consider
from adapter.callcontrol.supervision.session import Reason

from .machine_bench import Bench, over, picks_up, rings, spies, starts
from .samples import app, directory, only_call

GOING, CERTAIN = Milestone.GOING, Milestone.CERTAIN
BEGINS, BUSY = "it may happen", Obstacle.SUPERVISOR_BUSY
CONFIRM, LEAVES = (GOING, CONFIRM_S), (CERTAIN, LEAVE_LIMIT_S)


def nothing(_: Bench) -> None:
    """All is as it was."""


def stops(here: Bench) -> None:
    """ChanSpy has ended: its channel is about to."""
    here.pbx.stop_spying(here.ours)
    here.hears()


def is_leaving(here: Bench) -> None:
    """It is known that it ends, and not why."""
    here.supervision.leaves_as = Reason.SUPERVISOR_LEFT


def is_elsewhere(here: Bench) -> None:
    """It is joined to another call."""
    here.supervision.call_id, here.supervision.spyee = "e" * 20, "1795405388.99"


ROWS: list[tuple[str, Callable[[Bench], None], Mode, PbxFeatures, list[Milestone], object]] = [
    # what it is, what happened, the mode asked for, the include, what was waited for, what comes of it
    ("as asked for: nothing would be sent", nothing, Mode.BARGE_IN, ALL_FEATURES, [], CONFIRM),
    ("waited, and nothing came", nothing, Mode.BARGE_IN, ALL_FEATURES, [GOING], BEGINS),
    ("a switch: Asterisk shows who is there", nothing, Mode.MONITOR, ALL_FEATURES, [], BEGINS),
    ("it cannot be switched: nothing would be sent", nothing, Mode.MONITOR, NO_FEATURES, [], CONFIRM),
    ("it has stopped to spy", stops, Mode.MONITOR, ALL_FEATURES, [], LEAVES),
    ("it has stopped while that was waited for", stops, Mode.BARGE_IN, ALL_FEATURES, [GOING], LEAVES),
    ("it is leaving", is_leaving, Mode.MONITOR, ALL_FEATURES, [], LEAVES),
    ("it has stopped, and stays all the same", stops, Mode.BARGE_IN, ALL_FEATURES, [CERTAIN], BEGINS),
    ("busy elsewhere, perhaps no longer", is_elsewhere, Mode.BARGE_IN, ALL_FEATURES, [], CONFIRM),
    ("busy elsewhere, for certain", is_elsewhere, Mode.BARGE_IN, ALL_FEATURES, [GOING], BUSY),
]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_request_waits_where_its_supervisor_may_just_be_leaving(
    row: tuple[str, Callable[[Bench], None], Mode, PbxFeatures, list[Milestone], object],
) -> None:
    """Once for each: a moment to learn that it is going, and a moment to learn whether it has gone."""
    _, happens, mode, features, waited, expected = row
    here = Bench()
    for step in (starts, rings, picks_up, spies("agent"), over("settle")):
        here.words(step(here))
    happens(here)
    call = only_call(here.calls)
    wanted = SupervisionRequest(
        mode, view_id=call.views[0].id, send_call_to="0003*024", numbers=frozenset({"0003*210"})
    )
    now = here.world()._replace(supervisions=(here.supervision,), features=features)
    asked = Asked(wanted, Principal(directory(), app("operator")), call)
    found = consider(asked, now, frozenset(waited))
    match found:
        case Wait(supervision, milestone, within_s):
            assert supervision is here.supervision
            assert (milestone, within_s) == expected
        case Refusal(code):
            assert code is expected
        case Plan():
            assert expected is BEGINS


def test_before_it_is_joined_nobody_waits_for_its_supervisor() -> None:
    """A phone that rings is there, and the same request again is answered at once."""
    here = Bench()
    for step in (starts, rings):
        here.words(step(here))
    call = only_call(here.calls)
    wanted = SupervisionRequest(
        Mode.BARGE_IN, view_id=call.views[0].id, send_call_to="0003*024", numbers=frozenset({"0003*210"})
    )
    now = here.world()._replace(supervisions=(here.supervision,))
    asked = Asked(wanted, Principal(directory(), app("operator")), call)
    assert isinstance(consider(asked, now, frozenset()), Plan)
