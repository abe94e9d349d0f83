"""Nobody but the supervisor's own phones listens: neither who picks them up, nor to whom they transfer."""

import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import groupby, pairwise

import pytest
import pytest_asyncio

from adapter.lab import ORDINARY, LabError, Phone, running_asterisk
from adapter.lab.adapter_process import Adapter, running_adapter
from adapter.lab.hears import HEARD_LEVEL, Pair
from adapter.lab.tones import tone_level
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.supervision.asking import address_of, reason_of_end, until_joined
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_modes import ACCEPTED, talking
from tests.acceptance.transfers.pbx_changes import reconfigure

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONFERENCE = "0003*600"
ON_THE_WAY = "*9"
"""Who calls this is in the conference two seconds later."""
COLLEAGUE, STRANGER = "0003*211", "0004*300"
PACKET_MS = 20
SILENCE = b"\xff" * 160
"""A packet of it."""
DIRECTED, GROUP = "*80003*024", "*8"
GROUPED = "type = endpoint\ncall_group = 1\npickup_group = 1\ncontext = phones"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """A PBX whose phones may pick up one another's calls, with the dialplan include or without."""
    folder = tmp_path_factory.mktemp("nobody-else")
    async with running_asterisk(folder / "asterisk") as pbx:
        phones = pbx.layout.phones_context
        way = (
            f"exten => {ON_THE_WAY},1,Answer()\n same => n,Wait(2)\n"
            f" same => n,Goto({phones},{pbx.layout.here(CONFERENCE)},1)\n"
        )
        await reconfigure(pbx, {"extensions.conf": (f"[{phones}]\n", f"[{phones}]\n{way}")})
        if pbx.layout is not ORDINARY:  # where they are in groups already
            changes = {
                "pjsip.conf": ("type = endpoint\ncontext = phones", GROUPED),
                "extensions.conf": ("[phones]\n", f"[phones]\nexten => {GROUP},1,Pickup()\n"),
            }
            await reconfigure(pbx, changes)
        if request.param == "no include":
            await reconfigure(pbx, {"extensions.conf": ("#include uapi-dialplan.conf", "")})
        async with running_adapter(pbx, folder / "adapter") as adapter:
            yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False)


def longest_heard_ms(listener: Phone, speaker: Phone, since: float) -> int:
    """For how long at a time it has heard the other's tone since then, in whole packets.

    A tone is told from others in two packets. One that it is in makes two such pairs loud, the one with
    the packet before it and the one with the packet after it; each further one makes one more.
    """
    audio = [SILENCE, *(one for _, one in listener.ear.arrived(since)), SILENCE]
    loud = (tone_level(one + other, speaker.tone_hz) >= HEARD_LEVEL for one, other in pairwise(audio))
    pairs = max((len(list(run)) for is_loud, run in groupby(loud) if is_loud), default=0)
    return PACKET_MS * (max(1, pairs - 1) if pairs else 0)


def assert_deaf(phone: Phone, others: Iterable[Phone], since: float, *, but_ms: int = 0) -> None:
    """It heard none of them, nor they it, for longer than that."""
    heard_ms = {
        (listener.name, speaker.name): longest_heard_ms(listener, speaker, since)
        for other in others
        for listener, speaker in ((phone, other), (other, phone))
    }
    assert {pair: ms for pair, ms in heard_ms.items() if ms > but_ms} == {}


