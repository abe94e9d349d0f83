"""The lab itself: real calls between simulated phones through a private Asterisk, audio measured."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import pytest
import pytest_asyncio

from adapter.lab import LabError, Pbx, Phones, Step, running_asterisk, wait_until_heard, who_hears_whom
from adapter.lab.demo import answer_always
from adapter.lab.installation import find_asterisk

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY: frozenset[tuple[str, str]] = frozenset()
EVENT_DEADLINE_S = 5.0


def among(*names: str) -> set[tuple[str, str]]:
    """Everyone hears everyone else."""
    return set(itertools.permutations(names, 2))


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pbx]:
    async with running_asterisk(tmp_path_factory.mktemp("pbx")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def phones(pbx: Pbx, tmp_path: Path) -> AsyncIterator[Phones]:
    async with Phones(pbx, tmp_path) as around:
        yield around


class Ami:
    """The least of an AMI client: actions out, messages in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    def send(self, **headers: str) -> None:
        lines = [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join((*lines, "", "")).encode())

    async def wait_for(self, **headers: str) -> dict[str, str]:
        """Read on to the first message with these headers."""
        async with asyncio.timeout(EVENT_DEADLINE_S):
            while True:
                message = await self._read()
                if headers.items() <= message.items():
                    return message

    async def _read(self) -> dict[str, str]:
        text = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


async def logged_in(pbx: Pbx, secret: str | None = None) -> Ami:
    reader, writer = await asyncio.open_connection(pbx.ami_host, pbx.ami_port)
    await reader.readline()
    ami = Ami(reader, writer)
    ami.send(Action="Login", Username=pbx.ami_username, Secret=secret or pbx.ami_secret)
    return ami


async def test_a_customer_calls_an_agent_through_the_trunk(phones: Phones) -> None:
    """Nobody hears anything before the answer; then each hears the other; the agent's hook ends it."""
    agent = await phones.callee("0003*210", name="agent")
    customer = await phones.caller("777888", callee="0003*210", name="customer", trunk=True)
    await agent.ringing()
    assert '"customer" <sip:777888@' in agent.display
    assert (await who_hears_whom((agent, customer))).pairs == NOBODY

    agent.pick_up()
    await customer.answered()
    table = await wait_until_heard((agent, customer), among("agent", "customer"))
    assert str(table) == ("          agent  customer\nagent         .     hears\ncustomer  hears         .")

    agent.hang_up()
    assert (await customer.ended()).step == Step.ENDED
    assert (await agent.ended()).step == Step.HUNG_UP


async def test_one_extension_calls_another(phones: Phones) -> None:
    """The display shows the caller's name as the PBX knows it, whatever the phone claims."""
    called = await phones.callee("0003*211", name="called")
    calling = await phones.caller("0003*210", callee="0003*211", name="calling", display="Somebody Else")
    await called.ringing()
    assert '"Anna Agent" <sip:0003*210@' in called.display
    called.pick_up()
    await wait_until_heard((called, calling), among("called", "calling"))
    calling.hang_up()
    assert (await called.ended()).step == Step.ENDED


@pytest.mark.parametrize(
    ("refusal", "told"), [("486 Busy Here", "486"), ("603 Decline", "403"), ("404 Not Found", "404")]
)
async def test_a_refused_call_tells_the_caller(phones: Phones, refusal: str, told: str) -> None:
    """The caller gets the reason that Asterisk makes of the refusal."""
    busy = await phones.refuser("0003*024", refusal)
    customer = await phones.caller("777888", callee="0003*024", name="customer", trunk=True)
    end = await customer.ended()
    assert (end.step, end.text) == (Step.REJECTED, told)
    assert (await busy.refused()).text == busy.display


async def test_an_unregistered_extension_is_absent(phones: Phones) -> None:
    customer = await phones.caller("777888", callee="0003*026", name="customer", trunk=True)
    end = await customer.ended()
    assert (end.step, end.text) == (Step.REJECTED, "480")


async def test_a_registration_is_taken_back(pbx: Pbx, tmp_path: Path) -> None:
    """What one test registered does not ring in the next."""
    async with Phones(pbx, tmp_path / "first") as first:
        await first.callee("0003*025", name="gone")
    async with Phones(pbx, tmp_path / "second") as second:
        customer = await second.caller("777888", callee="0003*025", name="customer", trunk=True)
        assert (await customer.ended()).step == Step.REJECTED


