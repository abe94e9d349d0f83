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
    # not the name of the channel: whose it is was decided by forged or old events
    {"UAPI_SPYEE_NAME": ""},
    {"UAPI_SPYEE_NAME": "PJSIP/0003*210"},
    {"UAPI_SPYEE_NAME": "PJSIP/0003*211-00000001"},
    {"UAPI_SPYEE_NAME": 'PJSIP/" | "1'},
    {"UAPI_SPYEE_NAME": "PJSIP/.*"},
    {"UAPI_SPYEE": "1795405399.1", "UAPI_SPYEE_NAME": ""},
)
"""Each in place of what would have it spy on the agent."""


BAD_ENDS = ("\\,5\\,g", "^x", "|x", "(x)", "${EXTEN}", "$[1]", "\\;1", " ", "!", "%2C5", "é")
"""What may not stand behind a device's name; AMI takes the backslash before a comma away."""

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
        name = await story.channel("PJSIP/0003*210")
        good = {"UAPI_SPYEE": spyee, "UAPI_SPYEE_NAME": name, "UAPI_SPY_OPTIONS": "quBE"}
        for bad in BAD_SPIES:
            given = {each: value % spyee if "%s" in value else value for each, value in bad.items()}
            await send(story, supervisor, good | given)
            await supervisor.ended()
        await send(story, supervisor, good, channel_id="1795405399.1")  # as if it took the place of ours
        await supervisor.ended()
        assert story.told("ChanSpyStart") == 0
        await send(story, supervisor, good)
        assert await story.hears("ChanSpyStart")
        await story.until_all_heard(agent, customer, supervisor)
        await story.hang_up(customer, agent, supervisor)


async def ring(story: Story, number: str, variables: dict[str, str]) -> None:
    """Have the include ring, as for this number, with these variables."""
    await story.ask(
        "Originate",
        Channel=f"Local/{number}@uapi-phones/n",
        Application="Wait",
        Data="5",
        Timeout="5000",
        Async="true",
        Variable=",".join(f"_{name}={value}" for name, value in variables.items()),
    )


def devices(*names: str) -> dict[str, str]:
    """What the adapter sets where these ring, and are the supervisor's."""
    return {"UAPI_DEVICES": "&".join(names), "UAPI_RINGS": "&".join(names)}


async def test_all_phones_of_all_devices_ring_together_and_nothing_else_answers(stage: Stage) -> None:
    """Two phones of one device and one of another, which the number need not name; without any it ends."""
    async with stage.tell("dialplan-phones", is_traced=False) as story:
        desk = await story.lab.phones.callee("0003*026", name="desk")
        mobile = await story.lab.phones.callee("0003*026", name="mobile")
        second = await story.lab.phones.callee("0003*211", name="second")
        await ring(story, "0003*777", devices("PJSIP/0003*025", "PJSIP/no-such-device"))
        await ring(story, "0003*777", devices("PJSIP/0003*025", "PJSIP/0003*026", "PJSIP/0003*211"))
        for phone in (desk, second):
            await phone.ringing()
        await story.answer(mobile)
        for phone in (desk, second):
            await phone.ended()
        await story.hang_up(mobile)


BAD_DEVICES = (
    {"UAPI_DEVICES": ""},
    {"UAPI_RINGS": ""},
    *({name: f"PJSIP/0003*026{bad}"} for name in ("UAPI_DEVICES", "UAPI_RINGS") for bad in BAD_ENDS),
)


async def test_with_anything_but_devices_nothing_rings(stage: Stage) -> None:
    """They are part of an argument of Dial, and could begin another: an option, a gosub, another phone."""
    async with stage.tell("dialplan-injected", is_traced=False) as story:
        phone, good = await story.phone("0003*026"), devices("PJSIP/0003*026")
        for count, bad in enumerate(({}, *(good | bad for bad in BAD_DEVICES)), start=1):
            await ring(story, "0003*026", bad)
            assert await story.hears("OriginateResponse", count), bad
            assert phone.journal == (), bad
        await ring(story, "0003*026", good)
        await story.answer(phone)
        await story.hang_up(phone)


async def test_a_device_that_is_not_the_supervisors_is_not_let_in(stage: Stage) -> None:
    """Whatever rang: one whose name is the beginning of an own one's, or goes on behind it, is another's."""
    async with stage.tell("dialplan-strangers", is_traced=False) as story:
        phones = {number: await story.phone(number) for number in ("0003*21", "0003*210")}
        for number, own in (("0003*21", "0003*210"), ("0003*210", "0003*21"), ("0003*210", "0003.2.0")):
            rings = {"UAPI_DEVICES": f"PJSIP/{own}&PJSIP/0003*024", "UAPI_RINGS": f"PJSIP/{number}"}
            await ring(story, "0003*024", rings)
            await phones[number].ringing()
            phones[number].pick_up()
            await phones[number].ended()
