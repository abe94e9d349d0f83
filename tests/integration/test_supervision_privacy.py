"""Whom nobody may hear is not heard: by no supervision that runs, moves, is found again, or is switched."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapter.callcontrol import hang_up
from adapter.lab.fake_ami import FakeAmi, ignore
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until, until_seen
from tests.integration.harness import REQUEST, Json, Service, code_of, running_service
from tests.integration.rewriting import (
    group,
    never,
    reload,
    rewrite,
    with_groups,
    with_type,
    without_app,
    without_extension,
)
from tests.integration.supervising import (
    AGENT,
    SECOND,
    STRANGER,
    SUPERVISOR,
    earlier_spy,
    holding,
    in_hand,
    joined,
    make_internal,
    phones,
    rung,
    runs,
    said,
    until_ended,
    until_hung_up,
    until_said,
)

OTHER_SUPERVISOR = "0003*025"
AGENT_ALONE = group("Desk", "apps: [wallboard, agent-desktop]", f'"{AGENT}"', "listen, whisper, barge")


@pytest.fixture
def has_include() -> bool:
    """The adapter stands beside an Asterisk with the dialplan include."""
    return True


# -- follow=call: who comes is judged ----------------------------------------------------------------


async def moved(service: Service, ami: FakeAmi, agent: FakeChannel, uniqueid: str, number: str) -> str:
    """The agent sends the customer on to the number, which rings; the channel of that phone."""
    before = len(ami.took("Redirect"))
    came = ami.pbx.send_on(agent.uniqueid, agent.linkedid, number)
    await until(lambda: len(ami.took("Redirect")) > before)
    await until(lambda: ami.pbx.channels[uniqueid].spyee == agent.linkedid)
    ami.pbx.hang_up(agent.uniqueid)
    await until_said(service, uniqueid, state="joined")
    return came.uniqueid


@pytest.mark.parametrize(
    "client_number_groups",
    [
        ("wallboard", STRANGER, ()),
        ("operator", STRANGER, ()),
        ("agent-desktop", "0003*026", ()),
        ("wallboard", SECOND, (AGENT_ALONE,)),
    ],
    ids=["another organization", "and for the administrator", "another user", "outside the groups"],
)
async def test_a_supervision_that_moved_to_the_customer_ends_when_one_answers_who_may_not_be_supervised(
    service: Service,
    ami: FakeAmi,
    agent: FakeChannel,
    directory: Path,
    client_number_groups: tuple[str, str, tuple[str, ...]],
) -> None:
    """It was asked for on the agent: that allows nothing with somebody else."""
    client, number, groups = client_number_groups
    if groups:
        await reload(service, directory, with_groups(*groups))
    uniqueid = await joined(service, ami, client=client, follow="call", sendCallTo=OTHER_SUPERVISOR)
    came = await moved(service, ami, agent, uniqueid, number)
    ami.pbx.answer(came, agent.linkedid)
    assert await until_ended(service, uniqueid) == "not_allowed"
    await until_hung_up(ami, uniqueid)


@pytest.mark.parametrize(("mode", "then"), [("BargeIn", "BargeIn"), ("Whisper", "Monitor")])
async def test_a_supervision_that_moved_to_the_customer_stays_where_one_answers_who_may_be_supervised(
    service: Service, ami: FakeAmi, agent: FakeChannel, mode: str, then: str
) -> None:
    """With the new partner and without another ring; a whisper was for the agent alone."""
    uniqueid = await joined(service, ami, mode, follow="call")
    came = await moved(service, ami, agent, uniqueid, SECOND)
    told = len(ami.took("Redirect"))
    ami.pbx.answer(came, agent.linkedid)
    await until(lambda: len(ami.took("Redirect")) > told)  # the new side is there: it begins anew
    await until_said(service, uniqueid, state="joined", action=then)
    assert not ami.took("Hangup")
    assert len(phones(ami)) == 1


async def test_a_supervision_that_was_found_does_not_move(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Nobody knows who asked for it, and so not whom else that one may hear: it ends with the agent."""
    ami.has_include = True
    spy = earlier_spy(agent.uniqueid)
    ami.pbx.channels[spy.uniqueid] = spy
    async with running_service(ami, directory, follow="call") as service:
        await service.until_link("READY")
        await until(lambda: ami.took("Redirect"))  # it begins anew, its other side not being known
        await until_said(service, spy.uniqueid, state="joined")
        ami.pbx.send_on(agent.uniqueid, agent.linkedid, SECOND)
        ami.pbx.hang_up(agent.uniqueid)
        assert await until_ended(service, spy.uniqueid) == "extension_left"
        assert spy.uniqueid not in ami.pbx.channels


