"""The notice tone: who hears it when, and what becomes of a supervision whose tone is not heard."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from adapter.callcontrol.supervision import notice_tone
from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi, Script
from adapter.lab.fake_ami_events import FakeChannel, bridge_of
from adapter.lab.polling import until
from tests.integration.harness import Service, running_service
from tests.integration.rewriting import rewrite, with_tone
from tests.integration.supervising import (
    BYSTANDER,
    OPTIONS,
    SECOND,
    come_in,
    joined,
    notices,
    rung,
    said,
    until_ended,
    until_hung_up,
    until_said,
)


@pytest.fixture
async def service(ami: FakeAmi, agent: FakeChannel, directory: Path) -> AsyncIterator[Service]:
    """The adapter beside an Asterisk with the dialplan include; the organization wants the tone."""
    assert agent.uniqueid in ami.pbx.channels
    ami.has_include = True
    rewrite(directory, with_tone)
    async with running_service(ami, directory) as running:
        await running.until_link("READY")
        yield running


def script_notices(ami: FakeAmi, do: Script) -> None:
    """What becomes of the originates of notices; any other is taken."""
    ami.scripts["Originate"] = lambda action: do(action) if action in notices(ami) else ami.originate(action)


def fail_notice(ami: FakeAmi) -> None:
    """There is no channel to be had for it."""
    script_notices(ami, ami.originate_without_phone)


def swallow_notice(ami: FakeAmi) -> None:
    """Asterisk takes it, and nothing comes of it."""
    script_notices(
        ami, lambda action: action.connection.answer(action, ("Message", "Originate successfully queued"))
    )


def refuse_notice(ami: FakeAmi) -> None:
    """Asterisk does not take it."""
    script_notices(ami, lambda action: action.connection.refuse(action, "Permission denied"))


@pytest.mark.parametrize("break_notice", [fail_notice, swallow_notice, refuse_notice])
async def test_a_notice_tone_that_is_not_played_ends_the_supervision(
    service: Service,
    ami: FakeAmi,
    monkeypatch: pytest.MonkeyPatch,
    break_notice: Callable[[FakeAmi], None],
) -> None:
    """Nobody goes on hearing those who were not told."""
    monkeypatch.setattr(notice_tone, "LIMIT_S", 0.3)
    break_notice(ami)
    assert (await service.barge_in()).status == 202
    uniqueid = await rung(ami)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    assert await until_ended(service, uniqueid) == "no_notice"
    await until_hung_up(ami, uniqueid)


async def test_a_notice_tone_that_fails_ends_the_supervision_at_once(service: Service, ami: FakeAmi) -> None:
    """There is nothing to wait for until the limit."""
    fail_notice(ami)
    assert (await service.barge_in()).status == 202
    uniqueid = await rung(ami)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    async with asyncio.timeout(notice_tone.LIMIT_S / 3):
        assert await until_ended(service, uniqueid) == "no_notice"


async def test_a_notice_tone_that_is_played_lets_the_supervision_go_on(
    service: Service, ami: FakeAmi, agent: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for one join, to the one who is supervised; its limit over, all is as it was."""
    monkeypatch.setattr(notice_tone, "LIMIT_S", 0.1)
    uniqueid = await joined(service, ami)
    await until(lambda: notices(ami))
    await asyncio.sleep(0.2)  # that nothing ends can only be waited for
    assert (await said(service, uniqueid))["state"] == "joined"
    assert [say.with_application(one.headers)["Data"] for one in notices(ami)] == [f"{agent.uniqueid},quBE"]


async def test_no_notice_tone_is_played_where_the_join_was_refused(service: Service, ami: FakeAmi) -> None:
    """A phone that was put onto another call disturbs nobody on either."""
    other = ami.pbx.begin_trunk_call(SECOND)
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    uniqueid = await rung(ami)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid, other.uniqueid)
    assert (await waiting).status == 409
    await until_hung_up(ami, uniqueid)
    assert not notices(ami)


@pytest.mark.parametrize("mode", list(OPTIONS))
async def test_a_new_party_after_a_transfer_hears_a_notice_tone_too(
    service: Service, ami: FakeAmi, agent: FakeChannel, mode: str
) -> None:
    """The customer sends the agent on: who comes was not there at the first tone."""
    uniqueid = await joined(service, ami, mode)
    await until(lambda: notices(ami))
    came = ami.pbx.send_on(agent.linkedid, agent.uniqueid, SECOND)
    ami.pbx.hang_up(agent.linkedid)
    ami.pbx.answer(came.uniqueid, agent.uniqueid)
    await until(lambda: len(notices(ami)) == 2)
    await until_said(service, uniqueid, state="joined", action=mode)


@pytest.mark.parametrize("kind", ["basic", "base"])
async def test_a_party_that_joins_a_conversation_hears_a_notice_tone_of_its_own(
    service: Service, ami: FakeAmi, agent: FakeChannel, kind: str
) -> None:
    """Among more than two a tone reaches one alone: who has heard it already is spared another."""
    uniqueid = await joined(service, ami, "Monitor")
    await until(lambda: len(notices(ami)) == 1)
    came = come_in(ami, agent, kind=kind)
    await until(lambda: len(notices(ami)) == 2)
    ami.pbx.leave(came.uniqueid)
    ami.pbx.enter(came.uniqueid, bridge_of(agent), kind=kind)
    later = come_in(ami, agent, BYSTANDER, kind=kind)
    await until(lambda: len(notices(ami)) == 3)
    await until_said(service, uniqueid, state="joined", action="Monitor")
    heard = [say.with_application(one.headers)["Data"] for one in notices(ami)]
    assert heard == [f"{one.uniqueid},quBE" for one in (agent, came, later)]


async def test_each_member_of_a_conference_that_is_supervised_hears_a_notice_tone(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """A barge-in on one of them, as the tone is, reaches that one alone."""
    came = come_in(ami, agent, kind="base")
    await joined(service, ami, "Monitor")
    await until(lambda: len(notices(ami)) == 3)
    heard = {say.with_application(one.headers)["Data"] for one in notices(ami)}
    assert heard == {f"{one},quBE" for one in (agent.uniqueid, agent.linkedid, came.uniqueid)}


@pytest.mark.parametrize("stays", [True, False])
async def test_a_notice_tone_that_fails_ends_nothing_where_it_was_for_one_who_has_gone(
    service: Service, ami: FakeAmi, agent: FakeChannel, monkeypatch: pytest.MonkeyPatch, *, stays: bool
) -> None:
    """Who came and left is not heard any more; who stays is not to be heard without having been told."""
    monkeypatch.setattr(notice_tone, "LIMIT_S", 0.4)
    uniqueid = await joined(service, ami, "Monitor")
    await until(lambda: len(notices(ami)) == 1)
    swallow_notice(ami)
    came = come_in(ami, agent)
    await until(lambda: len(notices(ami)) == 2)
    if stays:
        assert await until_ended(service, uniqueid) == "no_notice"
        return
    ami.pbx.leave(came.uniqueid)
    await asyncio.sleep(0.6)  # that nothing ends can only be waited for
    assert (await said(service, uniqueid))["state"] == "joined"
