"""Which phones of the supervisor ring: the only one straight away, several through the dialplan include.

Asterisk is asked which there are before each ring; much may happen until it answers.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi, ReceivedAction, drop, ignore
from adapter.lab.fake_ami_events import FakeChannel
from adapter.supervision import ringing
from tests.integration.harness import Service, code_of, running_service, until, until_taken
from tests.integration.supervising import (
    AGENT,
    SUPERVISOR,
    holding,
    in_hand,
    never,
    notices,
    phones,
    reload,
    rewritten,
    rung,
    runs,
    until_ended,
    until_said,
    with_tone,
)

SOON_S = 3.0
STRAIGHT, ALL = f"PJSIP/{SUPERVISOR}", f"Local/{SUPERVISOR}@uapi-phones/n"
DESK, MOBILE = (f"PJSIP/{SUPERVISOR}/sip:{SUPERVISOR}@127.0.0.1:{port}" for port in (5061, 5062))


@pytest.fixture
async def service(ami: FakeAmi, agent: FakeChannel, directory: Path) -> AsyncIterator[Service]:
    """The adapter beside an Asterisk with the dialplan include."""
    assert agent.uniqueid in ami.pbx.channels
    ami.has_include = True
    async with running_service(ami, directory) as running:
        await running.until_link("READY")
        yield running


def tell(action: ReceivedAction, *contacts: str) -> None:
    """Answer which phones are registered."""
    action.connection.answer(action, ("Variable", action["Variable"]), ("Value", "&".join(contacts)))


async def asked(ami: FakeAmi, held: list[ReceivedAction]) -> ReceivedAction:
    """The only question for a supervisor's phones; nothing rings while it is not answered."""
    await until(lambda: held)
    [question] = held
    assert question["Variable"] == f"PJSIP_DIAL_CONTACTS({SUPERVISOR})"
    assert not phones(ami)
    return question


# -- what is dialed ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contacts", "dialed"),
    [([DESK], STRAIGHT), ([DESK, MOBILE], ALL), ([], ALL)],
    ids=["one", "two", "none"],
)
async def test_the_only_phone_of_an_extension_rings_straight_away(
    service: Service, ami: FakeAmi, contacts: list[str], dialed: str
) -> None:
    """The Local channel of the include is for several, and tells of none as it always did."""
    ami.scripts["Getvar"] = lambda action: tell(action, *contacts)
    answer = await service.barge_in()
    assert answer.status == 202, answer
    assert [ring["Channel"] for ring in phones(ami)] == [dialed]


async def test_where_asterisk_does_not_say_which_phones_there_are_all_ring(
    service: Service, ami: FakeAmi
) -> None:
    """It refuses: an unknown function, a right that was taken away."""
    assert "Getvar" not in ami.scripts
    assert (await service.barge_in()).status == 202
    assert [ring["Channel"] for ring in phones(ami)] == [ALL]


