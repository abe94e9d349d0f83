"""Presence over HTTP: what extensions do, which of their phones are registered, and who may see it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.app import PBX
from adapter.lab import fake_ami_events as say
from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.fake_ami_presence import FakeMember
from adapter.lab.polling import until, until_seen
from tests.integration.harness import Json, Service, code_of, running_service

DESK, MOBILE = "PJSIP/0003*210", "PJSIP/mobile"
QUEUE = "0003*500"
HASH = "9d89d5f21276f28629b105883e40283f"
TERMINALS = ["0003*024", "0003*025", "0003*026", "0003*21", "0003*210", "0003*211"]


@pytest.fixture
def devices() -> dict[str, str]:
    """What Asterisk lists at login."""
    return {
        DESK: "NOT_INUSE",
        "PJSIP/0003*211": "UNAVAILABLE",
        "PJSIP/0004*300": "INUSE",
        "PJSIP/trunk": "NOT_INUSE",
        "Queue:0003*500_avail": "INUSE",
    }


@pytest.fixture
def with_two_devices(directory: Path) -> Path:
    """A directory in which 0003*210 has a second device."""
    text, line = directory.read_text(encoding="utf-8"), '{number: "0003*210", type: phone terminal, '
    assert line in text
    directory.write_text(text.replace(line, f"{line}devices: [{DESK}, {MOBILE}], "), encoding="utf-8")
    return directory


@pytest.fixture
async def service(
    ami: FakeAmi, agent: FakeChannel, with_two_devices: Path, devices: dict[str, str]
) -> AsyncIterator[Service]:
    """The adapter beside an Asterisk that tells of devices and queues."""
    assert agent
    ami.presence.devices = devices
    ami.presence.members = [FakeMember(QUEUE, DESK)]
    async with running_service(ami, with_two_devices) as running:
        await running.until_link("READY")
        yield running


async def ask(
    service: Service, address: str = "@me/@self", query: str = "", client: str = "wallboard"
) -> Answer:
    """GET the presence of an address."""
    return await service.request("GET", f"/uapi/extensions/{address}/presence{query}", client=client)


async def listed(
    service: Service, address: str = "@me/@self", query: str = "", client: str = "wallboard"
) -> list[Json]:
    """The entries of that list."""
    answer = await ask(service, address, query, client)
    assert answer.status == 200, answer
    entry = answer.json["entry"]
    assert isinstance(entry, list)
    return entry


async def until_status(service: Service, status: str, address: str = "@me/0003*210") -> None:
    """Return once the extension has this status."""
    await until_seen(lambda: listed(service, address), lambda found: found[0]["status"] == status)


# -- what is shown -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("NOT_INUSE", "1"),
        ("RINGING", "2"),
        ("RINGINUSE", "2"),
        ("INUSE", "3"),
        ("BUSY", "3"),
        ("ONHOLD", "3"),
        ("UNAVAILABLE", "0"),
        ("INVALID", "0"),
        ("UNKNOWN", "0"),
    ],
)
async def test_the_status_follows_the_device(service: Service, ami: FakeAmi, state: str, status: str) -> None:
    """From the list at login, and from each event."""
    assert (await listed(service, "@me/0003*211"))[0]["status"] == "0"
    ami.presence.change("PJSIP/0003*211", "NOT_INUSE")
    await until_status(service, "1", "@me/0003*211")
    ami.presence.change("PJSIP/0003*211", state)
    await until_status(service, status, "@me/0003*211")


async def test_an_extension_with_two_devices_has_one_status(service: Service, ami: FakeAmi) -> None:
    """It rings if one rings, is busy if one is in use, and is online if one can be called."""
    ami.presence.change(MOBILE, "RINGING")
    await until_status(service, "2")
    ami.presence.change(MOBILE, "INUSE")
    await until_status(service, "3")
    ami.presence.change(MOBILE, "UNAVAILABLE")
    await until_status(service, "1")
    ami.presence.change(DESK, "UNAVAILABLE")
    await until_status(service, "0")


async def test_after_a_break_only_what_asterisk_lists_then_is_shown(service: Service, ami: FakeAmi) -> None:
    """While the link is down nothing is; afterwards what was missed."""
    connections = len(ami.connections)
    assert ami.presence.devices is not None
    ami.presence.devices |= {DESK: "INUSE"}
    ami.drop()
    await service.until_synced(ami, connections)
    assert (await listed(service, "@me/0003*210"))[0]["status"] == "3"


async def test_presence_is_refused_while_the_link_is_down(service: Service, ami: FakeAmi) -> None:
    """As the list of calls is: what was known is out of date."""
    await ami.stop()
    await service.until_link("DOWN")
    answer = await ask(service)
    assert (answer.status, code_of(answer)) == (503, "service_unavailable")
    assert "Retry-After" in answer.headers
    await ami.start()


async def test_registrations_are_those_of_asterisk(service: Service, ami: FakeAmi) -> None:
    """Registered, fixed, not reachable, not registered, unknown: each in the contract's digit."""
    ami.presence.contacts = {
        "0003*210": {
            f"0003*210;@{HASH}": {
                "user_agent": "3CXPhone 5.0",
                "expiration_time": "1297350910",
                "status": "NonQualified",
            }
        },
        "mobile": {
            f"mobile@@{HASH}": {"user_agent": "", "expiration_time": "0", "status": "NonQualified"},
            f"mobile;@{HASH}": {
                "user_agent": "Evil\x1b[2J",
                "expiration_time": "1297350910",
                "status": "Unreachable",
            },
        },
    }
    [shown] = await listed(service, "@me/0003*210")
    expire = shown["registration"][0].pop("expire")
    assert expire.startswith("2011-02-10T15:15:10")
    assert shown["registration"] == [
        {"agent": "3CXPhone 5.0", "registration": "1"},
        {"registration": "2"},
        {"registration": "-2"},
    ]
    [absent] = await listed(service, "@me/0003*211")
    assert absent["registration"] == [{"registration": "-1"}]
    [untold] = await listed(service, "@me/0003*024")
    assert untold["registration"] == [{"registration": "0"}]