async def test_a_registered_phone_that_is_switched_off_keeps_the_caller_waiting(phones: Phones) -> None:
    await phones.register("0003*025")
    customer = await phones.caller("777888", callee="0003*025", name="customer", trunk=True)
    with pytest.raises(LabError, match="did not see its call end within"):
        await customer.ended(within=0.3)
    customer.hang_up()
    assert (await customer.ended()).step == Step.GAVE_UP


async def test_a_phone_that_always_answers_picks_up_each_call(phones: Phones) -> None:
    """Each once, and the next after it: the demo's supervisor, while it stays up."""
    desk = await phones.callee("0003*025", name="desk")
    answering = asyncio.create_task(answer_always(desk))
    try:
        for name in ("first", "second"):
            customer = await phones.caller("777888", callee="0003*025", name=name, trunk=True)
            await customer.answered()
            customer.hang_up()
            assert (await customer.ended()).step == Step.HUNG_UP
    finally:
        answering.cancel()
        await asyncio.wait({answering})
    assert [entry.step for entry in desk.journal].count(Step.ANSWERED) == 2


async def test_a_callers_name_can_be_used_again_when_its_call_has_ended(phones: Phones) -> None:
    """At once, however the call ended; as long as it lasts the name is taken."""
    desk = await phones.callee("0003*025", name="desk")
    for _ in range(5):
        customer = await phones.caller("777888", callee="0003*025", name="customer", trunk=True)
        with pytest.raises(LabError, match="There is a phone called customer already"):
            await phones.caller("777888", callee="0003*025", name="customer", trunk=True)
        await desk.ringing()
        desk.pick_up()
        await customer.answered()
        customer.hang_up()
        await customer.ended()
    again = await phones.caller("777888", callee="0003*211", name="customer", trunk=True)
    assert (await again.ended()).step == Step.REJECTED
    await phones.caller("777888", callee="0003*025", name="customer", trunk=True)


async def test_a_call_goes_out_through_the_carrier(phones: Phones) -> None:
    public = await phones.callee("public", name="public", carrier=True)
    agent = await phones.caller("0003*210", callee="00421900123456", name="agent")
    await public.ringing()
    assert "0003*210" in public.display
    public.pick_up()
    await wait_until_heard((agent, public), among("agent", "public"))
    public.hang_up()
    assert (await agent.ended()).step == Step.ENDED


async def test_two_calls_at_once_are_two_tables(phones: Phones) -> None:
    """Two customers, two organizations: no word of one call is heard in the other."""
    agent = await phones.callee("0003*210", name="agent")
    other = await phones.callee("0004*300", name="other")
    customer = await phones.caller("777888", callee="0003*210", name="customer", trunk=True)
    stranger = await phones.caller("777999", callee="0004*300", name="stranger", trunk=True)
    for phone in (agent, other):
        await phone.ringing()
        phone.pick_up()
    await wait_until_heard(
        (agent, customer, other, stranger), among("agent", "customer") | among("other", "stranger")
    )


async def test_a_number_that_begins_another_rings_alone(phones: Phones) -> None:
    """0003*21 is how 0003*210 and 0003*211 begin."""
    short = await phones.callee("0003*21", name="short")
    longer = await phones.callee("0003*210", name="longer")
    await phones.caller("777888", callee="0003*21", name="customer", trunk=True)
    await short.ringing()
    assert longer.journal == ()


async def test_all_phones_of_an_extension_ring_and_the_rest_stop_when_one_is_picked_up(
    phones: Phones,
) -> None:
    desk = await phones.callee("0003*210", name="desk")
    mobile = await phones.callee("0003*210", name="mobile")
    customer = await phones.caller("777888", callee="0003*210", name="customer", trunk=True)
    await desk.ringing()
    await mobile.ringing()
    mobile.pick_up()
    picked_up = await mobile.answered()
    stopped = await desk.ended()
    assert stopped.step == Step.CANCELLED
    assert stopped.at - picked_up.at < 0.5
    await wait_until_heard((desk, mobile, customer), among("mobile", "customer"))


