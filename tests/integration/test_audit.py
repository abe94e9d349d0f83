"""The audit trail: who asked for what, and what came of it, in a file of its own."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest

from adapter.app import AUDIT_LOG
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until
from tests.integration.harness import REQUEST, Json, Service, running_service, token, until_taken
from tests.integration.supervising import SECOND, come_in, earlier_spy, joined, until_said

Auditing = Callable[[], AbstractAsyncContextManager[Service]]


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


@pytest.fixture
def auditing(ami: FakeAmi, agent: FakeChannel, directory: Path, trail: Path) -> Auditing:
    """The adapter with a trail, in sync with the fake Asterisk and its one call."""
    assert agent.uniqueid in ami.pbx.channels

    @asynccontextmanager
    async def run() -> AsyncIterator[Service]:
        async with running_service(ami, directory, audit_file=trail) as service:
            await service.until_link("READY")
            yield service

    return run


def files(trail: Path) -> list[Path]:
    return list(trail.parent.glob("audit*"))


def lines(trail: Path) -> list[Json]:
    return [json.loads(line) for line in trail.read_text(encoding="utf-8").splitlines()]


def told(trail: Path) -> list[tuple[str, str, list[str]]]:
    """Who was heard, in order: the mode, who is spied on, and who talks with that one."""
    text = trail.read_text(encoding="utf-8").rpartition("\n")[0]
    joins = [one for one in map(json.loads, text.splitlines()) if one["event"] == "supervision joined"]
    return [(one["mode"], one["spyee"], one["partners"]) for one in joins]


async def test_a_barge_in_from_its_request_to_its_end(ami: FakeAmi, auditing: Auditing, trail: Path) -> None:
    """One line for the request, one for the join with who is heard, one for the end with times and reason."""
    async with auditing() as service:
        call_id = await service.call_id()
        answer = await service.barge_in(call_id, action="Whisper", private="1")
        uniqueid = (await until_taken(ami, "Originate"))["ChannelId"]
        ami.pbx.pick_up(uniqueid)
        ami.pbx.join(uniqueid)
        await service.until_views("01", "02")
        ami.pbx.hang_up(uniqueid)
        await service.until_views("01")
        supervision = answer.headers["Location"].rpartition("/")[2]
    asked, joined, ended = lines(trail)
    times = {name: asked.pop(name) for name in ("time", "asked")}
    assert asked == {
        "event": "request",
        "method": "PUT",
        "phoneCallId": call_id,
        "call": call_id,
        "sendCallTo": "0003*024",
        "address": "@me/0003*210",
        "client": "127.0.0.1",
        "result": "success",
        "status": 202,
        "app": "wallboard",
        "account": "organization 3",
        "action": "Whisper",
        "mode": "PrivateWhisper",
        "supervisor": "0003*024",
        "extension": "0003*210",
        "supervision": supervision,
    }
    times |= {name: ended.pop(name) for name in ("requested", "joined", "ended")}
    joined_at, ended_at = joined.pop("time"), ended.pop("time")
    assert times["asked"] <= times["time"] <= joined_at <= ended_at
    assert times["requested"] <= times["joined"] <= times["ended"]
    about = {
        "supervision": supervision,
        "app": "wallboard",
        "supervisor": "0003*024",
        "extension": "0003*210",
        "call": call_id,
        "mode": "PrivateWhisper",
        "follow": "extension",
        "media": "phone",
    }
    parties = {"spyee": "0003*210", "partners": ["777888"]}
    assert joined == {"event": "supervision joined", **about, **parties}
    assert ended == {"event": "supervision ended", **about, "reason": "supervisor_left"}


async def test_whoever_comes_to_be_heard_is_in_the_trail(
    ami: FakeAmi, agent: FakeChannel, auditing: Auditing, trail: Path
) -> None:
    """The agent sends the customer on, whom the supervisor stays with: a line for each party that comes."""
    ami.has_include = True
    async with auditing() as service:
        uniqueid = await joined(service, ami, "Whisper", follow="call")
        came = ami.pbx.send_on(agent.uniqueid, agent.linkedid, SECOND)
        await until_said(service, uniqueid, state="joined", action="Monitor")
        ami.pbx.hang_up(agent.uniqueid)
        ami.pbx.answer(came.uniqueid, agent.linkedid)
        await until(lambda: len(told(trail)) == 3)
    assert told(trail) == [
        ("Whisper", "0003*210", ["777888"]),
        ("Monitor", "777888", []),
        ("Monitor", "777888", [SECOND]),
    ]


async def test_whoever_joins_and_leaves_a_conversation_is_in_the_trail(
    ami: FakeAmi, agent: FakeChannel, auditing: Auditing, trail: Path
) -> None:
    """Though ChanSpy need not begin anew for it; so is another mode."""
    ami.has_include = True
    async with auditing() as service:
        await joined(service, ami, "Monitor")
        came = come_in(ami, agent)
        await until(lambda: len(told(trail)) == 2)
        ami.pbx.leave(came.uniqueid)
        await until(lambda: len(told(trail)) == 3)
        assert (await service.barge_in(action="Whisper", wait_s=5)).status == 200
    assert told(trail) == [
        ("Monitor", "0003*210", ["777888"]),
        ("Monitor", "0003*210", [SECOND, "777888"]),
        ("Monitor", "0003*210", ["777888"]),
        ("Whisper", "0003*210", ["777888"]),
    ]


async def test_whom_a_supervisor_hears_that_an_earlier_adapter_joined_is_in_the_trail(
    ami: FakeAmi, agent: FakeChannel, auditing: Auditing, trail: Path
) -> None:
    """The trail of each process can be read alone."""
    spy = earlier_spy(agent.uniqueid)
    ami.pbx.channels[spy.uniqueid] = spy
    async with auditing():
        await until(lambda: told(trail))
    assert told(trail) == [("BargeIn", "0003*210", ["777888"])]


async def test_refusals_and_repetitions_are_in_the_trail(auditing: Auditing, trail: Path) -> None:
    """With their codes; reading is not."""
    async with auditing() as service:
        call_id = await service.call_id()
        path = f"/uapi/phoneCalls/@me/0003*210/{call_id}"
        key = {"Idempotency-Key": "a"}
        await service.request("PUT", path, data=b"{")
        await service.barge_in(call_id, sendCallTo="0003*999")
        await service.request("PUT", path, body={**REQUEST, "phoneCallViewId": "07"}, headers=key)
        await service.request("PUT", path, body={**REQUEST, "phoneCallViewId": "07"}, headers=key)
        await service.request("PUT", path, data=b" " * 100_000)
        await service.request("DELETE", f"{path}?phoneNumber=0003*024")
    refused = [(one["method"], one["status"], one.get("code"), one.get("repeated")) for one in lines(trail)]
    assert refused == [
        ("PUT", 400, "request_invalid", None),
        ("PUT", 400, "pc_sendcallto_invalid", None),
        ("PUT", 400, "pc_phonecallview_invalid", None),
        ("PUT", 400, "pc_phonecallview_invalid", True),
        ("PUT", 413, None, None),
        ("DELETE", 400, "pc_phonenumber_invalid", None),
    ]
    assert {one["result"] for one in lines(trail)} == {"refused"}


async def test_a_request_that_was_refused_names_nobody_whom_it_did_not_find(
    auditing: Auditing, trail: Path
) -> None:
    """What the client wrote stands under the client's names: a customer's number is no supervisor."""
    async with auditing() as service:
        call_id = await service.call_id()
        path = "/uapi/phoneCalls/@me/0003*210"
        await service.request("DELETE", f"{path}/{call_id}?phoneNumber=777888")
        await service.request("DELETE", f"{path}/{call_id}?phoneNumber=0003*024")
        await service.request("DELETE", f"{path}/{'0' * 20}?phoneNumber=0003*024")
        await service.barge_in(call_id, sendCallTo="0004*300")
    meanings = {"supervisor", "extension", "supervision", "mode", "call"}
    said = [(one.get("phoneNumber") or one.get("sendCallTo"), meanings & one.keys()) for one in lines(trail)]
    assert said == [
        ("777888", {"call"}),
        ("0003*024", {"call"}),
        ("0003*024", set()),
        ("0004*300", set()),
    ]
    assert [one["phoneCallId"] for one in lines(trail)] == [call_id, call_id, "0" * 20, call_id]


async def test_whoever_has_no_token_cannot_fill_the_trail(auditing: Auditing, trail: Path) -> None:
    """Nothing is ever deleted from it: what a stranger sends is counted in `/metrics` instead."""
    async with auditing() as service:
        path = f"/uapi/phoneCalls/@me/0003*210/{await service.call_id()}"
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {token('nobody')}"}):
            for method in ("PUT", "DELETE"):
                answer = await service.request(method, path, client=None, body=REQUEST, headers=headers)
                assert answer.status == 401
        metrics = (await service.request("GET", "/metrics", client=None)).text
        assert (await service.barge_in()).status == 202
    assert [line.get("app") for line in lines(trail) if line["event"] == "request"] == ["wallboard"]
    route = "/uapi/phoneCalls/{userId}/{extension}/{phoneCallId}"
    for method in ("PUT", "DELETE"):
        assert f'uapi_http_requests_total{{code="401",method="{method}",route="{route}"}} 3.0' in metrics


async def test_who_asks_too_often_cannot_fill_the_trail_either(
    ami: FakeAmi, agent: FakeChannel, directory: Path, trail: Path
) -> None:
    """What is refused for its rate has no line: the rate bounds how fast the trail grows."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory, audit_file=trail, requests_per_s=0.5) as service:
        await service.until_link("READY")
        path = f"/uapi/phoneCalls/@me/0003*210/{'0' * 20}"
        answers = [await service.request("PUT", path, body=REQUEST) for _ in range(5)]
    refused = [answer.status for answer in answers].count(429)
    assert refused >= 3
    assert len(lines(trail)) == len(answers) - refused


