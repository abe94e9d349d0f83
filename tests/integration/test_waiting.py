"""A PUT that waits is answered by the directory of the moment of its answer, not of the one when it came."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until
from tests.integration.harness import Service, code_of, running_service
from tests.integration.rewriting import reload, without_app
from tests.integration.supervising import AGENT, SUPERVISOR, put_phone_behind, rung, until_ended

USER_BUSY = 17


def with_account(client_id: str, account: str) -> Callable[[str], str]:
    """The App has another account."""

    def change(text: str) -> str:
        head, mark, tail = text.partition(f"client_id: {client_id}\n")
        assert mark
        return head + mark + tail.replace('account: {organization: "3"}', f"account: {account}", 1)

    return change


def with_owner(number: str, user_id: str) -> Callable[[str], str]:
    """The extension is this user's."""
    return lambda text: text.replace(
        f'{{number: "{number}", type: phone terminal, owner: "12"',
        f'{{number: "{number}", type: phone terminal, owner: "{user_id}"',
    )


async def waiting_at(service: Service, ami: FakeAmi, address: str) -> tuple["asyncio.Task[Answer]", str]:
    """A PUT to this address that waits, and the supervisor's channel, which rings."""
    waiting = asyncio.create_task(service.barge_in(address=address, wait_s=10))
    uniqueid = await rung(ami)
    await service.link()
    assert not waiting.done()
    return waiting, uniqueid


async def test_the_answer_after_a_wait_is_written_by_the_directory_of_now(
    service: Service, ami: FakeAmi, directory: Path
) -> None:
    """The organization got another name while the phone rang."""
    waiting, uniqueid = await waiting_at(service, ami, f"@me/{AGENT}")
    await reload(service, directory, lambda text: text.replace("Default Organization", "Another Name"))
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    answer = await waiting
    assert (answer.status, answer.json["ownerName"]) == (200, "Another Name")
    assert answer.json == (await service.calls(f"@me/{AGENT}"))[0]


ELSEWHERE = with_account("wallboard", '{organization: "4"}')
NARROWER = with_account("wallboard", '{user: "13"}')
OTHER_OWNER = with_owner(AGENT, "13")
Lost = tuple[Callable[[str], str], str, str]
LOST: list[Lost] = [
    # what happens to the directory, the address, and with which code it is refused from then on
    (ELSEWHERE, f"@me/{AGENT}", "access_denied"),
    (ELSEWHERE, "@me/@self", "access_denied"),
    (NARROWER, f"12/{AGENT}", "access_denied"),
    (OTHER_OWNER, f"12/{AGENT}", "extension_invalid"),
    (OTHER_OWNER, "12/@self", "pc_phonecall_invalid"),
]
LOST_NAMES = {ELSEWHERE: "elsewhere", NARROWER: "narrower", OTHER_OWNER: "other owner"}


@pytest.mark.parametrize("is_joined", [True, False], ids=["joined", "busy"])
@pytest.mark.parametrize("lost", LOST, ids=[f"{LOST_NAMES[change]} {address}" for change, address, _ in LOST])
async def test_who_may_not_see_the_call_any_more_after_the_wait_is_told_nothing_of_it(
    service: Service, ami: FakeAmi, directory: Path, lost: Lost, *, is_joined: bool
) -> None:
    """Neither the call nor what became of the phone: it is answered as GET answers, to the letter.

    An App with another account needs another token, too.
    """
    change, address, code = lost
    call_id = await service.call_id()
    waiting, uniqueid = await waiting_at(service, ami, address)
    await reload(service, directory, change)
    if uniqueid in ami.pbx.channels:  # where the supervision may go on
        if is_joined:
            ami.pbx.pick_up(uniqueid)
            ami.pbx.join(uniqueid)
        else:
            ami.pbx.hang_up(uniqueid, USER_BUSY)
    answer = await waiting
    assert (answer.status, code_of(answer)) == (401 if code == "access_denied" else 400, code)
    seen = await service.get(f"{address}/{call_id}")
    assert (seen.status, seen.text) == (answer.status, answer.text)


async def test_an_app_that_leaves_the_directory_during_its_wait_is_nobody_known(
    service: Service, ami: FakeAmi, directory: Path
) -> None:
    """Its tokens ended with it."""
    waiting, _ = await waiting_at(service, ami, f"@me/{AGENT}")
    await reload(service, directory, without_app("wallboard"))
    answer = await waiting
    assert (answer.status, code_of(answer)) == (401, "access_denied")


async def test_a_wait_that_was_too_short_ends_by_the_directory_of_now_too(
    service: Service, ami: FakeAmi, directory: Path
) -> None:
    """The phone rings on; whose extension it is for is not this address's any more."""
    waiting = asyncio.create_task(service.barge_in(address=f"12/{AGENT}", wait_s=1))
    uniqueid = await rung(ami)
    await reload(service, directory, with_owner(AGENT, "13"))
    answer = await waiting
    assert (answer.status, code_of(answer)) == (400, "extension_invalid")
    assert uniqueid in ami.pbx.channels


async def test_who_had_to_wait_is_not_told_that_it_asks_too_often(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """It is looked at again by the directory of now; it has asked once."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, requests_per_s=0.5) as service:
        await service.until_link("READY")
        [call] = await service.calls(f"@me/{AGENT}", client="operator")
        waiting = asyncio.create_task(service.barge_in(call["id"], wait_s=10))
        uniqueid = await rung(ami)
        await reload(service, directory, lambda text: text.replace("Default Organization", "Another Name"))
        ami.pbx.pick_up(uniqueid)
        ami.pbx.join(uniqueid)
        answer = await waiting
        assert (answer.status, answer.json.get("ownerName")) == (200, "Another Name"), answer
        assert (await service.get(f"@me/{AGENT}")).status == 429


@pytest.mark.parametrize("has_include", [False, True])
@pytest.mark.parametrize("state", ["ringing", "joined"])
async def test_a_phone_that_is_not_the_supervisors_any_more_rings_and_hears_no_longer(
    service: Service, ami: FakeAmi, directory: Path, state: str, *, has_include: bool
) -> None:
    """The directory has another phone dialed for it by now: who has the first is a stranger."""
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    uniqueid = await rung(ami)
    if state == "joined":
        ami.pbx.pick_up(uniqueid)
        ami.pbx.join(uniqueid)
        assert (await waiting).status == 200
        if has_include:
            put_phone_behind(ami, uniqueid)
    await reload(
        service,
        directory,
        lambda text: text.replace(f'"{SUPERVISOR}",', f'"{SUPERVISOR}", dial: PJSIP/9024,'),
    )
    await until(lambda: uniqueid not in ami.pbx.channels)
    assert await until_ended(service, uniqueid) in ("not_allowed", "taken")
    if state == "ringing":
        assert code_of(await waiting) == "pc_supervision_ended"
