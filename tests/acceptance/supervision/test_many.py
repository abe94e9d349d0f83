"""Twenty supervisions at once, and two hundred switches of one: all are right, and nothing is left over."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from adapter.lab import LabError, Phone, Phones, Step, running_asterisk
from adapter.lab.adapter_process import Answer, running_adapter
from adapter.lab.polling import POLL_INTERVAL_S, until_seen
from adapter.lab.sip import press_key
from tests.acceptance.harness import changed_directory, views_of
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.supervision.hearing import heard, until_right
from tests.acceptance.supervision.test_modes import MODES, OK, SWITCH_LIMIT_S, join, talking
from tests.acceptance.transfers.pbx_changes import reconfigure
from tests.figures import Note

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEASURED = 2
"""These calls have phones of their own, with tones of their own: as many as there are tones for."""
MANY = 18
"""The audio of these is not measured."""
AGENTS = [f"0003*3{number:02}" for number in range(MANY)]
SUPERVISORS = [f"0003*4{number:02}" for number in range(MANY)]
OTHERS = "0004*300"

SWITCHES = 200
CHANNELS = 5
"""The two parties', the supervisor's, and the two halves of the Local channel between it and ChanSpy."""
ALL_WITHIN_S = 15.0
FEW = 5
"""Files and threads come and go with each switch: what is left of two hundred would be more than these."""
MEMORY_LIMIT_KB = 4_000
"""What a process may have grown by after so many switches: 20 kB each would be a leak that one sees."""


@dataclass(frozen=True)
class Crowd:
    """Three phones, each of which has a call with each of many."""

    agents: Phone
    supervisors: Phone
    others: Phone


@dataclass(frozen=True)
class Supervised:
    """A call, the extension whose view it is, and the supervisor."""

    call_id: str
    view_id: str
    extension: str
    supervisor: str


def endpoints(numbers: Iterable[str], phone: Phone) -> str:
    """The lines of pjsip.conf by which one phone has all these numbers."""
    contact = f"{phone.ip}:{phone.sip_port}"
    return "".join(
        f"[{number}](phone)\naors = {number}\n[{number}]\ntype = aor\ncontact = sip:{number}@{contact}\n\n"
        for number in numbers
    )


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def crowded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Stage, Crowd]]:
    """A PBX with twice eighteen more extensions."""
    folder = tmp_path_factory.mktemp("many")
    more = "".join(
        f'  - {{number: "{number}", type: phone terminal, owner: "12"}}\n'
        for number in (*AGENTS, *SUPERVISORS)
    )
    first = '  - {number: "0004*300"'
    directory = changed_directory(folder, {first: more + first})
    async with running_asterisk(folder / "asterisk") as pbx, Phones(pbx, folder / "crowd") as phones:
        crowd = Crowd(
            await phones.callee("0003*21", name="all agents"),
            await phones.callee("0003*026", name="all supervisors"),
            await phones.callee(OTHERS, name="all others"),
        )
        lines = endpoints(AGENTS, crowd.agents) + endpoints(SUPERVISORS, crowd.supervisors)
        await reconfigure(pbx, {"pjsip.conf": ("[trunk](phone)\n", f"{lines}[trunk](phone)\n")})
        async with running_adapter(pbx, folder / "adapter", directory=directory) as adapter:
            yield Stage(pbx, adapter, await adapter.token("wallboard"), folder, is_recording=False), crowd


async def pick_up_all(phone: Phone, count: int) -> None:
    """Pick up so many calls of one phone, each as it rings."""
    pressed: set[str] = set()
    deadline = time.monotonic() + ALL_WITHIN_S
    while [entry.step for entry in phone.journal].count(Step.ANSWERED) < count:
        if time.monotonic() > deadline:
            raise LabError(f"{phone} was called {len(pressed)} times, not {count}")
        for entry in phone.journal:
            if entry.step is Step.RINGING and entry.call_id not in pressed:
                pressed.add(entry.call_id)
                press_key(phone.ip, phone.sip_port, entry.call_id)
        await asyncio.sleep(POLL_INTERVAL_S)


async def hang_up_all(phone: Phone) -> None:
    """Hang up all its calls."""
    for call_id in {entry.call_id for entry in phone.journal}:
        press_key(phone.ip, phone.sip_port, call_id)


async def call_all(story: Story, crowd: Crowd) -> list[Supervised]:
    """Each agent on a call with the others' phone."""
    picked_up = asyncio.gather(pick_up_all(crowd.agents, MANY), pick_up_all(crowd.others, MANY))
    for agent in AGENTS:
        await story.ask(
            "Originate", Channel=f"PJSIP/{agent}", Context="phones", Exten=OTHERS, Priority="1", Async="true"
        )
    await picked_up
    await story.lab.until_calls(
        lambda calls: sum("answered" in call for call in calls) == MANY + MEASURED, "@me/@self?count=100"
    )
    found = []
    for agent, supervisor in zip(AGENTS, SUPERVISORS, strict=True):
        [call] = await story.lab.until_calls(
            lambda calls: [v["status"] for c in calls for v in views_of(c).values()] == ["5"], f"@me/{agent}"
        )
        [view_id] = views_of(call)
        found.append(Supervised(str(call["id"]), view_id, agent, supervisor))
    return found


