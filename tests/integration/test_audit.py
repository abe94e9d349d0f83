"""The audit trail: who asked for what, and what came of it, in a file of its own."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from adapter.app import TRAIL
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from tests.integration.harness import (
    REQUEST,
    Json,
    Service,
    running_service,
    token,
    until,
    until_taken,
)

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


async def test_a_barge_in_from_its_request_to_its_end(ami: FakeAmi, auditing: Auditing, trail: Path) -> None:
    """One line for the request, one for the end with its times and reason."""
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
    asked, ended = lines(trail)
    times = {name: asked.pop(name) for name in ("time", "asked")}
    assert asked == {
        "event": "request",
        "method": "PUT",
        "call": call_id,
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
    assert ended.pop("time") >= times["time"] >= times["asked"]
    assert times["requested"] <= times["joined"] <= times["ended"]
    assert ended == {
        "event": "supervision ended",
        "supervision": supervision,
        "app": "wallboard",
        "supervisor": "0003*024",
        "extension": "0003*210",
        "call": call_id,
        "mode": "PrivateWhisper",
        "follow": "extension",
        "reason": "supervisor_left",
    }


async def test_refusals_and_repetitions_are_in_the_trail(auditing: Auditing, trail: Path) -> None:
    """With their codes; reading is not."""
    async with auditing() as service:
        call_id = await service.call_id()
        path = f"/uapi/phoneCalls/@me/0003*210/{call_id}"
        key = {"Idempotency-Key": "a"}
        await service.request("PUT", path, client=None, body=REQUEST)
        await service.request("PUT", path, data=b"{")
        await service.barge_in(call_id, sendCallTo="0003*999")
        await service.request("PUT", path, body={**REQUEST, "phoneCallViewId": "07"}, headers=key)
        await service.request("PUT", path, body={**REQUEST, "phoneCallViewId": "07"}, headers=key)
        await service.request("PUT", path, data=b" " * 100_000)
        await service.request("DELETE", f"{path}?phoneNumber=0003*024")
    told = [(one["method"], one["status"], one.get("code"), one.get("repeated")) for one in lines(trail)]
    assert told == [
        ("PUT", 401, "access_denied", None),
        ("PUT", 400, "request_invalid", None),
        ("PUT", 400, "pc_sendcallto_invalid", None),
        ("PUT", 400, "pc_phonecallview_invalid", None),
        ("PUT", 400, "pc_phonecallview_invalid", True),
        ("PUT", 413, None, None),
        ("DELETE", 400, "pc_phonenumber_invalid", None),
    ]
    assert {one["result"] for one in lines(trail)} == {"refused"}


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
    told = [(one["event"], one.get("reason")) for one in lines(trail)]
    assert told == [
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
        await until(lambda: service.app[TRAIL].error is not None)
        assert await audit() == "failing"
        monkeypatch.undo()
        assert (await service.barge_in()).status == 202
        await until(lambda: service.app[TRAIL].error is None)
        assert await audit() == "ok"
    assert [line["event"] for line in lines(trail)][:2] == ["lost", "request"]


async def test_without_a_file_there_is_no_trail(service: Service, trail: Path) -> None:
    """Off unless the operator wants it."""
    assert (await service.barge_in()).status == 202
    assert service.app[TRAIL].error is None
    assert not files(trail)
