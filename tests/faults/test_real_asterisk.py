"""A real Asterisk is stopped, goes on, restarts, and takes the rights of its AMI user away."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from adapter.ami.link import REFUSED_DELAYS_S
from adapter.lab import Pbx, Phones, Step, running_asterisk
from adapter.lab.adapter_process import running_adapter
from adapter.lab.configuration import TEST_AMI_USERNAME
from adapter.lab.polling import until
from tests.acceptance.harness import Json, Lab, code_of, views_of
from tests.acceptance.supervision.hearing import heard, until_right
from tests.faults.figures import Tell

pytestmark = pytest.mark.asyncio(loop_scope="module")

PING_INTERVAL_S = 0.5
SLACK_S = 0.5
"""What a busy machine may take besides."""
BACK_WITHIN_S = 5.0
LATE_RING_S = 0.5
SETTINGS = {
    "ADAPTER_AMI_PING_INTERVAL_S": str(PING_INTERVAL_S),
    "ADAPTER_AMI_ACTION_TIMEOUT_S": "1",
    "ADAPTER_AMI_CONNECT_TIMEOUT_S": "3",
    "ADAPTER_AMI_RECONNECT_MAX_S": "0.5",
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def beside(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    """A real Asterisk, and an adapter that looks after its link more often than it would."""
    folder = tmp_path_factory.mktemp("faults")
    async with (
        running_asterisk(folder / "asterisk") as pbx,
        running_adapter(pbx, folder / "adapter", settings=SETTINGS) as adapter,
        Phones(pbx, folder / "phones") as phones,
    ):
        yield Lab(pbx, adapter, phones, await adapter.token("wallboard"))


@pytest_asyncio.fixture(loop_scope="module")
async def lab(beside: Lab, tmp_path: Path) -> AsyncIterator[Lab]:
    """Phones of their own for each test, and no call left of the one before."""
    async with Phones(beside.pbx, tmp_path / "phones") as phones:
        yield replace(beside, phones=phones)
    await beside.until_calls(lambda calls: not calls)


async def until_link(lab: Lab, state: str, within: float = BACK_WITHIN_S) -> Json:
    """What /health says of the link once it is in this state."""
    return await lab.until_link(lambda link: link["state"] == state, within)


@contextlib.contextmanager
def stopped(pbx: Pbx) -> Iterator[None]:
    """Asterisk does nothing within the block, though its sockets stay open."""
    assert pbx.pid is not None
    os.kill(pbx.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pbx.pid, signal.SIGCONT)


async def reload_all(pbx: Pbx) -> None:
    """Have Asterisk read all of its configuration again, every module's."""
    reader, writer = await asyncio.open_connection(pbx.ami_host, pbx.ami_port)
    user = f"Username: {TEST_AMI_USERNAME}\r\nSecret: {pbx.ami_secret}\r\nEvents: off"
    writer.write(f"Action: Login\r\n{user}\r\n\r\nAction: Reload\r\nActionID: all\r\n\r\n".encode())
    async with asyncio.timeout(BACK_WITHIN_S):
        await reader.readuntil(b"ActionID: all\r\n")
    writer.close()
    await writer.wait_closed()


async def log_in_anew(lab: Lab) -> None:
    """Have the link break: rights are looked up at each login."""
    with stopped(lab.pbx):
        await until_link(lab, "DOWN")


async def set_rights(pbx: Pbx, *, write: str, secret: bool = True) -> None:
    """Write the adapter's AMI user anew and reload the manager, as an operator would."""
    lines = ["[uapi]", "read = call,reporting", f"write = {write}", "writetimeout = 5000"]
    lines += ["#include site/secret.conf"] if secret else ["secret = another one"]
    (pbx.folder / "etc/uapi-adapter.conf").write_text("\n".join([*lines, ""]))
    reader, writer = await asyncio.open_connection(pbx.ami_host, pbx.ami_port)
    login = ("Action: Login", f"Username: {TEST_AMI_USERNAME}", f"Secret: {pbx.ami_secret}", "Events: off")
    reload = ("Action: Reload", "Module: manager")
    writer.write("\r\n".join((*login, "", *reload, "", "")).encode())
    async with asyncio.timeout(5):
        await reader.readuntil(b"Authentication accepted\r\n\r\n")
        assert b"Module Reloaded" in await reader.readuntil(b"Module Reloaded\r\n\r\n")
    writer.close()


async def test_an_asterisk_that_is_stopped_is_noticed_and_found_again_with_its_calls(
    lab: Lab, figures: Tell
) -> None:
    """DOWN within two ping intervals, 503 meanwhile; on SIGCONT the same call is listed and barged in on."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    began = time.monotonic()
    with stopped(lab.pbx):
        link = await until_link(lab, "DOWN")
        noticed_s = time.monotonic() - began
        assert link["error"] == "the AMI peer is mute"
        answers = [await lab.barge_in(talk.call_id), await lab.adapter.request(
            "GET", "/uapi/phoneCalls/@me/@self", token=lab.token)]  # fmt: skip
        for answer in answers:
            assert (answer.status, code_of(answer)) == (503, "service_unavailable")
            assert int(answer.headers["Retry-After"]) > 0
    continued = time.monotonic()
    await until_link(lab, "READY")
    back_s = time.monotonic() - continued
    assert [call["id"] for call in await lab.calls()] == [talk.call_id]
    assert supervisor.journal == ()
    assert (await lab.barge_in(talk.call_id)).status == 202
    await supervisor.ringing()
    figures(
        f"noticed after {noticed_s:.2f} s with a ping each {PING_INTERVAL_S} s, back {back_s:.2f} s later"
    )
    assert noticed_s < 2 * PING_INTERVAL_S + SLACK_S


async def test_what_was_asked_of_a_stopped_asterisk_rings_once_if_it_goes_on_in_time(lab: Lab) -> None:
    """It reads the Originate then. The client was told 503, and its retry finds that supervision."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    with stopped(lab.pbx):
        answer = await lab.barge_in(talk.call_id, wait_s=10)
        assert (answer.status, code_of(answer)) == (503, "service_unavailable")
        await until_link(lab, "DOWN")
    await until_link(lab, "READY")
    retry = await lab.barge_in(talk.call_id)
    assert retry.status == 202, retry
    await supervisor.ringing()
    supervisor.pick_up()
    await supervisor.answered()
    await lab.until_views(talk.call_id, {"01", "02"})
    assert [entry.step for entry in supervisor.journal] == [Step.RINGING, Step.ANSWERED]


