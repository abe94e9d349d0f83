"""What the adapter asks of the dialplan (asterisk-conf/uapi-dialplan.conf): it does that, and no more."""

import pytest

from adapter.lab import Phone

from .story import Stage, Story

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUPERVISOR = "0003*024"

# What would have ChanSpy spy on others than one exact channel.
BAD_SPIES = (
    {"UAPI_SPYEE": "", "UAPI_SPY_OPTIONS": "quBE"},
    {"UAPI_SPYEE": "all", "UAPI_SPY_OPTIONS": "quBE"},
    {"UAPI_SPYEE": "ALL", "UAPI_SPY_OPTIONS": "quBE"},
    {"UAPI_SPYEE": "PJSIP/0003*210", "UAPI_SPY_OPTIONS": "quBE"},
    {"UAPI_SPYEE": 'a" | "b', "UAPI_SPY_OPTIONS": "quBE"},
    {"UAPI_SPYEE": "%s", "UAPI_SPY_OPTIONS": "qBE"},
    {"UAPI_SPYEE": "%s", "UAPI_SPY_OPTIONS": ""},
    {"UAPI_SPYEE": "%s", "UAPI_SPY_OPTIONS": "qg(u)"},
)


OURS = "uapi-notice-of-a-test"
"""One of ours that the adapter beside does not take for a supervisor whom nobody asked for."""


async def send(story: Story, phone: Phone, variables: dict[str, str], channel_id: str = OURS) -> None:
    """Ring the phone and, once it is picked up, have it spy with these variables."""
    await story.ask(
        "Originate",
        Channel=f"PJSIP/{phone.number}",
        Context="uapi-spy",
        Exten="spy",
        Priority="1",
        Timeout="5000",
        Async="true",
        ChannelId=channel_id,
        Variable=",".join(f"{name}={value}" for name, value in variables.items()),
    )
    await phone.ringing()
    phone.pick_up()


async def test_spying_on_no_exact_channel_hangs_up(stage: Stage) -> None:
    """Whatever the variables lack, nobody is spied on, while there is a call that could be."""
    async with stage.tell("dialplan-spy-refused", is_traced=False) as story:
        agent, supervisor = await story.phone("0003*210"), await story.phone(SUPERVISOR)
        customer = await story.customer("0003*210")
        await story.answer(agent, customer)
        spyee = await story.uniqueid("PJSIP/0003*210")
        for bad in BAD_SPIES:
            given = {name: value % spyee if "%s" in value else value for name, value in bad.items()}
            await send(story, supervisor, given)
            await supervisor.ended()
        good = {"UAPI_SPYEE": spyee, "UAPI_SPY_OPTIONS": "quBE"}
        await send(story, supervisor, good, channel_id="1795405399.1")  # as if it took the place of ours
        await supervisor.ended()
        assert story.told("ChanSpyStart") == 0
        await send(story, supervisor, good)
        assert await story.hears("ChanSpyStart")
        await story.until_all_heard(agent, customer, supervisor)
        await story.hang_up(customer, agent, supervisor)


async def test_an_extensions_phones_ring_together_and_nothing_else_answers(stage: Stage) -> None:
    """Both phones of the extension ring; one without any phone ends at once."""
    async with stage.tell("dialplan-phones", is_traced=False) as story:
        desk = await story.lab.phones.callee("0003*026", name="desk")
        mobile = await story.lab.phones.callee("0003*026", name="mobile")
        for number in ("0003*025", "0003*026"):
            await story.ask(
                "Originate",
                Channel=f"Local/{number}@uapi-phones/n",
                Application="Wait",
                Data="5",
                Timeout="5000",
                Async="true",
            )
        await desk.ringing()
        await story.answer(mobile)
        await desk.ended()
        await story.hang_up(mobile)
