"""What was lost or forged on the AMI line is put right, quietly: the link stays READY all the while."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapter.ami import link as ami_link
from adapter.ami.broken_items import ASKED_LIMIT
from adapter.asterisk.events import names_one_channel
from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi, ReceivedAction, ignore
from adapter.lab.fake_ami_events import FakeChannel, FakeState
from adapter.lab.polling import until, until_seen
from tests.integration.harness import Json, Service, running_service, until_taken

SOON_S = ami_link.RECONCILE_PAUSE_S + ami_link.SETTLE_S + 2.0
"""Within so much of anything malformed the calls are right again."""


@pytest.fixture
async def quick(ami: FakeAmi, agent: FakeChannel, directory: Path) -> AsyncIterator[Service]:
    """A READY adapter that compares as often as it may."""
    assert agent
    async with running_service(ami, directory, ami_reconcile_interval_s=0.01) as service:
        await service.until_link("READY")
        yield service


def forge(event: bytes, number: str) -> bytes:
    """The event as Asterisk writes it where this is the caller's number."""
    assert event.count(b"CallerIDNum: 777888") >= 1
    return event.replace(b"CallerIDNum: 777888", b"CallerIDNum: " + number.encode())


async def extensions(service: Service) -> list[str]:
    """Whose calls are listed."""
    return sorted(view["extension"] for call in await service.calls() for view in call["phoneCallView"])


async def metric(service: Service, name: str) -> float:
    """The value of one series."""
    text = (await service.request("GET", "/metrics", client=None)).text
    found = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(found[0]) if found else 0.0