@pytest.mark.parametrize("mode", ["Monitor", "Whisper"])
async def test_without_the_include_a_supervision_that_is_to_follow_the_call_ends_with_the_agent(
    ami: FakeAmi, agent: FakeChannel, directory: Path, mode: str
) -> None:
    """Its channel cannot be told to spy on another: it does not say that it does."""
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        uniqueid = await joined(service, ami, mode, follow="call")
        ami.pbx.send_on(agent.uniqueid, agent.linkedid, SECOND)
        ami.pbx.hang_up(agent.uniqueid)
        assert await until_ended(service, uniqueid) == "extension_left"
        assert not ami.took("Setvar")


# -- the view of one that moved ------------------------------------------------------------------------


async def views_of(service: Service, number: str, client: str, count: int) -> list[Json]:
    """The views that the App sees of the extension's one call, once there are so many."""

    async def views() -> list[Json]:
        calls = await service.calls(f"@me/{number}", client)
        return [view for call in calls for view in call["phoneCallView"]]

    return await until_seen(views, lambda views: len(views) == count)


async def test_the_view_of_a_supervision_that_moved_cannot_be_supervised(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """It stands for the customer, whom nobody asked to hear: 400, as for a view that is none."""
    uniqueid = await joined(service, ami, follow="call")
    came = await moved(service, ami, agent, uniqueid, SECOND)
    ami.pbx.answer(came, agent.linkedid)
    views = await views_of(service, SECOND, "wallboard", 2)
    [spy] = [view for view in views if view["source"] == [SUPERVISOR]]
    assert spy["extension"] == SECOND
    call_id = await service.call_id(f"@me/{SECOND}")
    for supervisor in (OTHER_SUPERVISOR, SUPERVISOR):
        answer = await service.barge_in(
            call_id, f"@me/{SECOND}", sendCallTo=supervisor, phoneCallViewId=spy["id"]
        )
        assert (answer.status, code_of(answer)) == (400, "pc_phonecallview_invalid")
    assert len(phones(ami)) == 1


async def test_a_supervision_that_moved_is_not_shown_to_another_organization(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """Not while its phone rings, and not until the supervisor is hung up once it has answered."""
    uniqueid = await joined(service, ami, follow="call")
    came = await moved(service, ami, agent, uniqueid, STRANGER)
    [ring] = await views_of(service, STRANGER, "stranger", 1)
    assert ring["extension"] == STRANGER
    ami.scripts["Hangup"] = ignore
    ami.pbx.answer(came, agent.linkedid)
    assert await until_ended(service, uniqueid) == "not_allowed"
    [view] = await views_of(service, STRANGER, "stranger", 1)
    assert view["source"] == ["777888"]
    assert uniqueid in ami.pbx.channels


# -- another directory ---------------------------------------------------------------------------------


RELOADS: list[tuple[str, Callable[[str], str]]] = [
    ("the one who is supervised is exempt", never(AGENT)),
    ("the other side is exempt", never(SECOND)),
    ("the App is gone", without_app("wallboard")),
    ("the supervisor is gone", without_extension(SUPERVISOR)),
    ("the supervisor has no phone", with_type(SUPERVISOR, "queue")),
    ("the App is in no group", with_groups(group("Desk", "apps: [operator]", f'"{AGENT}"', "barge"))),
    (
        "the group has not the extension",
        with_groups(group("Desk", "apps: [wallboard]", '"0003*21"', "barge")),
    ),
    (
        "the group allows not the mode",
        with_groups(group("Desk", "apps: [wallboard]", f'"{AGENT}"', "listen, whisper")),
    ),
]


@pytest.mark.parametrize("is_joined", [True, False], ids=["joined", "ringing"])
@pytest.mark.parametrize("change", [change for _, change in RELOADS], ids=[what for what, _ in RELOADS])
async def test_a_directory_that_forbids_a_supervision_ends_it_at_once(
    ami: FakeAmi, agent: FakeChannel, directory: Path, change: Callable[[str], str], *, is_joined: bool
) -> None:
    """Whatever it was allowed by when it began; and its phone rings no longer."""
    ami.has_include = True
    make_internal(ami, agent)
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        [call] = await service.calls(f"@me/{AGENT}")
        [view] = [one["id"] for one in call["phoneCallView"] if one["extension"] == AGENT]
        if is_joined:
            uniqueid = await joined(service, ami, phoneCallViewId=view)
        else:
            assert (await service.barge_in(call["id"], phoneCallViewId=view)).status == 202
            uniqueid = await rung(ami)
        await reload(service, directory, change)
        assert await until_ended(service, uniqueid) == "not_allowed"
        await until_hung_up(ami, uniqueid)


@pytest.mark.parametrize(
    "change",
    [
        never("0003*21"),
        without_app("agent-desktop"),
        with_groups(group("Desk", "apps: [wallboard]", f'"{AGENT}"', "barge")),
    ],
    ids=["another is exempt", "another App is gone", "a group that allows it"],
)
async def test_a_directory_that_allows_a_supervision_lets_it_go_on(
    service: Service, ami: FakeAmi, directory: Path, change: Callable[[str], str]
) -> None:
    """Joined and in the same mode, and nothing was said to Asterisk."""
    uniqueid = await joined(service, ami)
    await reload(service, directory, change)
    assert (await said(service, uniqueid))["state"] == "joined"
    assert not ami.took("Hangup")


@pytest.mark.parametrize("exempt", [AGENT, SECOND])
async def test_a_spy_that_was_found_on_one_who_is_never_supervised_is_hung_up(
    ami: FakeAmi, agent: FakeChannel, directory: Path, exempt: str
) -> None:
    """On either side: the directory was changed while no adapter ran."""
    make_internal(ami, agent)
    rewrite(directory, never(exempt))
    spy = earlier_spy(agent.uniqueid)
    ami.pbx.channels[spy.uniqueid] = spy
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        await until_hung_up(ami, spy.uniqueid)


@pytest.mark.parametrize(("phone", "stays"), [(SUPERVISOR, True), (SECOND, False), (STRANGER, False)])
async def test_a_spy_that_was_found_with_another_phone_behind_it_is_hung_up(
    ami: FakeAmi, agent: FakeChannel, directory: Path, phone: str, *, stays: bool
) -> None:
    """Somebody took the supervisor's place while no adapter looked."""
    spy = replace(earlier_spy(agent.uniqueid), name=f"Local/{SUPERVISOR}@uapi-phones-000000dd;1")
    second = replace(
        spy,
        name=spy.name.replace(";1", ";2"),
        uniqueid=f"{spy.uniqueid};2",
        application="Dial",
        data="",
        bridge="behind",
    )
    behind = replace(second, name=f"PJSIP/{phone}-000000ee", uniqueid="1795405399.9", application="AppDial")
    for channel in (spy, second, behind):
        ami.pbx.channels[channel.uniqueid] = channel
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        if stays:
            await until_said(service, spy.uniqueid, state="joined")
            assert not ami.took("Hangup")
        else:
            await until_hung_up(ami, spy.uniqueid)
            await until_hung_up(ami, second.uniqueid)
            assert behind.uniqueid in ami.pbx.channels  # who is behind them may be in a call of its own
            assert await until_ended(service, spy.uniqueid) == "taken"


async def test_a_spy_that_was_found_on_nobody_of_the_directory_is_hung_up(
    ami: FakeAmi, directory: Path
) -> None:
    """No account could see it, and so none could end it."""
    unknown = ami.pbx.add_trunk_call("0009*999")
    spy = earlier_spy(unknown.uniqueid)
    ami.pbx.channels[spy.uniqueid] = spy
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        await until_hung_up(ami, spy.uniqueid)


async def test_who_began_a_supervision_may_end_it_where_it_could_not_be_begun_any_more(
    service: Service, ami: FakeAmi, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asterisk refused the hang-up at the reload: the App that asked for it may try, others may not."""
    monkeypatch.setattr(hang_up, "LIMIT_S", 1.0)
    uniqueid = await joined(service, ami)
    call_id = await service.call_id()
    ami.scripts["Hangup"] = lambda action: action.connection.refuse(action, "Permission denied")
    await reload(service, directory, never(AGENT))
    assert await until_ended(service, uniqueid) == "not_allowed"
    await until(lambda: ami.took("Hangup"))
    del ami.scripts["Hangup"]
    path = f"/uapi/phoneCalls/@me/{AGENT}/{call_id}?phoneNumber={SUPERVISOR}"
    other = await service.request("DELETE", path, client="operator")
    assert (other.status, code_of(other)) == (403, "access_forbidden")
    assert uniqueid in ami.pbx.channels
    assert (await service.request("DELETE", path)).status == 200
    assert uniqueid not in ami.pbx.channels


# -- who may switch ------------------------------------------------------------------------------------


BARGES = group("Barge", "apps: [wallboard]", f'"{AGENT}"', "barge")
LISTENS = group("Listen", 'users: ["12"]', f'"{AGENT}"', "listen")
DOES_BOTH = group("Both", 'users: ["12"]', f'"{AGENT}"', "listen, barge")


async def test_a_switch_needs_the_right_to_end_what_runs(
    service: Service, ami: FakeAmi, directory: Path
) -> None:
    """Who may only listen does not turn another's barge-in into listening."""
    await reload(service, directory, with_groups(BARGES, LISTENS))
    uniqueid = await joined(service, ami)
    answer = await service.barge_in(client="agent-desktop", action="Monitor")
    assert (answer.status, code_of(answer)) == (403, "access_forbidden")
    assert not ami.took("Redirect")
    assert runs(ami, uniqueid) == "quBE"
    assert (await said(service, uniqueid))["app"] == "wallboard"


async def test_who_switched_a_supervision_is_who_asks_for_it_from_then_on(
    service: Service, ami: FakeAmi, directory: Path
) -> None:
    """And it ends when that App is gone, not when the first one is."""
    await reload(service, directory, with_groups(BARGES, DOES_BOTH))
    uniqueid = await joined(service, ami)
    assert (await service.barge_in(client="agent-desktop", action="Monitor", wait_s=5)).status == 200
    assert (await said(service, uniqueid))["app"] == "agent-desktop"
    await reload(service, directory, with_groups(DOES_BOTH))
    assert (await said(service, uniqueid))["state"] == "joined"
    await reload(service, directory, with_groups(BARGES))
    assert await until_ended(service, uniqueid) == "not_allowed"


# -- Idempotency-Key -----------------------------------------------------------------------------------


async def test_the_same_key_again_is_judged_by_the_directory_of_now(
    service: Service, directory: Path
) -> None:
    """What was allowed the first time is not answered again to who may not ask any more."""
    path = f"/uapi/phoneCalls/@me/{AGENT}/{await service.call_id()}"
    headers = {"Idempotency-Key": "a"}
    assert (await service.request("PUT", path, body=REQUEST, headers=headers)).status == 202
    await reload(service, directory, never(AGENT))
    answer = await service.request("PUT", path, body=REQUEST, headers=headers)
    assert (answer.status, code_of(answer)) == (403, "access_forbidden")


async def test_the_same_key_that_waited_for_the_first_is_judged_by_the_directory_of_now(
    service: Service, ami: FakeAmi, directory: Path
) -> None:
    """The first was not done: the second does it by itself, and may not any more."""
    path = f"/uapi/phoneCalls/@me/{AGENT}/{await service.call_id()}"
    headers = {"Idempotency-Key": "a"}
    held = holding(ami, "Originate")
    puts = await in_hand(
        service, *(service.request("PUT", path, body=REQUEST, headers=headers) for _ in range(2))
    )
    await until(lambda: held)
    await reload(service, directory, never(AGENT))
    held[0].connection.refuse(held[0], "Permission denied")
    answers = await asyncio.gather(*puts)
    assert sorted(answer.status for answer in answers) == [403, 503]
    assert len(held) == 1


# -- who comes -----------------------------------------------------------------------------------------


async def test_one_who_is_exempt_and_comes_while_the_phone_rings_ends_the_ringing(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """The customer sends the agent on to somebody whom nobody may hear."""
    ami.has_include = True
    rewrite(directory, never(SECOND))
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        waiting = asyncio.create_task(service.barge_in(wait_s=10))
        uniqueid = await rung(ami)
        came = ami.pbx.send_on(agent.linkedid, agent.uniqueid, SECOND)
        ami.pbx.hang_up(agent.linkedid)
        ami.pbx.answer(came.uniqueid, agent.uniqueid)
        await until_hung_up(ami, uniqueid)
        answer = await waiting
        assert (answer.status, code_of(answer)) == (409, "pc_supervision_ended")
        assert await until_ended(service, uniqueid) == "not_allowed"


@pytest.mark.parametrize("action", ["Monitor", "Whisper"])
async def test_a_conference_with_one_who_is_exempt_is_not_supervised(
    ami: FakeAmi, agent: FakeChannel, directory: Path, action: str
) -> None:
    """Though its member is of another call: it would be heard all the same."""
    ami.has_include = True
    exempt = ami.pbx.add_trunk_call(SECOND)
    rewrite(directory, never(SECOND))
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        for one in (agent.linkedid, exempt.linkedid):
            ami.pbx.hang_up(one)
        for one in (agent.uniqueid, exempt.uniqueid):
            ami.pbx.enter(one, "a-conference", kind="base")
        ami.pbx.begin_trunk_call("0003*21")
        await views_of(service, "0003*21", "wallboard", 1)  # what was said before is known, too
        answer = await service.barge_in(action=action)
        assert (answer.status, code_of(answer)) == (403, "access_forbidden")
        assert not phones(ami)


# -- whose channel it is ------------------------------------------------------------------------------


@pytest.mark.parametrize("has_include", [False], indirect=False)
@pytest.mark.parametrize("answer", ["PJSIP/0004*300-00000001", "PJSIP/0003*210-000000", "", None])
async def test_without_the_include_no_phone_rings_for_a_channel_of_another_name(
    service: Service, ami: FakeAmi, answer: str | None
) -> None:
    """Events can be forged: Asterisk is asked for the name, just before. One that is gone has none."""
    ami.scripts["Getvar"] = lambda action: (
        action.connection.refuse(action, "No such channel")
        if answer is None
        else action.connection.answer(action, ("Value", answer))
    )
    assert (await service.barge_in(wait_s=3)).status == 409
    assert not ami.took("Originate")
    del ami.scripts["Getvar"]
    assert (await service.barge_in()).status == 202
    assert len(ami.took("Originate")) == 1


async def test_the_include_is_told_the_name_of_the_channel_that_was_decided_upon(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """At the first time, and again with each restart of ChanSpy."""
    uniqueid = await joined(service, ami)
    sent = [value for name, value in ami.took("Originate")[0].headers if name == "Variable"]
    assert f"UAPI_SPYEE_NAME={agent.name}" in sent
    assert (await service.barge_in(action="Monitor")).status in (200, 202)
    told = [action["Value"] for action in ami.took("Setvar") if action["Variable"] == "UAPI_SPYEE_NAME"]
    assert (told, ami.took("Setvar")[-1]["Channel"]) == ([agent.name], uniqueid)
