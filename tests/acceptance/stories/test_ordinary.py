"""The stories of an ordinary PBX: plain names, several devices, Local channels in the middle, two tenants."""

import time

import pytest

from adapter.lab import ORDINARY, Phone
from tests.acceptance.harness import views_of
from tests.acceptance.supervision.hearing import until_right
from tests.acceptance.supervision.test_nobody_else import assert_deaf, each_other

from .story import ANY, Stage, Story, View, between, supervising, view

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.parametrize("stage", [ORDINARY], indirect=True, ids=["ordinary"], scope="module"),
]

WAITING = "777888"
PUBLIC = "00888777"
REFUSED = (400, 403, 404, 409)


def talking(extension: str, source: str = WAITING) -> View:
    """The view of who was called and talks."""
    return view(ANY, extension, "5", source, extension)


async def rung(*phones: Phone) -> None:
    """All of them ring."""
    for phone in phones:
        await phone.ringing()


async def assert_not_supervised(story: Story, number: str) -> None:
    """No call that this App sees can be supervised as one of this extension."""
    for call in await story.lab.calls():
        for view_id in views_of(call):
            answer = await story.lab.barge_in(str(call["id"]), number, phoneCallViewId=view_id)
            assert answer.status in REFUSED, answer.text


@pytest.mark.parametrize(("queue", "name"), [("500", "queue"), ("502", "queue-optimised")])
async def test_a_queue_rings_all_devices_of_its_members_behind_local_channels(
    stage: Stage, queue: str, name: str
) -> None:
    """One view for an agent, whichever of its devices answers; never a Local channel."""
    async with stage.tell(f"ordinary-{name}") as story:
        desk, app, other = [await story.phone(number) for number in ("0003*210", "99210", "0003*211")]
        customer = await story.customer(queue)
        await rung(desk, app, other)
        seen = [view(ANY, number, "3", WAITING, number) for number in ("0003*210", "0003*211")]
        await story.step("ringing", seen)
        await story.answer(app, customer)
        for loser in (desk, other):
            await loser.ended()
        await story.step("talking", [talking("0003*210")])
        await story.visit("0003*210", ANY, [talking("0003*210")], customer, app)
        await story.hang_up(customer, app)


async def test_a_ring_group_is_answered_by_one_and_only_that_one_is_supervised(stage: Stage) -> None:
    """The views of the others vanish, and nobody is supervised as them."""
    async with stage.tell("ordinary-ring-group") as story:
        first, second = await story.phone("0003*210"), await story.phone("99211")
        customer = await story.customer("610")
        await rung(first, second)
        await story.step("ringing", [view(ANY, one, "3", WAITING, one) for one in ("0003*210", "0003*211")])
        await story.answer(second, customer)
        await first.ended()
        await story.step("talking", [talking("0003*211")])
        await assert_not_supervised(story, "0003*210")
        await story.visit("0003*211", ANY, [talking("0003*211")], customer, second)
        await story.hang_up(customer, second)


async def test_a_ring_group_that_is_answered_outside_is_nobody_s_call(stage: Stage) -> None:
    """Both parties are of the public network; an extension that rang for it has no part in it any more."""
    async with stage.tell("ordinary-ring-group-outside") as story:
        desk = await story.phone("0003*210")
        mobile = await story.lab.phones.callee("public", name="public", carrier=True)
        customer = await story.customer("611")
        await rung(desk, mobile)
        await story.step("ringing", [view(ANY, "0003*210", "3", WAITING, "0003*210")])
        await story.answer(mobile, customer)
        await desk.ended()
        await story.step("talking outside")
        await assert_not_supervised(story, "0003*210")
        await story.hang_up(customer, mobile)


@pytest.mark.parametrize(("dialled", "name"), [("0003*212", "follow-me"), ("503", "queue-follow-me")])
async def test_follow_me_that_a_colleague_answers_is_the_colleague_s_call(
    stage: Stage, dialled: str, name: str
) -> None:
    """Behind one Local channel for each number; from a queue behind two in a row."""
    async with stage.tell(f"ordinary-{name}") as story:
        own, colleague = await story.phone("0003*212"), await story.phone("0003*211")
        customer = await story.customer(dialled)
        await rung(own, colleague)
        await story.step("ringing", [view(ANY, one, "3", WAITING, one) for one in ("0003*211", "0003*212")])
        await story.answer(colleague, customer)
        await own.ended()
        await story.step("talking", [talking("0003*211")])
        await assert_not_supervised(story, "0003*212")
        await story.visit("0003*211", ANY, [talking("0003*211")], customer, colleague)
        await story.hang_up(customer, colleague)


async def test_follow_me_to_an_outside_number_is_a_call_of_who_called(stage: Stage) -> None:
    """Who is followed takes no part; the number that a macro dialed is shown, not the macro."""
    async with stage.tell("ordinary-follow-me-outside") as story:
        own = await story.phone("0003*213")
        mobile = await story.lab.phones.callee("public", name="public", carrier=True)
        colleague = await story.dialing("0003*211", "0003*213")
        await rung(own, mobile)
        await story.answer(mobile, colleague)
        await own.ended()
        outside = view(ANY, "0003*211", "5", "0003*211", PUBLIC)
        await story.step("talking outside", [outside])
        await assert_not_supervised(story, "0003*213")
        supervisor = await story.barge_in("0003*211")
        await story.step("joined", [outside, supervising("0003*211", ANY)])
        if supervisor:
            await story.until_all_heard(colleague, mobile, supervisor)
            await story.hang_up(supervisor)
        await story.hang_up(colleague, mobile)