async def test_a_question_that_stays_unanswered_holds_nothing_up(
    ami: FakeAmi, agent: FakeChannel, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The phones ring all the same, before the link would give up; what is told later is left alone."""
    assert agent.uniqueid in ami.pbx.channels
    monkeypatch.setattr(ringing, "CONTACTS_LIMIT_S", 0.05)
    ami.has_include = True
    held = holding(ami, "Getvar")
    async with running_service(ami, directory, ami_action_timeout_s=30.0) as service:
        await service.until_link("READY")
        async with asyncio.timeout(SOON_S):
            assert (await service.barge_in()).status == 202
        assert [ring["Channel"] for ring in phones(ami)] == [ALL]
        tell(held[0], DESK)
        await service.until_link("READY")
        assert len(phones(ami)) == 1


async def test_nothing_is_asked_where_there_is_nothing_to_choose(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """The directory says what to dial."""
    assert agent.uniqueid in ami.pbx.channels
    ami.has_include = True
    said = f'number: "{SUPERVISOR}"'
    rewritten(directory, lambda text: text.replace(said, f'{said}, dial: "PJSIP/desk"'))
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert (await service.barge_in()).status == 202
        assert [ring["Channel"] for ring in phones(ami)] == ["PJSIP/desk"]
        assert not ami.took("Getvar")


async def test_without_the_include_nothing_is_asked(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """One phone rings, whichever there are."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert (await service.barge_in()).status == 202
        assert [ring["Channel"] for ring in phones(ami)] == [STRAIGHT]
        assert not ami.took("Getvar")


# -- what happens until Asterisk answers ---------------------------------------------------------------


async def test_no_phone_rings_for_a_call_that_ends_while_asterisk_is_asked(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """Who waits is told that there is no call any more."""
    held = holding(ami, "Getvar")
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    question = await asked(ami, held)
    ami.pbx.hang_up(agent.uniqueid)
    ami.pbx.hang_up(agent.linkedid)
    await until_taken(ami, "Hangup")  # of a channel that is not made any more
    tell(question, DESK)
    assert (await waiting).status == 204
    assert not phones(ami)


async def test_a_second_request_while_asterisk_is_asked_neither_asks_nor_rings_again(
    service: Service, ami: FakeAmi
) -> None:
    """Both are answered once Asterisk has taken the one originate."""
    held = holding(ami, "Getvar")
    call_id = await service.call_id()
    puts = await in_hand(service, service.barge_in(call_id), service.barge_in(call_id))
    question = await asked(ami, held)
    assert not any(put.done() for put in puts)
    tell(question, DESK)
    first, second = await asyncio.gather(*puts)
    assert (first.status, second.status) == (202, 202)
    assert first.headers["Location"] == second.headers["Location"]
    assert [ring["Channel"] for ring in phones(ami)] == [STRAIGHT]


async def test_a_supervision_that_is_ended_while_asterisk_is_asked_rings_nobody(
    service: Service, ami: FakeAmi
) -> None:
    """The DELETE is answered at once."""
    held = holding(ami, "Getvar")
    call_id = await service.call_id()
    [put] = await in_hand(service, service.barge_in(call_id))
    question = await asked(ami, held)
    address = f"/uapi/phoneCalls/@me/0003*210/{call_id}?phoneNumber={SUPERVISOR}"
    assert (await service.request("DELETE", address)).status == 200
    tell(question, DESK)
    answer = await put
    uniqueid = "uapi-" + answer.headers["Location"].rpartition("/")[2]
    assert (answer.status, await until_ended(service, uniqueid)) == (202, "ended_by_request")
    assert not phones(ami)


async def test_what_may_not_be_any_more_while_asterisk_is_asked_rings_nobody(
    service: Service, ami: FakeAmi, directory: Path
) -> None:
    """The directory is read anew: nobody supervises the extension from now on."""
    held = holding(ami, "Getvar")
    [put] = await in_hand(service, service.barge_in(await service.call_id()))
    question = await asked(ami, held)
    reload(service, directory, never(AGENT))
    tell(question, DESK)
    answer = await put
    uniqueid = "uapi-" + answer.headers["Location"].rpartition("/")[2]
    assert (answer.status, await until_ended(service, uniqueid)) == (202, "not_allowed")
    assert not phones(ami)


async def test_a_mode_that_is_switched_while_asterisk_is_asked_is_the_one_that_runs(
    service: Service, ami: FakeAmi
) -> None:
    """The phone rings once."""
    held = holding(ami, "Getvar")
    call_id = await service.call_id()
    puts = await in_hand(service, service.barge_in(call_id), service.barge_in(call_id, action="Monitor"))
    tell(await asked(ami, held), DESK)
    assert [(await put).status for put in puts] == [202, 202]
    uniqueid = await rung(ami)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    await until_said(service, uniqueid, state="joined", action="Monitor")
    assert (runs(ami, uniqueid), len(phones(ami))) == ("quE", 1)


async def test_a_link_that_breaks_while_asterisk_is_asked_rings_nobody(
    service: Service, ami: FakeAmi
) -> None:
    """503 at once; nothing is sent over the next connection."""
    connections = len(ami.connections)
    ami.scripts["Getvar"] = drop
    answer = await service.barge_in()
    assert (answer.status, code_of(answer)) == (503, "service_unavailable")
    await service.until_synced(ami, connections)
    assert not phones(ami)


async def test_an_adapter_that_stops_while_it_asks_rings_nobody(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """It answers who waits, and goes."""
    assert agent.uniqueid in ami.pbx.channels
    ami.has_include = True
    ami.scripts["Getvar"] = ignore
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        waiting = asyncio.create_task(service.barge_in(wait_s=10))
        await until_taken(ami, "Getvar")
        await service.runner.cleanup()
        assert (await waiting).status == 503
    assert not phones(ami)


async def test_a_notice_tone_is_played_to_a_conversation_that_a_straight_phone_joins(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """As with a phone behind the include."""
    assert agent.uniqueid in ami.pbx.channels
    ami.has_include = True
    ami.scripts["Getvar"] = lambda action: tell(action, DESK)
    rewritten(directory, with_tone)
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        waiting = asyncio.create_task(service.barge_in(wait_s=10))
        uniqueid = await rung(ami)
        assert phones(ami)[0]["Channel"] == STRAIGHT
        ami.pbx.pick_up(uniqueid)
        ami.pbx.join(uniqueid)
        assert (await waiting).status == 200
        await until(lambda: len(notices(ami)) == 1)