async def test_an_address_that_the_client_wrote_itself_does_not_get_into_the_trail(
    ami: FakeAmi, agent: FakeChannel, directory: Path, trail: Path
) -> None:
    """A proxy may add its own line below the client's, as HAProxy does: that one tells who it was."""
    assert agent.uniqueid in ami.pbx.channels
    proxies = (ip_network("127.0.0.0/8"),)
    async with running_service(ami, directory, audit_file=trail, trusted_proxies=proxies) as service:
        await service.until_link("READY")
        url = f"{service.url}/uapi/phoneCalls/@me/0003*210/{'0' * 20}"
        lines_of = [("X-Forwarded-For", "198.51.100.6"), ("X-Forwarded-For", "203.0.113.9")]
        headers = [("Authorization", f"Bearer {token()}"), *lines_of]
        async with aiohttp.request("PUT", url, json=REQUEST, headers=headers) as answer:
            assert answer.status == 400
    assert [line["client"] for line in lines(trail)] == ["203.0.113.9"]


async def test_no_secret_gets_into_the_trail_and_no_line_into_another(
    auditing: Auditing, trail: Path
) -> None:
    """What clients write is cut short and quoted."""
    async with auditing() as service:
        evil = 'x"\n{"event": "request"}' + "y" * 1000
        await service.barge_in(sendCallTo=evil, callerId=f"{token()} <1>")
        assert (await service.barge_in(action=evil)).status == 501
        path = f"/uapi/phoneCalls/@me/0003*210/{'z' * 500}?access_token={token()}"
        await service.request("PUT", path, body=REQUEST)
    texts = [json.dumps(line) for line in lines(trail)]
    assert len(texts) == 3
    assert max(map(len, texts)) < 1000
    assert not [text for text in texts if "eyJ" in text], "a token begins so"