async def test_a_second_device_calls_as_its_person(stage: Stage) -> None:
    """The softphone of 0003*210 calls 0003*211; the supervisor joins either side."""
    async with stage.tell("ordinary-second-device") as story:
        colleague = await story.phone("0003*211")
        app = await story.dialing("210-mobile", "0003*211")
        await story.answer(colleague, app)
        views = between("0003*210", "0003*211")
        await story.step("talking", views)
        await story.visit("0003*210", ANY, views, app, colleague)
        await story.hang_up(app, colleague)


async def test_the_same_number_of_two_tenants_is_two_extensions(stage: Stage) -> None:
    """Neither is listed to the other's App, nor heard in the other's supervision."""
    async with stage.tell("ordinary-tenants") as story:
        ours, customer = await story.talk("0003*210")
        theirs, other = await story.phone("0004*210"), await story.customer("0004*210", "777889")
        await story.answer(theirs, other)
        await story.step("talking", [talking("0003*210")])
        token = await stage.adapter.token("stranger")
        [foreign] = await stage.adapter.list("@me/@self", token)
        assert [one["extension"] for one in views_of(foreign).values()] == ["0004*210"]
        refused = await story.lab.barge_in(str(foreign["id"]), "0003*210")
        assert refused.status in REFUSED, refused.text
        since = time.time()
        supervisor = await story.barge_in("0003*210")
        assert supervisor is not None
        await until_right(
            (ours, customer, supervisor), {*_all(ours, customer, supervisor)}, time.time(), within=5
        )
        for phone in (theirs, other):
            assert_deaf(phone, (ours, customer, supervisor), since)
        await until_right((theirs, other), each_other(theirs, other), time.time())
        await story.hang_up(supervisor)
        await story.hang_up(customer, ours)
        await story.hang_up(other, theirs)


def _all(*phones: Phone) -> set[tuple[str, str]]:
    return {(one.name, other.name) for one in phones for other in phones if one is not other}


async def test_an_extension_whose_number_begins_another_s_is_heard_alone(stage: Stage) -> None:
    """0003*21, 0003*210 and 0003*2100 talk at once, and 210-acme: the supervisor of one hears that one."""
    async with stage.tell("ordinary-prefixes") as story:
        pairs = {}
        for at, number in enumerate(("0003*2100", "0003*210", "0003*21")):
            agent, customer = await story.phone(number), await story.customer(number, f"77788{at}")
            await story.answer(agent, customer)
            pairs[number] = (agent, customer)
        for number in ("0003*21", "0003*210"):
            since = time.time()
            supervisor = await story.barge_in(number)
            assert supervisor is not None
            everyone = (*pairs[number], supervisor)
            await until_right(everyone, _all(*everyone), time.time(), within=5)
            for other, phones in pairs.items():
                if other != number:
                    assert_deaf(supervisor, phones, since)
            await story.hang_up(supervisor)
            await supervisor.vanish()
        for agent, customer in pairs.values():
            await story.hang_up(customer, agent)


async def test_a_recording_by_the_dialplan_is_shown_and_is_no_party(stage: Stage) -> None:
    """MixMonitor runs on the customer's channel, as FreePBX has it."""
    async with stage.tell("ordinary-recorded") as story:
        agent, customer = await story.talk("0003*214")
        recorded = view("01", "0003*214", "5", WAITING, "0003*214", recording=True)
        await story.step("talking", [recorded])
        supervisor = await story.barge_in("0003*214")
        await story.step("joined", [recorded, supervising("0003*214", "02")])
        if supervisor:
            await story.until_all_heard(agent, customer, supervisor)
            await story.hang_up(supervisor)
        await story.hang_up(customer, agent)


async def test_a_caller_with_the_number_and_name_of_an_extension_is_a_customer(stage: Stage) -> None:
    """Whatever it says of itself: it has no view, and nobody is supervised as that extension."""
    async with stage.tell("ordinary-hostile-caller") as story:
        agent = await story.phone("0003*211")
        liar = await story.lab.phones.caller(
            "210", callee="0003*211", name="liar", trunk=True, display="PJSIP/210-0000002a@from-queue/n;1"
        )
        await story.answer(agent, liar)
        await story.step("talking", [view("01", "0003*211", "5", "210", "0003*211")])
        await assert_not_supervised(story, "0003*210")
        await story.visit("0003*211", "02", [view("01", "0003*211", "5", "210", "0003*211")], liar, agent)
        await story.hang_up(liar, agent)


async def test_a_parked_call_is_fetched_on_a_second_device(stage: Stage) -> None:
    """0003*210 sends the customer to 70, and 99211 fetches it at 71."""
    async with stage.tell("ordinary-parked") as story:
        agent, customer = await story.talk("0003*210")
        await agent.transfer("700")
        assert await story.hears("ParkedCall")
        await agent.ended()
        waits = {"parked": True, "parkedPos": "71", "parkedBy": "0003*210"}
        await story.step("parked", [view(ANY, "0003*210", "5", WAITING, "0003*210", **waits)])
        fetcher = await story.dialing("99211", "701")
        await fetcher.answered()
        await story.step("fetched", [talking("0003*211")])
        await story.visit("0003*211", ANY, [talking("0003*211")], customer, fetcher)
        await story.hang_up(fetcher, customer)