async def test_a_call_whose_hangups_were_lost_is_gone_soon(
    quick: Service, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a break: the list answers all the while. It is counted, and it stands in the log."""
    going_on = ami.pbx.begin_trunk_call("0003*025")
    ghost = ami.pbx.begin_trunk_call("0003*211")
    await until_seen(lambda: extensions(quick), lambda them: "0003*211" in them)
    for channel in [one for one in ami.pbx.channels.values() if one.linkedid == ghost.linkedid]:
        ami.pbx.channels.pop(channel.uniqueid)
    states = set()

    async def look() -> list[str]:
        states.add((await quick.link())["state"])
        return await extensions(quick)

    listed = await until_seen(look, lambda them: "0003*211" not in them, within=SOON_S)
    assert listed == ["0003*025", "0003*210"]
    assert states == {"READY"}
    assert going_on.uniqueid in ami.pbx.channels
    assert await metric(quick, 'uapi_ami_corrections_total{kind="gone"}') == 2
    assert await metric(quick, "uapi_ami_reconciled_total") >= 1
    [told] = [
        one for one in caplog.records if one.message == "the live calls were corrected: events were lost"
    ]
    assert ghost.uniqueid in vars(told)["gone"]


async def test_a_call_whose_beginning_was_lost_is_there_soon(quick: Service, ami: FakeAmi) -> None:
    """And one whose answer was lost is on call."""
    ringing = ami.pbx.begin_trunk_call("0003*211")
    await until_seen(lambda: extensions(quick), lambda them: "0003*211" in them)
    ami.pbx.channels[ringing.uniqueid] = replace(ringing, caller=("Ann", "5"))
    ami.pbx.add_trunk_call("0003*025")
    await until_seen(lambda: extensions(quick), lambda them: "0003*025" in them, within=SOON_S)
    assert await metric(quick, 'uapi_ami_corrections_total{kind="missed"}') == 2
    # Told of while a list came, it is compared with the next one.
    changed = 'uapi_ami_corrections_total{kind="changed"}'
    await until_seen(lambda: metric(quick, changed), lambda count: count == 1, within=SOON_S)


async def test_where_nothing_was_lost_nothing_is_told(quick: Service, ami: FakeAmi) -> None:
    """Comparing changes no ETag: clients that poll get 304."""
    await until_taken(ami, "CoreShowChannels", 2)
    before = (await quick.get()).headers["Etag"]
    await until_taken(ami, "CoreShowChannels", 3, within=SOON_S)
    compared = await metric(quick, "uapi_ami_reconciled_total")
    await until_seen(
        lambda: metric(quick, "uapi_ami_reconciled_total"), lambda now: now > compared, within=SOON_S
    )
    assert (await quick.get()).headers["Etag"] == before
    assert await metric(quick, 'uapi_ami_corrections_total{kind="changed"}') == 0


async def test_a_change_that_is_told_while_the_list_comes_is_not_undone(quick: Service, ami: FakeAmi) -> None:
    """The list is as of its request: what an event says behind it is newer, and never goes back."""
    ringing = ami.pbx.begin_trunk_call("0003*211")
    await until_seen(lambda: extensions(quick), lambda them: "0003*211" in them)
    ami.scripts["CoreShowChannels"] = ignore
    action = await until_taken(ami, "CoreShowChannels", 2, within=SOON_S)
    late = next(one for one in ami.pbx.channels.values() if one.name.startswith("PJSIP/0003*211"))
    older = replace(late, state=FakeState.RINGING)
    gone = [one for one in ami.pbx.channels.values() if one.linkedid != ringing.linkedid]
    # Told behind the request: 0003*210's call ends, 0003*025's begins; the list knows neither.
    new = ami.pbx.begin_trunk_call("0003*025")
    for channel in gone:
        ami.emit(say.hangup(ami.pbx.clock(), channel, 16))
    ami.emit(say.channel_event("Newstate", ami.pbx.clock(), late))
    await until_seen(lambda: extensions(quick), lambda them: them == ["0003*025", "0003*211"])
    statuses = await told(quick)
    ami.pbx.channels = {
        **{one.uniqueid: one for one in ami.pbx.channels.values() if one.linkedid != new.linkedid},
        late.uniqueid: older,
        **{one.uniqueid: one for one in gone},
    }
    del ami.scripts["CoreShowChannels"]
    compared = await metric(quick, "uapi_ami_reconciled_total")
    ami.list_channels(action)

    async def look() -> float:
        assert await told(quick) == statuses
        return await metric(quick, "uapi_ami_reconciled_total")

    await until_seen(look, lambda now: now > compared, within=SOON_S)
    assert await told(quick) == statuses


async def told(service: Service) -> list[tuple[str, str]]:
    """Each view's extension and status."""
    return sorted(
        (view["extension"], view["status"])
        for call in await service.calls()
        for view in call["phoneCallView"]
    )


async def test_a_comparison_is_asked_for_by_what_is_malformed_and_bounded_in_rate(
    service: Service, ami: FakeAmi
) -> None:
    """A flood of them asks for one at once and for the next when it may."""
    assert len(ami.took("CoreShowChannels")) == 1
    for piece in (
        b"X: y\r\n\r\n",
        b"Event: Hangup\r\nX: y\r\n\r\n",
        b"CallerIDName: a\r\nUniqueid: 1\r\n\r\n",
    ):
        for _ in range(50):
            ami.emit(piece)
    await until_taken(ami, "CoreShowChannels", 2)
    # That no other comes can only be waited for.
    await asyncio.sleep(ami_link.RECONCILE_PAUSE_S / 2)
    for _ in range(50):
        ami.emit(b"X: y\r\n\r\n")
    assert len(ami.took("CoreShowChannels")) == 2
    await until_taken(ami, "CoreShowChannels", 3, within=SOON_S)
    assert await metric(service, 'uapi_ami_events_malformed_total{event="none"}') == 150
    assert await metric(service, 'uapi_ami_events_malformed_total{event="Hangup"}') == 50


DESCRIBED = "ChannelStateDesc: Ring\r\nCallerIDNum: "
"""The lines between a channel's state and its caller's name."""


@pytest.mark.parametrize(
    "number",
    [
        "1\r\n\r\nEvent: Hold\r\nChannel: PJSIP/0003*210-1\r\nChannelState: 6\r\nUniqueid: {victim}",
        "1\r\n\r\nEvent: Hold\r\nPrivilege: a\r\nChannel: A/1-1\r\nChannelState: 6\r\nUniqueid: {victim}",
        "1\nEvent: Hold\r\nPrivilege: a\r\nChannel: PJSIP/0003*210-1\r\nChannelState: 6\r\nY: ",
        "1\r\nUniqueid: {victim}\r\nLinkedid: {victim}\r\nX: ",
        "1\r\nChannel: PJSIP/0003*210-1\r\nUniqueid: {victim}\r\nX: ",
        "1\r\n\r\nEvent: Hangup\r\nPrivilege: a\r\nUniqueid: {victim}\r\nX: ",
        # Only one rule stops each of these: no Privilege, lines of a channel that are left out. Asterisk's
        # own lines go on behind them, and would make the caller's channel one of 0003*210's.
        "\r\n\r\nEvent: Newchannel\r\nChannel: PJSIP/0003*210-1\r\nChannelState: 4\r\n{described}",
        "1\r\n\r\nEvent: Newchannel\r\nPrivilege: a\r\nChannel: PJSIP/0003*210-1\r\nChannelState: 4\r\nX: ",
        "1\r\n\r\nEvent: CoreShowChannelsComplete\r\nActionID: 1\r\n\r\n",
        "1\r\n\r\nResponse: Goodbye\r\n\r\n",
        "1\r\n\r\n",
        "1\r\n\r\nX: ",
        "1\r",
        "1\n\n",
    ],
)
async def test_a_callers_number_changes_nobody_elses_call(
    service: Service, ami: FakeAmi, agent: FakeChannel, number: str
) -> None:
    """What it holds behind a line end makes no events: the victim stays whose it is, and as it is."""
    customer = next(one for one in ami.pbx.channels.values() if one is not agent)
    victims = [one for one in (agent, customer) if names_one_channel(one.uniqueid)]
    assert victims == [agent, customer]
    before = await service.calls()
    at = ami.pbx.clock()
    for victim in victims:
        caller = FakeChannel(
            "PJSIP/trunk-000000ff", "99.1", "99.1", FakeState.RING, caller=("Mallory", "777888"), exten="5"
        )
        forged = number.format(victim=victim.uniqueid, described=DESCRIBED)
        for name in ("Newchannel", "NewConnectedLine", "Newstate", "Unhold"):
            ami.emit(forge(say.channel_event(name, at, caller), forged))
        ami.emit(forge(say.hangup(at, caller, 16), forged))
    ami.emit(say.channel_event("Newstate", at, agent))
    other = ami.pbx.begin_trunk_call("0003*025")
    await until_seen(lambda: extensions(service), lambda them: "0003*025" in them)
    mine = [call for call in await service.calls() if call["id"] != await service.call_id("@me/0003*025")]
    assert [without_times(call) for call in mine] == [without_times(call) for call in before]
    assert other.uniqueid in ami.pbx.channels


def without_times(call: Json) -> Json:
    return {name: value for name, value in call.items() if name != "updated"}


BREAKS = [
    "1\r\n\r\nX: ",
    "1\r\n\r\nEvent: Hold\r\nPrivilege: a\r\nUniqueid: 5.5",
    "1\r\nUniqueid: 5.5\r\nX: ",
]
"""Numbers of which each breaks the lines of its channel."""


def break_list(ami: FakeAmi, number: str) -> None:
    """Have each item of the next lists hold this number."""

    def broken(action: ReceivedAction) -> None:
        connection = action.connection
        connection.answer(action, ("EventList", "start"), ("Message", "Channels will follow"))
        for channel in ami.pbx.channels.values():
            line = say.listed(ami.pbx.clock(), channel, action["ActionID"])
            before, _, rest = line.partition(b"CallerIDNum: ")
            connection.send(before + b"CallerIDNum: " + number.encode() + rest[rest.index(b"\r\n") :])
        complete = (("Event", "CoreShowChannelsComplete"), ("ActionID", action["ActionID"]))
        connection.send(say.message(*complete, ("EventList", "Complete"), ("ListItems", "2")))

    ami.scripts["CoreShowChannels"] = broken


@pytest.mark.parametrize("number", BREAKS)
async def test_a_live_call_that_a_callers_number_breaks_in_the_list_stays(
    quick: Service, ami: FakeAmi, agent: FakeChannel, number: str
) -> None:
    """Asterisk tells nothing else of it either: it is not gone."""
    ami.scripts["Getvar"] = lambda action: action.connection.refuse(action, "No such channel")
    break_list(ami, number)
    compared = await metric(quick, "uapi_ami_reconciled_total")
    await until_seen(
        lambda: metric(quick, "uapi_ami_reconciled_total"), lambda now: now > compared + 1, within=2 * SOON_S
    )
    assert await extensions(quick) == ["0003*210"]
    assert agent.uniqueid in ami.pbx.channels


@pytest.mark.parametrize("number", BREAKS)
async def test_a_call_that_a_number_breaks_in_every_list_is_shown_without_numbers(
    ami: FakeAmi, agent: FakeChannel, directory: Path, number: str
) -> None:
    """After the login already: Asterisk is asked for the channels that the first lines of the items name."""
    break_list(ami, number)
    async with running_service(ami, directory, ami_reconcile_interval_s=0.01) as service:
        await service.until_link("READY")
        [call] = await service.calls()
        [view] = call["phoneCallView"]
        assert (view["extension"], view["status"]) == ("0003*210", "5")
        ami.pbx.begin_trunk_call("0003*211")
        await until_seen(
            lambda: extensions(service), lambda them: them == ["0003*210", "0003*211"], within=SOON_S
        )
        ami.pbx.channels.pop(agent.uniqueid)
        await until_seen(lambda: extensions(service), lambda them: them == ["0003*211"], within=SOON_S)


@pytest.mark.parametrize(
    "told",
    [
        {"CHANNEL(name)": "PJSIP/0003*025-00000001"},  # another has that name by now
        {"UNIQUEID": "uapi-1"},
        {"UNIQUEID": "all"},
        {"CHANNEL(linkedid)": ""},
    ],
)
async def test_of_a_broken_item_nothing_is_believed_that_asterisk_does_not_confirm(
    ami: FakeAmi, agent: FakeChannel, directory: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str]
) -> None:
    """Nothing is shown or done of a channel that is not certainly the one of this name, or that is ours."""
    asked = ami.pbx.variables_of

    def answer(named: str) -> dict[str, str]:
        """As Asterisk would that took the uniqueid for the agent's: nothing else shows that it is wrong."""
        known = asked(agent.uniqueid if named == told.get("UNIQUEID") else named)
        return known and known | told

    monkeypatch.setattr(ami.pbx, "variables_of", answer)
    break_list(ami, "1\r\n\r\nX: ")
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert len([action for action in ami.took("Getvar") if action["Channel"]]) >= len(ami.pbx.channels)
        assert await extensions(service) == []
        assert not ami.took("Hangup"), "it was taken for a channel of ours"