async def asked(story: Story, one: Supervised, mode: str) -> tuple[Answer, float]:
    """The answer once it is joined in this mode, and how long that took."""
    began = time.monotonic()
    answer = await story.lab.barge_in(
        one.call_id,
        one.extension,
        supervisor=one.supervisor,
        wait_s=20,
        phoneCallViewId=one.view_id,
        **MODES[mode],
    )
    assert answer.status == OK, answer.text
    return answer, time.monotonic() - began


@dataclass(frozen=True)
class Held:
    """What a process holds."""

    files: int
    threads: int
    memory_kb: int


def held_by(pid: int | None) -> Held:
    """What this process holds at this moment."""
    folder = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    return Held(
        len(list((folder / "fd").iterdir())),
        int(status["Threads"]),
        int(status["VmRSS"].removesuffix("kB")),
    )


async def listed(story: Story, action: str, event: str, beginning: str, **headers: str) -> list[str]:
    """What stands behind this beginning in the events of Asterisk's list, each as often as it is there."""
    before = len(story.hand.messages)
    await story.hand.ask(action, action, **headers)
    lines = [message.splitlines() for message in story.hand.messages[before:]]
    rows = [row for row in lines if row[0] == f"Event: {event}"]
    return sorted(line.removeprefix(beginning) for row in rows for line in row if line.startswith(beginning))


async def channels(story: Story) -> set[str]:
    """The names of all channels. Asterisk lists one twice whose state changes in the meantime."""
    return set(await listed(story, "CoreShowChannels", "CoreShowChannel", "Channel: "))


async def variables(story: Story) -> list[str]:
    """The names of all variables of the channels."""
    lines = await listed(story, "Status", "Status", "Variable: ", AllVariables="true")
    return [line.partition("=")[0] for line in lines]