async def test_a_phone_rings_again_after_a_call(phones: Phones) -> None:
    """Given up by its caller, then answered, then one more: three calls, one phone."""
    agent = await phones.callee("0003*210", name="agent")
    first = await phones.caller("777888", callee="0003*210", name="customer", trunk=True)
    await agent.ringing()
    first.hang_up()
    assert (await agent.ended()).step == Step.CANCELLED
    assert (await first.ended()).step == Step.GAVE_UP

    call_ids = {agent.call_id}
    for name in ("second", "third"):
        caller = await phones.caller("777888", callee="0003*210", name=name, trunk=True)
        call_ids.add((await agent.ringing()).call_id)
        agent.pick_up()
        await agent.answered()
        await wait_until_heard((agent, caller), among("agent", name))
        caller.hang_up()
        assert (await agent.ended()).step == Step.ENDED
    assert len(call_ids) == 3


async def test_a_phone_can_be_in_two_calls(phones: Phones) -> None:
    """Each press is for one call; the other goes on."""
    agent = await phones.callee("0003*210", name="agent")
    first = await phones.caller("777888", callee="0003*210", name="first", trunk=True)
    first_ring = await agent.ringing()
    agent.pick_up()
    await first.answered()
    second = await phones.caller("777999", callee="0003*210", name="second", trunk=True)
    second_ring = await agent.ringing()
    assert second_ring.call_id != first_ring.call_id
    agent.pick_up()
    await second.answered()
    agent.hang_up()
    assert (await second.ended()).step == Step.ENDED
    await wait_until_heard((agent, first), among("agent", "first"))


@pytest.mark.parametrize("attempt", range(10))
async def test_a_hook_pressed_at_once_is_not_lost(phones: Phones, attempt: int) -> None:
    """Presses that follow a step as fast as a machine can, ten times over."""
    agent = await phones.callee("0003*210", name="agent")
    customer = await phones.caller("777888", callee="0003*210", name=f"customer {attempt}", trunk=True)
    await agent.ringing()
    agent.pick_up()
    await agent.answered()
    agent.hang_up()
    assert (await customer.ended()).step == Step.ENDED


async def test_a_barged_in_supervisor_and_the_others_all_hear_each_other(pbx: Pbx, phones: Phones) -> None:
    """ChanSpy with quBE, started by hand over AMI: six pairs of three phones."""
    async with await logged_in(pbx) as ami:
        await ami.wait_for(Response="Success")
        agent = await phones.callee("0003*210", name="agent")
        supervisor = await phones.callee("0003*024", name="supervisor")
        customer = await phones.caller("777888", callee="0003*210", name="customer", trunk=True)
        spyee = (await ami.wait_for(Event="Newchannel", Context="phones"))["Uniqueid"]
        await agent.ringing()
        agent.pick_up()
        three = (agent, customer, supervisor)
        await wait_until_heard(three, among("agent", "customer"))

        ami.send(
            Action="Originate",
            Channel="PJSIP/0003*024",
            Application="ChanSpy",
            Data=f"{spyee},quBE",
            CallerID='"John Doe" <42420042>',
            Async="true",
            Timeout="20000",
        )
        await supervisor.ringing()
        assert '"John Doe" <sip:42420042@' in supervisor.display
        assert (await who_hears_whom(three)).pairs == among("agent", "customer")
        supervisor.pick_up()
        await ami.wait_for(Event="ChanSpyStart", SpyeeUniqueid=spyee)
        await wait_until_heard(three, among("agent", "customer", "supervisor"))

        supervisor.hang_up()
        await supervisor.ended()
        await wait_until_heard(three, among("agent", "customer"))


async def test_the_ami_user_needs_its_secret(pbx: Pbx) -> None:
    async with await logged_in(pbx, secret="guessed") as ami:
        assert await ami.wait_for(Response="Error")


async def test_the_ami_user_is_spared_what_it_does_not_need(pbx: Pbx, phones: Phones) -> None:
    """TestEvent and RTCPSent are in the classes it may read; the filter drops them."""
    seen: set[str] = set()
    async with await logged_in(pbx) as ami:
        agent = await phones.callee("0003*210", name="agent")
        customer = await phones.caller("777888", callee="0003*210", name="customer", trunk=True)
        await agent.ringing()
        agent.pick_up()
        await customer.answered()
        customer.hang_up()
        await agent.ended()
        hung_up = 0
        while hung_up < 2:
            event = (await ami.wait_for()).get("Event", "")
            seen.add(event)
            hung_up += event == "Hangup"
    assert {"Newchannel", "DialBegin", "DialEnd", "BridgeEnter", "Hangup"} <= seen
    assert not seen & {"TestEvent", "RTCPSent", "RTCPReceived", "VarSet", "Newexten"}


