"""A PBX whose dialplan lacks uapi-dialplan.conf: what works, what is refused, what ends, and who says so."""

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapter.lab import running_asterisk
from adapter.lab.adapter_process import running_adapter
from tests.acceptance.harness import changed_directory, code_of
from tests.acceptance.stories.story import Stage
from tests.acceptance.supervision.asking import address_of, reason_of_end, supervision, until_joined
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_modes import ACCEPTED, MODES, join, talking
from tests.acceptance.transfers.pbx_changes import reconfigure

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Without the include; the organization wants a notice tone where `stranger` supervises."""
    folder = tmp_path_factory.mktemp("no-include")
    name = "name: Other Organization"
    directory = changed_directory(folder, {name: f"{name}\n    notice_tone: true"})
    async with running_asterisk(folder / "asterisk") as pbx:
        await reconfigure(pbx, {"extensions.conf": ("#include uapi-dialplan.conf", "")})
        async with running_adapter(pbx, folder / "adapter", directory=directory) as adapter:
            yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False)


async def test_ready_says_that_the_include_is_missing(stage: Stage) -> None:
    """Not ready, and why; the process itself is well."""
    ready = await stage.adapter.request("GET", "/ready")
    assert (ready.status, ready.json["dialplanInclude"]) == (503, "missing")
    assert (await stage.adapter.request("GET", "/health")).status == 200


async def test_each_mode_works_and_keeps_to_itself(stage: Stage) -> None:
    """A switch is refused, and who hears whom stays as it is."""
    async with stage.tell("bare", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        everyone = (agent, customer, supervisor)
        for mode in MODES:
            accepted = await story.lab.barge_in(call_id, **MODES[mode])
            assert accepted.status == ACCEPTED, accepted.text
            await story.answer(supervisor)
            await until_joined(story.lab, address_of(accepted))
            other = "Monitor" if mode == "BargeIn" else "BargeIn"
            refused = await story.lab.barge_in(call_id, **MODES[other])
            assert (refused.status, code_of(refused)) == (409, "pc_switch_unavailable")
            wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
            await until_right(everyone, wanted, time.time())
            again = await story.lab.barge_in(call_id, **MODES[mode])
            assert again.headers["Location"] == accepted.headers["Location"]
            await story.hang_up(supervisor)
            assert await reason_of_end(story.lab, address_of(accepted)) == "supervisor_left"
        await story.hang_up(customer, agent)


async def test_a_barge_in_whose_far_side_changes_ends_and_says_why(stage: Stage) -> None:
    """It would reach the agent alone. The call goes on."""
    async with stage.tell("bare-transfer-barge", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await story.phone("0003*024")
        accepted = await story.lab.barge_in(call_id)
        await story.answer(supervisor)
        await until_joined(story.lab, address_of(accepted))
        other = await story.phone("0003*211")
        await customer.transfer("0003*211")
        await story.answer(other)
        await customer.ended()
        assert await reason_of_end(story.lab, address_of(accepted)) == "cannot_follow"
        told = (await supervision(story.lab, address_of(accepted)))["reason"]
        assert isinstance(told, dict)
        assert told["message"] == "The other side of the call changed, and this PBX cannot follow it."
        await supervisor.ended()
        wanted = {(agent.name, other.name), (other.name, agent.name)}
        await until_right((agent, other, supervisor), wanted, time.time())
        await story.hang_up(other, agent)


async def test_the_other_modes_come_right_by_themselves(stage: Stage) -> None:
    """A supervisor who is not heard by all goes on to hear whoever the agent talks with."""
    async with stage.tell("bare-transfer-whisper", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await join(story, call_id, "Whisper")
        other = await story.phone("0003*211")
        await customer.transfer("0003*211")
        await story.answer(other)
        await customer.ended()
        wanted = heard("Whisper", supervisor=supervisor, agent=agent, other=other)
        await until_right((agent, other, supervisor), wanted, time.time())
        await story.hang_up(other, agent, supervisor)


async def test_where_a_notice_tone_is_wanted_nobody_supervises_without_it(stage: Stage) -> None:
    """409, and no phone rings."""
    token = await stage.adapter.token("stranger")
    async with stage.tell("bare-notice", is_traced=False) as story:
        agent = await story.phone("0004*300")
        customer = await story.customer("0004*300")
        await story.answer(agent, customer)
        supervisor = await story.phone("0004*301")
        [call] = await stage.adapter.list("@me/@self", token)
        answer = await stage.adapter.request(
            "PUT",
            f"/uapi/phoneCalls/@me/0004*300/{call['id']}",
            token=token,
            body={"action": "Monitor", "sendCallTo": "0004*301", "phoneCallViewId": "01"},
        )
        assert (answer.status, code_of(answer)) == (409, "pc_notice_unavailable")
        assert supervisor.journal == ()
        await story.hang_up(customer, agent)
