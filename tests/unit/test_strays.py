"""Channels of ours that belong to no running supervision."""

import pytest

from adapter.asterisk.events import ChannelState
from adapter.callcontrol.hang_up import HangUp, id_of
from adapter.callcontrol.supervision.strays import in_snapshot, to_hang_up
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.changes import Change, ChannelReplaced, OriginateStateChanged

from .machine_bench import AGENT, PHONE, TRUNK, Bench
from .samples import Pbx, calls_after, empty_calls, listed, snapshot_after, world

MINE, ANOTHERS, OLD = "uapi-spy-main-1998", "uapi-spy-second-1998", "uapi-1998"
TAKER = "1795405388.77"
UP, RINGING = ChannelState.UP, ChannelState.RINGING


def hung_up(change: Change, *, live: bool = False, ended: bool = False, there: str = MINE) -> list[str]:
    """Whom this change has hung up, where such a channel is there."""
    pbx, one = Pbx(), Bench().supervision
    pbx.new(PHONE, uniqueid=there)
    now = world(calls_after(pbx.messages))
    known = {there: one} if live else {}
    return [one.id for one in to_hang_up(change, known, {there: one} if ended else {}, now)]


@pytest.mark.parametrize(
    ("channel", "state", "live", "ended", "is_hung_up"),
    [
        (MINE, RINGING, False, False, True),
        (OLD, RINGING, False, False, True),
        (MINE, UP, False, False, False),  # it may yet be found to be joined
        (MINE, RINGING, True, False, False),
        (MINE, RINGING, False, True, True),
        (MINE, UP, False, True, True),
        (ANOTHERS, RINGING, False, False, False),
    ],
)
def test_an_originate_that_comes_late_is_hung_up(
    channel: str, state: ChannelState, *, live: bool, ended: bool, is_hung_up: bool
) -> None:
    """Its own adapter does that; one that is up may have been joined by an earlier process."""
    change = OriginateStateChanged(channel, state)
    found = hung_up(change, live=live, ended=ended, there=channel)
    assert found == ([id_of(channel)] if is_hung_up else [])


@pytest.mark.parametrize(
    ("change", "is_hung_up"),
    [
        (ChannelReplaced(TAKER, MINE, MINE), True),
        (ChannelReplaced(TAKER, "1795405388.5", MINE), True),
        (ChannelReplaced(TAKER, ANOTHERS, ANOTHERS), True),
        (ChannelReplaced("", MINE, MINE), False),
        (ChannelReplaced("all", MINE, MINE), False),
        (ChannelReplaced(TAKER, "1795405388.5", "1795405388.4"), False),
    ],
)
def test_who_gets_into_a_supervisors_place_is_hung_up(change: ChannelReplaced, *, is_hung_up: bool) -> None:
    """Whichever adapter rang the phone; and only where one channel is meant."""
    assert hung_up(change) == ([id_of(TAKER)] if is_hung_up else [])


def test_a_snapshot_shows_who_goes_on_and_who_is_hung_up() -> None:
    """Each spy that this adapter has to account for, in the order in which they are there."""
    pbx = Pbx()
    _, agent = pbx.call(TRUNK, AGENT)
    pbx.supervise(agent, uniqueid=MINE)
    pbx.new(PHONE, uniqueid="uapi-spy-main-1999", state="Ringing")
    pbx.new(PHONE, uniqueid="uapi-spy-second-1999", state="Ringing")
    calls = empty_calls()
    calls.reset(listed(snapshot_after(pbx.messages)), 1795405400.0)
    now, ended = world(calls), Bench().supervision
    found = in_snapshot({}, {}, now)
    adopted, stray = found
    assert isinstance(adopted, Supervision)
    assert (adopted.channel_id, adopted.id, adopted.is_joined, adopted.owner) == (MINE, "1998", True, "")
    assert isinstance(stray, HangUp)
    assert stray.id == id_of("uapi-spy-main-1999")
    assert [type(one) for one in in_snapshot({}, {MINE: ended}, now)] == [HangUp, HangUp]
    assert [type(one) for one in in_snapshot({MINE: ended}, {}, now)] == [HangUp]
