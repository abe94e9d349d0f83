"""`/uapi/events`: what each account is told, as it happens, and after a break."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adapter.app import CONNECTIONS, EVENTS
from adapter.auth.tokens import Tokens
from adapter.lab import fake_ami_events as say
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until, until_seen
from tests.integration.harness import APPS, TOKEN_KEY, Service, code_of, running_service, token, until_taken
from tests.integration.rewriting import reload, replaced
from tests.integration.streams import open_events
from tests.integration.supervising import AGENT, joined, make_internal, supervision_of, until_said


def end_call(ami: FakeAmi, channel: FakeChannel) -> None:
    for one in [one for one in ami.pbx.channels.values() if one.linkedid == channel.linkedid]:
        ami.pbx.hang_up(one.uniqueid)


async def test_a_new_stream_begins_by_telling_to_list(service: Service) -> None:
    """Nobody knows what the client has: `reset`, with an id to come back by; as an event stream, unkept."""
    async with open_events(service) as events:
        assert events.response.headers["Content-Type"] == "text/event-stream"
        assert events.response.headers["Cache-Control"] == "no-store"
        first = await events.next()
    assert (first.name, first.data) == ("reset", {"reason": "begin"})
    assert first.id


@pytest.mark.parametrize(
    "path", ["/uapi/events", "/uapi/events/", "/unifiedapi/events", "/events", "/events/"]
)
async def test_a_call_is_told_from_its_beginning_to_its_end(
    service: Service, ami: FakeAmi, path: str
) -> None:
    """As GET answers it at that moment, and then that it is over; ids rise."""
    async with open_events(service, path=path) as events:
        reset = await events.next()
        channel = ami.pbx.begin_trunk_call("0003*211")
        call = await events.next("call")
        while call.data["phoneCallView"][0]["status"] != "5":
            call = await events.next("call")
        assert call.data == (await service.get(f"@me/0003*211/{call.data['id']}")).json
        end_call(ami, channel)
        ended = await events.next("call-ended")
        assert ended.data == {"id": call.data["id"]}
        numbers = [int(one.id.partition("-")[2]) for one in (reset, call, ended)]
        assert numbers == sorted(set(numbers))


async def test_changes_of_one_turn_are_one_event(service: Service, ami: FakeAmi) -> None:
    """Twelve events of Asterisk that arrive at once tell one call once."""
    async with open_events(service) as events:
        await events.next()
        ami.pbx.begin_trunk_call("0003*211")
        assert (await events.next()).name == "call"
        ami.pbx.begin_trunk_call("0003*024")  # what else was told of the first would come before it
        told = await events.next()
        assert [view["extension"] for view in told.data["phoneCallView"]] == ["0003*024"]


@pytest.mark.parametrize(
    ("client", "extensions"),
    [
        ("agent-desktop", ["0003*211"]),
        ("wallboard", ["0003*211", "0003*024"]),
        ("stranger", ["0004*300"]),
        ("operator", ["0003*211", "0003*024", "0004*300"]),
    ],
)
async def test_each_account_is_told_what_it_sees(
    service: Service, ami: FakeAmi, client: str, extensions: list[str]
) -> None:
    """The calls of its own extensions, from beginning to end, and nothing of others."""
    async with open_events(service, client) as events:
        await events.next()
        channels = [ami.pbx.begin_trunk_call(number) for number in ("0004*300", "0003*211", "0003*024")]
        told = [await events.next("call") for _ in extensions]
        assert {one.data["phoneCallView"][0]["extension"] for one in told} == set(extensions)
        for channel in channels:
            end_call(ami, channel)
        over = [await events.next() for _ in extensions]
        assert {one.name for one in over} == {"call-ended"}
        assert {one.data["id"] for one in over} == {one.data["id"] for one in told}


async def test_the_end_of_a_parked_call_is_told_to_whom_it_is_shown(service: Service, ami: FakeAmi) -> None:
    """Its view is the extension's that parked it, which has no channel of its own there any more."""
    agent = ami.pbx.begin_trunk_call("0003*211")
    customer = ami.pbx.channels[agent.linkedid]
    async with open_events(service) as events:
        await events.next("reset")
        ami.pbx.leave(customer.uniqueid)
        parked = [("ParkerDialString", "PJSIP/0003*211"), ("ParkingSpace", "701"), ("ParkingDuration", "0")]
        ami.emit(say.event("ParkedCall", time.time(), *say.channel_headers(customer, "Parkee"), *parked))
        ami.pbx.leave(agent.uniqueid)
        ami.pbx.hang_up(agent.uniqueid)
        told = await events.next("call")
        while told.data["phoneCallView"][0].get("parkedPos") != "701":
            told = await events.next("call")
        ami.pbx.hang_up(customer.uniqueid)
        assert (await events.next("call-ended")).data == {"id": told.data["id"]}
        assert await service.calls("@me/0003*211") == []