async def test_an_item_that_stays_broken_is_no_reason_to_compare_again_and_again(
    ami: FakeAmi, agent: FakeChannel, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number breaks it for as long as the call lasts; whatever else is malformed is a reason still."""
    assert agent
    monkeypatch.setattr(ami_link, "RECONCILE_PAUSE_S", 0.05)
    monkeypatch.setattr(ami_link, "SETTLE_S", 0.05)
    break_list(ami, "1\r\n\r\nX: ")
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        await until_taken(ami, "CoreShowChannels", 3)  # that of the login, and two that find the same
        await asyncio.sleep(0.5)
        assert len(ami.took("CoreShowChannels")) == 3
        ami.emit(b"What: nobody knows\r\n\r\n")
        await until_taken(ami, "CoreShowChannels", 4)
        ami.pbx.add_trunk_call("0003*211")
        ami.emit(b"What: nobody knows\r\n\r\n")
        await until_taken(ami, "CoreShowChannels", 6)  # one more item is broken: that is news once


async def test_for_so_many_broken_items_of_a_list_it_is_asked_and_no_more(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Callers make them."""
    assert agent
    for _ in range(ASKED_LIMIT):
        ami.pbx.add_trunk_call("0003*211")
    break_list(ami, "1\r\n\r\nX: ")
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert (
            len({action["Channel"] for action in ami.took("Getvar") if "/" in action["Channel"]})
            == ASKED_LIMIT
        )


async def test_a_snapshot_of_which_every_line_is_malformed_is_not_ready(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """An empty list would look as if nobody was calling: DOWN, and /ready and /health say why."""

    def of_old(action: ReceivedAction) -> None:
        connection = action.connection
        connection.answer(action, ("EventList", "start"), ("Message", "Channels will follow"))
        line = say.listed(ami.pbx.clock(), agent, action["ActionID"])
        connection.send(line.replace(b"\r\nLinkedid: ", b"\r\nAccount: ").replace(b"\r\nLanguage: en", b""))
        complete = (("Event", "CoreShowChannelsComplete"), ("ActionID", action["ActionID"]))
        connection.send(say.message(*complete, ("EventList", "Complete"), ("ListItems", "1")))

    ami.scripts["CoreShowChannels"] = of_old
    async with running_service(ami, directory) as service:
        link = await until_seen(service.link, lambda link: "can be read" in link.get("error", ""))
        ready = await service.request("GET", "/ready", client=None)
        assert (ready.status, (await service.get()).status) == (503, 503)
        assert link["error"] == "no channel that Asterisk lists can be read: is it older than 16?"
        ami.scripts.clear()
        await service.until_link("READY")
        assert await extensions(service) == ["0003*210"]


async def test_items_of_a_snapshot_that_nobody_asked_for_are_no_items(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """A caller's number may hold them; the ActionID of the request it cannot know."""
    forged = say.listed(ami.pbx.clock(), replace(agent, name="PJSIP/0003*025-1", uniqueid="7.7"), "1")
    ended = say.message(("Event", "CoreShowChannelsComplete"), ("ActionID", "1"), ("ListItems", "0"))
    ami.during_snapshot = [ended + forged, forged.replace(b"ActionID: 1\r\n", b"")]
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert await extensions(service) == ["0003*210"]


async def test_a_comparison_that_asterisk_refuses_changes_nothing(
    quick: Service, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again later; the link stays READY."""
    ami.scripts["CoreShowChannels"] = lambda action: action.connection.refuse(action, "busy")
    asked = len(ami.took("CoreShowChannels"))
    await until_taken(ami, "CoreShowChannels", asked + 1, within=SOON_S)
    await until(lambda: "the live calls could not be compared" in caplog.messages)
    assert (await quick.link())["state"] == "READY"
    assert await extensions(quick) == ["0003*210"]


async def test_a_supervision_that_was_only_just_asked_for_outlives_a_comparison(
    quick: Service, ami: FakeAmi
) -> None:
    """Its channel may not be listed yet."""
    ami.scripts["Originate"] = lambda action: action.connection.answer(action)
    answer = await quick.barge_in()
    assert answer.status == 202
    compared = await metric(quick, "uapi_ami_reconciled_total")
    await until_seen(
        lambda: metric(quick, "uapi_ami_reconciled_total"), lambda now: now > compared, within=2 * SOON_S
    )
    supervision = await quick.request("GET", answer.headers["Location"].removeprefix(quick.url))
    assert supervision.json["state"] == "requested"
