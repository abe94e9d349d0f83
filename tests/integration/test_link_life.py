"""The link's life as /health and the calls show it: DOWN, SYNCING, READY, and again."""

import itertools
import ssl
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi, ReceivedAction, ignore
from adapter.lab.fake_ami_events import FakeChannel, FakeState
from adapter.lab.polling import until, until_seen
from tests.integration.harness import AT_LOGIN, Service, running_service, until_taken


async def test_nothing_is_shown_or_done_before_the_snapshot_is_complete(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """SYNCING: 503 for GET and PUT while the items come; READY and the calls with the last of them."""
    assert agent
    ami.scripts["CoreShowChannels"] = ignore
    async with running_service(ami, directory) as service:
        action = await until_taken(ami, "CoreShowChannels")
        assert (await service.link())["state"] == "SYNCING"
        assert ((await service.get()).status, (await service.barge_in("0" * 20)).status) == (503, 503)
        ami.list_channels(action)
        assert await service.until_link("READY") == {"state": "READY"}
        assert len(await service.calls()) == 1
    assert not ami.took("Originate")


async def test_events_between_a_snapshots_items_are_applied_after_it(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """A call that begins meanwhile is listed, one that ends is not, one that changes has changed."""
    customer = next(one for one in ami.pbx.channels.values() if one is not agent)
    other = ami.pbx.add_trunk_call("0003*211")
    new = FakeChannel(
        "PJSIP/0003*21-000000ff", "99.1", "99.1", FakeState.RING, caller=("Ann", "1"), exten="5"
    )
    at = ami.pbx.clock()
    ami.during_snapshot = [
        say.channel_event("Newchannel", at, new),
        say.hangup(at, agent, 16) + say.hangup(at, customer, 16),
        say.channel_event("Newstate", at, replace(new, state=FakeState.UP)),
        say.channel_event("NewCallerid", at, replace(other, connected=("Bob", "2"))),
    ]
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        calls = await service.calls()
        assert sorted(view["extension"] for call in calls for view in call["phoneCallView"]) == [
            "0003*21",
            "0003*211",
        ]
        [began] = await service.calls("@me/0003*21")
        assert began["phoneCallView"][0]["status"] == "5"
        [changed] = await service.calls("@me/0003*211")
        assert changed["phoneCallView"][0]["callerId"] == "Bob <2>"


async def test_every_login_is_followed_by_a_snapshot_and_shows_what_happened_meanwhile(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """A call that ended unseen is gone, one that began unseen is there, one that went on keeps its id."""
    going_on = ami.pbx.begin_trunk_call("0003*025")
    before = await service.call_id("@me/0003*025")
    for connections in range(1, 6):
        ami.drop()
        ended = [one for one in ami.pbx.channels.values() if one.linkedid == agent.linkedid]
        for channel in ended:
            ami.pbx.channels.pop(channel.uniqueid)
        agent = ami.pbx.add_trunk_call()
        await service.until_synced(ami, connections)
        assert len(await service.calls("@me/0003*210")) == 1
        assert await service.call_id("@me/0003*025") == before
    assert going_on.uniqueid in ami.pbx.channels
    for connection in ami.connections:
        names = [action.name for action in ami.actions if action.connection is connection]
        assert names == [*AT_LOGIN]


async def test_a_dialplan_that_asterisk_loads_after_the_login_is_found_soon(
    ami: FakeAmi, directory: Path
) -> None:
    """Long before the next ping: it takes logins before it has loaded its dialplan."""
    ami.scripts["ShowDialPlan"] = lambda action: action.connection.refuse(
        action, f"Did not find context {action['Context']}"
    )
    async with running_service(ami, directory, ami_ping_interval_s=30.0) as service:
        await service.until_link("READY")
        ready = await service.request("GET", "/ready", client=None)
        assert (ready.status, ready.json["dialplanInclude"]) == (503, "missing")
        del ami.scripts["ShowDialPlan"]
        ami.has_include = True
        await until_seen(
            lambda: service.request("GET", "/ready", client=None),
            lambda ready: (ready.status, ready.json["dialplanInclude"]) == (200, "present"),
        )
    assert len(ami.took("Ping")) == 1


async def test_times_are_by_asterisks_clock(ami: FakeAmi, directory: Path) -> None:
    """Its clock is an hour ahead of ours: a call of the snapshot and a call told live begin together."""
    clock = ami.pbx.clock
    ami.pbx.clock = lambda: clock() + 3600
    ami.pbx.add_trunk_call()
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        ami.pbx.begin_trunk_call("0003*211")
        [listed] = await service.calls("@me/0003*210")
        [told] = await until_seen(lambda: service.calls("@me/0003*211"), bool)
        assert abs(_seconds(listed["published"]) - _seconds(told["published"])) <= 2
        assert abs(_seconds(told["published"]) - clock() - 3600) <= 2


def _seconds(date: str) -> float:
    return datetime.fromisoformat(date).timestamp()


async def test_attempts_come_ever_more_slowly_and_not_in_step(ami: FakeAmi, directory: Path) -> None:
    """Each wait is half to all of a delay that doubles from 0.25 s; the shares differ."""
    ami.drops_new_connections = True
    async with running_service(ami, directory, ami_reconnect_max_s=2.0) as service:
        await until(lambda: len(ami.connections) >= 5, within=10.0)
        assert (await service.link())["state"] == "DOWN"
        times = [connection.began_at for connection in ami.connections]
        waits = [later - earlier for earlier, later in itertools.pairwise(times)][:4]
        shares = [wait / delay for wait, delay in zip(waits, (0.25, 0.5, 1.0, 2.0), strict=True)]
        assert all(0.49 <= share <= 1.2 for share in shares), shares
        assert min(shares) < 0.97, "no jitter: by chance once in 77,000 runs"
        ami.drops_new_connections = False
        await service.until_link("READY")


async def test_the_wait_never_exceeds_its_setting(ami: FakeAmi, directory: Path) -> None:
    """20 attempts against a peer that hangs up at once, and none of them raises."""
    ami.drops_new_connections = True
    async with running_service(ami, directory, ami_reconnect_max_s=0.05) as service:
        await until(lambda: len(ami.connections) >= 20)
        assert (await service.link())["state"] == "DOWN"


async def test_a_connection_that_breaks_within_the_snapshot_is_begun_again(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Half a snapshot is no snapshot: DOWN, and the next one is whole."""
    assert agent

    def half(action: ReceivedAction) -> None:
        action.connection.answer(action, ("EventList", "start"), ("Message", "Channels will follow"))
        action.connection.send(say.listed(ami.pbx.clock(), agent, action["ActionID"]))
        action.connection.hang_up()

    ami.scripts["CoreShowChannels"] = half
    async with running_service(ami, directory) as service:
        await until_taken(ami, "CoreShowChannels", 3)
        assert (await service.get()).status == 503
        ami.scripts.clear()
        await service.until_link("READY")
        assert len(await service.calls()) == 1


async def test_a_refused_snapshot_is_told_in_health(ami: FakeAmi, directory: Path) -> None:
    """The AMI user lacks a privilege: the operator reads which answer Asterisk gave."""
    ami.scripts["CoreShowChannels"] = lambda action: action.connection.refuse(action, "Permission denied")
    async with running_service(ami, directory) as service:
        await until_taken(ami, "CoreShowChannels", 2)
        link = await service.until_link("DOWN")
        assert "Permission denied" in link["error"]


async def test_a_peer_that_does_not_speak_ami_is_left(service: Service, ami: FakeAmi) -> None:
    """A megabyte without a blank line: memory is bounded, the connection ends, a new one is made."""
    for _ in range(64):
        ami.connection.send(b"x" * 16 * 1024)
    await service.until_synced(ami, 1)


async def test_a_spy_of_somebody_else_that_outlives_its_spyee_does_no_harm(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """A feature code's ChanSpy: its spyee hangs up first, then it does, live or while the link is down."""
    for connections, is_live in enumerate((True, False), 1):
        spied = ami.pbx.begin_trunk_call("0003*211")
        spy = replace(
            agent, name="PJSIP/0003*026-000000ee", uniqueid=f"5.{connections}", linkedid=f"5.{connections}"
        )
        at = ami.pbx.clock()
        ami.emit(say.channel_event("Newchannel", at, spy), say.spy("ChanSpyStart", at, spy, spied))
        await until_seen(lambda: service.calls("@me/0003*211"), bool)
        if is_live:
            ami.pbx.hang_up(spied.uniqueid)
            ami.emit(say.hangup(at, spy, 16))
        ami.pbx.channels = {agent.uniqueid: agent}
        ami.drop()
        await service.until_synced(ami, connections)
        assert [call["extension"] for call in await service.calls()] == ["0003*210"]


def _certificate(folder: Path) -> tuple[Path, Path]:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=fake"
    )
    names = ("-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)  # noqa: S603 - ours
    return key, certificate


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return _certificate(tmp_path)[1]


async def test_the_link_speaks_tls_and_only_with_a_peer_that_it_can_trust(
    directory: Path, certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With the certificate's authority it gets READY, breaks and comes back; without, no secret is sent."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    async with FakeAmi(tls=context) as ami:
        agent = ami.pbx.add_trunk_call()
        async with running_service(ami, directory, ami_tls=True, ami_tls_ca=certificate) as service:
            await service.until_link("READY")
            assert (await service.barge_in(wait_s=None)).status == 202
            assert ami.took("Originate")[0]["Data"] == f"{agent.uniqueid},quBE"
            ami.drop()
            await service.until_synced(ami, 1)
        logins = len(ami.took("Login"))
        async with running_service(ami, directory, ami_tls=True) as service:
            caplog.clear()
            await until(lambda: "the AMI link is down" in caplog.messages)
            assert "certificate" in (await service.link())["error"].lower()
        assert len(ami.took("Login")) == logins
