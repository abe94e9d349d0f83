"""Why a supervisor did not join: what its phone said, at once or after it rang, on a real PBX."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.acceptance.harness import code_of
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.supervision.asking import reason_of_end

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUPERVISOR = "0003*024"
BUSY = {"486 Busy Here", "600 Busy Everywhere"}
DECLINED = {"603 Decline"}
FAILED = {
    "302 Moved Temporarily",
    "401 Unauthorized",
    "403 Forbidden",
    "404 Not Found",
    "407 Proxy Authentication Required",
    "408 Request Timeout",
    "410 Gone",
    "415 Unsupported Media Type",
    "480 Temporarily Unavailable",
    "484 Address Incomplete",
    "487 Request Terminated",
    "488 Not Acceptable Here",
    "500 Server Internal Error",
    "503 Service Unavailable",
    "604 Does Not Exist Anywhere",
    "606 Not Acceptable",
}
REASONS = {
    **dict.fromkeys(BUSY, "busy"),
    **dict.fromkeys(DECLINED, "rejected"),
    **dict.fromkeys(FAILED, "unavailable"),
}
ANSWERS = {
    "busy": (409, "pc_sendcallto_busy"),
    "rejected": (409, "pc_sendcallto_rejected"),
    "unavailable": (409, "pc_sendcallto_unavailable"),
    "pickup_timeout": (504, "pc_pickup_timeout"),
}


async def outcome(story: Story, call_id: str, wait_s: int = 5) -> tuple[int, object]:
    """The answer to a PUT that waits for as long as the phone may ring."""
    answer = await story.lab.barge_in(call_id, wait_s=wait_s, waitForPickup=wait_s)
    return answer.status, code_of(answer)


@contextlib.asynccontextmanager
async def talking(story: Story) -> AsyncIterator[str]:
    """The id of a call that can be supervised, until the block ends."""
    agent, customer = await story.talk("0003*210")
    [call] = await story.lab.calls("@me/0003*210")
    yield str(call["id"])
    await story.hang_up(customer, agent)


@pytest.mark.parametrize("rings_first", [False, True])
@pytest.mark.parametrize("said", sorted(REASONS))
async def test_what_the_phone_says_tells_why_nobody_joined(
    stage: Stage, said: str, *, rings_first: bool
) -> None:
    """A phone with somebody at it is busy or has declined; any other answer means that nobody is there."""
    name = f"not-joined-{said[:3]}-{rings_first}".lower()
    async with stage.tell(name, is_traced=False) as story, talking(story) as call_id:
        await story.lab.phones.refuser(SUPERVISOR, said, rings_first=rings_first)
        assert await outcome(story, call_id) == ANSWERS[REASONS[said]]


async def test_a_phone_that_rings_by_early_media_alone_rings_and_times_out(stage: Stage) -> None:
    """183 and never 180: it is told as ringing, and as not picked up."""
    async with stage.tell("not-joined-183", is_traced=False) as story, talking(story) as call_id:
        phone = await story.lab.phones.callee(SUPERVISOR, name="by 183", rings_by="183 Session Progress")
        waiting = asyncio.create_task(outcome(story, call_id, wait_s=2))
        await phone.ringing()
        accepted = await story.lab.barge_in(call_id, waitForPickup=2)
        assert await waiting == ANSWERS["pickup_timeout"]
        assert await reason_of_end(story.lab, accepted.headers["Location"]) == "pickup_timeout"


async def test_a_phone_that_sends_its_calls_on_is_unavailable(stage: Stage) -> None:
    """Who is at the other number is nobody that was asked for, and never rings."""
    async with stage.tell("not-joined-forward", is_traced=False) as story, talking(story) as call_id:
        await story.lab.phones.callee(SUPERVISOR, name="forwards", forward_to="0003*211")
        other = await story.phone("0003*211")
        assert await outcome(story, call_id) == ANSWERS["unavailable"]
        assert other.journal == ()


async def test_no_phone_is_unavailable_at_once_and_one_that_says_nothing_at_the_end(stage: Stage) -> None:
    """Not registered; and registered at an address where nobody listens."""
    async with stage.tell("not-joined-nobody", is_traced=False) as story, talking(story) as call_id:
        async with asyncio.timeout(2):
            assert await outcome(story, call_id) == ANSWERS["unavailable"]
        await story.lab.phones.register(SUPERVISOR)
        assert await outcome(story, call_id, wait_s=2) == ANSWERS["unavailable"]


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        ("603 Decline", "404 Not Found", "rejected"),
        ("486 Busy Here", "480 Temporarily Unavailable", "busy"),
        ("486 Busy Here", "603 Decline", "rejected"),
        ("404 Not Found", "401 Unauthorized", "unavailable"),
    ],
)
async def test_of_several_phones_the_one_with_somebody_at_it_tells_why(
    stage: Stage, first: str, last: str, reason: str
) -> None:
    """Whichever of them was the last to say something."""
    name = f"not-joined-{first[:3]}-{last[:3]}"
    async with stage.tell(name, is_traced=False) as story, talking(story) as call_id:
        await story.lab.phones.refuser(SUPERVISOR, first, name="first")
        await story.lab.phones.refuser(SUPERVISOR, last, name="last", rings_first=True)
        assert await outcome(story, call_id) == ANSWERS[reason]