async def test_what_was_asked_of_a_stopped_asterisk_does_not_ring_on_when_it_goes_on_too_late(
    lab: Lab, figures: Tell
) -> None:
    """waitForPickup was over by then: should the phone ring, it is hung up at once, and nobody joins."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    began = time.monotonic()
    with stopped(lab.pbx):
        answer = await lab.barge_in(talk.call_id, waitForPickup=1, wait_s=10)
        answered_s = time.monotonic() - began
        assert (answer.status, code_of(answer)) == (503, "service_unavailable")
        # That its time is over can only be waited for.
        await asyncio.sleep(began + 2.0 - time.monotonic())
    await until_link(lab, "READY")
    await until(lambda: not supervisor.journal or supervisor.journal[-1].step is Step.CANCELLED, within=3)
    await asyncio.sleep(LATE_RING_S)  # nor can it be known otherwise that nothing comes
    steps = [entry.step for entry in supervisor.journal]
    assert steps in ([], [Step.RINGING, Step.CANCELLED])
    rang_s = supervisor.journal[-1].at - supervisor.journal[0].at if steps else 0.0
    figures(f"503 after {answered_s:.2f} s; when Asterisk went on the phone rang for {rang_s * 1e3:.0f} ms")
    assert rang_s < LATE_RING_S
    assert len(await lab.calls()) == 1


async def test_an_asterisk_that_restarts_is_found_again(lab: Lab) -> None:
    """As an operator restarts it: 503, then a list that is empty, and the next call is barged in on."""
    talk = await lab.talk()
    await lab.pbx.stop()
    await until_link(lab, "DOWN")
    assert (await lab.barge_in(talk.call_id)).status == 503
    await lab.pbx.start()
    await until_link(lab, "READY")
    assert await lab.calls() == []


async def test_a_supervision_goes_on_while_asterisk_reads_all_its_configuration_again(lab: Lab) -> None:
    """Heard as before, listed as before, and switched afterwards."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")
    joining = asyncio.create_task(lab.barge_in(talk.call_id, wait_s=10))
    await supervisor.ringing()
    supervisor.pick_up()
    joined = await joining
    assert joined.status == 200, joined.text
    await reload_all(lab.pbx)
    agent, customer = talk.callee, talk.caller
    for mode in ("BargeIn", "Monitor"):
        if mode == "Monitor":
            switched = await lab.barge_in(talk.call_id, action=mode, wait_s=5)
            assert switched.status == 200, switched.text
        wanted = heard(mode, supervisor=supervisor, agent=agent, other=customer)
        await until_right((agent, customer, supervisor), wanted, time.time())
        [call] = await lab.calls()
        assert len(views_of(call)) == 2


async def test_an_ami_user_that_loses_its_rights_is_told_in_health_and_comes_back(lab: Lab) -> None:
    """`manager reload` takes each right away in turn and gives it back: nothing but the reload is needed."""
    talk = await lab.talk()
    supervisor = await lab.phones.callee("0003*024", name="supervisor")

    await set_rights(lab.pbx, write="call,reporting")
    kept = await lab.barge_in(talk.call_id, supervisor="0003*025")
    assert kept.status == 202, "a session keeps the rights that it logged in with"
    await log_in_anew(lab)
    await until_link(lab, "READY")
    answer = await lab.barge_in(talk.call_id)
    assert (answer.status, code_of(answer)) == (503, "service_unavailable"), "it may not originate"
    assert [call["id"] for call in await lab.calls()] == [talk.call_id]

    await set_rights(lab.pbx, write="originate,call")
    await log_in_anew(lab)
    link = await until_error(lab, "ermission denied")
    assert link["state"] == "DOWN", "it may not take a snapshot"
    assert (await lab.barge_in(talk.call_id)).status == 503

    await set_rights(lab.pbx, write="originate,call,reporting", secret=False)
    link = await until_error(lab, "login refused")
    assert link["state"] == "DOWN"

    await set_rights(lab.pbx, write="originate,call,reporting")
    await until_link(lab, "READY", REFUSED_DELAYS_S[0] * 1.5)
    assert supervisor.journal == ()
    assert (await lab.barge_in(talk.call_id)).status == 202
    await supervisor.ringing()


async def until_error(lab: Lab, text: str) -> Json:
    """What /health says of the link once its error has this text."""
    return await lab.until_link(lambda link: text in str(link.get("error")), BACK_WITHIN_S)