async def test_two_hundred_switches_leave_nothing_behind(crowded: tuple[Stage, Crowd], note: Note) -> None:
    """As many channels, variables, files and threads as before, in Asterisk and in the adapter."""
    stage, _ = crowded
    async with stage.tell("two-hundred", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        supervisor = await join(story, call_id, "Monitor")
        one = Supervised(call_id, "01", "0003*210", "0003*024")
        everyone = (agent, customer, supervisor)
        modes = tuple(MODES)
        for mode in modes:  # what is made once and kept is made now
            await asked(story, one, mode)
        pids = (stage.pbx.pid, stage.adapter.process.pid)
        there, names = await channels(story), await variables(story)
        assert len(there) == CHANNELS
        assert "UAPI_SPYEE" in names
        before = [held_by(pid) for pid in pids]
        took = [(await asked(story, one, modes[count % len(modes)]))[1] for count in range(SWITCHES)]
        mode = modes[(SWITCHES - 1) % len(modes)]
        wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
        await until_right(everyone, wanted, time.time())
        after = [held_by(pid) for pid in pids]
        note("200 switches in a row: PUT to answer", took)
        assert await channels(story) == there
        assert await variables(story) == names
        for earlier, later in zip(before, after, strict=True):
            assert later.files - earlier.files <= FEW
            assert later.threads - earlier.threads <= FEW
            assert later.memory_kb - earlier.memory_kb <= MEMORY_LIMIT_KB
        assert [entry.step for entry in supervisor.journal].count(Step.RINGING) == 1
        await story.hang_up(customer, agent, supervisor)
        assert max(took) <= SWITCH_LIMIT_S, sorted(took)[-5:]


async def test_twenty_supervisions_at_once_are_joined_switched_and_ended(
    crowded: tuple[Stage, Crowd], note: Note
) -> None:
    """All at the same time; in two of the calls everybody's ears are measured."""
    stage, crowd = crowded
    async with stage.tell("twenty", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        second_agent = await story.phone("0003*211")
        second_customer = await story.customer("0003*211", "777889")
        await story.answer(second_agent, second_customer)
        calls = await story.lab.until_calls(lambda calls: len(calls) == 2)
        [second_id] = [str(call["id"]) for call in calls if call["id"] != call_id]
        measured = [
            (await story.phone("0003*024"), agent, customer),
            (await story.phone("0003*025"), second_agent, second_customer),
        ]
        every = [
            Supervised(call_id, "01", "0003*210", "0003*024"),
            Supervised(second_id, "01", "0003*211", "0003*025"),
            *await call_all(story, crowd),
        ]

        async with asyncio.TaskGroup() as together:
            joining = [together.create_task(asked(story, one, "BargeIn")) for one in every]
            together.create_task(pick_up_all(crowd.supervisors, MANY))
            for supervisor, _, _ in measured:
                together.create_task(story.answer(supervisor))
        note("20 at once: PUT to joined, picked up at once", [task.result()[1] for task in joining])
        for mode in ("Whisper", "Monitor", "BargeIn"):
            began = time.time()
            answers = await asyncio.gather(*(asked(story, one, mode) for one in every))
            note("20 switches at once: PUT to answer", [took for _, took in answers])
            rights = [
                until_right(
                    (agent, customer, supervisor),
                    heard(mode, supervisor=supervisor, agent=agent, other=customer),
                    began,
                )
                for supervisor, agent, customer in measured
            ]
            took = await asyncio.gather(*rights)
            note("20 switches at once: PUT to right audio, two measured", took)
            assert max(took) <= 2 * SWITCH_LIMIT_S  # the limit is for one; here twenty share the machine
            calls = await story.lab.until_calls(
                lambda calls: sum(len(views_of(call)) == 2 for call in calls) == len(every),
                "@me/@self?count=100",
            )
            assert {call["id"] for call in calls} == {one.call_id for one in every}

        ends = await asyncio.gather(
            *(
                stage.adapter.request(
                    "DELETE",
                    f"/uapi/phoneCalls/@me/{one.extension}/{one.call_id}?phoneNumber={one.supervisor}",
                    token=stage.token,
                )
                for one in every
            )
        )
        assert {(end.status, end.json["state"]) for end in ends} == {(OK, "ended")}
        assert {str(end.json["reason"]) for end in ends} == {
            "{'code': 'ended_by_request', 'message': 'It was asked to end.'}"
        }
        await story.lab.until_calls(
            lambda calls: len(calls) == len(every) and all(len(views_of(call)) == 1 for call in calls),
            "@me/@self?count=100",
        )
        # A DELETE answers once the phone is gone; the half that ChanSpy ran on goes some milliseconds later.
        await until_seen(lambda: channels(story), lambda there: len(there) == 2 * len(every))
        await hang_up_all(crowd.agents)
        await story.hang_up(customer, agent)
        await story.hang_up(second_customer, second_agent)