async def test_a_supervision_is_told_at_each_step(service: Service, ami: FakeAmi) -> None:
    """Ringing, joined, ended with its reason: as GET answers it."""
    async with open_events(service) as events, open_events(service, "stranger") as stranger:
        await events.next()
        await stranger.next()
        assert (await service.barge_in()).status == 202
        uniqueid = (await until_taken(ami, "Originate"))["ChannelId"]
        told = await events.next("supervision")
        while told.data["state"] != "ringing":
            told = await events.next("supervision")
        ami.pbx.pick_up(uniqueid)
        ami.pbx.join(uniqueid)
        while told.data["state"] != "joined":
            told = await events.next("supervision")
        address = told.data["link"]["self"].removeprefix(service.url)
        assert told.data == (await service.request("GET", address)).json
        ami.pbx.hang_up(uniqueid)
        while told.data["state"] != "ended":
            told = await events.next("supervision")
        assert told.data["reason"]["code"] == "supervisor_left"
        ami.pbx.begin_trunk_call("0004*300")
        assert (await stranger.next()).name == "call", "the stranger is told of no supervision"


async def test_who_sees_only_the_extension_that_a_supervision_left_is_told_that_it_is_gone(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """At once or on coming back, and of nothing that it does there; who sees both is told where it is."""
    ami.has_include = True
    other = "0003*026"
    make_internal(ami, agent, other)
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        [call] = await service.calls(f"@me/{AGENT}")
        view_of = {view["extension"]: view["id"] for view in call["phoneCallView"]}
        uniqueid = await joined(service, ami, phoneCallViewId=view_of[AGENT])
        supervision_id = supervision_of(uniqueid)
        async with open_events(service) as events, open_events(service, "agent-desktop") as narrow:
            since = (await narrow.next("reset")).id
            switched = await service.barge_in(
                call["id"], f"@me/{other}", phoneCallViewId=view_of[other], wait_s=5
            )
            assert switched.status == 200
            assert (await narrow.next("supervision-ended")).data == {"id": supervision_id}
            told = await events.next("supervision")
            while told.data["state"] != "joined":
                told = await events.next("supervision")
            assert told.data["extension"] == other
            ami.pbx.hang_up(uniqueid)
            await until_said(service, uniqueid, state="ended")
            ami.pbx.begin_trunk_call("0003*211")
            told = await narrow.next()
            while told.name == "call" and told.data["id"] == call["id"]:
                told = await narrow.next()
            assert told.name == "call"
        async with open_events(service, "agent-desktop", last_event_id=since) as again:
            assert (await again.next("supervision-ended")).data == {"id": supervision_id}


async def test_what_was_missed_comes_first(service: Service, ami: FakeAmi, agent: FakeChannel) -> None:
    """By `Last-Event-ID`: each thing once, as it stands now; then it goes on."""
    async with open_events(service) as events:
        last = (await events.next()).id
    call_id = await service.call_id()
    short = ami.pbx.begin_trunk_call("0003*211")
    await until_listed(service, 2)
    end_call(ami, short)
    end_call(ami, agent)
    await until_listed(service, 0)
    ami.pbx.begin_trunk_call("0003*024")
    await until_listed(service, 1)
    async with open_events(service, last_event_id=last) as events:
        told = [await events.next() for _ in range(3)]
        assert [one.name for one in told] == ["call-ended", "call-ended", "call"]
        assert told[1].data == {"id": call_id}
        ami.pbx.begin_trunk_call("0003*025")
        assert (await events.next()).data["phoneCallView"][0]["extension"] == "0003*025"
    async with open_events(service, "stranger", last_event_id=last) as events:
        ami.pbx.begin_trunk_call("0004*300")
        assert (await events.next()).name == "call", "what others missed is not told"


async def until_listed(service: Service, count: int) -> None:
    await until_seen(service.calls, lambda calls: len(calls) == count)


@pytest.mark.parametrize("last", ["1-1", "x", "-", "999999999999999999-1", "1" * 50 + "-1", "٣-٣"])
async def test_an_id_of_another_process_tells_to_list(service: Service, last: str) -> None:
    """Or one that is none, or one not given yet."""
    async with open_events(service, last_event_id=last.encode().decode("latin-1")) as events:
        assert (await events.next()).data == {"reason": "lost"}
    async with open_events(service) as events:
        own = (await events.next()).id
    epoch, _, number = own.partition("-")
    async with open_events(service, last_event_id=f"{epoch}-{int(number) + 5}") as events:
        assert (await events.next()).data == {"reason": "lost"}


async def test_what_is_not_kept_any_more_tells_to_list(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Of the newest so many are known; who missed more begins anew."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, events_kept=3) as service:
        await service.until_link("READY")
        async with open_events(service) as events:
            last = (await events.next()).id
            for _ in range(4):
                ami.pbx.begin_trunk_call("0003*211")
                newest = await events.next("call")
        async with open_events(service, last_event_id=last) as events:
            assert (await events.next()).data == {"reason": "lost"}
        async with open_events(service, last_event_id=newest.id) as events:
            ami.pbx.begin_trunk_call("0003*211")
            assert (await events.next()).name == "call"


async def test_a_resync_tells_to_list(service: Service, ami: FakeAmi, agent: FakeChannel) -> None:
    """While the link was down anything may have happened; an id from before is not good any more."""
    async with open_events(service) as events:
        last = (await events.next()).id
        connections = len(ami.connections)
        del ami.pbx.channels[agent.uniqueid]
        ami.drop()
        assert (await events.next()).data == {"reason": "resync"}
        await service.until_synced(ami, connections)
    async with open_events(service, last_event_id=last) as events:
        assert (await events.next()).data == {"reason": "lost"}


async def test_another_directory_tells_to_list_and_lets_go(service: Service, directory: Path) -> None:
    """Who sees what has changed; an App that is no more is told nothing."""
    async with open_events(service) as events, open_events(service, "stranger") as stranger:
        await events.next()
        await stranger.next()
        await reload(service, directory, replaced("client_id: stranger", "client_id: other"))
        assert (await events.next()).data == {"reason": "directory"}
        assert await stranger.rest() == []


async def test_a_quiet_stream_shows_signs_of_life(ami: FakeAmi, agent: FakeChannel, directory: Path) -> None:
    """And outlives the limit for idle connections; their ids count what others' changes were passed over."""
    assert agent.uniqueid in ami.pbx.channels
    settings = {"events_heartbeat_s": 0.05, "idle_timeout_s": 0.1}
    async with running_service(ami, directory, **settings) as service:
        watching = asyncio.create_task(service.app[CONNECTIONS].watch(service.runner))
        await service.until_link("READY")
        async with open_events(service, "stranger") as events, open_events(service) as others:
            first = (await events.next()).id
            await others.next()
            began = time.monotonic()
            assert await events.beat() == first
            while time.monotonic() - began < 1.5:  # three looks for idle connections
                await events.beat()
            ami.pbx.begin_trunk_call("0003*211")
            await others.next("call")
            beat = await events.beat()
            while beat == first:
                beat = await events.beat()
        watching.cancel()


async def test_a_stream_ends_with_its_token(ami: FakeAmi, agent: FakeChannel, directory: Path) -> None:
    """Not before, and whether anything happens or not."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, token_leeway_s=0) as service:
        await service.until_link("READY")
        short = Tokens(TOKEN_KEY, 2).issue(APPS["wallboard"], time.time())
        async with open_events(service, headers={"Authorization": f"Bearer {short}"}) as events:
            began = time.monotonic()
            assert [one.name for one in await events.rest()] == ["reset"]
            assert 0.5 < time.monotonic() - began < 4


async def test_nobody_without_a_token_is_told_anything(service: Service) -> None:
    """401, as everywhere."""
    answer = await service.request("GET", "/uapi/events", client=None)
    assert (answer.status, code_of(answer)) == (401, "access_denied")


async def test_an_app_has_so_many_streams(ami: FakeAmi, agent: FakeChannel, directory: Path) -> None:
    """Beyond, 429; one that was closed is given back, even before anything is sent to it."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, events_streams=2) as service:
        await service.until_link("READY")
        async with open_events(service), open_events(service, "operator"):
            async with open_events(service):
                refused = await service.request("GET", "/uapi/events")
                assert (refused.status, code_of(refused)) == (429, "too_many_requests")

            async def first() -> str | None:
                with contextlib.suppress(AssertionError):
                    async with open_events(service) as events:
                        return (await events.next()).name
                return None

            assert await until_seen(first) == "reset"


async def test_who_does_not_read_is_cut_off(ami: FakeAmi, agent: FakeChannel, directory: Path) -> None:
    """Others are told on; it comes back to be told to list, or what it missed."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, events_queue=20) as service:
        await service.until_link("READY")
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(0)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow, ("127.0.0.1", service.port))
        port = slow.getsockname()[1]
        head = f"GET /uapi/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token('operator')}\r\n\r\n"
        await loop.sock_sendall(slow, head.encode())

        def is_open() -> bool:
            assert service.runner.server is not None
            transports = [one.transport for one in service.runner.server.connections]
            return port in [one.get_extra_info("peername")[1] for one in transports if one is not None]

        async with open_events(service) as events:
            await events.next()
            await until(is_open)
            deadline = time.monotonic() + 15
            while is_open():
                assert time.monotonic() < deadline, "it was not cut off"
                assert await service.barge_in()
                end_supervision(ami)
                await events.next()
        slow.close()


def end_supervision(ami: FakeAmi) -> None:
    for uniqueid in [one for one in ami.pbx.channels if one.startswith("uapi-")]:
        ami.pbx.hang_up(uniqueid)


async def test_a_stopping_adapter_ends_its_streams(ami: FakeAmi, agent: FakeChannel, directory: Path) -> None:
    """At once, with what had happened by then; and opens no more."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        async with open_events(service) as events:
            await events.next()
            service.app[EVENTS].close()
            assert await events.rest() == []
        refused = await service.request("GET", "/uapi/events")
        assert (refused.status, code_of(refused)) == (503, "service_unavailable")


async def test_pages_of_allowed_origins_can_read_a_stream(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Its head says so before the first event."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, cors_origins=("https://desk.example",)) as service:
        await service.until_link("READY")
        async with open_events(service, headers={"Origin": "https://desk.example"}) as events:
            assert events.response.headers["Access-Control-Allow-Origin"] == "https://desk.example"
        async with open_events(service, headers={"Origin": "https://evil.example"}) as events:
            assert "Access-Control-Allow-Origin" not in events.response.headers


async def test_while_nobody_listens_nothing_is_kept(
    service: Service, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change then costs one look; who comes back later than that lists again."""
    monkeypatch.setattr("adapter.stream.hub.REMEMBER_S", 0.0)
    listened: Callable[[], bool] = lambda: service.app[EVENTS].is_listening  # noqa: E731 - asked again and again
    assert not listened()
    async with open_events(service) as events:
        last = (await events.next()).id
        assert listened()
    ami.pbx.begin_trunk_call("0003*211")
    service.app[EVENTS].on_snapshot()  # has the stream written to, which shows that its client has gone
    await until(lambda: not listened(), within=20)
    async with open_events(service, last_event_id=last) as events:
        assert (await events.next()).data == {"reason": "lost"}