async def test_asterisk_comes_back_on_the_same_ports(tmp_path: Path) -> None:
    """Stopped or killed, it is started again where clients and phones expect it, registrations kept."""
    async with (
        running_asterisk(tmp_path / "pbx") as pbx,
        Phones(pbx, tmp_path / "phones") as phones,
    ):
        agent = await phones.callee("0003*210", name="agent")
        first_pid = pbx.pid
        await pbx.stop()
        assert pbx.pid is None
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(pbx.ami_host, pbx.ami_port)
        await pbx.start()
        assert pbx.pid != first_pid
        await phones.caller("777888", callee="0003*210", name="customer", trunk=True)
        await agent.ringing()
        await pbx.kill()
        await pbx.start()
        async with await logged_in(pbx) as ami:
            assert await ami.wait_for(Response="Success")


@pytest.mark.parametrize("how", ["leaving", "failing", "cancelled"])
async def test_nothing_is_left_running(tmp_path: Path, how: str) -> None:
    """However the lab is left: in the middle of a call, by an error, by cancellation."""
    pids: list[int] = []
    in_a_call = asyncio.Event()

    async def use_lab() -> None:
        async with (
            running_asterisk(tmp_path / "pbx") as pbx,
            Phones(pbx, tmp_path / "phones") as phones,
        ):
            agent = await phones.callee("0003*210", name="agent")
            customer = await phones.caller("777888", callee="0003*210", name="customer", trunk=True)
            await agent.ringing()
            agent.pick_up()
            await customer.answered()
            pids.extend(pid for pid in (pbx.pid, agent.pid, customer.pid) if pid is not None)
            assert all(is_running(pid) for pid in pids)
            in_a_call.set()
            if how == "failing":
                raise ZeroDivisionError
            if how == "cancelled":
                await asyncio.Event().wait()

    use = asyncio.create_task(use_lab())
    async with asyncio.timeout(20):
        await in_a_call.wait()
    if how == "cancelled":
        use.cancel()
    (outcome,) = await asyncio.gather(use, return_exceptions=True)
    expected = {"leaving": type(None), "failing": ZeroDivisionError, "cancelled": asyncio.CancelledError}
    assert isinstance(outcome, expected[how])
    assert len(pids) == 3
    assert not any(is_running(pid) for pid in pids)


async def test_a_phone_that_dies_is_an_error_and_not_a_wait(phones: Phones) -> None:
    agent = await phones.callee("0003*210", name="agent")
    await agent.vanish()
    with pytest.raises(LabError, match="agent cannot ring: its SIPp has ended"):
        await agent.ringing(within=30)


async def test_a_phone_that_cannot_start_says_what_sipp_said(phones: Phones) -> None:
    """Two phones cannot both be the carrier: there is one port for it."""
    await phones.callee("public", name="public", carrier=True)

    async def start_another() -> None:
        another = await phones.callee("public", name="another", carrier=True)
        # It may have died after it was taken for the first, which does listen there.
        await another.ringing(within=30)

    with pytest.raises(LabError, match=r"another.*(?s:.)*Unable to bind main socket"):
        await start_another()


async def test_asterisk_that_dies_as_it_starts_leaves_its_last_words(tmp_path: Path) -> None:
    impostor = tmp_path / "asterisk"
    impostor.write_text("#!/bin/sh\necho no licence for this machine\nexit 3\n")
    impostor.chmod(0o755)
    with pytest.raises(LabError, match="no licence for this machine"):
        async with running_asterisk(tmp_path / "pbx", asterisk=impostor):
            pytest.fail("it cannot have started")


async def test_what_is_no_asterisk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="neither a Debian folder nor a program"):
        await find_asterisk(print, tmp_path / "nothing")
    with pytest.raises(LabError, match="holds no Asterisk"):
        await find_asterisk(print, tmp_path)


async def test_a_program_given_is_run_with_its_own_modules(tmp_path: Path) -> None:
    program = tmp_path / "asterisk"
    program.touch(0o755)
    found = await find_asterisk(print, program)
    assert found.command == (os.fspath(program),)
    assert found.modules_folder is None


async def test_waiting_for_a_table_that_does_not_come_shows_the_last_one(phones: Phones) -> None:
    agent = await phones.callee("0003*210", name="agent")
    with pytest.raises(LabError, match="missing: agent hears agent") as caught:
        await wait_until_heard((agent,), {("agent", "agent")}, within=0.1)
    assert "too much: none" in str(caught.value)