async def test_a_supervision_that_ends_by_delete_or_shutdown_is_in_the_trail(
    ami: FakeAmi, auditing: Auditing, trail: Path
) -> None:
    """The last line is written before the process ends."""
    async with auditing() as service:
        call_id = await service.call_id()
        await service.barge_in(call_id)
        await until(lambda: any(one.startswith("uapi-") for one in ami.pbx.channels))
        await service.request("DELETE", f"/uapi/phoneCalls/@me/0003*210/{call_id}?phoneNumber=024")
        await service.barge_in(call_id)
    events = [(one["event"], one.get("reason")) for one in lines(trail)]
    assert events == [
        ("request", None),
        ("supervision ended", "ended_by_request"),
        ("request", None),
        ("request", None),
        ("supervision ended", "shutdown"),
    ]


async def test_health_says_whether_the_trail_is_written(
    auditing: Auditing, trail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the service goes on."""

    def write(_: int, data: bytes) -> int:
        raise OSError(28, f"No space left on device for {len(data)} bytes")

    async def audit() -> object:
        return (await service.request("GET", "/health", client=None)).json.get("audit")

    async with auditing() as service:
        assert await audit() == "ok"
        monkeypatch.setattr("adapter.audit.file.os.write", write)
        assert (await service.barge_in()).status == 202
        await until(lambda: service.app[AUDIT_LOG].is_written() is False)
        assert await audit() == "failing"
        monkeypatch.undo()
        assert (await service.barge_in()).status == 202
        await until(service.app[AUDIT_LOG].is_written)
        assert await audit() == "ok"
    assert [line["event"] for line in lines(trail)][:2] == ["lost", "request"]


async def test_without_a_file_there_is_no_trail(service: Service, trail: Path) -> None:
    """Off unless the operator wants it."""
    assert (await service.barge_in()).status == 202
    assert service.app[AUDIT_LOG].is_written() is None
    assert not files(trail)