async def test_a_phone_that_registers_is_shown_at_once(service: Service, ami: FakeAmi) -> None:
    """What was remembered of its device is forgotten when that changes."""
    assert (await listed(service, "@me/0003*211"))[0]["registration"] == [{"registration": "-1"}]
    contact = {"user_agent": "A", "expiration_time": "1297350910", "status": "NonQualified"}
    ami.presence.contacts = {"0003*211": {f"0003*211;@{HASH}": contact}}
    ami.presence.change("PJSIP/0003*211", "NOT_INUSE")
    await until_status(service, "1", "@me/0003*211")
    assert (await listed(service, "@me/0003*211"))[0]["registration"][0]["registration"] == "1"


async def test_who_does_not_want_registrations_has_asterisk_asked_nothing(
    service: Service, ami: FakeAmi
) -> None:
    """`fields` without it; the rest of the answer is the same."""
    asked = len(ami.took("Getvar"))
    assert await listed(service, "@me/0003*210", "?fields=extension,status") == [
        {"extension": "0003*210", "status": "1"}
    ]
    assert len(ami.took("Getvar")) == asked


async def test_an_asterisk_that_does_not_answer_leaves_registrations_unknown(
    service: Service, ami: FakeAmi
) -> None:
    """The status is answered all the same; one question that times out is the last."""
    ami.scripts["Getvar"] = lambda _: None
    [shown] = await listed(service, "@me/0003*210")
    assert shown == {"extension": "0003*210", "status": "1", "registration": [{"registration": "0"}]}
    assert len(ami.took("Getvar")) <= 2


