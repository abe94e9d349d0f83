"""Keys of the supervisor's phone: those of ChanSpy do nothing."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapter.lab import Pbx, running_asterisk
from adapter.lab.adapter_process import running_adapter
from adapter.lab.hears import who_hears_whom
from tests.acceptance.stories.story import Stage
from tests.acceptance.supervision.asking import address_of, reason_of_end, supervision, until_joined
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_modes import ACCEPTED, MODES, talking
from tests.acceptance.transfers.pbx_changes import reconfigure

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEYS = ["*", "0#", "####", "#####", "12#", "456"]
"""The end of ChanSpy, twice; louder for good; a quarter as loud; begin anew; modes, to some ChanSpys."""
BANNER_LIMIT_S = 5.0
LEAST, MOST = 0.15, 0.25
"""How loud a tone of 0.2 arrives."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """A PBX with the dialplan include or without."""
    folder = tmp_path_factory.mktemp("keys")
    async with running_asterisk(folder / "asterisk") as pbx:
        if request.param == "no include":
            await reconfigure(pbx, {"extensions.conf": ("#include uapi-dialplan.conf", "")})
        async with running_adapter(pbx, folder / "adapter") as adapter:
            yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False)


async def drops_keys(pbx: Pbx) -> bool:
    """Whether FRAME_DROP keeps keys from ChanSpy here: with Asterisk 22 it does, with 16 it does not."""
    reader, writer = await asyncio.open_connection(pbx.ami_host, pbx.ami_port)
    async with asyncio.timeout(BANNER_LIMIT_S):
        banner = await reader.readline()
    writer.close()
    return not banner.startswith(b"Asterisk Call Manager/5.")


@pytest.mark.parametrize("mode", ["Monitor", "BargeIn"])
@pytest.mark.parametrize("stage", ["include", "no include"], indirect=True)
async def test_no_key_ends_a_supervision_or_changes_it(stage: Stage, mode: str) -> None:
    """The supervisor goes on, as loud as before, in the mode that was asked for, never taken off.

    With Asterisk 16 the keys stay ChanSpy's: `*` ends the supervision, and no more.
    """
    async with stage.tell(f"keys-{mode.lower()}", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id, **MODES[mode])
        assert accepted.status == ACCEPTED, accepted.text
        await story.answer(supervisor)
        joined = await until_joined(story.lab, address_of(accepted))
        everyone = (agent, customer, supervisor)
        wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
        if not await drops_keys(stage.pbx):
            await supervisor.type("*")
            assert await reason_of_end(story.lab, address_of(accepted)) == "supervisor_left"
            await until_right(
                everyone, {(agent.name, customer.name), (customer.name, agent.name)}, time.time()
            )
            await story.hang_up(customer, agent)
            return
        for keys in KEYS:
            await supervisor.type(keys)
            await until_right(everyone, wanted, time.time())
            levels = (await who_hears_whom(everyone)).levels
            for other in (agent, customer):
                assert LEAST < levels[supervisor.name, other.name] < MOST, (keys, levels)
        assert await supervision(story.lab, address_of(accepted)) == joined
        assert story.told("ChanSpyStop") == 0
        await story.hang_up(customer, agent)
