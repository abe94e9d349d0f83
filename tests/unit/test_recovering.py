"""What a snapshot shows of our channels: which go on, and which are hung up."""

import asyncio

import pytest

from adapter.callcontrol.supervision.plan import Mode
from adapter.callcontrol.supervision.session import State
from adapter.lab.polling import until

from .conducting import AGENT, SUPERVISOR, TRUNK, desk

EARLIER, STRAY = "uapi-1998", "uapi-1999"


async def test_a_supervision_that_was_ended_in_a_break_is_hung_up_after_it_and_not_found_again() -> None:
    """Its hang-up never arrived: Asterisk has it joined still, and nobody wants it."""
    async with desk() as here:
        _, agent = here.pbx.call(TRUNK, AGENT)
        here.hear()
        supervision = await here.join(agent)
        here.is_link_up = False
        ending = asyncio.create_task(here.actions.end(supervision))
        await until(lambda: here.unsent)
        assert here.hung_up() == []
        here.is_link_up = True
        here.resync()
        await here.hangs_up(supervision.channel_id)
        assert supervision.state is State.ENDED
        assert not here.operations.supervisions.live
        here.pbx.hang_up(supervision.channel_id)
        here.hear()
        assert await ending


@pytest.mark.parametrize("peer", [SUPERVISOR, TRUNK])
@pytest.mark.parametrize("goes_on", [True, False])
async def test_a_spy_that_is_found_where_one_side_is_no_extension_is_hung_up(
    peer: str, *, goes_on: bool
) -> None:
    """Nobody can tell who is supervised; or, over a trunk, who listens."""
    async with desk() as here:
        _, spyee = here.pbx.call(TRUNK, AGENT if goes_on else TRUNK)
        here.pbx.supervise(spyee, peer, EARLIER)
        _, another = here.pbx.call(TRUNK, TRUNK)
        here.pbx.supervise(another, TRUNK, STRAY)
        here.resync()
        is_known = goes_on and peer == SUPERVISOR
        assert [*here.operations.supervisions.live] == ([EARLIER] if is_known else [])
        await until(lambda: sorted(here.hung_up()) == ([STRAY] if is_known else [EARLIER, STRAY]))


async def test_a_supervision_that_runs_in_another_mode_than_was_known_is_told_again() -> None:
    """In the break its phone was picked up in the mode of before: more hear the supervisor than should."""
    async with desk() as here:
        _, agent = here.pbx.call(TRUNK, AGENT)
        here.hear()
        supervision = await here.join(agent, mode=Mode.MONITOR)
        here.resync()  # it shows a barge-in
        assert (supervision.mode, supervision.wanted_mode) == (Mode.BARGE_IN, Mode.MONITOR)
        async with asyncio.timeout(2):
            await until(lambda: supervision.state is State.RE_ATTACHING)
        await until(lambda: [action for action in here.sent if action["Action"] == "Redirect"])
        told = [action["Value"] for action in here.sent if action.get("Variable") == "UAPI_SPY_OPTIONS"]
        assert told == [Mode.MONITOR.spy_options]
        assert [action["Channel"] for action in here.sent if action["Action"] == "Redirect"] == [
            supervision.channel_id
        ]