async def test_an_asterisk_without_the_modules_is_served_as_before(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Calls are listed; of extensions it is said that nothing is known, and so do /health and /ready."""
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert len(await service.calls()) == 1
        assert {one["status"] for one in await listed(service)} == {"0"}
        for path in ("/health", "/ready"):
            answer = await service.request("GET", path, client=None)
            assert answer.status == 200, "they are not held against readiness"
            assert (answer.json["devices"], answer.json["queues"]) == ("unknown", "unknown")
        metrics = (await service.request("GET", "/metrics", client=None)).text
        assert "uapi_queue_callers_waiting" not in metrics
    assert agent


# -- who may see it ------------------------------------------------------------------------------------


async def test_an_app_sees_the_extensions_whose_calls_it_sees(service: Service) -> None:
    """Of its organization, of its user, of all; phone terminals only, in order."""
    seen = {
        client: [one["extension"] for one in await listed(service, client=client)]
        for client in ("wallboard", "agent-desktop", "stranger", "operator")
    }
    assert seen == {
        "wallboard": TERMINALS,
        "agent-desktop": ["0003*21", "0003*210", "0003*211"],
        "stranger": ["0004*300", "0004*301"],
        "operator": [*TERMINALS, "0004*300", "0004*301"],
    }


@pytest.mark.parametrize(
    ("client", "address", "code"),
    [
        ("stranger", "@me/0003*210", "extension_invalid"),
        ("stranger", "12/@self", "user_invalid"),
        ("stranger", "@owner/0003*210", "extension_invalid"),
        ("agent-desktop", "@me/0003*024", "extension_invalid"),
        ("agent-desktop", "13/@self", "user_invalid"),
        ("wallboard", "@me/0004*300", "extension_invalid"),
        ("wallboard", "40/@self", "user_invalid"),
        ("wallboard", "@owner/@self", "extension_invalid"),
        ("wallboard", "@me/0003*500", "extension_invalid"),
        ("wallboard", "@me/0003*999", "extension_invalid"),
        ("wallboard", "99/@self", "user_invalid"),
    ],
)
async def test_what_an_app_may_not_see_is_as_if_it_did_not_exist(
    service: Service, ami: FakeAmi, client: str, address: str, code: str
) -> None:
    """Whoever is another's, what is no phone terminal, and what there is not, have one answer."""
    asked = len(ami.actions)
    answer = await ask(service, address, client=client)
    assert (answer.status, code_of(answer)) == (400, code)
    assert len(ami.actions) == asked


async def test_no_filter_finds_another_organizations_extension(service: Service, ami: FakeAmi) -> None:
    """Every operator is applied to what the account sees."""
    for operator in ("equals", "contains", "startsWith", "inArray"):
        query = f"?filterBy=extension&filterOp={operator}&filterValue=0003*210"
        answer = await ask(service, query=query, client="stranger")
        assert (answer.json["entry"], answer.json["totalResults"]) == ([], 0)
    assert not any("0003*210" in action["Variable"] for action in ami.took("Getvar"))


async def test_a_request_needs_a_token(service: Service) -> None:
    """As every request of the API does."""
    answer = await service.request("GET", "/uapi/extensions/@me/@self/presence", client=None)
    assert (answer.status, code_of(answer)) == (401, "access_denied")


# -- queues --------------------------------------------------------------------------------------------


async def metric(service: Service, name: str) -> float | None:
    """The value of a metric; None where there is none."""
    text = (await service.request("GET", "/metrics", client=None)).text
    return next(
        (float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{name} ")), None
    )


async def queues(service: Service) -> object:
    """What /health says of them."""
    return (await service.request("GET", "/health", client=None)).json["queues"]


async def test_a_caller_waits_and_its_call_keeps_the_queue(service: Service, ami: FakeAmi) -> None:
    """`queue` stands on the agent's view from then on, and on no view of another call."""
    customer = next(one for one in ami.pbx.channels.values() if "trunk" in one.name)
    assert [view.get("queue") for view in (await service.calls())[0]["phoneCallView"]] == [None]
    ami.presence.join(customer, QUEUE)
    await until_seen(
        service.calls, lambda calls: [one.get("queue") for one in calls[0]["phoneCallView"]] == [QUEUE]
    )
    assert await metric(service, "uapi_queue_callers_waiting") == 1
    assert await queues(service) == "known"
    ami.presence.leave(customer, QUEUE, abandons=True)
    await until_seen(lambda: metric(service, "uapi_queue_callers_waiting"), lambda value: value == 0)
    [call] = await service.calls()
    assert [view["queue"] for view in call["phoneCallView"]] == [QUEUE]


async def test_members_are_counted_by_what_they_do(service: Service, ami: FakeAmi) -> None:
    """Ready from the list, paused and gone by events."""
    assert await metric(service, 'uapi_queue_members{state="ready"}') == 1
    assert await queues(service) == "unconfirmed"
    ami.presence.change_member(FakeMember(QUEUE, DESK, is_paused=True), "QueueMemberPause")
    await until_seen(lambda: metric(service, 'uapi_queue_members{state="paused"}'), lambda value: value == 1)
    ami.presence.change_member(FakeMember(QUEUE, DESK), "QueueMemberRemoved")
    await until_seen(lambda: metric(service, 'uapi_queue_members{state="paused"}'), lambda value: value == 0)


async def test_without_the_class_agent_queues_become_unknown(service: Service, ami: FakeAmi) -> None:
    """The list was read at login; that nothing comes of a member's device shows that nothing will."""
    ami.presence.tells_of_queues = False
    clock = ami.pbx.clock()
    ami.pbx.clock = lambda: clock
    ami.presence.change(DESK, "RINGING")
    await until_status(service, "2")
    assert await queues(service) == "unconfirmed"
    ami.pbx.clock = lambda: clock + 10
    ami.presence.change(DESK, "INUSE")
    await until_status(service, "3")
    assert await queues(service) == "unknown"
    assert await metric(service, "uapi_queue_callers_waiting") is None
    assert len(await service.calls()) == 1


async def test_what_comes_during_the_lists_is_applied_after_them(
    ami: FakeAmi, agent: FakeChannel, directory: Path, devices: dict[str, str]
) -> None:
    """A device that changes before the snapshot is whole is shown as it is then."""
    assert agent
    ami.presence.devices = devices
    ringing = (("Device", DESK), ("State", "RINGING"))
    ami.during_snapshot = [say.event("DeviceStateChange", ami.pbx.clock(), *ringing)]
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert (await listed(service, "@me/0003*210"))[0]["status"] == "2"


async def test_an_event_that_was_lost_is_made_good_by_the_next_list(
    ami: FakeAmi, agent: FakeChannel, directory: Path, devices: dict[str, str]
) -> None:
    """Each comparison asks for devices and queues, too."""
    assert agent
    ami.presence.devices, ami.presence.members = devices, [FakeMember(QUEUE, DESK)]
    async with running_service(ami, directory, ami_reconcile_interval_s=0.2) as service:
        await service.until_link("READY")
        ami.presence.devices = {**devices, DESK: "ONHOLD"}  # and nothing is said
        await until_status(service, "3")
        ami.presence.members = []
        await until(lambda: service.app[PBX].presence.queues == {}, within=10)
