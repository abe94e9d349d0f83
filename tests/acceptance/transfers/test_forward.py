"""Forwarding by the phone itself (SIP 302): a callee's is followed, a supervisor's is not."""

from pathlib import Path

import pytest

from adapter.lab import Phones, Step, running_asterisk, wait_until_heard
from adapter.lab.adapter_process import running_adapter
from tests.acceptance.harness import Lab, changed_directory, code_of
from tests.acceptance.stories.story import Stage, view
from tests.acceptance.test_barge_in import pairs

from .pbx_changes import reconfigure

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_callee_forwards_to_another_extension(stage: Stage) -> None:
    """0003*210 sends the customer to 0003*211, which rings and talks; 0003*210 takes no part."""
    async with stage.tell("forward-by-phone") as story:
        away = await story.lab.phones.callee("0003*210", name="away", forward_to="0003*211")
        other = await story.phone("0003*211")
        customer = await story.customer("0003*210")
        assert (await away.forwarded()).step is Step.FORWARDED
        await other.ringing()
        await story.step("ringing", [view("02", "0003*211", "3", "777888", "0003*211")])
        await story.answer(other, customer)
        await wait_until_heard((customer, other), pairs(customer, other))
        await story.step("talking", [view("02", "0003*211", "5", "777888", "0003*211")])
        await story.hang_up(customer, other)


async def test_a_callee_forwards_to_the_public_network(stage: Stage) -> None:
    """The list shows the caller's view, with the number that it was sent to; a barge-in on it."""
    async with stage.tell("forward-by-phone-to-public") as story:
        await story.lab.phones.callee("0003*210", name="away", forward_to="00421900123456")
        public = await story.lab.phones.callee("public", name="public", carrier=True)
        caller = await story.dialing("0003*211", "0003*210")
        await story.answer(public, caller)
        await wait_until_heard((caller, public), pairs(caller, public))
        talking = view("01", "0003*211", "5", "0003*211", "00421900123456")
        await story.step("talking", [talking])
        await story.visit("0003*211", "03", [talking], caller, public)
        await story.hang_up(caller, public)


async def test_a_barge_in_on_whom_a_callee_forwarded_to(stage: Stage) -> None:
    """All three hear each other, though the call came through a forward."""
    async with stage.tell("forward-by-phone-barge-in") as story:
        await story.lab.phones.callee("0003*210", name="away", forward_to="0003*211")
        other = await story.phone("0003*211")
        customer = await story.customer("0003*210")
        await story.answer(other, customer)
        talking = view("02", "0003*211", "5", "777888", "0003*211")
        await story.step("talking", [talking])
        supervisor = await story.barge_in("0003*211")
        assert supervisor is not None
        await story.step("joined", [talking, view("03", "0003*211", "5", "0003*024", "0003*211")])
        everyone = (customer, other, supervisor)
        await wait_until_heard(everyone, pairs(*everyone))
        await story.hang_up(other, customer, supervisor)


async def test_a_supervisors_phone_that_forwards_is_unavailable_and_nobody_else_rings(stage: Stage) -> None:
    """Neither an extension nor the public network gets into the talk in the supervisor's place."""
    async with stage.tell("supervisor-forwards") as story:
        agent, other = await story.phone("0003*210"), await story.phone("0003*211")
        public = await story.lab.phones.callee("public", name="public", carrier=True)
        customer = await story.customer("0003*210")
        await story.answer(agent, customer)
        talking = view("01", "0003*210", "5", "777888", "0003*210")
        await story.step("talking", [talking])
        [call] = await story.lab.calls()
        for supervisor, forward_to in (("0003*024", "0003*211"), ("0003*025", "00421900123456")):
            away = await story.lab.phones.callee(supervisor, name=supervisor, forward_to=forward_to)
            answer = await story.lab.barge_in(str(call["id"]), supervisor=supervisor, wait_s=20)
            await away.forwarded()
            assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_unavailable")
            await story.step(f"{supervisor} unavailable", [talking])
        assert other.journal == public.journal == ()
        await wait_until_heard((agent, customer, other, public), pairs(agent, customer))
        await story.hang_up(customer, agent)


async def test_a_supervisor_dialed_without_our_dialplan_does_not_reach_others_by_forwarding(
    tmp_path: Path,
) -> None:
    """`dial: PJSIP/...`, where nothing but FORWARD_CONTEXT keeps a forward from the `default` context."""
    async with running_asterisk(tmp_path / "asterisk") as pbx:
        default = "[default]\ninclude => phones\n\n[extensions]\n"
        await reconfigure(pbx, {"extensions.conf": ("[extensions]\n", default)})
        own = '{number: "0003*024", '
        directory = changed_directory(tmp_path, {own: f'{own}dial: "PJSIP/0003*024", '})
        async with (
            running_adapter(pbx, tmp_path / "adapter", directory=directory) as adapter,
            Phones(pbx, tmp_path / "phones") as phones,
        ):
            lab = Lab(pbx, adapter, phones, await adapter.token("wallboard"))
            talk = await lab.talk()
            other = await phones.callee("0003*211", name="other")
            await phones.callee("0003*024", name="away", forward_to="0003*211")
            answer = await lab.barge_in(talk.call_id, wait_s=5, waitForPickup=5)
            assert other.journal == ()
            assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_unavailable")
