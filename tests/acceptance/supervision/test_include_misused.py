"""The dialplan include, where an operator uses it for what it is not meant for."""

import time
from pathlib import Path

from adapter.lab import Phone, Phones, running_asterisk
from tests.acceptance.supervision.hearing import until_right
from tests.acceptance.transfers.pbx_changes import reconfigure


async def test_an_ordinary_call_that_goes_through_the_include_ends_nobody_elses(tmp_path: Path) -> None:
    """The hangup handler takes a channel's name less its last two letters for a half of a Local channel."""
    async with running_asterisk(tmp_path / "asterisk") as pbx:
        goto = (
            "[from-trunk]\nexten => 0003*210,1,Set(UAPI_DEVICES=PJSIP/0003*210)\n"
            " same => n,Set(UAPI_RINGS=PJSIP/0003*210)\n same => n,Goto(uapi-phones,${EXTEN},1)\n"
        )
        await reconfigure(pbx, {"extensions.conf": ("[from-trunk]\n", goto)})
        async with Phones(pbx, tmp_path / "phones") as phones:
            colleague = await phones.callee("0003*211", name="colleague")
            agent = await phones.callee("0003*210", name="agent")
            first = await phones.caller("777001", callee="0003*999", name="first", trunk=True)
            await first.ended()
            # Channels are counted from 0: this one ends in 1, as the half that ChanSpy runs on.
            talker = await _answered(phones, "777000", colleague)
            customer = await _answered(phones, "777002", agent)
            agent.hang_up()
            await customer.ended()
            both = {(talker.name, colleague.name), (colleague.name, talker.name)}
            await until_right((talker, colleague), both, time.time())


async def _answered(phones: Phones, number: str, callee: Phone) -> Phone:
    """Who calls this phone from the public network, once it has picked up."""
    caller = await phones.caller(number, callee=callee.number, name=number, trunk=True)
    await callee.ringing()
    callee.pick_up()
    await caller.answered()
    return caller