@contextmanager
def not_looking(adapter: Adapter) -> Iterator[None]:
    """The adapter is stopped, by a signal, and goes on at the end."""
    os.kill(adapter.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(adapter.process.pid, signal.SIGCONT)


def each_other(one: Phone, other: Phone) -> set[Pair]:
    return {(one.name, other.name), (other.name, one.name)}


async def ringing(story: Story, phones: int) -> tuple[Phone, Phone, str, list[Phone]]:
    """Agent and customer, the supervision that was asked for, and the phones that ring for it."""
    agent, customer, call_id = await talking(story)
    rung = [await story.lab.phones.callee("0003*024", name=name) for name in ("desk", "mobile")[:phones]]
    accepted = await story.lab.barge_in(call_id)
    assert accepted.status == ACCEPTED, accepted.text
    for phone in rung:
        await phone.ringing()
    return agent, customer, address_of(accepted), rung


# Without the include, the phone's channel is in no context in which a directed pickup looks for it; the
# ordinary PBX looks for its name.
STOLEN = [
    # the PBX, how many phones the supervisor has, how one picks up, and how it ends
    ("include", 1, DIRECTED, "taken"),
    ("include", 2, DIRECTED, "taken"),
    ("include", 1, GROUP, "taken"),
    ("include", 2, GROUP, "taken"),
    ("no include", 1, DIRECTED, None),
    ("no include", 1, GROUP, "taken"),
]


@pytest.mark.parametrize("thief", [COLLEAGUE, STRANGER], ids=["colleague", "stranger"])
@pytest.mark.parametrize(("stage", "phones", "how", "end"), STOLEN, indirect=["stage"], scope="module")
async def test_who_picks_up_the_supervisors_ringing_phone_hears_nobody(
    stage: Stage, phones: int, how: str, end: str | None, thief: str
) -> None:
    """Whoever it is hears nothing at any moment; the supervision ends, or the phone rings on."""
    if how == DIRECTED and stage.pbx.layout is ORDINARY:
        end = "taken"
    async with stage.tell(f"stolen-{phones}-{len(how)}-{thief[3]}", is_traced=False) as story:
        agent, customer, address, rung = await ringing(story, phones)
        since = time.time()
        taker = await story.lab.phones.caller(thief, callee=how, name="taker")
        await taker.ended()
        if end is not None:
            assert await reason_of_end(story.lab, address) == end
        else:
            await story.answer(*rung)
            await until_joined(story.lab, address)
        assert_deaf(taker, (agent, customer), since)
        await story.hang_up(customer, agent, *(() if end else rung))


@pytest.mark.parametrize(
    ("stage", "phones"), [("include", 1), ("include", 2)], indirect=["stage"], scope="module"
)
async def test_the_dialplan_alone_keeps_off_who_picks_up(stage: Stage, phones: int) -> None:
    """While the adapter does not look, stopped by a signal."""
    async with stage.tell(f"stolen-unseen-{phones}", is_traced=False) as story:
        agent, customer, address, _ = await ringing(story, phones)
        since = time.time()
        with not_looking(stage.adapter):
            taker = await story.lab.phones.caller(STRANGER, callee=GROUP, name="taker")
            await taker.answered()
            await taker.ended()
        assert_deaf(taker, (agent, customer), since)
        await reason_of_end(story.lab, address)
        await story.hang_up(customer, agent)


TRANSFERS = [("include", 1), ("include", 2), ("no include", 1)]


@pytest.mark.parametrize("target", [COLLEAGUE, STRANGER], ids=["colleague", "stranger"])
@pytest.mark.parametrize(("stage", "phones"), TRANSFERS, indirect=["stage"], scope="module")
async def test_a_supervisor_cannot_send_its_ear_to_another(stage: Stage, phones: int, target: str) -> None:
    """A blind transfer is refused; the supervisor stays."""
    async with stage.tell(f"sent-on-{phones}-{target[3]}", is_traced=False) as story:
        agent, customer, address, rung = await ringing(story, phones)
        await story.answer(rung[0])
        await until_joined(story.lab, address)
        other = await story.phone(target)
        with pytest.raises(LabError, match="may not refer"):
            await rung[0].transfer(target)
        assert not other.journal
        supervisor = rung[0]
        wanted = heard("BargeIn", supervisor=supervisor, agent=agent, other=customer)
        await until_right((agent, customer, supervisor), wanted, time.time())
        await story.hang_up(customer, agent, supervisor)


PUT_IN = [
    # the PBX, how many phones the supervisor has, and for how long who is put in its place may hear
    ("include", 1, PACKET_MS),
    ("include", 2, PACKET_MS),
    ("no include", 1, 200),  # until the adapter has heard of it
]


async def joined_with_a_second_line(story: Story, phones: int, callee: str) -> tuple[list[Phone], str, Phone]:
    """Agent, customer and supervisor, the supervision, and the supervisor's second line, which calls."""
    agent, customer, address, rung = await ringing(story, phones)
    await story.answer(rung[0])
    await until_joined(story.lab, address)
    consultation = await story.lab.phones.caller("0003*024", callee=callee, name="consultation")
    return [agent, customer, rung[0]], address, consultation


@pytest.mark.parametrize("how", ["there", "back"])
@pytest.mark.parametrize(("stage", "phones", "but_ms"), PUT_IN, indirect=["stage"], scope="module")
async def test_whom_a_supervisor_puts_in_its_own_place_hears_nobody(
    stage: Stage, phones: int, but_ms: int, how: str
) -> None:
    """An attended transfer cannot be forbidden, from either line: the supervision ends with it."""
    async with stage.tell(f"replaced-{phones}-{how}", is_traced=False) as story:
        other = await story.phone(COLLEAGUE)
        parties, address, consultation = await joined_with_a_second_line(story, phones, COLLEAGUE)
        agent, customer, supervisor = parties
        await story.answer(other, consultation)
        since = time.time()
        sent, received = (supervisor, consultation) if how == "there" else (consultation, supervisor)
        await sent.transfer_to(received)
        assert await reason_of_end(story.lab, address) == "taken"
        for phone in (other, consultation):
            await phone.ended()
        assert_deaf(other, (agent, customer), since, but_ms=but_ms)
        await until_right((agent, customer), each_other(agent, customer), time.time())
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("how", ["there", "back"])
@pytest.mark.parametrize("stage", ["include"], indirect=True)
async def test_the_dialplan_alone_keeps_off_whom_a_supervisor_puts_in_its_place(
    stage: Stage, how: str
) -> None:
    """While the adapter does not look: the phone's own end is the end of it."""
    async with stage.tell(f"replaced-unseen-{how}", is_traced=False) as story:
        other = await story.phone(COLLEAGUE)
        parties, address, consultation = await joined_with_a_second_line(story, 1, COLLEAGUE)
        agent, customer, supervisor = parties
        await story.answer(other, consultation)
        since = time.time()
        sent, received = (supervisor, consultation) if how == "there" else (consultation, supervisor)
        with not_looking(stage.adapter):
            await sent.transfer_to(received)
            await other.ended()
        assert_deaf(other, (agent, customer), since, but_ms=PACKET_MS)
        assert await reason_of_end(story.lab, address) == "taken"
        await story.hang_up(customer, agent)


@pytest.mark.parametrize("callee", [CONFERENCE, ON_THE_WAY], ids=["in-it", "on-its-way"])
@pytest.mark.parametrize("watch", [nullcontext, not_looking], ids=["looking", "unseen"])
@pytest.mark.parametrize("stage", ["include"], indirect=True)
async def test_a_conference_that_a_supervisor_lets_in_hears_nobody(
    stage: Stage, watch: Callable[[Adapter], AbstractContextManager[object]], callee: str
) -> None:
    """Its members talk on, and are heard by none of those who are supervised; the dialplan alone sees to it.

    Asterisk moves who is put into a conference, and who is put in place of one that is on its way there, in
    two ways: in a bridge, and out of one.
    """
    async with stage.tell(f"let-in-{watch.__name__}-{len(callee)}", is_traced=False) as story:
        parties, address, consultation = await joined_with_a_second_line(story, 1, callee)
        agent, customer, supervisor = parties
        members = [
            await story.lab.phones.caller(number, callee=CONFERENCE, name=f"member {number[-1]}")
            for number in ("0003*025", "0003*026")
        ]
        for phone in (consultation, *members):
            await phone.answered()
        # A phone is answered before it is in the conference.
        assert await story.hears("ConfbridgeJoin", 3 if callee == CONFERENCE else 2)
        since = time.time()
        with watch(stage.adapter):
            await supervisor.transfer_to(consultation)
            assert await story.hears("ChanSpyStop")
        assert await reason_of_end(story.lab, address) == "taken"
        await until_right(members, each_other(*members), time.time())
        for member in members:
            assert_deaf(member, (agent, customer), since, but_ms=PACKET_MS)
        for member in members:
            await story.hang_up(member)
        await story.hang_up(customer, agent)
